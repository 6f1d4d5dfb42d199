/** Reads the type section, and the declarations inside component and instance types. */
import { WitError } from "./error.ts";
import { checkDistinct, checkLabel } from "./names.ts";
import { skipCoreType } from "./read-core.ts";
import type { Reader } from "./reader.ts";
import type { Member, Shape } from "./shape.ts";
import type { CoreSort, Definition, Extern, Signature, Sort, TypeReference, TypeSyntax } from "./syntax.ts";
import type { PrimitiveKind } from "./types.ts";

const PRIMITIVES: ReadonlyMap<number, PrimitiveKind> = new Map([
  [0x7f, "bool"],
  [0x7e, "s8"],
  [0x7d, "u8"],
  [0x7c, "s16"],
  [0x7b, "u16"],
  [0x7a, "s32"],
  [0x79, "u32"],
  [0x78, "s64"],
  [0x77, "u64"],
  [0x76, "f32"],
  [0x75, "f64"],
  [0x74, "char"],
  [0x73, "string"],
  [0x64, "error-context"],
]);

/** A flags value is one unsigned 32-bit number in the canonical ABI. */
const MAX_FLAGS = 32;

/** A type definition. */
export function readType(reader: Reader): TypeSyntax {
  const code = reader.u8();
  switch (code) {
    case 0x3e:
    case 0x3f:
      return readResource(reader, code);
    case 0x40:
    case 0x43:
      return readSignature(reader, code === 0x43);
    case 0x41:
      return { kind: "component", body: readBody(reader, true) };
    case 0x42:
      return { kind: "instance", body: readBody(reader, false) };
    default:
      return { kind: "value", shape: readShape(reader, code) };
  }
}

const I32 = 0x7f;

function readResource(reader: Reader, code: number): TypeSyntax {
  if (reader.u8() !== I32)
    throw new WitError("unsupported", "Resources are known by 32 bits only", reader.position - 1);
  if (code === 0x3f) return { kind: "resource", destructor: reader.optional(() => reader.u32()), async: false };
  // Older binaries: a destructor that is async, and its callback.
  const destructor = reader.u32();
  reader.optional(() => reader.u32());
  return { kind: "resource", destructor, async: true };
}

function readSignature(reader: Reader, async: boolean): Signature {
  const start = reader.position;
  const params = readMembers(reader);
  checkDistinct(
    params.map((param) => param.name),
    "parameter",
    start,
  );
  return { kind: "func", params, result: readResult(reader), async };
}

/** The result list of a function: one type, or none. */
export function readResult(reader: Reader): TypeReference | null {
  const kind = reader.u8();
  if (kind === 0x00) return readReference(reader);
  if (kind !== 0x01) return reader.unknown("result list", kind);
  reader.expect(0x00, "number of named results");
  return null;
}

/** A value type in use: a primitive or an index. */
function readReference(reader: Reader): TypeReference {
  const byte = reader.peek();
  const primitive = PRIMITIVES.get(byte);
  if (primitive !== undefined) {
    reader.u8();
    return primitive;
  }
  const start = reader.position;
  const index = reader.s33();
  if (index < 0) throw new WitError("malformed", "Unknown value type", start);
  return index;
}

function readShape(reader: Reader, code: number): Shape<TypeReference, number> {
  const start = reader.position;
  const primitive = PRIMITIVES.get(code);
  if (primitive !== undefined) return { kind: primitive };
  switch (code) {
    case 0x72:
      return { kind: "record", fields: some(distinct(readMembers(reader), "field", start), start) };
    case 0x71:
      return { kind: "variant", cases: some(distinct(readCases(reader), "case", start), start) };
    case 0x70:
      return { kind: "list", element: readReference(reader) };
    case 0x6f:
      return {
        kind: "tuple",
        items: some(
          reader.vec(() => readReference(reader)),
          start,
        ),
      };
    case 0x6e:
      return { kind: "flags", labels: readFlags(reader) };
    case 0x6d:
      return { kind: "enum", cases: some(readLabels(reader, "case"), start) };
    case 0x6b:
      return { kind: "option", some: readReference(reader) };
    case 0x6a:
      return { kind: "result", ok: readOptional(reader), err: readOptional(reader) };
    case 0x69:
      return { kind: "own", resource: reader.u32() };
    case 0x68:
      return { kind: "borrow", resource: reader.u32() };
    case 0x67:
      return { kind: "list", element: readReference(reader), length: readListLength(reader) };
    case 0x66:
      return { kind: "stream", element: readOptional(reader) };
    case 0x65:
      return { kind: "future", element: readOptional(reader) };
    case 0x63:
      return { kind: "map", key: readReference(reader), value: readReference(reader) };
    default:
      return reader.unknown("type", code);
  }
}

function readOptional(reader: Reader): TypeReference | null {
  return reader.optional(() => readReference(reader));
}

function readLabel(reader: Reader): string {
  const start = reader.position;
  return checkLabel(reader.name(), start);
}

function readMembers(reader: Reader): Member<TypeReference>[] {
  return reader.vec(() => ({ name: readLabel(reader), type: readReference(reader) }));
}

function readCases(reader: Reader): Member<TypeReference | null>[] {
  return reader.vec(() => {
    const member = { name: readLabel(reader), type: readOptional(reader) };
    reader.expect(0x00, "case ending");
    return member;
  });
}

function readLabels(reader: Reader, what: string): string[] {
  const start = reader.position;
  const labels = reader.vec(() => readLabel(reader));
  checkDistinct(labels, what, start);
  return labels;
}

function readFlags(reader: Reader): string[] {
  const start = reader.position;
  const labels = some(readLabels(reader, "flag"), start);
  if (labels.length > MAX_FLAGS) {
    throw new WitError("malformed", `A flags type has ${labels.length} flags, at most ${MAX_FLAGS} are allowed`, start);
  }
  return labels;
}

function readListLength(reader: Reader): number {
  const start = reader.position;
  const length = reader.u32();
  if (length === 0) throw new WitError("malformed", "A fixed-length list has no elements", start);
  return length;
}

function distinct<T>(members: Member<T>[], what: string, start: number): Member<T>[] {
  checkDistinct(
    members.map((member) => member.name),
    what,
    start,
  );
  return members;
}

/** WIT has no empty records, variants, enums, flags or tuples. */
function some<T>(items: T[], start: number): T[] {
  if (items.length === 0) throw new WitError("malformed", "A type has no members", start);
  return items;
}

function readBody(reader: Reader, isComponent: boolean): Definition[] {
  const body: Definition[] = [];
  reader.budget.nested(reader.position, () => {
    reader.vec(() => {
      const definition = readDeclaration(reader, isComponent);
      if (definition !== null) body.push(definition);
    });
  });
  return body;
}

/** One declaration of a component or instance type; null for what concerns core wasm. */
function readDeclaration(reader: Reader, isComponent: boolean): Definition | null {
  const offset = reader.position;
  const kind = reader.u8();
  if (kind === 0x00) {
    skipCoreType(reader);
    return null;
  }
  if (kind === 0x01) return { offset, kind: "type", type: readType(reader) };
  if (kind === 0x02) return readAlias(reader);
  if (kind === 0x03 && isComponent) return readImport(reader);
  if (kind === 0x04) return { offset, kind: "export-type", name: readExternName(reader), extern: readExtern(reader) };
  return reader.unknown("declaration", kind);
}

/** An import, of a component or of a component type. */
export function readImport(reader: Reader): Definition {
  return { offset: reader.position, kind: "import", name: readExternName(reader), extern: readExtern(reader) };
}

/** An alias, of an export of an instance or of something around this component. */
export function readAlias(reader: Reader): Definition {
  const offset = reader.position;
  const isCore = reader.peek() === 0x00;
  const start = reader.position + 1;
  const sort = readSort(reader);
  const coreSort = reader.bytes[start] ?? 0;
  const target = reader.u8();
  const index = reader.u32();
  if (target === 0x00) return { offset, kind: "alias-export", sort, instance: index, name: reader.name() };
  if (target === 0x02) return { offset, kind: "alias-outer", sort, count: index, index: reader.u32() };
  if (target !== 0x01) return reader.unknown("alias target", target);
  const name = reader.name();
  if (!isCore) return { offset, kind: "beyond", what: "an alias of no core export" };
  return { offset, kind: "core-alias", sort: coreSortOf(coreSort, reader), instance: index, name };
}

/** The sort of something that a core instance can export. */
export function coreSortOf(code: number, reader: Reader): CoreSort {
  const sort = CORE_SORTS[code];
  return sort ?? reader.unknown("core sort", code);
}

const CORE_SORTS: readonly CoreSort[] = ["func", "table", "memory", "global", "tag"];

/** The name of an import or export. Its attributes say nothing about types. */
export function readExternName(reader: Reader): string {
  const form = reader.u8();
  if (form > 0x02) reader.unknown("name form", form);
  const name = reader.name();
  if (form === 0x02) {
    reader.vec(() => {
      const attribute = reader.u8();
      if (attribute > 0x02) reader.unknown("name attribute", attribute);
      reader.name();
    });
  }
  return name;
}

export function readSort(reader: Reader): Sort {
  const sort = reader.u8();
  switch (sort) {
    case 0x00:
      reader.u8(); // which core sort: none matters here
      return "other";
    case 0x01:
      return "func";
    case 0x02:
      return "other";
    case 0x03:
      return "type";
    case 0x04:
      return "component";
    case 0x05:
      return "instance";
    default:
      return reader.unknown("sort", sort);
  }
}

/** The type of an import or export. */
export function readExtern(reader: Reader): Extern {
  const kind = reader.u8();
  switch (kind) {
    case 0x00:
      reader.expect(0x11, "core import");
      reader.u32();
      return { kind: "other", what: "core module" };
    case 0x01:
      return { kind: "func", type: reader.u32() };
    case 0x02:
      if (reader.flag()) readReference(reader);
      else reader.u32();
      return { kind: "other", what: "value" };
    case 0x03:
      return reader.flag() ? { kind: "resource" } : { kind: "type-equal", type: reader.u32() };
    case 0x04:
      return { kind: "component", type: reader.u32() };
    case 0x05:
      return { kind: "instance", type: reader.u32() };
    default:
      return reader.unknown("import kind", kind);
  }
}
