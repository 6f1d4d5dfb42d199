/** Reads past the parts of a component that speak of core wasm: core types, and the built-ins of the canonical ABI. */
import { WitError } from "./error.ts";
import type { Reader } from "./reader.ts";

/** A core type declared inside a component or instance type. */
export function skipCoreType(reader: Reader): void {
  const code = reader.u8();
  if (code === 0x50) reader.vec(() => skipModuleDeclaration(reader));
  else if (code === 0x60) skipFunctionType(reader);
  else throw new WitError("unsupported", "Core types with garbage collection are not read", reader.position - 1);
}

function skipFunctionType(reader: Reader): void {
  reader.vec(() => skipCoreValueType(reader));
  reader.vec(() => skipCoreValueType(reader));
}

/** A core value type: one byte, or a reference with its heap type. */
export function skipCoreValueType(reader: Reader): void {
  const code = reader.u8();
  if (code === 0x63 || code === 0x64) reader.s33();
  else if (code < 0x40 || code > 0x7f) reader.unknown("core value type", code);
}

function skipModuleDeclaration(reader: Reader): void {
  const kind = reader.u8();
  switch (kind) {
    case 0x00:
      reader.name();
      reader.name();
      return skipCoreExtern(reader);
    case 0x01:
      return reader.budget.nested(reader.position, () => skipCoreType(reader));
    case 0x02:
      reader.expect(0x10, "core alias sort");
      reader.expect(0x01, "core alias target");
      reader.u32();
      reader.u32();
      return;
    case 0x03:
      reader.name();
      return skipCoreExtern(reader);
    default:
      return reader.unknown("module declaration", kind);
  }
}

function skipCoreExtern(reader: Reader): void {
  const kind = reader.u8();
  switch (kind) {
    case 0x00:
      reader.u32();
      return;
    case 0x01:
      skipCoreValueType(reader);
      return skipCoreLimits(reader);
    case 0x02:
      return skipCoreLimits(reader);
    case 0x03:
      skipCoreValueType(reader);
      reader.flag();
      return;
    case 0x04:
      reader.expect(0x00, "tag attribute");
      reader.u32();
      return;
    default:
      return reader.unknown("core import kind", kind);
  }
}

function skipCoreLimits(reader: Reader): void {
  const flags = reader.u8();
  if (flags > 0x0f) reader.unknown("limits flag", flags);
  skipLongInteger(reader);
  if ((flags & 0x01) !== 0) skipLongInteger(reader);
  if ((flags & 0x08) !== 0) reader.u32();
}

/** LEB128 of up to 64 bits, as memory64 has. */
function skipLongInteger(reader: Reader): void {
  for (let index = 0; index < 10; index += 1) {
    if ((reader.u8() & 0x80) === 0) return;
  }
  throw new WitError("malformed", "An integer is longer than its type allows", reader.position);
}

type Operand = "index" | "flag" | "options" | "value-type" | "result";

/** The operands of each canonical built-in that makes a core function. `canon lift` (0x00) is not among them. */
const BUILT_INS: ReadonlyMap<number, readonly Operand[]> = new Map([
  [0x01, ["flag", "index", "options"]], // lower; the byte is the sort, always func
  [0x02, ["index"]], // resource.new
  [0x03, ["index"]], // resource.drop
  [0x04, ["index"]], // resource.rep
  [0x05, []], // task.cancel
  [0x06, ["flag"]], // subtask.cancel
  [0x07, ["index"]], // resource.drop async, in older binaries
  [0x08, []], // backpressure.set, in older binaries
  [0x09, ["result", "options"]], // task.return
  [0x0a, ["value-type", "index"]], // context.get
  [0x0b, ["value-type", "index"]], // context.set
  [0x0c, ["flag"]], // thread.yield
  [0x0d, []], // subtask.drop
  [0x0e, ["index"]], // stream.new
  [0x0f, ["index", "options"]], // stream.read
  [0x10, ["index", "options"]], // stream.write
  [0x11, ["index", "flag"]], // stream.cancel-read
  [0x12, ["index", "flag"]], // stream.cancel-write
  [0x13, ["index"]], // stream.drop-readable
  [0x14, ["index"]], // stream.drop-writable
  [0x15, ["index"]], // future.new
  [0x16, ["index", "options"]], // future.read
  [0x17, ["index", "options"]], // future.write
  [0x18, ["index", "flag"]], // future.cancel-read
  [0x19, ["index", "flag"]], // future.cancel-write
  [0x1a, ["index"]], // future.drop-readable
  [0x1b, ["index"]], // future.drop-writable
  [0x1c, ["options"]], // error-context.new
  [0x1d, ["options"]], // error-context.debug-message
  [0x1e, []], // error-context.drop
  [0x1f, []], // waitable-set.new
  [0x20, ["flag", "index"]], // waitable-set.wait
  [0x21, ["flag", "index"]], // waitable-set.poll
  [0x22, []], // waitable-set.drop
  [0x23, []], // waitable.join
  [0x24, []], // backpressure.inc
  [0x25, []], // backpressure.dec
  [0x26, []], // thread.index
  [0x27, ["index", "index"]], // thread.new-indirect
  [0x28, []], // thread.resume-later
  [0x29, ["flag"]], // thread.suspend
  [0x2a, ["flag"]], // thread.suspend-then-resume
  [0x2b, ["flag"]], // thread.yield-then-resume
  [0x2c, ["flag"]], // thread.suspend-then-promote
  [0x2d, ["flag"]], // thread.yield-then-promote
  [0x40, ["flag", "index"]], // thread.spawn-ref
  [0x41, ["flag", "index", "index"]], // thread.spawn-indirect
  [0x42, ["flag"]], // thread.available-parallelism
]);

/** The operands of a built-in whose code was just read; `result` reads a result list. */
export function skipBuiltIn(reader: Reader, code: number, result: () => void): void {
  const operands = BUILT_INS.get(code);
  if (operands === undefined) return reader.unknown("canonical built-in", code);
  for (const operand of operands) skipOperand(reader, operand, result);
}

function skipOperand(reader: Reader, operand: Operand, result: () => void): void {
  switch (operand) {
    case "index":
      reader.u32();
      return;
    case "flag":
      reader.flag();
      return;
    case "options":
      return skipOptions(reader);
    case "value-type":
      return skipCoreValueType(reader);
    case "result":
      return result();
  }
}

/** The options of a canonical definition. */
export function skipOptions(reader: Reader): void {
  reader.vec(() => {
    const option = reader.u8();
    if (option > 0x09) reader.unknown("canonical option", option);
    if (OPTIONS_WITH_INDEX.has(option)) reader.u32();
  });
}

/** memory, realloc, post-return, callback, and the core type of the GC proposal. */
const OPTIONS_WITH_INDEX: ReadonlySet<number> = new Set([0x03, 0x04, 0x05, 0x07, 0x08]);
