/**
 * Values of WIT types as plain JavaScript, and back: how functions of the embedding program and the command line see them.
 *
 *   L1  Only own data properties count: no getter runs and no prototype is asked. Arrays are read once, index by index.
 *   L2  What is handed out shares no memory with the value it was made from, and what is taken in none with its source.
 *
 * | WIT                    | JavaScript                                                                             |
 * | ---------------------- | -------------------------------------------------------------------------------------- |
 * | bool, string, char     | boolean, string, string of one character                                               |
 * | s8 … u64               | number when it is a safe integer, else bigint; both are taken                          |
 * | f32, f64               | number; taken for an f32 it is rounded                                                 |
 * | list<u8>               | Uint8Array                                                                             |
 * | list of other numbers  | the typed array of that type; an Array is taken too                                    |
 * | list, tuple            | Array                                                                                  |
 * | map                    | Map                                                                                    |
 * | record                 | object with the fields in camelCase                                                    |
 * | variant                | `{ tag: "case-name", value }`, without `value` when the case has none                  |
 * | enum                   | "case-name"                                                                            |
 * | flags                  | object of booleans in camelCase; absent ones are false, a Set or Array of labels is taken |
 * | option                 | null or the value; `{ some: … }` around it when options nest; undefined is taken for null |
 * | result                 | `{ ok: … }` or `{ err: … }`, null when there is no payload                             |
 * | own, borrow            | whatever `PlainHandles` says; a `Handle` unless given                                  |
 * | callback               | function of plain values (see plain-any.ts) that gives a promise                       |
 * | value of sennit:host   | plain untyped data (see plain-any.ts)                                                  |
 */
import { Fault } from "../../fault.ts";
import { decodeAny, encodeAny } from "../../wit/cbor.ts";
import { isTypedNumbers } from "../../wit/numbers.ts";
import type { Field, WitType } from "../../wit/types.ts";
import { checkValue } from "../../wit/validate.ts";
import { Callback, CaseValue, ERR, Handle, integer, isNullable, OK, Some, type Value } from "../../wit/value.ts";
import { isAnyType } from "../any-type.ts";
import { lowerCamel } from "../names.ts";
import { anyFromPlain, anyToPlain, callbackFromFunction, callbackToFunction } from "./plain-any.ts";

export type HandleType = Extract<WitType, { kind: "own" | "borrow" }>;

/** How handles look in plain JavaScript. */
export interface PlainHandles {
  readonly toPlain: (type: HandleType, handle: Handle) => unknown;
  readonly fromPlain: (type: HandleType, plain: unknown, path: string) => Handle;
}

/** Handles as they are. */
const asTheyAre: PlainHandles = {
  toPlain: (_, handle) => handle,
  fromPlain: (_, plain, path) => {
    if (plain instanceof Handle) return plain;
    throw mismatch(path, "a handle", plain);
  },
};

/**
 * A value that passed `checkValue`, as plain JavaScript.
 *
 * @example
 * toPlain({ kind: "option", some: { kind: "u8" } }, null); // null
 */
export function toPlain(type: WitType, value: Value, handles: PlainHandles = asTheyAre): unknown {
  const inner = (part: WitType | null, of: Value): unknown => (part === null ? null : toPlain(part, of, handles));
  if (isAnyType(type)) return anyToPlain(decodeAny(value as Uint8Array));
  switch (type.kind) {
    case "list":
      if (isTypedNumbers(value)) return value.slice();
      return (value as readonly Value[]).map((item) => inner(type.element, item));
    case "tuple":
      return type.items.map((item, index) => inner(item, at(value, index)));
    case "map":
      return new Map(
        [...(value as ReadonlyMap<Value, Value>)].map(([k, v]) => [inner(type.key, k), inner(type.value, v)]),
      );
    case "record":
      return Object.fromEntries(
        type.fields.map(({ name, type: field }, index) => [lowerCamel(name), inner(field, at(value, index))]),
      );
    case "option":
      if (value === null) return null;
      return isNullable(type.some) ? { some: inner(type.some, (value as Some).value) } : inner(type.some, value);
    case "variant": {
      const { index, payload } = value as CaseValue;
      const found = type.cases[index];
      return found?.type ? { tag: found.name, value: inner(found.type, payload) } : { tag: found?.name };
    }
    case "result": {
      const { index, payload } = value as CaseValue;
      return index === OK ? { ok: inner(type.ok, payload) } : { err: inner(type.err, payload) };
    }
    case "enum":
      return type.cases[value as number];
    case "flags":
      return Object.fromEntries(type.labels.map((label, index) => [lowerCamel(label), hasBit(value as number, index)]));
    case "own":
    case "borrow":
      if (value instanceof Callback) return callbackToFunction(value);
      return handles.toPlain(type, value as Handle);
    default:
      return value;
  }
}

/**
 * Plain JavaScript as a value of a type, checked.
 *
 * @param path what it is, for messages: "argument `p`"
 * @throws {Fault} `type-mismatch` or `out-of-range`, naming the place
 */
export function fromPlain(type: WitType, plain: unknown, path: string, handles: PlainHandles = asTheyAre): Value {
  const value = read(type, plain, path, handles);
  checkValue(type, value, path);
  return value;
}

function read(type: WitType, plain: unknown, path: string, handles: PlainHandles): Value {
  const inner = (part: WitType, of: unknown, step: string): Value => read(part, of, path + step, handles);
  if (isAnyType(type)) return encodeAny(anyFromPlain(plain, path));
  switch (type.kind) {
    case "s8":
    case "u8":
    case "s16":
    case "u16":
    case "s32":
    case "u32":
    case "s64":
    case "u64":
      return readInteger(plain, path);
    case "f32":
      return typeof plain === "number" ? Math.fround(plain) : (plain as Value);
    case "list":
      return readList(type, plain, path, inner);
    case "tuple":
      return items(plain, path).map((item, index) => inner(type.items[index] ?? { kind: "bool" }, item, `[${index}]`));
    case "map":
      if (!(plain instanceof Map)) throw mismatch(path, "a Map", plain);
      return new Map(
        [...(plain as ReadonlyMap<unknown, unknown>)].map(([k, v]) => [
          inner(type.key, k, " key"),
          inner(type.value, v, `[${String(k)}]`),
        ]),
      );
    case "record":
      return type.fields.map((field) => readField(field, plain, path, inner));
    case "option":
      if (plain === null || plain === undefined) return null;
      return isNullable(type.some)
        ? new Some(inner(type.some, property(plain, "some", path), ".some"))
        : inner(type.some, plain, "");
    case "variant": {
      const tag = property(plain, "tag", path);
      const index = type.cases.findIndex((each) => each.name === tag);
      const found = type.cases[index];
      if (found === undefined) throw mismatch(`${path}.tag`, names(type.cases.map((each) => each.name)), tag);
      return new CaseValue(
        index,
        found.type === null ? null : inner(found.type, property(plain, "value", path), ".value"),
      );
    }
    case "result":
      return readResult(type, plain, path, inner);
    case "enum": {
      const index = type.cases.indexOf(plain as string);
      if (index < 0) throw mismatch(path, names(type.cases), plain);
      return index;
    }
    case "flags":
      return readFlags(type.labels, plain, path);
    case "own":
    case "borrow":
      return typeof plain === "function" ? callbackFromFunction(plain) : handles.fromPlain(type, plain, path);
    default:
      return plain as Value; // checkValue decides
  }
}

type Inner = (part: WitType, of: unknown, step: string) => Value;

function readInteger(plain: unknown, path: string): Value {
  if (typeof plain === "bigint") return integer(plain);
  if (typeof plain === "number" && Number.isSafeInteger(plain)) return plain + 0;
  throw mismatch(path, "an integer", plain);
}

function readList(type: Extract<WitType, { kind: "list" }>, plain: unknown, path: string, inner: Inner): Value {
  if (isTypedNumbers(plain)) return plain.slice();
  const list = items(plain, path).map((item, index) => inner(type.element, item, `[${index}]`));
  // Bytes have one form only; that they are bytes is seen in the array of numbers.
  if (type.element.kind !== "u8") return list;
  checkValue({ kind: "list", element: { kind: "u16" } }, list, path);
  const bytes = Uint8Array.from(list as readonly number[]);
  const wrong = list.findIndex((item, index) => item !== bytes[index]);
  if (wrong >= 0) checkValue({ kind: "u8" }, list[wrong] as Value, `${path}[${wrong}]`);
  return bytes;
}

function readField({ name, type }: Field, plain: unknown, path: string, inner: Inner): Value {
  const key = lowerCamel(name);
  return inner(type, type.kind === "option" ? optional(plain, key, path) : property(plain, key, path), `.${key}`);
}

function readResult(type: Extract<WitType, { kind: "result" }>, plain: unknown, path: string, inner: Inner): Value {
  const arms = ["ok", "err"].filter((name) => hasOwn(plain, name, path));
  if (arms.length !== 1) throw mismatch(path, "{ ok } or { err }", plain);
  const [name = "ok"] = arms;
  const part = name === "ok" ? type.ok : type.err;
  const payload = property(plain, name, path);
  if (part === null && payload !== null && payload !== undefined) throw mismatch(`${path}.${name}`, "null", payload);
  return new CaseValue(name === "ok" ? OK : ERR, part === null ? null : inner(part, payload, `.${name}`));
}

function readFlags(labels: readonly string[], plain: unknown, path: string): number {
  const known = new Map(
    labels.flatMap((label, index) => [[label, index] as const, [lowerCamel(label), index] as const]),
  );
  const set = plain instanceof Set || Array.isArray(plain) ? [...(plain as Iterable<unknown>)] : setFlags(plain, path);
  const bits = new Set<number>();
  for (const name of set) {
    const index = known.get(name as string);
    if (index === undefined) throw mismatch(path, names(labels), name);
    bits.add(index);
  }
  return [...bits].reduce((sum, index) => sum + 2 ** index, 0);
}

function setFlags(plain: unknown, path: string): string[] {
  refuseNonObject(plain, path, "an object of booleans");
  return Object.keys(plain).filter((key) => {
    const flag = property(plain, key, path);
    if (typeof flag !== "boolean" && flag !== undefined) throw mismatch(`${path}.${key}`, "a boolean", flag);
    return flag === true;
  });
}

/** The elements of an array, holes as undefined. */
function items(plain: unknown, path: string): unknown[] {
  if (!Array.isArray(plain)) throw mismatch(path, "an array", plain);
  return Array.from({ length: plain.length }, (_, index) => (plain as readonly unknown[])[index]);
}

function hasOwn(plain: unknown, name: string, path: string): boolean {
  refuseNonObject(plain, path, `an object with \`${name}\``);
  return Object.hasOwn(plain, name);
}

/** An own data property (L1). */
function property(plain: unknown, name: string, path: string): unknown {
  refuseNonObject(plain, path, `an object with \`${name}\``);
  const found = Object.getOwnPropertyDescriptor(plain, name);
  if (found === undefined) throw new Fault("type-mismatch", `${path}.${name} is missing`);
  if (!("value" in found)) throw new Fault("type-mismatch", `${path}.${name} is a getter, which is not called`);
  return found.value;
}

function optional(plain: unknown, name: string, path: string): unknown {
  return hasOwn(plain, name, path) ? property(plain, name, path) : null;
}

function refuseNonObject(plain: unknown, path: string, want: string): asserts plain is object {
  if (typeof plain !== "object" || plain === null) throw mismatch(path, want, plain);
}

function at(value: Value, index: number): Value {
  return (value as readonly Value[])[index] as Value;
}

function hasBit(bits: number, index: number): boolean {
  return Math.floor(bits / 2 ** index) % 2 === 1;
}

function names(all: readonly string[]): string {
  return all.map((name) => `"${name}"`).join(" or ");
}

export function mismatch(path: string, want: string, found: unknown): Fault {
  return new Fault("type-mismatch", `${path}: expected ${want}, found ${describe(found)}`);
}

function describe(found: unknown): string {
  if (found === undefined) return "nothing";
  if (typeof found === "string") return JSON.stringify(found.slice(0, 40));
  if (found === null || typeof found === "number" || typeof found === "boolean" || typeof found === "bigint")
    return String(found);
  if (typeof found === "function") return "a function";
  return Array.isArray(found) ? "an array" : "an object";
}
