/**
 * Values of the language as plain JavaScript, and back: what `run` takes as `params` and resolves to.
 *
 * | Sennit                     | JavaScript                                                              |
 * | -------------------------- | ----------------------------------------------------------------------- |
 * | Int                        | number when a safe integer, else bigint                                 |
 * | Float, Bool, String, Char  | number, boolean, string, string                                         |
 * | Bytes                      | Uint8Array                                                              |
 * | [T], (A, B)                | Array (or the typed array a plugin gave)                                |
 * | T?                         | null or the value; `{ some: v }` where options nest                     |
 * | Map<K, V>                  | Map                                                                     |
 * | record                     | object without prototype, fields named as in the program                |
 * | variant                    | `{ tag: "case", value }`, without `value` when the case has none        |
 * | Result                     | `{ ok: v }` or `{ err: v }`                                             |
 * | enum                       | its case as string                                                      |
 * | flags                      | object of booleans; absent ones are false                               |
 * | Duration, Instant          | nanoseconds: number or bigint                                           |
 * | Any                        | null, boolean, number (an Int beyond the safe ones: bigint), string, Uint8Array, Array, Map |
 */
import { Fault } from "../../fault.ts";
import { AnyFloat } from "../../wit/any.ts";
import { CaseValue, ERR, OK, Opaque, Some, integer } from "../../wit/value.ts";
import type { Value } from "../../wit/value.ts";
import { isNullable } from "../../lang/types.ts";
import type { Type } from "../../lang/types.ts";

export type Plain = unknown;

/** @throws {Fault} `type-mismatch` for what cannot leave a run: functions, resources, tasks. */
export function toPlain(type: Type, value: Value): Plain {
  switch (type.kind) {
    case "list":
      return Array.isArray(value) ? value.map((item: Value) => toPlain(type.element, item)) : value;
    case "tuple":
      return type.items.map((item, at) => toPlain(item, itemAt(value, at)));
    case "option":
      if (value === null) return null;
      if (isNullable(type.some)) return { some: toPlain(type.some, (value as Some).value) };
      return toPlain(type.some, value);
    case "map":
      return new Map(
        [...(value as ReadonlyMap<Value, Value>)].map(([k, v]) => [toPlain(type.key, k), toPlain(type.value, v)]),
      );
    case "record":
      return object(type.fields.map((field, at) => [field.name, toPlain(field.type, itemAt(value, at))]));
    case "variant": {
      const { index, payload } = value as CaseValue;
      const found = type.cases[index];
      const tag = ["tag", found?.name ?? ""] as const;
      return object(found?.payload ? [tag, ["value", toPlain(found.payload, payload)]] : [tag]);
    }
    case "result": {
      const { index, payload } = value as CaseValue;
      return object([index === 0 ? ["ok", toPlain(type.ok, payload)] : ["err", toPlain(type.err, payload)]]);
    }
    case "enum":
      return type.cases[value as number];
    case "flags":
      return object(type.labels.map((label, bit) => [label, (((value as number) >>> bit) & 1) === 1]));
    case "Any":
      return anyToPlain(value);
    case "fn":
    case "resource":
    case "task":
    case "stream":
    case "future":
    case "Error":
      throw new Fault("type-mismatch", `A run cannot give a ${type.kind} to its caller`);
    default:
      return value;
  }
}

function itemAt(value: Value, index: number): Value {
  return (value as readonly Value[])[index] ?? null;
}

function object(entries: readonly (readonly [string, Plain])[]): Plain {
  const result: Record<string, Plain> = Object.create(null) as Record<string, Plain>;
  for (const [name, value] of entries) {
    Object.defineProperty(result, name, { value, enumerable: true, writable: true, configurable: true });
  }
  return result;
}

function anyToPlain(value: Value): Plain {
  if (value instanceof AnyFloat) return value.value;
  if (Array.isArray(value)) return value.map(anyToPlain);
  if (value instanceof Map) return new Map([...value].map(([k, v]) => [k as Plain, anyToPlain(v as Value)]));
  if (value instanceof Opaque) throw new Fault("type-mismatch", "A run cannot give this value to its caller");
  return value;
}

/** @throws {Fault} `type-mismatch` naming the path where the value does not fit. */
export function fromPlain(type: Type, value: Plain, path: string): Value {
  switch (type.kind) {
    case "Int":
    case "Duration":
    case "Instant":
      if (typeof value === "bigint") return integer(value);
      if (Number.isSafeInteger(value)) return value as number;
      throw mismatch(path, "an integer", value);
    case "Float":
      if (typeof value === "bigint") return Number(value);
      return expect(typeof value === "number", value, path, "a number") as number;
    case "Bool":
      return expect(typeof value === "boolean", value, path, "a boolean") as boolean;
    case "String":
      return expect(typeof value === "string" && value.isWellFormed(), value, path, "a string") as string;
    case "Char":
      return expect(
        typeof value === "string" && [...value].length === 1 && value.isWellFormed(),
        value,
        path,
        "one character",
      ) as string;
    case "Bytes":
      return expect(value instanceof Uint8Array, value, path, "a Uint8Array") as Uint8Array;
    case "Nil":
      return expect(value === null || value === undefined, value ?? null, path, "null") as null;
    case "list":
      return list(value, path).map((item, at) => fromPlain(type.element, item, `${path}[${at}]`));
    case "tuple": {
      const items = list(value, path);
      if (items.length !== type.items.length) throw mismatch(path, `${type.items.length} items`, value);
      return type.items.map((item, at) => fromPlain(item, items[at], `${path}[${at}]`));
    }
    case "option":
      if (value === null || value === undefined) return null;
      if (isNullable(type.some)) return new Some(fromPlain(type.some, property(value, "some", path), `${path}.some`));
      return fromPlain(type.some, value, path);
    case "map":
      return mapFromPlain(type, value, path);
    case "record":
      return type.fields.map((field) =>
        fromPlain(field.type, property(value, field.name, path), `${path}.${field.name}`),
      );
    case "variant": {
      const tag = property(value, "tag", path);
      const index = type.cases.findIndex((c) => c.name === tag);
      if (index < 0) throw mismatch(`${path}.tag`, type.cases.map((c) => `"${c.name}"`).join(" or "), tag);
      const payload = type.cases[index]?.payload;
      return new CaseValue(index, payload ? fromPlain(payload, property(value, "value", path), `${path}.value`) : null);
    }
    case "result": {
      const ok = typeof value === "object" && value !== null && Object.hasOwn(value, "ok");
      const inner = property(value, ok ? "ok" : "err", path);
      return new CaseValue(ok ? OK : ERR, fromPlain(ok ? type.ok : type.err, inner, `${path}.${ok ? "ok" : "err"}`));
    }
    case "enum": {
      const index = type.cases.indexOf(value as string);
      if (index < 0) throw mismatch(path, type.cases.map((c) => `"${c}"`).join(" or "), value);
      return index;
    }
    case "flags":
      return flagsFromPlain(type.labels, value, path);
    case "Any":
      return anyFromPlain(value, path);
    case "Error":
    case "Never":
    case "fn":
    case "resource":
    case "task":
    case "stream":
    case "future":
      throw new Fault("type-mismatch", `${path}: a ${type.kind} cannot be given to a run`);
  }
}

function flagsFromPlain(labels: readonly string[], value: Plain, path: string): number {
  if (!isDictionary(value)) throw mismatch(path, "an object of booleans", value);
  let bits = 0;
  for (const [label, set] of entries(value, path)) {
    const bit = labels.indexOf(label);
    if (bit < 0 || typeof set !== "boolean")
      throw mismatch(`${path}.${label}`, `a boolean for ${labels.join(" or ")}`, set);
    if (set) bits = (bits | (1 << bit)) >>> 0;
  }
  return bits;
}

/** In an Any, a JavaScript number is an Int when it is a safe integer other than −0, and a Float otherwise. */
function anyFromPlain(value: Plain, path: string): Value {
  if (value === null || value === undefined) return null;
  if (typeof value === "boolean" || value instanceof Uint8Array || value instanceof AnyFloat) return value;
  if (typeof value === "bigint") return integer(value);
  if (typeof value === "number") {
    return Number.isSafeInteger(value) && !Object.is(value, -0) ? value : new AnyFloat(value);
  }
  if (typeof value === "string" && value.isWellFormed()) return value;
  if (Array.isArray(value)) return value.map((item, at) => anyFromPlain(item, `${path}[${at}]`));
  if (value instanceof Map || isDictionary(value)) {
    const pairs: readonly (readonly [unknown, unknown])[] = value instanceof Map ? [...value] : entries(value, path);
    return new Map(pairs.map(([k, v]) => [String(k), anyFromPlain(v, `${path}.${String(k)}`)]));
  }
  throw mismatch(path, "plain data", value);
}

function mapFromPlain(type: Type & { kind: "map" }, value: Plain, path: string): Value {
  const pairs: readonly (readonly [unknown, unknown])[] =
    value instanceof Map ? [...value] : isDictionary(value) ? entries(value, path) : [];
  if (!(value instanceof Map) && !isDictionary(value)) throw mismatch(path, "a Map or an object", value);
  return new Map(
    pairs.map(([k, v]) => [fromPlain(type.key, k, `${path} key`), fromPlain(type.value, v, `${path}[${String(k)}]`)]),
  );
}

/** The own data properties of an object; getters are not asked. */
function entries(value: object, path: string): readonly (readonly [string, Plain])[] {
  return Object.entries(Object.getOwnPropertyDescriptors(value))
    .filter(([, found]) => found.enumerable === true)
    .map(([name, found]) => {
      if (!("value" in found)) throw mismatch(`${path}.${name}`, "a value", undefined);
      return [name, found.value as Plain] as const;
    });
}

function isDictionary(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function list(value: Plain, path: string): readonly Plain[] {
  if (Array.isArray(value)) return value;
  if (ArrayBuffer.isView(value) && !(value instanceof DataView))
    return [...(value as Iterable<Plain> & ArrayBufferView)];
  throw mismatch(path, "an array", value);
}

/** An own data property: getters and prototypes are not asked. */
function property(value: Plain, name: string, path: string): Plain {
  if (typeof value !== "object" || value === null) throw mismatch(path, `an object with \`${name}\``, value);
  const found = Object.getOwnPropertyDescriptor(value, name);
  if (found === undefined || !("value" in found)) throw mismatch(`${path}.${name}`, "a value", undefined);
  return found.value;
}

function expect(fits: boolean, value: Plain, path: string, wanted: string): Plain {
  if (!fits) throw mismatch(path, wanted, value);
  return value;
}

function mismatch(path: string, wanted: string, found: Plain): Fault {
  const what =
    found === null
      ? "null"
      : Array.isArray(found)
        ? "an array"
        : typeof found === "object"
          ? "an object"
          : describe(found);
  return new Fault("type-mismatch", `${path}: expected ${wanted}, found ${what}`);
}

function describe(found: Plain): string {
  if (found === undefined) return "nothing";
  return typeof found === "string" ? JSON.stringify(found.slice(0, 40)) : String(found);
}
