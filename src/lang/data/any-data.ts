/**
 * Any at run time: in, out, and its operators.
 *
 *   Y1  What WIT's untyped data can say (nil, Bool, Int, Float, String, Bytes, lists, maps with String keys) is an
 *       `AnyValue`, as plugins see it. Everything else is an `AnyTyped`: the value with its type's number.
 *   Y2  `fromAny(toAny(x, T), T)` is x for every T.
 *   Y3  A failed check names the path: `.points[2].x`.
 */
import { Fault } from "../../fault.ts";
import { AnyFloat } from "../../wit/any.ts";
import type { AnyValue } from "../../wit/any.ts";
import { integer, Some } from "../../wit/value.ts";
import type { CaseValue, Value } from "../../wit/value.ts";
import { isNullable } from "../types.ts";
import type { Type } from "../types.ts";
import { typeKey } from "../ir/type-key.ts";
import { AnyTyped } from "../value.ts";

/** A value of this type as an Any. `type` is the type's number in the program's table. */
export function toAny(value: Value, of: Type, type: number): Value {
  const data = plain(value, of);
  return data === undefined ? new AnyTyped(type, value) : data;
}

/** The `AnyValue` of a type that has one throughout; undefined for others. */
function plain(value: Value, of: Type): Value | undefined {
  switch (of.kind) {
    case "Int":
    case "Bool":
    case "String":
    case "Bytes":
    case "Nil":
    case "Any":
      return value;
    case "Float":
      return new AnyFloat(value as number);
    case "list":
      return isPlain(of.element) ? elements(value).map((item) => plain(item, of.element) as Value) : undefined;
    case "map":
      return of.key.kind === "String" && isPlain(of.value) ? plainMap(value, of.value) : undefined;
    case "option":
      if (isNullable(of.some) || !isPlain(of.some)) return value === null ? null : undefined;
      return value === null ? null : plain(value, of.some);
    default:
      return undefined;
  }
}

function plainMap(value: Value, of: Type): Value {
  const map = new Map<Value, Value>();
  for (const [key, item] of value as ReadonlyMap<Value, Value>) map.set(key, plain(item, of) as Value);
  return map;
}

/** Whether every value of the type is an `AnyValue`. */
function isPlain(of: Type): boolean {
  switch (of.kind) {
    case "Int":
    case "Bool":
    case "String":
    case "Bytes":
    case "Nil":
    case "Any":
    case "Float":
      return true;
    case "list":
      return isPlain(of.element);
    case "map":
      return of.key.kind === "String" && isPlain(of.value);
    case "option":
      return !isNullable(of.some) && isPlain(of.some);
    default:
      return false;
  }
}

/** The elements of a list in any of its representations (src/wit/value.ts), 64-bit Ints in their one form. */
export function elements(list: Value): readonly Value[] {
  if (Array.isArray(list)) return list as readonly Value[];
  if (list instanceof BigInt64Array || list instanceof BigUint64Array) return Array.from(list, integer);
  return Array.from(list as Float64Array);
}

/** One element. */
export function elementAt(list: Value, at: number): Value {
  const item = (list as readonly Value[])[at]!;
  return typeof item === "bigint" && !Array.isArray(list) ? integer(item) : item;
}

export function fromAny(any: Value, to: Type, types: readonly Type[]): Value {
  return unwrap(any, to, types, "");
}

function mismatch(any: Value, to: Type, types: readonly Type[], path: string): Fault {
  const where = path === "" ? "" : ` at \`${path}\``;
  return new Fault("type-mismatch", `Expected ${nameOf(to)}${where}, found ${kindOf(any, types)}`);
}

function unwrap(any: Value, to: Type, types: readonly Type[], path: string): Value {
  if (to.kind === "Any") return any;
  if (any instanceof AnyTyped) return unwrapTyped(any, to, types, path);
  switch (to.kind) {
    case "Int":
      if (typeof any === "number" || typeof any === "bigint") return any;
      break;
    case "Float":
      if (any instanceof AnyFloat) return any.value;
      if (typeof any === "number" || typeof any === "bigint") return Number(any);
      break;
    case "Bool":
      if (typeof any === "boolean") return any;
      break;
    case "String":
      if (typeof any === "string") return any;
      break;
    case "Char":
      if (typeof any === "string" && [...any].length === 1) return any;
      break;
    case "Bytes":
      if (any instanceof Uint8Array) return any;
      break;
    case "Nil":
      if (any === null) return null;
      break;
    case "list":
      if (Array.isArray(any))
        return (any as Value[]).map((item, i) => unwrap(item, to.element, types, `${path}[${i}]`));
      break;
    case "tuple":
      if (Array.isArray(any) && any.length === to.items.length) {
        return to.items.map((item, i) => unwrap((any as Value[])[i]!, item, types, `${path}.${i}`));
      }
      break;
    case "option":
      if (any === null) return null;
      return isNullable(to.some) ? new Some(unwrap(any, to.some, types, path)) : unwrap(any, to.some, types, path);
    case "map":
      if (any instanceof Map && to.key.kind === "String") return unwrapMap(any, to, types, path);
      break;
    case "record":
      if (any instanceof Map) return unwrapRecord(any, to, types, path);
      break;
    case "enum":
      if (typeof any === "string" && to.cases.includes(any)) return to.cases.indexOf(any);
      break;
    default:
      break;
  }
  throw mismatch(any, to, types, path);
}

function unwrapTyped(any: AnyTyped, to: Type, types: readonly Type[], path: string): Value {
  const of = types[any.type]!;
  if (typeKey(of) === typeKey(to)) return any.value;
  // An option holds the same value in both forms; a list of typed things may be wanted element by element.
  if (to.kind === "option" && of.kind !== "option") {
    const inner = unwrap(any, to.some, types, path);
    return isNullable(to.some) ? new Some(inner) : inner;
  }
  throw mismatch(any, to, types, path);
}

function unwrapMap(
  any: ReadonlyMap<Value, Value>,
  to: Extract<Type, { kind: "map" }>,
  types: readonly Type[],
  path: string,
): Value {
  const map = new Map<Value, Value>();
  for (const [key, item] of any) map.set(key, unwrap(item, to.value, types, `${path}[${JSON.stringify(key)}]`));
  return map;
}

function unwrapRecord(
  any: ReadonlyMap<Value, Value>,
  to: Extract<Type, { kind: "record" }>,
  types: readonly Type[],
  path: string,
): Value {
  const known = new Set(to.fields.map((field) => field.name));
  for (const key of any.keys()) {
    if (!known.has(key as string))
      throw new Fault(
        "type-mismatch",
        `${to.name} has no field \`${key as string}\`${path === "" ? "" : ` at \`${path}\``}`,
      );
  }
  return to.fields.map(({ name, type }) => {
    const item = any.get(name);
    if (item === undefined && type.kind !== "option")
      throw new Fault("type-mismatch", `The field \`${path}.${name}\` of ${to.name} is missing`);
    return unwrap(item ?? null, type, types, `${path}.${name}`);
  });
}

/** What an Any holds, for messages. */
export function kindOf(any: Value, types: readonly Type[]): string {
  if (any === null) return "nil";
  if (any instanceof AnyTyped) return nameOf(types[any.type]!);
  if (any instanceof AnyFloat) return "Float";
  if (any instanceof Uint8Array) return "Bytes";
  if (Array.isArray(any)) return "a list";
  if (any instanceof Map) return "a map";
  switch (typeof any) {
    case "boolean":
      return "Bool";
    case "string":
      return "String";
    default:
      return "Int";
  }
}

/** A type as the program would write it. */
export function nameOf(type: Type): string {
  switch (type.kind) {
    case "list":
      return `[${nameOf(type.element)}]`;
    case "tuple":
      return `(${type.items.map(nameOf).join(", ")})`;
    case "option":
      return `${nameOf(type.some)}?`;
    case "map":
      return `Map<${nameOf(type.key)}, ${nameOf(type.value)}>`;
    case "result":
      return `Result<${nameOf(type.ok)}, ${nameOf(type.err)}>`;
    case "fn":
      return `fn(${type.params.map(nameOf).join(", ")}) -> ${nameOf(type.result)}`;
    case "task":
      return `Task<${nameOf(type.result)}>`;
    case "stream":
    case "future":
      return `${type.kind === "stream" ? "Stream" : "Future"}<${nameOf(type.element)}>`;
    case "record":
    case "variant":
    case "enum":
    case "flags":
    case "resource":
      return type.name;
    default:
      return type.kind;
  }
}

/**
 * An Any as untyped data, for plugins, signals and JSON: records become maps, tuples lists, cases `{"name": payload}`.
 *
 * @throws {Fault} `type-mismatch` for what is no data: functions, tasks, resources, errors
 */
export function plainAny(any: Value, types: readonly Type[]): AnyValue {
  return any instanceof AnyTyped ? plainOf(any.value, types[any.type]!, types) : plainOf(any, { kind: "Any" }, types);
}

export function plainOf(value: Value, of: Type, types: readonly Type[], depth = 0): AnyValue {
  if (depth > MAX_DEPTH) throw new Fault("out-of-range", `Nested more than ${MAX_DEPTH} levels deep`);
  const inner = (item: Value, type: Type): AnyValue => plainOf(item, type, types, depth + 1);
  switch (of.kind) {
    case "Int":
    case "Bool":
    case "String":
    case "Char":
    case "Nil":
    case "Duration":
    case "Instant":
    case "Bytes":
      return value as AnyValue;
    case "Float":
      return new AnyFloat(value as number);
    case "Any":
      return plainUntyped(value, types, depth);
    case "list":
      return elements(value).map((item) => inner(item, of.element));
    case "tuple":
      return of.items.map((type, i) => inner((value as Value[])[i]!, type));
    case "record":
      return new Map(of.fields.map((field, i) => [field.name, inner((value as Value[])[i]!, field.type)]));
    case "map": {
      const entries = [...(value as ReadonlyMap<Value, Value>)];
      return new Map(entries.map(([key, item]) => [String(key), inner(item, of.value)]));
    }
    case "option":
      return value === null ? null : inner(value instanceof Some ? value.value : value, of.some);
    case "enum":
      return of.cases[value as number]!;
    case "flags":
      return of.labels.filter((_, i) => hasFlag(value as number, i));
    case "variant": {
      const { name, payload } = of.cases[(value as CaseValue).index]!;
      return new Map([[name, payload === null ? null : inner((value as CaseValue).payload, payload)]]);
    }
    case "result": {
      const { index, payload } = value as CaseValue;
      return new Map([[index === 0 ? "ok" : "err", inner(payload, index === 0 ? of.ok : of.err)]]);
    }
    default:
      throw new Fault("type-mismatch", `${nameOf(of)} is no data`);
  }
}

/** Deeper values are refused where they would be written, compared or taken apart as a whole. */
export const MAX_DEPTH = 500;

function plainUntyped(any: Value, types: readonly Type[], depth: number): AnyValue {
  if (any instanceof AnyTyped) return plainOf(any.value, types[any.type]!, types, depth + 1);
  if (Array.isArray(any)) return (any as Value[]).map((item) => plainOf(item, { kind: "Any" }, types, depth + 1));
  if (!(any instanceof Map)) return any as AnyValue;
  const entries = [...(any as ReadonlyMap<string, Value>)];
  return new Map(entries.map(([key, item]) => [key, plainOf(item, { kind: "Any" }, types, depth + 1)]));
}

export function hasFlag(flags: number, bit: number): boolean {
  return Math.floor(flags / 2 ** bit) % 2 === 1;
}
