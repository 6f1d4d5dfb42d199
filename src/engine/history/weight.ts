/**
 * How much a value is once it is written out. Parts of a value may be shared, also many times over: a few bytes can stand for more than
 * anybody can print.
 */
import { AnyTyped, Closure, ErrorValue } from "../../lang/value.ts";
import { CaseValue, Some } from "../../wit/value.ts";
import type { Value } from "../../wit/value.ts";

/** Levels of values within values. */
const DEEP = 1000;

/** Values within it and itself, shared ones as often as they stand there; Infinity for what is nested too deep. */
export function weightOf(value: Value, known: Map<object, number> = new Map(), depth = 0): number {
  if (depth > DEEP) return Infinity;
  if (value === null || typeof value !== "object") return 1;
  const before = known.get(value);
  if (before !== undefined) return before;
  let weight = 1;
  for (const part of partsOf(value)) weight += weightOf(part, known, depth + 1);
  known.set(value, weight);
  return weight;
}

function partsOf(value: Exclude<Value, null | boolean | number | bigint | string>): Iterable<Value> {
  if (Array.isArray(value)) return value as readonly Value[];
  if (value instanceof Map) return [...(value as Map<Value, Value>)].flat();
  if (value instanceof Some || value instanceof AnyTyped) return [value.value];
  if (value instanceof CaseValue) return [value.payload];
  if (value instanceof Closure) return value.captures;
  if (value instanceof ErrorValue) return [value.value, ...value.suppressed];
  return [];
}
