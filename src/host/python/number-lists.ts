/**
 * Lists of numbers: a typed array on the host's side always.
 *
 * To Python goes the array's memory, as bytes: one copy. From Python comes a list of items, as `marshal` writes it without
 * looking at their types: that is for the host to do, who has to look anyway; a list that is a whole result and has nothing but
 * floats in it comes as these. Bytes (`list<u8>`, `list<s8>`) are bytes both ways.
 */
import { type IntegerKind, rangeOf } from "../../wit/numbers.ts";
import type { WitType } from "../../wit/types.ts";
import type { TypedNumbers, Value } from "../../wit/value.ts";
import { expected, inRange } from "./expected.ts";
import { Mismatch } from "./marshal.ts";
import type { Reader } from "./reader.ts";

/** How lists of one type of number look and move. */
export interface NumberList {
  readonly make: abstract new (...args: never[]) => TypedNumbers;
  readonly size: number;
  /** A typed array of checked numbers. */
  readonly fill: (length: number, at: (i: number) => Value | undefined) => TypedNumbers;
  /** Takes so many numbers, which were paid for. */
  readonly read: (reader: Reader, length: number) => TypedNumbers;
  /** Of floats: what `Reader.takeFloats` gives in this form. */
  readonly ofFloats?: (floats: Float64Array) => TypedNumbers;
}

type Numbers<T> = TypedNumbers & { [i: number]: T };

function integers(kind: IntegerKind, size: number, Type: new (length: number) => Numbers<number>): NumberList {
  const [low, high] = [Number(rangeOf(kind).min), Number(rangeOf(kind).max)];
  return {
    make: Type,
    size,
    fill: (length, at) => {
      const array = new Type(length);
      for (let i = 0; i < length; i += 1) array[i] = Number(inRange(at(i), low, high, kind));
      return array;
    },
    read: (reader, length) => {
      const array = new Type(length);
      reader.integers(array, low, high, `${kind} in the list`);
      return array;
    },
  };
}

/** As they come from Python when they are bytes there. */
function bytes(kind: "u8" | "s8", Type: typeof Uint8Array | typeof Int8Array): NumberList {
  return {
    ...integers(kind, 1, Type),
    read: (reader) => {
      const given = reader.bytes();
      return new Type(given.buffer, given.byteOffset, given.length);
    },
  };
}

function wideIntegers(kind: IntegerKind, Type: new (length: number) => Numbers<bigint>): NumberList {
  const { min, max } = rangeOf(kind);
  return {
    make: Type,
    size: 8,
    fill: (length, at) => {
      const array = new Type(length);
      for (let i = 0; i < length; i += 1) array[i] = BigInt(inRange(at(i), min, max, kind));
      return array;
    },
    read: (reader, length) => {
      const array = new Type(length);
      reader.wideIntegers(array, min, max, `${kind} in the list`);
      return array;
    },
  };
}

function floats(kind: "f32" | "f64", size: number, Type: typeof Float32Array | typeof Float64Array): NumberList {
  return {
    make: Type,
    size,
    fill: (length, at) => {
      const array = new Type(length);
      for (let i = 0; i < length; i += 1) {
        const value = at(i);
        if (typeof value !== "number") throw expected(kind, value);
        array[i] = value;
      }
      return array;
    },
    read: (reader, length) => {
      const array = new Type(length);
      reader.floats(array, `${kind} in the list`);
      return array;
    },
    ofFloats: (floats) => (kind === "f64" ? floats : new Float32Array(floats)),
  };
}

const NUMBER_LISTS: Partial<Record<WitType["kind"], NumberList>> = {
  u8: bytes("u8", Uint8Array),
  s8: bytes("s8", Int8Array),
  u16: integers("u16", 2, Uint16Array),
  s16: integers("s16", 2, Int16Array),
  u32: integers("u32", 4, Uint32Array),
  s32: integers("s32", 4, Int32Array),
  u64: wideIntegers("u64", BigUint64Array),
  s64: wideIntegers("s64", BigInt64Array),
  f32: floats("f32", 4, Float32Array),
  f64: floats("f64", 8, Float64Array),
};

/** Undefined when a list of this element is no list of numbers. */
export function numberList(element: WitType): NumberList | undefined {
  return NUMBER_LISTS[element.kind];
}

/** True when a list of this element is a typed array on the host's side. */
export function isNumberList(element: WitType): boolean {
  return NUMBER_LISTS[element.kind] !== undefined;
}

/** True for the lists that may come as `Reader.takeFloats` takes them. */
export function isFloatList(type: WitType | null): boolean {
  return type?.kind === "list" && (type.element.kind === "f64" || type.element.kind === "f32");
}

/** True when a list of this element is `bytes` in Python. */
export function isBytes(element: WitType): boolean {
  return element.kind === "u8" || element.kind === "s8";
}

/** The memory of a list of numbers, whichever form the caller gave it. Throws a Mismatch. */
export function memoryOf(numbers: NumberList, kind: string, value: Value, length: number | undefined): Uint8Array {
  const array = asNumbers(numbers, kind, value);
  if (length !== undefined && array.length !== length)
    throw new Mismatch(`expected a list of ${length}, found ${array.length} items`);
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function asNumbers(numbers: NumberList, kind: string, value: Value): TypedNumbers {
  if (value instanceof numbers.make) return value;
  if (Array.isArray(value)) return numbers.fill(value.length, (i) => value[i] as Value | undefined);
  if (!ArrayBuffer.isView(value)) throw expected(`list<${kind}>`, value);
  const other = value as TypedNumbers;
  return numbers.fill(other.length, (i) => other[i]);
}
