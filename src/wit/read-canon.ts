/** Reads the canonical definitions of a component: lift, lower, and the built-ins. */
import { skipCoreValueType } from "./read-core.ts";
import { readResult } from "./read-types.ts";
import type { Reader } from "./reader.ts";
import type { CanonSyntax, Definition, StringEncoding } from "./syntax.ts";

/** `canon lift` makes a function of the component; everything else makes a core function. */
export function readCanon(reader: Reader): Definition {
  const offset = reader.position;
  const code = reader.u8();
  switch (code) {
    case 0x00: {
      reader.expect(0x00, "sort to lift");
      const func = reader.u32();
      return { offset, kind: "lift", func, options: readOptions(reader), type: reader.u32() };
    }
    case 0x01:
      reader.expect(0x00, "sort to lower");
      return { offset, kind: "lower", func: reader.u32(), options: readOptions(reader) };
    case 0x02:
      return { offset, kind: "resource-new", resource: reader.u32() };
    case 0x03:
      return { offset, kind: "resource-drop", resource: reader.u32() };
    case 0x04:
      return { offset, kind: "resource-rep", resource: reader.u32() };
    default:
      return { offset, kind: "beyond", what: readBuiltIn(reader, code) };
  }
}

type Operand = "index" | "flag" | "options" | "value-type" | "result";

/** The built-ins that linking does not know, with their operands. */
const BUILT_INS: ReadonlyMap<number, readonly [name: string, ...operands: Operand[]]> = new Map([
  [0x05, ["task.cancel"]],
  [0x06, ["subtask.cancel", "flag"]],
  [0x07, ["resource.drop async", "index"]], // in older binaries
  [0x08, ["backpressure.set"]], // in older binaries
  [0x09, ["task.return", "result", "options"]],
  [0x0a, ["context.get", "value-type", "index"]],
  [0x0b, ["context.set", "value-type", "index"]],
  [0x0c, ["thread.yield", "flag"]],
  [0x0d, ["subtask.drop"]],
  [0x0e, ["stream.new", "index"]],
  [0x0f, ["stream.read", "index", "options"]],
  [0x10, ["stream.write", "index", "options"]],
  [0x11, ["stream.cancel-read", "index", "flag"]],
  [0x12, ["stream.cancel-write", "index", "flag"]],
  [0x13, ["stream.drop-readable", "index"]],
  [0x14, ["stream.drop-writable", "index"]],
  [0x15, ["future.new", "index"]],
  [0x16, ["future.read", "index", "options"]],
  [0x17, ["future.write", "index", "options"]],
  [0x18, ["future.cancel-read", "index", "flag"]],
  [0x19, ["future.cancel-write", "index", "flag"]],
  [0x1a, ["future.drop-readable", "index"]],
  [0x1b, ["future.drop-writable", "index"]],
  [0x1c, ["error-context.new", "options"]],
  [0x1d, ["error-context.debug-message", "options"]],
  [0x1e, ["error-context.drop"]],
  [0x1f, ["waitable-set.new"]],
  [0x20, ["waitable-set.wait", "flag", "index"]],
  [0x21, ["waitable-set.poll", "flag", "index"]],
  [0x22, ["waitable-set.drop"]],
  [0x23, ["waitable.join"]],
  [0x24, ["backpressure.inc"]],
  [0x25, ["backpressure.dec"]],
  [0x26, ["thread.index"]],
  [0x27, ["thread.new-indirect", "index", "index"]],
  [0x28, ["thread.resume-later"]],
  [0x29, ["thread.suspend", "flag"]],
  [0x2a, ["thread.suspend-then-resume", "flag"]],
  [0x2b, ["thread.yield-then-resume", "flag"]],
  [0x2c, ["thread.suspend-then-promote", "flag"]],
  [0x2d, ["thread.yield-then-promote", "flag"]],
  [0x40, ["thread.spawn-ref", "flag", "index"]],
  [0x41, ["thread.spawn-indirect", "flag", "index", "index"]],
  [0x42, ["thread.available-parallelism", "flag"]],
]);

/** Reads past the operands; what it is. */
function readBuiltIn(reader: Reader, code: number): string {
  const found = BUILT_INS.get(code);
  if (found === undefined) return reader.unknown("canonical built-in", code);
  const [name, ...operands] = found;
  for (const operand of operands) skipOperand(reader, operand);
  return `the built-in ${name}`;
}

function skipOperand(reader: Reader, operand: Operand): void {
  switch (operand) {
    case "index":
      reader.u32();
      return;
    case "flag":
      reader.flag();
      return;
    case "options":
      readOptions(reader);
      return;
    case "value-type":
      return skipCoreValueType(reader);
    case "result":
      readResult(reader);
      return;
  }
}

const ENCODINGS: readonly StringEncoding[] = ["utf8", "utf16", "latin1+utf16"];

/** The options of a canonical definition. Of one that is there twice the last counts: who validates refuses that. */
function readOptions(reader: Reader): CanonSyntax {
  const options: { -readonly [K in keyof CanonSyntax]: CanonSyntax[K] } = {
    encoding: "utf8",
    memory: null,
    realloc: null,
    postReturn: null,
    beyond: null,
  };
  reader.vec(() => {
    const code = reader.u8();
    const encoding = ENCODINGS[code];
    if (encoding !== undefined) Object.assign(options, { encoding });
    else if (code === 0x03) options.memory = reader.u32();
    else if (code === 0x04) options.realloc = reader.u32();
    else if (code === 0x05) options.postReturn = reader.u32();
    else {
      const other = readOtherOption(reader, code);
      options.beyond ??= other;
    }
  });
  return options;
}

function readOtherOption(reader: Reader, code: number): string {
  switch (code) {
    case 0x06:
      return "async";
    case 0x07:
      reader.u32();
      return "callback";
    case 0x08:
      reader.u32();
      return "core-type";
    case 0x09:
      return "gc";
    default:
      return reader.unknown("canonical option", code);
  }
}
