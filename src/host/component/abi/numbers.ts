/**
 * Lists of numbers: one copy between the guest's memory and a typed array.
 */
import { isIntegerKind, type NumberKind } from "../../../wit/numbers.ts";
import type { WitType } from "../../../wit/types.ts";
import type { TypedNumbers, Value } from "../../../wit/value.ts";
import type { Context } from "./context.ts";

export interface NumberList {
  /** A copy of what lies there. */
  readonly load: (cx: Context, at: number, count: number) => TypedNumbers;
  readonly store: (cx: Context, at: number, value: TypedNumbers | readonly Value[]) => void;
}

type Wide = BigInt64Array | BigUint64Array;

/** Undefined when lists of this type are plain arrays. */
export function numberListOf(element: WitType): NumberList | undefined {
  return isIntegerKind(element.kind) || element.kind === "f32" || element.kind === "f64"
    ? NUMBER_LISTS[element.kind]
    : undefined;
}

/** From so many numbers on, V8 copies faster when it makes the array from another than by `slice`: a third at 800 KB. */
const MANY = 2048;

/** A function for each kind, so that the engine sees one kind of array in each. */
const NUMBER_LISTS: Readonly<Record<NumberKind, NumberList>> = {
  u8: {
    load: (cx, at, count) =>
      count < MANY ? cx.u8.slice(at, at + count) : new Uint8Array(cx.u8.subarray(at, at + count)),
    store: (cx, at, value) => cx.u8.set(value as Uint8Array, at),
  },
  s8: {
    load: (cx, at, count) =>
      count < MANY ? cx.i8.slice(at, at + count) : new Int8Array(cx.i8.subarray(at, at + count)),
    store: (cx, at, value) => cx.i8.set(value as Int8Array, at),
  },
  u16: {
    load: (cx, at, count) =>
      count < MANY
        ? cx.u16.slice(at >>> 1, (at >>> 1) + count)
        : new Uint16Array(cx.u16.subarray(at >>> 1, (at >>> 1) + count)),
    store: (cx, at, value) => cx.u16.set(value as Uint16Array, at >>> 1),
  },
  s16: {
    load: (cx, at, count) =>
      count < MANY
        ? cx.i16.slice(at >>> 1, (at >>> 1) + count)
        : new Int16Array(cx.i16.subarray(at >>> 1, (at >>> 1) + count)),
    store: (cx, at, value) => cx.i16.set(value as Int16Array, at >>> 1),
  },
  u32: {
    load: (cx, at, count) =>
      count < MANY
        ? cx.u32.slice(at >>> 2, (at >>> 2) + count)
        : new Uint32Array(cx.u32.subarray(at >>> 2, (at >>> 2) + count)),
    store: (cx, at, value) => cx.u32.set(value as Uint32Array, at >>> 2),
  },
  s32: {
    load: (cx, at, count) =>
      count < MANY
        ? cx.i32.slice(at >>> 2, (at >>> 2) + count)
        : new Int32Array(cx.i32.subarray(at >>> 2, (at >>> 2) + count)),
    store: (cx, at, value) => cx.i32.set(value as Int32Array, at >>> 2),
  },
  f32: {
    load: (cx, at, count) =>
      count < MANY
        ? cx.f32.slice(at >>> 2, (at >>> 2) + count)
        : new Float32Array(cx.f32.subarray(at >>> 2, (at >>> 2) + count)),
    store: (cx, at, value) => cx.f32.set(value as Float32Array, at >>> 2),
  },
  f64: {
    load: (cx, at, count) =>
      count < MANY
        ? cx.f64.slice(at >>> 3, (at >>> 3) + count)
        : new Float64Array(cx.f64.subarray(at >>> 3, (at >>> 3) + count)),
    store: (cx, at, value) => cx.f64.set(value as Float64Array, at >>> 3),
  },
  u64: {
    load: (cx, at, count) =>
      count < MANY
        ? cx.u64.slice(at >>> 3, (at >>> 3) + count)
        : new BigUint64Array(cx.u64.subarray(at >>> 3, (at >>> 3) + count)),
    store: (cx, at, value) => storeWide(cx.u64, at >>> 3, value),
  },
  s64: {
    load: (cx, at, count) =>
      count < MANY
        ? cx.i64.slice(at >>> 3, (at >>> 3) + count)
        : new BigInt64Array(cx.i64.subarray(at >>> 3, (at >>> 3) + count)),
    store: (cx, at, value) => storeWide(cx.i64, at >>> 3, value),
  },
};

/** A plain list has numbers where they are exact. */
function storeWide(view: Wide, at: number, value: TypedNumbers | readonly Value[]): void {
  if (!Array.isArray(value)) return view.set(value as Wide, at);
  const { length } = value;
  for (let index = 0; index < length; index++) view[at + index] = BigInt(value[index] as number | bigint);
}

/** A typed array of numbers that came one by one: a list of fixed length among core values. */
export function numbersFrom(kind: NumberKind, values: readonly Value[]): TypedNumbers {
  switch (kind) {
    case "u8":
      return Uint8Array.from(values as readonly number[]);
    case "s8":
      return Int8Array.from(values as readonly number[]);
    case "u16":
      return Uint16Array.from(values as readonly number[]);
    case "s16":
      return Int16Array.from(values as readonly number[]);
    case "u32":
      return Uint32Array.from(values as readonly number[]);
    case "s32":
      return Int32Array.from(values as readonly number[]);
    case "f32":
      return Float32Array.from(values as readonly number[]);
    case "f64":
      return Float64Array.from(values as readonly number[]);
    case "u64":
      return BigUint64Array.from(values as readonly (number | bigint)[], BigInt);
    case "s64":
      return BigInt64Array.from(values as readonly (number | bigint)[], BigInt);
  }
}
