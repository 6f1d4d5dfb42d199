/** Lists of numbers: one copy of their bytes. Every machine that Node and browsers run on stores them in the same order. */
import { OVERHEAD } from "../../../wit/budget.ts";
import { isIntegerKind, isTypedNumbers, type NumberKind } from "../../../wit/numbers.ts";
import type { WitType } from "../../../wit/types.ts";
import type { TypedNumbers, Value } from "../../../wit/value.ts";
import type { Codec } from "./codec-type.ts";
import { Broken } from "./reader.ts";

interface Kind {
  readonly size: number;
  readonly view: (buffer: ArrayBuffer) => TypedNumbers;
  readonly from: (values: readonly Value[]) => TypedNumbers;
}

const KINDS: Readonly<Record<NumberKind, Kind>> = {
  u8: { size: 1, view: (b) => new Uint8Array(b), from: (v) => Uint8Array.from(v as readonly number[]) },
  s8: { size: 1, view: (b) => new Int8Array(b), from: (v) => Int8Array.from(v as readonly number[]) },
  u16: { size: 2, view: (b) => new Uint16Array(b), from: (v) => Uint16Array.from(v as readonly number[]) },
  s16: { size: 2, view: (b) => new Int16Array(b), from: (v) => Int16Array.from(v as readonly number[]) },
  u32: { size: 4, view: (b) => new Uint32Array(b), from: (v) => Uint32Array.from(v as readonly number[]) },
  s32: { size: 4, view: (b) => new Int32Array(b), from: (v) => Int32Array.from(v as readonly number[]) },
  f32: { size: 4, view: (b) => new Float32Array(b), from: (v) => Float32Array.from(v as readonly number[]) },
  f64: { size: 8, view: (b) => new Float64Array(b), from: (v) => Float64Array.from(v as readonly number[]) },
  u64: {
    size: 8,
    view: (b) => new BigUint64Array(b),
    from: (v) => BigUint64Array.from(v as readonly number[], BigInt),
  },
  s64: { size: 8, view: (b) => new BigInt64Array(b), from: (v) => BigInt64Array.from(v as readonly number[], BigInt) },
};

/** Undefined when lists of this type are plain arrays. */
export function numberListCodec({ element, length }: Extract<WitType, { kind: "list" }>): Codec | undefined {
  const { kind } = element;
  if (!isIntegerKind(kind) && kind !== "f32" && kind !== "f64") return undefined;
  const { size, view, from: convert } = KINDS[kind];
  return {
    write: (to, value) => {
      const numbers = isTypedNumbers(value) ? value : convert(value as readonly Value[]);
      to.u32(numbers.length);
      to.raw(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength));
    },
    read: (from) => {
      const count = from.u32();
      if (length !== undefined && count !== length) throw new Broken(`a list of ${length} has ${count} elements`);
      from.budget.bytes(OVERHEAD.typedArray);
      return view(from.raw(count * size).buffer);
    },
  };
}
