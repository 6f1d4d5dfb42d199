/**
 * Values into memory: one closure per type, at an offset from a pointer.
 *
 *   P1  The place was given by the guest and checked; what a value points to is placed by `realloc` on the way, after
 *       which only views from the context are good.
 */
import { Defect } from "../../../fault.ts";
import type { WitType } from "../../../wit/types.ts";
import { isNullable, type CaseValue, type Some, type Value } from "../../../wit/value.ts";
import { discriminantSize, offsetsOf, payloadOffset, payloadsOf, typesOf } from "./layout.ts";
import { compileStoreMany, storeFixed } from "./lists.ts";
import { handleLower } from "./owned.ts";
import { integerStore, scalarStore, type Store } from "./scalars.ts";

export function compileStore(type: WitType, offset: number): Store {
  return scalarStore(type, offset) ?? compound(type, offset);
}

function compound(type: WitType, offset: number): Store {
  switch (type.kind) {
    case "string":
      return (cx, at, value) => {
        const start = cx.strings.store(cx, value as string);
        const place = (at + offset) >>> 2;
        cx.u32[place] = start;
        cx.u32[place + 1] = cx.length;
      };
    case "list":
      if (type.length !== undefined) return storeFixed(type.element, type.length, offset, compileStore);
      return storeAtPointer(type, offset);
    case "map":
      return storeAtPointer(type, offset);
    case "tuple":
      return storeFields(type.items, offset);
    case "record":
      return storeFields(typesOf(type.fields), offset);
    case "option":
      return storeOption(type, offset);
    case "result":
    case "variant":
      return storeCase(payloadsOf(type), offset);
    case "own":
    case "borrow": {
      const lower = handleLower(type);
      return (cx, at, value) => {
        cx.u32[(at + offset) >>> 2] = lower(cx, value);
      };
    }
    default:
      throw new Defect(`${type.kind} has no form in memory`);
  }
}

function storeAtPointer(type: Extract<WitType, { kind: "list" | "map" }>, offset: number): Store {
  const store = compileStoreMany(type, compileStore);
  return (cx, at, value) => {
    const start = store(cx, value);
    const place = (at + offset) >>> 2;
    cx.u32[place] = start;
    cx.u32[place + 1] = cx.length;
  };
}

/** Fields of a record, a tuple, or all arguments. The usual small ones are written out. */
export function storeFields(types: readonly WitType[], offset: number): Store {
  const offsets = offsetsOf(types);
  const stores = types.map((type, index) => compileStore(type, offset + (offsets[index] ?? 0)));
  const [a, b, c] = stores;
  const count = stores.length;
  if (a !== undefined && b !== undefined && c !== undefined && count === 3) {
    return (cx, at, value) => {
      const fields = value as readonly Value[];
      a(cx, at, fields[0] as Value);
      b(cx, at, fields[1] as Value);
      c(cx, at, fields[2] as Value);
    };
  }
  return (cx, at, value) => {
    const fields = value as readonly Value[];
    for (let index = 0; index < count; index++) (stores[index] as Store)(cx, at, fields[index] as Value);
  };
}

function storeOption(type: Extract<WitType, { kind: "option" }>, offset: number): Store {
  const store = compileStore(type.some, offset + payloadOffset(payloadsOf(type)));
  const nullable = isNullable(type.some);
  return (cx, at, value) => {
    cx.u8[at + offset] = value === null ? 0 : 1;
    if (value !== null) store(cx, at, nullable ? (value as Some).value : value);
  };
}

function storeCase(payloads: readonly (WitType | null)[], offset: number): Store {
  const discriminant = integerStore(discriminantSize(payloads.length), offset);
  const start = offset + payloadOffset(payloads);
  const stores = payloads.map((type) => (type === null ? null : compileStore(type, start)));
  return (cx, at, value) => {
    const { index, payload } = value as CaseValue;
    discriminant(cx, at, index);
    const store = stores[index];
    if (store !== null && store !== undefined) store(cx, at, payload);
  };
}
