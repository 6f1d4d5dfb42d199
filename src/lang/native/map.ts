/** Natives over maps, options and Anys. Maps keep the order of insertion; a key set again keeps its place. */
import { Fault } from "../../fault.ts";
import type { Value } from "../../wit/value.ts";
import { kindOf } from "../data/any-data.ts";
import { isNullable } from "../types.ts";
import type { Type } from "../types.ts";
import { Some } from "../../wit/value.ts";
import { AnyTyped } from "../value.ts";
import type { Native } from "./type.ts";
import { lengthOf } from "../data/text.ts";

type Entries = ReadonlyMap<Value, Value>;

function wrapped(value: Value, of: Type | undefined): Value {
  return of !== undefined && isNullable(of) ? new Some(value) : value;
}

function lengthOfAny(any: Value, all: readonly Type[]): number {
  if (typeof any === "string") return lengthOf(any);
  if (any instanceof Map) return any.size;
  if (Array.isArray(any) || any instanceof Uint8Array) return any.length;
  if (any instanceof AnyTyped && Array.isArray(any.value) && all[any.type]!.kind === "list") return any.value.length;
  throw new Fault("type-mismatch", `\`len\` of ${kindOf(any, all)}`);
}

function keysOfAny(any: Value, all: readonly Type[]): Value {
  if (any instanceof Map) return [...(any as Entries).keys()];
  const of = any instanceof AnyTyped ? all[any.type]! : null;
  if (of?.kind === "record") return of.fields.map((field) => field.name);
  throw new Fault("type-mismatch", `\`keys\` of ${kindOf(any, all)}`);
}

export const maps: Readonly<Record<string, Native>> = {
  "len/3": ([map]) => (map as Entries).size,
  "len/4": ([any], _, all) => lengthOfAny(any!, all),
  "contains/2": ([map, key]) => (map as Entries).has(key!),
  "keys/0": ([map]) => [...(map as Entries).keys()],
  "keys/1": ([any], _, all) => keysOfAny(any!, all),
  "values/0": ([map]) => [...(map as Entries).values()],
  "get/0": ([map, key], types) => {
    const value = (map as Entries).get(key!);
    return value === undefined ? null : wrapped(value, types[1]);
  },
  "put/0": ([map, key, value]) => new Map(map as Entries).set(key!, value!),
  "remove/0": ([map, key]) => {
    const rest = new Map(map as Entries);
    rest.delete(key!);
    return rest;
  },
  "is_nil/0": ([option]) => option === null,
  "is_nil/1": ([any]) => any === null,
  "some/0": ([value], types) => wrapped(value!, types[0]),
};
