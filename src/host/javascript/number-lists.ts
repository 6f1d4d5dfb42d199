/** Lists of numbers: always typed arrays of exactly their element type, in memory of their own (L2 of plain.ts). */
import { OVERHEAD } from "../../wit/budget.ts";
import { type Check, compileCheck } from "../../wit/check.ts";
import { isArrayOf, type NumberKind } from "../../wit/numbers.ts";
import type { WitType } from "../../wit/types.ts";
import type { TypedNumbers, Value } from "../../wit/value.ts";

export interface Numbers {
  readonly kind: NumberKind;
  /** Bytes that so many of them cost, with what an array costs beside its numbers: millions of empty ones are no small thing. */
  readonly cost: (count: number) => number;
  readonly isOne: (found: unknown) => found is TypedNumbers;
  /** `list` holds numbers of the type, in whatever form. */
  readonly copy: (list: TypedNumbers | readonly Value[]) => TypedNumbers;
  /** Whether a value is one of the numbers. */
  readonly fits: Check;
}

const arrays = {
  u8: Uint8Array,
  s8: Int8Array,
  u16: Uint16Array,
  s16: Int16Array,
  u32: Uint32Array,
  s32: Int32Array,
  u64: BigUint64Array,
  s64: BigInt64Array,
  f32: Float32Array,
  f64: Float64Array,
} as const;

/** Undefined when lists of this type are not lists of numbers. */
export function numbersOf({ kind }: WitType): Numbers | undefined {
  if (!Object.hasOwn(arrays, kind)) return undefined;
  return numbers(kind as NumberKind);
}

function numbers(kind: NumberKind): Numbers {
  const { BYTES_PER_ELEMENT: width } = arrays[kind];
  const cost = (count: number): number => OVERHEAD.typedArray + count * width;
  const isOne = (found: unknown): found is TypedNumbers =>
    ArrayBuffer.isView(found) && isArrayOf(kind, found as TypedNumbers);
  return { kind, cost, isOne, copy: copier(kind), fits: compileCheck({ kind }) };
}

function copier(kind: NumberKind): Numbers["copy"] {
  if (kind !== "u64" && kind !== "s64") {
    const array = arrays[kind];
    return (list) => new array(list as readonly number[]);
  }
  const make = kind === "u64" ? BigUint64Array : BigInt64Array;
  return (list) =>
    new make(
      ArrayBuffer.isView(list) ? (list as BigInt64Array) : Array.from(list as readonly (number | bigint)[], BigInt),
    );
}
