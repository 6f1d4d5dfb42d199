/**
 * Mistakes of jco 0.15 in the script it generates, repaired in the text. Each has its test in component-traps or
 * component-samples; one whose test passes without it goes.
 *
 *   J1  The entries of every WIT map are counted in a variable of one name, `i`, which breaks a map in a list, in a map,
 *       and beside a map: each gets a counter of its own.
 *   J2  A list of numbers that leaves the guest's memory is cut short: it traps.
 *   J3  Disposing an element of a list of resources drops the last of the list: each drops itself.
 *   J4  Objects that are forgotten are dropped by the garbage collector, which runs the guest's destructor at no known time,
 *       perhaps in an instance that is gone, where its error would end the process: only handles are dropped, by us.
 *   J5  A static function that may suspend awaits in a function that is not async, which is no JavaScript: it is made async.
 */

export function repaired(script: string): string {
  return asyncStatics(ownDisposers(boundedLists(ownMapCounters(script))));
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

function sliceInside(buffer: ArrayBuffer, start: number, end: number): ArrayBuffer {
  if (end > buffer.byteLength) throw new WebAssembly.RuntimeError("out of bounds memory access");
  return buffer.slice(start, end);
}

class NoFinalizationRegistry {
  register(): void {}
  unregister(): void {}
}

/** Names that the repaired script finds in its scope. */
export const repairScope: Readonly<Record<string, unknown>> = {
  sliceInside,
  FinalizationRegistry: NoFinalizationRegistry, // J4
};
