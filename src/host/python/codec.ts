/**
 * Compiles a WIT type into a pair of functions: `Value` to marshal items, and back.
 *
 * | WIT type                  | marshal                                                                        |
 * | ------------------------- | ------------------------------------------------------------------------------ |
 * | list of numbers           | bytes: the numbers as a little-endian array                                    |
 * | other list, map           | list; of pairs                                                                 |
 * | record, tuple             | tuple                                                                          |
 * | variant, result           | tuple (index, payload or None)                                                 |
 * | enum, flags, own, borrow  | int                                                                            |
 * | option                    | None or the value; a tuple of one around it when the value can be None (Some)  |
 *
 * The Python side of this table is `conversions.ts`.
 */
import { type IntegerKind, rangeOf } from "../../wit/numbers.ts";
import type { Field, WitFunction, WitType } from "../../wit/types.ts";
import { CaseValue, Some, type TypedNumbers, type Value, integer, isNullable } from "../../wit/value.ts";
import { Mismatch, type Reader, type Writer } from "./marshal.ts";

/** Both directions of one type. */
export interface Codec {
  readonly encode: (writer: Writer, value: Value) => void;
  readonly decode: (reader: Reader) => Value;
}

const cache = new WeakMap<WitType, Codec>();

/** The codec of a type; made once for each type object. */
export function codecOf(type: WitType): Codec {
  const known = cache.get(type);
  if (known !== undefined) return known;
  const codec = compile(type);
  cache.set(type, codec);
  return codec;
}

const NULL: Codec = {
  encode: (writer, value) => {
    if (value !== null) throw expected("nothing", value);
    writer.none();
  },
  decode: (reader) => reader.none(),
};

/** The codec of an optional payload or result. */
export function codecOrNull(type: WitType | null): Codec {
  return type === null ? NULL : codecOf(type);
}

/** Writes the arguments of a call as one tuple. Throws a Mismatch that names the parameter. */
export function parametersCodec(fn: WitFunction): Codec {
  return product(fn.params, (field) => `argument \`${field.name}\``);
}

function compile(type: WitType): Codec {
  switch (type.kind) {
    case "bool":
      return { encode: (w, v) => w.bool(typeof v === "boolean" ? v : refuse("bool", v)), decode: (r) => r.bool() };
    case "s8":
    case "u8":
    case "s16":
    case "u16":
    case "s32":
    case "u32":
    case "s64":
    case "u64":
      return integerCodec(type.kind);
    case "f32":
      return {
        encode: (w, v) => w.float(Math.fround(typeof v === "number" ? v : refuse("f32", v))),
        decode: (r) => Math.fround(r.float()),
      };
    case "f64":
      return { encode: (w, v) => w.float(typeof v === "number" ? v : refuse("f64", v)), decode: (r) => r.float() };
    case "char":
      return { encode: (w, v) => w.text(oneCharacter(v)), decode: (r) => oneCharacter(r.text()) };
    case "string":
      return { encode: (w, v) => w.text(typeof v === "string" ? v : refuse("string", v)), decode: (r) => r.text() };
    case "list":
      return listCodec(type.element, type.length);
    case "map":
      return mapCodec(type.key, type.value);
    case "tuple":
      return product(
        type.items.map((item, i) => ({ name: String(i), type: item })),
        (field) => `item ${field.name}`,
      );
    case "record":
      return product(type.fields, (field) => `field \`${field.name}\``);
    case "option":
      return optionCodec(type.some);
    case "result":
      return casesCodec("result", [
        { name: "ok", type: type.ok },
        { name: "err", type: type.err },
      ]);
    case "variant":
      return casesCodec(type.name?.name ?? "variant", type.cases);
    case "enum":
      return integerCodec("u32", type.cases.length - 1, type.name?.name ?? "enum");
    case "flags":
      return integerCodec("u64", 2n ** BigInt(type.labels.length) - 1n, type.name?.name ?? "flags");
    case "own":
    case "borrow":
      return {
        encode: (w, v) => w.integer(w.handles.lower(type, v)),
        decode: (r) => r.handles.lift(type, r.index(2 ** 32)),
      };
    case "stream":
    case "future":
    case "error-context":
      throw new Mismatch(`a Python plugin cannot take or give a ${type.kind}`);
  }
}

/** The least and the greatest value; numbers where they are exact, because those compare faster. */
function boundsOf(kind: IntegerKind): readonly [low: number | bigint, high: number | bigint] {
  const { min, max } = rangeOf(kind);
  return [integer(min), integer(max)];
}

function integerCodec(kind: IntegerKind, most?: number | bigint, name: string = kind): Codec {
  const [low, top] = boundsOf(kind);
  const high = most ?? top;
  return {
    encode: (writer, value) => writer.integer(inRange(value, low, high, name)),
    decode: (reader) => reader.integer(low, high),
  };
}

function inRange(value: Value | undefined, low: number | bigint, high: number | bigint, name: string): number | bigint {
  if (typeof value === "number" ? !Number.isSafeInteger(value) : typeof value !== "bigint") throw expected(name, value);
  const number = value as number | bigint;
  if (number < low || number > high)
    throw new Mismatch(`expected ${name} (${low} to ${high}), found ${number}`, "out-of-range");
  return Object.is(number, -0) ? 0 : number;
}

function oneCharacter(value: Value): string {
  if (typeof value !== "string") throw expected("char", value);
  const point = value.codePointAt(0);
  if (point === undefined || value.length !== (point > 0xffff ? 2 : 1)) throw expected("char", value);
  return value;
}

interface NumberArray {
  readonly make: new (buffer: ArrayBuffer) => TypedNumbers;
  readonly size: number;
  readonly fill: (length: number, at: (i: number) => Value | undefined) => TypedNumbers;
}

function integers(
  kind: IntegerKind,
  Type: { new (length: number): TypedNumbers & { [i: number]: number }; new (buffer: ArrayBuffer): TypedNumbers },
  size: number,
): NumberArray {
  const [low, high] = boundsOf(kind);
  return {
    make: Type,
    size,
    fill: (length, at) => {
      const array = new Type(length);
      for (let i = 0; i < length; i += 1) array[i] = Number(inRange(at(i), low, high, kind));
      return array;
    },
  };
}

function wideIntegers(
  kind: IntegerKind,
  Type: { new (length: number): TypedNumbers & { [i: number]: bigint }; new (buffer: ArrayBuffer): TypedNumbers },
): NumberArray {
  const [low, high] = boundsOf(kind);
  return {
    make: Type,
    size: 8,
    fill: (length, at) => {
      const array = new Type(length);
      for (let i = 0; i < length; i += 1) array[i] = BigInt(inRange(at(i), low, high, kind));
      return array;
    },
  };
}

function floats(Type: typeof Float32Array | typeof Float64Array, size: number, name: string): NumberArray {
  return {
    make: Type,
    size,
    fill: (length, at) => {
      const array = new Type(length);
      for (let i = 0; i < length; i += 1) {
        const value = at(i);
        array[i] = typeof value === "number" ? value : refuse(name, value);
      }
      return array;
    },
  };
}

const NUMBER_ARRAYS: Partial<Record<WitType["kind"], NumberArray>> = {
  u8: integers("u8", Uint8Array, 1),
  s8: integers("s8", Int8Array, 1),
  u16: integers("u16", Uint16Array, 2),
  s16: integers("s16", Int16Array, 2),
  u32: integers("u32", Uint32Array, 4),
  s32: integers("s32", Int32Array, 4),
  u64: wideIntegers("u64", BigUint64Array),
  s64: wideIntegers("s64", BigInt64Array),
  f32: floats(Float32Array, 4, "f32"),
  f64: floats(Float64Array, 8, "f64"),
};

/** True when a list of this element crosses as the bytes of an array. */
export function isNumberList(element: WitType): boolean {
  return NUMBER_ARRAYS[element.kind] !== undefined;
}

function listCodec(element: WitType, length: number | undefined): Codec {
  const numbers = NUMBER_ARRAYS[element.kind];
  const checked = (found: number): number => {
    if (length !== undefined && found !== length)
      throw new Mismatch(`expected a list of ${length}, found ${found} items`);
    return found;
  };
  if (numbers !== undefined) return numberListCodec(numbers, element.kind, checked);
  const item = codecOf(element);
  return {
    encode: (writer, value) => {
      if (!Array.isArray(value)) throw expected("list", value);
      writer.list(checked(value.length));
      for (const one of value) item.encode(writer, one as Value);
    },
    decode: (reader) => Array.from({ length: checked(reader.list()) }, () => item.decode(reader)),
  };
}

function numberListCodec(numbers: NumberArray, kind: string, checked: (found: number) => number): Codec {
  return {
    encode: (writer, value) => {
      const array = asNumbers(numbers, kind, value);
      checked(array.length);
      writer.bytes(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    },
    decode: (reader) => {
      const bytes = reader.bytes();
      if (bytes.length % numbers.size !== 0) throw new Mismatch(`expected whole numbers of ${numbers.size} bytes`);
      checked(bytes.length / numbers.size);
      return new numbers.make(bytes.buffer);
    },
  };
}

function asNumbers(numbers: NumberArray, kind: string, value: Value): TypedNumbers {
  if (value instanceof numbers.make) return value;
  if (Array.isArray(value)) return numbers.fill(value.length, (i) => value[i] as Value | undefined);
  if (!ArrayBuffer.isView(value)) throw expected(`list<${kind}>`, value);
  const other = value as TypedNumbers;
  return numbers.fill(other.length, (i) => other[i]);
}

function mapCodec(keyType: WitType, valueType: WitType): Codec {
  const [key, item] = [codecOf(keyType), codecOf(valueType)];
  return {
    encode: (writer, value) => {
      if (!(value instanceof Map)) throw expected("map", value);
      writer.list(value.size);
      for (const [k, v] of value as ReadonlyMap<Value, Value>) {
        writer.tuple(2);
        key.encode(writer, k);
        item.encode(writer, v);
      }
    },
    decode: (reader) => {
      const map = new Map<Value, Value>();
      for (let left = reader.list(); left > 0; left -= 1) {
        reader.tuple(2);
        map.set(key.decode(reader), item.decode(reader));
      }
      return map;
    },
  };
}

function product(fields: readonly Field[], place: (field: Field) => string): Codec {
  const items = fields.map((field) => codecOf(field.type));
  return {
    encode: (writer, value) => {
      if (!Array.isArray(value) || value.length !== items.length) throw expected(`${items.length} values`, value);
      writer.tuple(items.length);
      items.forEach((item, i) => {
        try {
          item.encode(writer, value[i] as Value);
        } catch (error) {
          throw within(error, fields[i], place);
        }
      });
    },
    decode: (reader) => {
      reader.tuple(items.length);
      return items.map((item) => item.decode(reader));
    },
  };
}

function within(error: unknown, field: Field | undefined, place: (field: Field) => string): unknown {
  if (!(error instanceof Mismatch) || field === undefined) return error;
  return new Mismatch(`${place(field)}: ${error.message}`, error.code);
}

function optionCodec(some: WitType): Codec {
  const inner = codecOf(some);
  if (!isNullable(some)) {
    return {
      encode: (writer, value) => (value === null ? writer.none() : inner.encode(writer, value)),
      decode: (reader) => (reader.takeNone() ? null : inner.decode(reader)),
    };
  }
  return {
    encode: (writer, value) => {
      if (value === null) return writer.none();
      if (!(value instanceof Some)) throw expected("Some", value);
      writer.tuple(1);
      inner.encode(writer, value.value);
    },
    decode: (reader) => {
      if (reader.takeNone()) return null;
      reader.tuple(1);
      return new Some(inner.decode(reader));
    },
  };
}

function casesCodec(name: string, cases: readonly { readonly name: string; readonly type: WitType | null }[]): Codec {
  const payloads = cases.map((one) => codecOrNull(one.type));
  return {
    encode: (writer, value) => {
      const payload = value instanceof CaseValue ? payloads[value.index] : undefined;
      if (!(value instanceof CaseValue) || payload === undefined) throw expected(name, value);
      writer.tuple(2);
      writer.integer(value.index);
      payload.encode(writer, value.payload);
    },
    decode: (reader) => {
      reader.tuple(2);
      const index = reader.index(payloads.length);
      return new CaseValue(index, (payloads[index] ?? NULL).decode(reader));
    },
  };
}

function refuse(name: string, value: Value | undefined): never {
  throw expected(name, value);
}

function expected(name: string, value: Value | undefined): Mismatch {
  return new Mismatch(`expected ${name}, found ${describe(value)}`);
}

function describe(value: Value | undefined): string {
  if (value === null || value === undefined) return "nothing";
  if (typeof value === "string") return value.length > 40 ? "a string" : `the string ${JSON.stringify(value)}`;
  if (typeof value !== "object") return `the ${typeof value} ${value}`;
  if (Array.isArray(value)) return `${value.length} values`;
  return `a ${value.constructor.name}`;
}
