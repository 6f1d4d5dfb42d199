/**
 * Types as core values: which ones a value takes when it does not lie in memory.
 *
 *   F1  Cases of a variant share their places: a place that two cases use differently is an integer wide enough for both.
 *   F2  A type of more than `limit` core values is never written out: a list of fixed length can have millions.
 */
import type { WitFunction, WitType } from "../../../wit/types.ts";
import { payloadsOf, typesOf } from "./layout.ts";

export type FlatType = "i32" | "i64" | "f32" | "f64";

export const MAX_FLAT_PARAMS = 16;
export const MAX_FLAT_RESULTS = 1;

/** Null when there are more than `limit`. */
export function flatten(types: readonly WitType[], limit: number): readonly FlatType[] | null {
  const flat: FlatType[] = [];
  for (const type of types) {
    const more = flattenOne(type, limit - flat.length);
    if (more === null) return null;
    flat.push(...more);
  }
  return flat;
}

function flattenOne(type: WitType, limit: number): readonly FlatType[] | null {
  const flat = computed(type, limit);
  return flat === null || flat.length > limit ? null : flat;
}

function computed(type: WitType, limit: number): readonly FlatType[] | null {
  switch (type.kind) {
    case "s64":
    case "u64":
      return ["i64"];
    case "f32":
    case "f64":
      return [type.kind];
    case "string":
    case "map":
      return ["i32", "i32"];
    case "list":
      return type.length === undefined ? ["i32", "i32"] : repeated(type.element, type.length, limit);
    case "tuple":
      return flatten(type.items, limit);
    case "record":
      return flatten(typesOf(type.fields), limit);
    case "option":
    case "result":
    case "variant":
      return joined(payloadsOf(type), limit);
    case "bool":
    case "s8":
    case "u8":
    case "s16":
    case "u16":
    case "s32":
    case "u32":
    case "char":
    case "flags":
    case "enum":
    case "own":
    case "borrow":
    case "stream":
    case "future":
    case "error-context":
      return ["i32"];
  }
}

function repeated(element: WitType, count: number, limit: number): readonly FlatType[] | null {
  if (count === 0) return [];
  const one = flattenOne(element, limit);
  if (one === null || one.length * count > limit) return null;
  return Array.from({ length: count }, () => one).flat();
}

function joined(payloads: readonly (WitType | null)[], limit: number): readonly FlatType[] | null {
  const flat: FlatType[] = ["i32"];
  for (const payload of payloads) {
    if (payload === null) continue;
    const own = flattenOne(payload, limit - 1);
    if (own === null) return null;
    for (const [at, type] of own.entries()) flat[at + 1] = join(flat[at + 1] ?? type, type);
  }
  return flat;
}

function join(a: FlatType, b: FlatType): FlatType {
  if (a === b) return a;
  return (a === "i32" && b === "f32") || (a === "f32" && b === "i32") ? "i32" : "i64";
}

/** How the values of a function cross. Null: through memory, at a pointer. */
export interface FlatFunction {
  readonly params: readonly FlatType[] | null;
  readonly results: readonly FlatType[] | null;
}

export function flattenFunction(fn: WitFunction): FlatFunction {
  return {
    params: flatten(typesOf(fn.params), MAX_FLAT_PARAMS),
    results: flatten(fn.result === null ? [] : [fn.result], MAX_FLAT_RESULTS),
  };
}
