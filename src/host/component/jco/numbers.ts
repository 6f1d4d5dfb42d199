/**
 * The typed array of each WIT number type.
 */
import type { WitType } from "../../../wit/types.ts";
import type { TypedNumbers, Value } from "../../../wit/value.ts";

export interface NumberArray {
  readonly array: new (length: number) => TypedNumbers;
  readonly from: (values: readonly Value[]) => TypedNumbers;
}

const narrow = (array: new (values: number[]) => TypedNumbers): NumberArray => ({
  array: array as unknown as NumberArray["array"],
  from: (values) => new array(Array.from(values, Number)),
});

const wide = (array: new (values: bigint[]) => TypedNumbers): NumberArray => ({
  array: array as unknown as NumberArray["array"],
  from: (values) => new array(Array.from(values, (each) => BigInt(each as number | bigint))),
});

const arrays: Readonly<Record<string, NumberArray>> = {
  u8: narrow(Uint8Array),
  s8: narrow(Int8Array),
  u16: narrow(Uint16Array),
  s16: narrow(Int16Array),
  u32: narrow(Uint32Array),
  s32: narrow(Int32Array),
  u64: wide(BigUint64Array),
  s64: wide(BigInt64Array),
  f32: narrow(Float32Array),
  f64: narrow(Float64Array),
};

/** Undefined when lists of this type are plain arrays. */
export function numbersOf(type: WitType): NumberArray | undefined {
  return arrays[type.kind];
}
