/**
 * Codecs of lists of numbers, by way of the machine's scratch area: one copy there and one conversion in each direction, in
 * steps of what fits into it.
 */
import { OVERHEAD } from "../../wit/budget.ts";
import type { NumberKind } from "../../wit/numbers.ts";
import type { WitType } from "../../wit/types.ts";
import type { TypedNumbers, Value } from "../../wit/value.ts";
import type { Pointer } from "./api.ts";
import { type Codec, type CodecContext } from "./codec.ts";
import { listLength } from "./lengths.ts";
import { SCRATCH } from "./machine.ts";
import { within } from "./misfit.ts";
import { sizeOf } from "./shim.ts";

type NewArray = new (buffer: ArrayBuffer) => TypedNumbers;

const ARRAYS: Readonly<Record<NumberKind, NewArray>> = {
  s8: Int8Array,
  u8: Uint8Array,
  s16: Int16Array,
  u16: Uint16Array,
  s32: Int32Array,
  u32: Uint32Array,
  s64: BigInt64Array,
  u64: BigUint64Array,
  f32: Float32Array,
  f64: Float64Array,
};

/** @param one the codec of a single number, for those that the shim leaves (S2 of shim.ts) */
export function numbersCodec(
  { machine, budget }: CodecContext,
  type: Extract<WitType, { kind: "list" }>,
  kind: NumberKind,
  one: Codec,
): Codec {
  const { shim, scratch, counter } = machine;
  const size = sizeOf(kind);
  const most = SCRATCH / size;
  const numbersOf = (count: number): TypedNumbers => new ARRAYS[kind](new ArrayBuffer(count * size));
  return {
    slots: 3 + one.slots,
    push: (thread, value) => {
      const list = isTyped(value) ? value : filled(numbersOf((value as readonly Value[]).length), value);
      machine.api.lua_createtable(thread, list.length, 0);
      for (let done = 0; done < list.length; done += most) {
        const count = Math.min(most, list.length - done);
        machine.bytes().set(bytesOf(list, done * size, count * size), scratch);
        shim[`push-${kind}`](thread, scratch, count, done + 1);
      }
    },
    read: (thread) => {
      const length = listLength(machine, thread, type);
      budget.bytes(length * size + OVERHEAD.typedArray);
      const numbers = numbersOf(length);
      for (let done = 0; done < length;) {
        const count = Math.min(most, length - done);
        const taken = shim[`read-${kind}`](thread, scratch, count, done + 1, counter) - done - 1;
        const bytes = machine.bytes().subarray(scratch, scratch + taken * size);
        bytesOf(numbers, done * size, bytes.length).set(bytes);
        done += taken;
        if (taken === count) continue;
        setNumber(numbers, done, readOne(thread, done + 1));
        done++;
      }
      return numbers;
    },
  };

  function readOne(thread: Pointer, key: number): Value {
    shim.element(thread, key);
    try {
      return one.read(thread);
    } catch (error) {
      throw within(error, `[${key}]`);
    } finally {
      machine.pop(thread, 1);
    }
  }
}

function isTyped(value: Value): value is TypedNumbers {
  return ArrayBuffer.isView(value);
}

function filled(numbers: TypedNumbers, list: Value): TypedNumbers {
  (list as readonly Value[]).forEach((value, index) => setNumber(numbers, index, value));
  return numbers;
}

function setNumber(numbers: TypedNumbers, index: number, value: Value): void {
  if (numbers instanceof BigInt64Array || numbers instanceof BigUint64Array) {
    numbers[index] = BigInt(value as number | bigint);
  } else {
    numbers[index] = value as number;
  }
}

function bytesOf({ buffer, byteOffset }: TypedNumbers, from: number, length: number): Uint8Array {
  return new Uint8Array(buffer, byteOffset + from, length);
}
