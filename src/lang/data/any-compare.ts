/**
 * Equality and order (rule 45).
 *
 *   Q1  `==` is structural; NaN differs from itself wherever it stands; resources are equal by identity.
 *   Q2  Order is of numbers, Strings and Chars by scalar value, Durations and Instants; tuples, lists and options of them
 *       from the first difference. In sorting, NaN is last.
 */
import { Fault } from "../../fault.ts";
import { AnyFloat } from "../../wit/any.ts";
import { Handle, Some } from "../../wit/value.ts";
import type { CaseValue, Value } from "../../wit/value.ts";
import { elementAt, MAX_DEPTH } from "./any-data.ts";
import type { Type } from "../types.ts";
import { typeKey } from "../ir/type-key.ts";
import { AnyTyped, Task } from "../value.ts";

/** Int or Float on either side, exactly: JavaScript compares a bigint with a number by their mathematical values. */
export function equalNumbers(x: Value, y: Value): boolean {
  return (x as number) <= (y as number) && (x as number) >= (y as number);
}

export function equal(x: Value, y: Value, of: Type, types: readonly Type[], depth = 0): boolean {
  if (depth > MAX_DEPTH) throw new Fault("out-of-range", `Nested more than ${MAX_DEPTH} levels deep`);
  const inner = (a: Value, b: Value, type: Type): boolean => equal(a, b, type, types, depth + 1);
  switch (of.kind) {
    case "Int":
    case "Float":
    case "Duration":
    case "Instant":
      return equalNumbers(x, y);
    case "Any":
      return equalAny(x, y, types, depth);
    case "Bytes":
      return equalBytes(x as Uint8Array, y as Uint8Array);
    case "list":
      return equalLists(x as readonly Value[], y as readonly Value[], (a, b) => inner(a, b, of.element));
    case "tuple":
      return of.items.every((type, i) => inner((x as Value[])[i]!, (y as Value[])[i]!, type));
    case "record":
      return of.fields.every(({ type }, i) => inner((x as Value[])[i]!, (y as Value[])[i]!, type));
    case "option":
      if (x === null || y === null) return x === y;
      if (x instanceof Some && y instanceof Some) return inner(x.value, y.value, of.some);
      return inner(x, y, of.some);
    case "map":
      return equalMaps(x as ReadonlyMap<Value, Value>, y as ReadonlyMap<Value, Value>, (a, b) => inner(a, b, of.value));
    case "variant":
      return equalCases(x as CaseValue, y as CaseValue, (i) => of.cases[i]?.payload ?? null, inner);
    case "result":
      return equalCases(x as CaseValue, y as CaseValue, (i) => (i === 0 ? of.ok : of.err), inner);
    case "resource":
      return x instanceof Handle && y instanceof Handle && x.instance === y.instance && x.id === y.id;
    case "task":
      return x instanceof Task && y instanceof Task && x.id === y.id;
    default:
      return x === y;
  }
}

function equalBytes(x: Uint8Array, y: Uint8Array): boolean {
  return x.length === y.length && x.every((byte, i) => byte === y[i]);
}

function equalLists(x: readonly Value[], y: readonly Value[], same: (a: Value, b: Value) => boolean): boolean {
  if (x.length !== y.length) return false;
  for (let i = 0; i < x.length; i++) if (!same(elementAt(x, i), elementAt(y, i))) return false;
  return true;
}

/** The order of entries does not count. */
function equalMaps(
  x: ReadonlyMap<Value, Value>,
  y: ReadonlyMap<Value, Value>,
  same: (a: Value, b: Value) => boolean,
): boolean {
  if (x.size !== y.size) return false;
  for (const [key, value] of x) {
    const other = y.get(key);
    if (other === undefined || !same(value, other)) return false;
  }
  return true;
}

function equalCases(
  x: CaseValue,
  y: CaseValue,
  payload: (index: number) => Type | null,
  same: (a: Value, b: Value, type: Type) => boolean,
): boolean {
  if (x.index !== y.index) return false;
  const type = payload(x.index);
  return type === null || same(x.payload, y.payload, type);
}

function equalAny(x: Value, y: Value, types: readonly Type[], depth: number): boolean {
  const any: Type = { kind: "Any" };
  if (x instanceof AnyTyped || y instanceof AnyTyped) {
    if (!(x instanceof AnyTyped && y instanceof AnyTyped)) return false;
    const of = types[x.type]!;
    return typeKey(of) === typeKey(types[y.type]!) && equal(x.value, y.value, of, types, depth + 1);
  }
  const [a, b] = [numberIn(x), numberIn(y)];
  if (a !== null && b !== null) return equalNumbers(a, b);
  if (x instanceof Uint8Array && y instanceof Uint8Array) return equalBytes(x, y);
  if (Array.isArray(x) && Array.isArray(y)) {
    return equalLists(x as Value[], y as Value[], (p, q) => equal(p, q, any, types, depth + 1));
  }
  if (x instanceof Map && y instanceof Map) return equalMaps(x, y, (p, q) => equal(p, q, any, types, depth + 1));
  return x === y;
}

/** The number an Any holds, or null. */
export function numberIn(any: Value): number | bigint | null {
  if (any instanceof AnyFloat) return any.value;
  return typeof any === "number" || typeof any === "bigint" ? any : null;
}

/** Below zero when x comes first. By Unicode scalar value, which differs from UTF-16 units at the surrogates. */
export function compareText(x: string, y: string): number {
  const length = Math.min(x.length, y.length);
  for (let i = 0; i < length; i++) {
    const a = x.charCodeAt(i);
    const b = y.charCodeAt(i);
    if (a !== b) return rank(a) - rank(b);
  }
  return x.length - y.length;
}

/** Surrogates stand for scalar values above all that take one unit. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** For sorting: a total order, NaN last. */
export function compare(x: Value, y: Value, of: Type, types: readonly Type[], depth = 0): number {
  if (depth > MAX_DEPTH) throw new Fault("out-of-range", `Nested more than ${MAX_DEPTH} levels deep`);
  switch (of.kind) {
    case "String":
    case "Char":
      return compareText(x as string, y as string);
    case "Any":
      return compareAny(x, y, types);
    case "list":
      return compareLists(x as Value[], y as Value[], () => of.element, types, depth);
    case "tuple":
      return compareLists(x as Value[], y as Value[], (i) => of.items[i]!, types, depth);
    case "option":
      if (x === null || y === null) return x === y ? 0 : x === null ? -1 : 1;
      if (x instanceof Some && y instanceof Some) return compare(x.value, y.value, of.some, types, depth + 1);
      return compare(x, y, of.some, types, depth + 1);
    default:
      return compareNumbers(x as number, y as number);
  }
}

function compareNumbers(x: number | bigint | boolean, y: number | bigint | boolean): number {
  if (x < y) return -1;
  if (x > y) return 1;
  // Neither: equal, or NaN somewhere.
  return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
}

function compareLists(
  x: readonly Value[],
  y: readonly Value[],
  of: (i: number) => Type,
  types: readonly Type[],
  depth: number,
): number {
  const length = Math.min(x.length, y.length);
  for (let i = 0; i < length; i++) {
    const order = compare(elementAt(x, i), elementAt(y, i), of(i), types, depth + 1);
    if (order !== 0) return order;
  }
  return x.length - y.length;
}

/** @throws {Fault} `type-mismatch` for what has no common order */
export function compareAny(x: Value, y: Value, types: readonly Type[]): number {
  const [a, b] = [numberIn(x), numberIn(y)];
  if (a !== null && b !== null) return compareNumbers(a, b);
  if (typeof x === "string" && typeof y === "string") return compareText(x, y);
  if (x instanceof AnyTyped && y instanceof AnyTyped && ordered(x, y, types)) {
    return compare(x.value, y.value, types[x.type]!, types);
  }
  throw new Fault("type-mismatch", "These two have no order: numbers, Strings, Chars, Durations and Instants do");
}

function ordered(x: AnyTyped, y: AnyTyped, types: readonly Type[]): boolean {
  const of = types[x.type]!;
  return (
    typeKey(of) === typeKey(types[y.type]!) && (of.kind === "Char" || of.kind === "Duration" || of.kind === "Instant")
  );
}
