/** The number types of WIT: their ranges, and the typed array that a list of one may be. */
import type { TypedNumbers } from "./value.ts";

export type IntegerKind = "s8" | "u8" | "s16" | "u16" | "s32" | "u32" | "s64" | "u64";
export type NumberKind = IntegerKind | "f32" | "f64";

interface Range {
  readonly min: bigint;
  readonly max: bigint;
}

const RANGES: Readonly<Record<IntegerKind, Range>> = {
  s8: { min: -128n, max: 127n },
  u8: { min: 0n, max: 255n },
  s16: { min: -32_768n, max: 32_767n },
  u16: { min: 0n, max: 65_535n },
  s32: { min: -2_147_483_648n, max: 2_147_483_647n },
  u32: { min: 0n, max: 4_294_967_295n },
  s64: { min: -(2n ** 63n), max: 2n ** 63n - 1n },
  u64: { min: 0n, max: 2n ** 64n - 1n },
};

/** The least and the greatest value of an integer type. */
export function rangeOf(kind: IntegerKind): Range {
  return RANGES[kind];
}

export function isIntegerKind(kind: string): kind is IntegerKind {
  return Object.hasOwn(RANGES, kind);
}

/** Whether a number or bigint lies in the range of an integer type. */
export function isInRange(kind: IntegerKind, value: number | bigint): boolean {
  const { min, max } = RANGES[kind];
  return value >= min && value <= max;
}

/** Whether a list of `kind` may be this typed array. */
export function isArrayOf(kind: string, value: TypedNumbers): boolean {
  switch (kind) {
    case "u8":
      return value instanceof Uint8Array;
    case "s8":
      return value instanceof Int8Array;
    case "u16":
      return value instanceof Uint16Array;
    case "s16":
      return value instanceof Int16Array;
    case "u32":
      return value instanceof Uint32Array;
    case "s32":
      return value instanceof Int32Array;
    case "u64":
      return value instanceof BigUint64Array;
    case "s64":
      return value instanceof BigInt64Array;
    case "f32":
      return value instanceof Float32Array;
    case "f64":
      return value instanceof Float64Array;
    default:
      return false;
  }
}

/** Whether something is one of the typed arrays that values may have. */
export function isTypedNumbers(value: unknown): value is TypedNumbers {
  return ArrayBuffer.isView(value) && !(value instanceof DataView) && !(value instanceof Uint8ClampedArray);
}
