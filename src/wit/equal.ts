/** Equality of values of one type: bit for bit, but for the payload of a NaN (D8). */
import { isTypedNumbers } from "./numbers.ts";
import type { WitType } from "./types.ts";
import { CaseValue, Handle, integer, isNullable, Some, type Value } from "./value.ts";

/**
 * Whether two values of this type are the same: NaN equals NaN, -0 differs from 0, a typed array equals an array of
 * its numbers, a map equals one with the same entries in the same order.
 */
export function equalValues(type: WitType, a: Value, b: Value): boolean {
  switch (type.kind) {
    case "list":
      return equalSequences(type.element, a, b);
    case "tuple":
      return equalItems(type.items, a, b);
    case "record":
      return equalItems(
        type.fields.map((field) => field.type),
        a,
        b,
      );
    case "map":
      return equalMaps(type.key, type.value, a, b);
    case "option":
      return equalOptions(type.some, a, b);
    case "result":
      return equalCases([type.ok, type.err], a, b);
    case "variant":
      return equalCases(
        type.cases.map((c) => c.type),
        a,
        b,
      );
    case "own":
    case "borrow":
    case "stream":
    case "future":
    case "error-context":
      return equalHandles(a, b);
    case "f32":
    case "f64":
      return Object.is(a, b);
    default:
      return a === b;
  }
}

/** The elements of a list in either of its forms; null when it is no list. */
function elementsOf(value: Value): readonly Value[] | null {
  if (value instanceof BigInt64Array || value instanceof BigUint64Array) return Array.from(value, integer);
  if (isTypedNumbers(value)) return Array.from(value);
  return Array.isArray(value) ? value : null;
}

function equalSequences(element: WitType, a: Value, b: Value): boolean {
  const left = elementsOf(a);
  const right = elementsOf(b);
  if (left === null || right === null || left.length !== right.length) return false;
  return left.every((item, index) => equalValues(element, item, right[index] as Value));
}

function equalItems(types: readonly WitType[], a: Value, b: Value): boolean {
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== types.length || b.length !== types.length) return false;
  return types.every((type, index) => equalValues(type, a[index] as Value, b[index] as Value));
}

function equalMaps(key: WitType, value: WitType, a: Value, b: Value): boolean {
  if (!(a instanceof Map) || !(b instanceof Map) || a.size !== b.size) return false;
  const left = [...(a as ReadonlyMap<Value, Value>)];
  const right = [...(b as ReadonlyMap<Value, Value>)];
  return left.every(([k, v], index) => {
    const other = right[index];
    return other !== undefined && equalValues(key, k, other[0]) && equalValues(value, v, other[1]);
  });
}

function equalOptions(some: WitType, a: Value, b: Value): boolean {
  if (a === null || b === null) return a === b;
  if (!isNullable(some)) return equalValues(some, a, b);
  return a instanceof Some && b instanceof Some && equalValues(some, a.value, b.value);
}

function equalCases(types: readonly (WitType | null)[], a: Value, b: Value): boolean {
  if (!(a instanceof CaseValue) || !(b instanceof CaseValue) || a.index !== b.index) return false;
  const type = types[a.index];
  if (type === undefined) return false;
  return type === null ? a.payload === b.payload : equalValues(type, a.payload, b.payload);
}

function equalHandles(a: Value, b: Value): boolean {
  if (a instanceof Handle && b instanceof Handle) return a.instance === b.instance && a.id === b.id;
  return a === b;
}
