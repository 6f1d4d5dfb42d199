/** Reads past the types of core wasm that stand in a component: nothing here ever asks for them. */
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
