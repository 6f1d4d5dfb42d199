/**
 * Mistakes of jco 0.15 in the script it generates, repaired in the text. Each has its test in component-traps,
 * component-samples or conformance/canonical; one whose test passes without it goes.
 *
 *   J1  The entries of every WIT map are counted in a variable of one name, `i`, which breaks a map in a list, in a map,
 *       and beside a map: each gets a counter of its own.
 *   J2  A list of numbers that leaves the guest's memory is cut short, and one that begins in its upper half is read from
 *       elsewhere: it traps.
 *   J3  Disposing an element of a list of resources drops the last of the list: each drops itself.
 *   J4  Objects that are forgotten are dropped by the garbage collector, which runs the guest's destructor at no known time,
 *       perhaps in an instance that is gone, where its error would end the process: only handles are dropped, by us.
 *   J5  A static function that may suspend awaits in a function that is not async, which is no JavaScript: it is made async.
 *   J6  Lists and maps are read without a budget, and beyond memory: each is looked at first (lifting.ts).
 *   J7  A handle that is in no table can be dropped, and then given out; tables, and what is kept of every representation,
 *       grow without end: the first is a trap, the others are counted.
 *   J8  A handle of the host's resource is looked up whether it is there or not, and one that was only lent can be given
 *       away: both are traps.
 */
import { Fault } from "../../../fault.ts";

export function repaired(script: string): string {
  return [
    ownMapCounters,
    boundedLists,
    ownDisposers,
    asyncStatics,
    countedHandles,
    checkedHandles,
    budgeted,
    allBudgeted,
  ].reduce((text, repair) => repair(text), script);
}

/** J7 */
function countedHandles(script: string): string {
  return script
    .replace(
      "if (val === 0 || (scope & T_FLAG) !== 0) {",
      "if (val === undefined || val === 0 || (scope & T_FLAG) !== 0) {",
    )
    .replace("table.push(scopeId);", "countHandle(); table.push(scopeId);")
    .replace("table.push(0);", "countHandle(); table.push(0);")
    .replace(/^( *)table\._createdReps\.add\(rep\);/m, "$1if (!table._createdReps.has(rep)) countOwned();\n$&");
}

/** J8 */
function checkedHandles(script: string): string {
  return script
    .replace(/\b(handleTable\d+)\[\((handle\d*) << 1\) \+ 1\] & ~T_FLAG;/g, "liveRep($1, $2);")
    .replace(/^( *)(rscTableRemove\(handleTable\d+, handle\d*\));/gm, "$1refuseLent($2);");
}

/** jco's mark of a place that is free, and of a handle that is owned. */
const T_FLAG = 1 << 30;

/** The representation behind a handle; a table has two numbers for each. */
function liveRep(table: readonly number[], handle: number): number {
  const [scope = T_FLAG, rep = 0] = [table[handle << 1], table[(handle << 1) + 1]];
  if ((scope & T_FLAG) !== 0 || rep === 0) throw new WebAssembly.RuntimeError(`unknown handle ${handle}`);
  return rep & ~T_FLAG;
}

function refuseLent({ own }: { readonly own: boolean }): void {
  if (!own) throw new WebAssembly.RuntimeError("a handle that was lent is given away");
}

/** A loop of the script over what lies at `baseN`, `lenN` times: over `result` it is a lift, over `vec` a lowering. */
const INLINE =
  /(?<head>(?:var|const) result\d+ = (?<made>\[\]|new Map\(\));\s*)(?=for \(let i = 0; i < len(?<n>\d+); i\+\+\) \{\s*const base = base\k<n> \+ i \* (?<size>\d+);(?<body>[\s\S]{0,2000}))/g;

/** The same in the functions of its library, which lift what asynchronous functions return. */
const LIBRARY =
  /(?<head>const val = (?<made>\[\]|new Map\(\));\s*)(?=for \((?:let|var) i = 0; i < len; i\+\+\) \{\s*const (?:elem|entry)Ptr = dataPtr \+ i \* (?<size>elemSize32|entrySize32);)/g;

function budgeted(script: string): string {
  return script
    .replace(INLINE, (...found) => {
      const { head, made, n, size, body } = found.at(-1) as Record<"head" | "made" | "n" | "size" | "body", string>;
      const memory = /\bmemory\d+\b/.exec(body)?.[0] ?? "undefined"; // an element has a byte at least, which is read
      return `${head}${charge(made)}(len${n}, ${size}, base${n}, ${memory});\n`;
    })
    .replace(LIBRARY, (...found) => {
      const { head, made, size } = found.at(-1) as Record<"head" | "made" | "size", string>;
      return `${head}${charge(made)}(len, ${size}, dataPtr, ctx.memory ?? undefined);\n`;
    });
}

function charge(made: string): string {
  return made === "[]" ? "liftList" : "liftMap";
}

/** A loop that reads so many elements as the guest says, and was not found, would be one without a budget. */
function allBudgeted(script: string): string {
  const loops = script.match(/for \((?:let|var) i = 0; i < len\d*; i\+\+\)/g)?.length ?? 0;
  const charges = script.match(/\blift(?:List|Map)\(len/g)?.length ?? 0;
  if (loops === charges) return script;
  const found = `jco's script has ${loops} loops over what a guest gives, of which ${charges} are known`;
  throw new Fault("component-unsupported", `The component cannot be bound to JavaScript: ${found}`);
}

/** The `i` that the loop's end still counts is made the body's own (J1). */
function ownMapCounters(script: string): string {
  const loop = /let i = 0;(\s*for \(const \[key, value\] of entries(\d+)\) \{)(\s*const base = result\2 \+ )i \* /g;
  return script.replace(loop, "let entry$2 = 0;$1 let i = 0;$3entry$2++ * ");
}

function boundedLists(script: string): string {
  return script.replace(/\b(memory\d+\.buffer)\.slice\(/g, "sliceInside($1, "); // J2
}

/** What the disposer closes over is shared by all elements of a list; what it is called on is not (J3). */
function ownDisposers(script: string): string {
  const disposer =
    /(value: function \(\) \{\s*finalizationRegistry\d+\.unregister\()(rsc\d+)(\);\s*const handleEntry = rscTableRemove\(handleTable\d+, )handle\d+(\);\s*)\2(\[symbolDispose\] = emptyFunc;\s*)\2(\[symbolRscHandle\] = undefined;)/g;
  return script.replace(disposer, "$1this$3this[symbolRscHandle]$4this$5this$6");
}

function asyncStatics(script: string): string {
  const statics = /^( *)([A-Z][\w$]*\.[\w$]+ = )(function [\w$]+\([^)]*\) \{\n[\s\S]*?^\1\};)/gm;
  return script.replace(statics, (_, indent: string, name: string, body: string) => {
    return indent + name + (body.includes("await ") ? `async ${body}` : body); // J5
  });
}

class NoFinalizationRegistry {
  register(): void {}
  unregister(): void {}
}

/** Names that the repaired script finds in its scope, beside those of its instance (script.ts). */
export const repairScope: Readonly<Record<string, unknown>> = {
  FinalizationRegistry: NoFinalizationRegistry, // J4
  liveRep,
  refuseLent,
};
