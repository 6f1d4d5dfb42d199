/** Types as bytes. Resources lose their WIT object: only id and name are needed at run time. */
import type { ByteReader, ByteWriter } from "./ir-bytes.ts";
import { malformed } from "./ir-bytes.ts";
import type { Type } from "../types.ts";

const simple = [
  "Int",
  "Float",
  "Bool",
  "String",
  "Char",
  "Bytes",
  "Nil",
  "Duration",
  "Instant",
  "Any",
  "Error",
  "Never",
] as const;
const compound = [
  "list",
  "tuple",
  "option",
  "map",
  "result",
  "record",
  "variant",
  "enum",
  "flags",
  "resource",
  "fn",
  "task",
  "stream",
  "future",
] as const;
const kinds: readonly string[] = [...simple, ...compound];
const MAX_DEPTH = 100;

export function writeType(out: ByteWriter, type: Type): void {
  const inner = (part: Type): void => writeType(out, part);
  out.byte(kinds.indexOf(type.kind));
  switch (type.kind) {
    case "list":
    case "stream":
    case "future":
      return inner(type.element);
    case "tuple":
      return out.list(type.items, inner);
    case "option":
      return inner(type.some);
    case "map":
      return (inner(type.key), inner(type.value));
    case "result":
      return (inner(type.ok), inner(type.err));
    case "fn":
      return (out.list(type.params, inner), inner(type.result));
    case "task":
      return inner(type.result);
    case "resource":
    case "record":
    case "variant":
    case "enum":
    case "flags":
      out.text(type.id);
      out.text(type.name);
      return writeMembers(out, type);
    default:
      return;
  }
}

function writeMembers(out: ByteWriter, type: Extract<Type, { id: string }>): void {
  switch (type.kind) {
    case "record":
      return out.list(type.fields, (field) => (out.text(field.name), writeType(out, field.type)));
    case "variant":
      return out.list(type.cases, (each) => {
        out.text(each.name);
        out.maybe(each.payload, (payload) => writeType(out, payload));
      });
    case "enum":
      return out.list(type.cases, (name) => out.text(name));
    case "flags":
      return out.list(type.labels, (name) => out.text(name));
    case "resource":
      return;
  }
}

export function readType(input: ByteReader, depth = 0): Type {
  if (depth > MAX_DEPTH) throw malformed("a type is nested too deep");
  const inner = (): Type => readType(input, depth + 1);
  const kind = kinds[input.byte()] as Type["kind"] | undefined;
  switch (kind) {
    case undefined:
      throw malformed("a type of no known kind");
    case "list":
    case "stream":
    case "future":
      return { kind, element: inner() };
    case "tuple":
      return { kind, items: input.list(inner) };
    case "option":
      return { kind, some: inner() };
    case "map":
      return { kind, key: inner(), value: inner() };
    case "result":
      return { kind, ok: inner(), err: inner() };
    case "fn":
      return { kind, params: input.list(inner), result: inner() };
    case "task":
      return { kind, result: inner() };
    case "record":
    case "variant":
    case "enum":
    case "flags":
    case "resource":
      return readNominal(input, kind, inner);
    default:
      return { kind };
  }
}

function readNominal(
  input: ByteReader,
  kind: "record" | "variant" | "enum" | "flags" | "resource",
  inner: () => Type,
): Type {
  const id = input.text();
  const name = input.text();
  switch (kind) {
    case "record":
      return { kind, id, name, fields: input.list(() => ({ name: input.text(), type: inner() })) };
    case "variant":
      return { kind, id, name, cases: input.list(() => ({ name: input.text(), payload: input.maybe(inner) })) };
    case "enum":
      return { kind, id, name, cases: input.list(() => input.text()) };
    case "flags":
      return { kind, id, name, labels: input.list(() => input.text()) };
    case "resource":
      return { kind, id, name, resource: { kind: "resource", name: { interface: null, name } } };
  }
}
