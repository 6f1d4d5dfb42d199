/**
 * Compiles a WIT type into a pair of functions: `Value` to marshal items, and back.
 *
 * | WIT type                  | marshal                                                                        |
 * | ------------------------- | ------------------------------------------------------------------------------ |
 * | list of numbers           | to Python bytes: a little-endian array; from it a list, or bytes for u8 and s8 |
 * | other list, map           | list; of pairs                                                                 |
 * | record, tuple             | tuple                                                                          |
 * | variant, result           | tuple (index, payload or None)                                                 |
 * | enum, flags, own, borrow  | int                                                                            |
 * | option                    | None or the value; a tuple of one around it when the value can be None (Some)  |
 *
 * The Python side of this table is `lifting.ts` and `lowering.ts`.
 */
import { OVERHEAD } from "../../wit/budget.ts";
import { type IntegerKind, rangeOf } from "../../wit/numbers.ts";
import type { Field, WitFunction, WitType } from "../../wit/types.ts";
import { CaseValue, Some, type Value, integer, isNullable } from "../../wit/value.ts";
import { isAnyType, problemOfAny } from "../any-type.ts";
import { expected, inRange, oneCharacter } from "./expected.ts";
import { Mismatch } from "./marshal.ts";
import { type NumberList, isBytes, memoryOf, numberList } from "./number-lists.ts";
import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** Both directions of one type. */
export interface Codec {
  readonly encode: (writer: Writer, value: Value) => void;
  readonly decode: (reader: Reader) => Value;
  /** How many nodes a value has at least, lists and maps in it counted as one (B2 of budget.ts). */
  readonly nodes: number;
  /** How many bytes a value takes in marshal at least. */
  readonly least: number;
  /** Of a list of numbers: the bytes that `encode` writes. */
  readonly memory?: (value: Value) => Uint8Array;
}

/** A list of numbers of this many bytes goes beside the marshal value, which saves a copy. */
const LARGE = 1 << 14;

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
  nodes: 1,
  least: 1,
};

/** The codec of an optional payload or result. */
export function codecOrNull(type: WitType | null): Codec {
  return type === null ? NULL : codecOf(type);
}

const parameters = new WeakMap<WitFunction, Codec>();

/**
 * Writes the arguments of a call as one tuple, large ones beside it (`Writer.aside`); reads the arguments of an import.
 * Throws a Mismatch that names the parameter.
 */
export function parametersCodec(fn: WitFunction): Codec {
  const known = parameters.get(fn);
  if (known !== undefined) return known;
  const codec = product(fn.params, (field) => `argument \`${field.name}\``, true);
  parameters.set(fn, codec);
  return codec;
}

function compile(type: WitType): Codec {
  switch (type.kind) {
    case "bool":
      return leaf(
        (w, v) => w.bool(typeof v === "boolean" ? v : refuse("bool", v)),
        (r) => r.bool(),
        1,
      );
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
      return leaf(
        (w, v) => w.float(Math.fround(typeof v === "number" ? v : refuse("f32", v))),
        (r) => Math.fround(r.float("f32")),
        5,
      );
    case "f64":
      return leaf(
        (w, v) => w.float(typeof v === "number" ? v : refuse("f64", v)),
        (r) => r.float("f64"),
        5,
      );
    case "char":
      return leaf(
        (w, v) => w.text(oneCharacter(v)),
        (r) => oneCharacter(r.text()),
        5,
      );
    case "string":
      return leaf(
        (w, v) => w.text(typeof v === "string" ? v : refuse("string", v)),
        (r) => r.text(),
        5,
      );
    case "list":
      return isAnyType(type) ? anyOf(listCodec(type.element, type.length)) : listCodec(type.element, type.length);
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
      return integerCodec("u64", integer(2n ** BigInt(type.labels.length) - 1n), type.name?.name ?? "flags");
    case "own":
    case "borrow":
      return leaf(
        (w, v) => w.integer(w.handles.lower(type, v)),
        (r) => {
          r.budget.bytes(OVERHEAD.handle);
          return r.handles.lift(type, r.index(2 ** 32, `a ${type.resource.name.name}`));
        },
        5,
      );
    case "stream":
    case "future":
    case "error-context":
      throw new Mismatch(`a Python plugin cannot take or give a ${type.kind}`);
  }
}

function leaf(encode: Codec["encode"], decode: Codec["decode"], least: number): Codec {
  return { encode, decode, nodes: 1, least };
}

/** Bounds are numbers where they are exact, because those compare faster. */
function integerCodec(kind: IntegerKind, most?: number | bigint, name: string = kind): Codec {
  const { min, max } = rangeOf(kind);
  const [low, high] = [integer(min), most ?? integer(max)];
  return leaf(
    (writer, value) => writer.integer(inRange(value, low, high, name)),
    (reader) => reader.integer(low, high, name),
    5,
  );
}

function listCodec(element: WitType, length: number | undefined): Codec {
  const numbers = numberList(element);
  if (numbers !== undefined) return numberListCodec(numbers, element, length);
  const item = codecOf(element);
  const { nodes, least } = item;
  return {
    encode: (writer, value) => {
      if (!Array.isArray(value)) throw expected("list", value);
      writer.list(sized(value.length, length));
      for (const one of value) item.encode(writer, one as Value);
    },
    decode: (reader) => {
      const count = sized(reader.list(least), length);
      reader.budget.nodes(count * nodes);
      const list: Value[] = [];
      for (let i = 0; i < count; i += 1) list.push(item.decode(reader));
      return list;
    },
    nodes: 1,
    least: 5,
  };
}

/** Bytes that the plugin gives for an Any can be read as one. */
function anyOf(bytes: Codec): Codec {
  return {
    ...bytes,
    decode: (reader) => {
      const value = bytes.decode(reader);
      const problem = problemOfAny(value);
      if (problem !== null) throw new Mismatch(problem);
      return value;
    },
  };
}

function sized(found: number, length: number | undefined): number {
  if (length === undefined || found === length) return found;
  throw new Mismatch(`expected a list of ${length}, found ${found} items`);
}

function numberListCodec(numbers: NumberList, element: WitType, length: number | undefined): Codec {
  const memory = (value: Value): Uint8Array => memoryOf(numbers, element.kind, value, length);
  return {
    encode: (writer, value) => writer.bytes(memory(value)),
    decode: isBytes(element) ? bytesDecoder(numbers, length) : numbersDecoder(numbers, length),
    nodes: 1,
    least: 5,
    memory,
  };
}

function bytesDecoder(numbers: NumberList, length: number | undefined): Codec["decode"] {
  return (reader) => {
    reader.budget.bytes(OVERHEAD.typedArray);
    const bytes = numbers.read(reader, 0);
    sized(bytes.length, length);
    return bytes;
  };
}

function numbersDecoder({ size, read, ofFloats }: NumberList, length: number | undefined): Codec["decode"] {
  return (reader) => {
    const pay = (count: number): void => {
      sized(count, length);
      reader.budget.bytes(OVERHEAD.typedArray + count * size);
    };
    const floats = ofFloats === undefined ? undefined : reader.takeFloats(pay);
    if (floats !== undefined && ofFloats !== undefined) return ofFloats(floats);
    const count = reader.list(5);
    pay(count);
    return read(reader, count);
  };
}

function mapCodec(keyType: WitType, valueType: WitType): Codec {
  const [key, item] = [codecOf(keyType), codecOf(valueType)];
  const nodes = key.nodes + item.nodes;
  const least = 5 + key.least + item.least;
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
      const count = reader.list(least);
      reader.budget.nodes(count * nodes);
      reader.budget.bytes(OVERHEAD.map);
      const map = new Map<Value, Value>();
      for (let i = 0; i < count; i += 1) {
        reader.tuple(2);
        const k = key.decode(reader);
        map.set(k, item.decode(reader));
      }
      return map;
    },
    nodes: 1,
    least: 5,
  };
}

function product(fields: readonly Field[], place: (field: Field) => string, beside: boolean = false): Codec {
  const items = fields.map((field) => codecOf(field.type));
  const count = items.length;
  const encodeOne = beside ? encodeParameter : encodeItem;
  return {
    encode: (writer, value) => {
      if (!Array.isArray(value) || value.length !== count) throw expected(`${count} values`, value);
      writer.tuple(count);
      let i = 0;
      try {
        for (const item of items) {
          encodeOne(writer, item, value[i] as Value, i);
          i += 1;
        }
      } catch (error) {
        throw within(error, fields[i], place);
      }
    },
    decode: (reader) => {
      reader.tuple(count);
      const values: Value[] = [];
      try {
        for (const item of items) values.push(item.decode(reader));
      } catch (error) {
        throw within(error, fields[values.length], place);
      }
      return values;
    },
    nodes: items.reduce((sum, item) => sum + item.nodes, 1),
    least: items.reduce((sum, item) => sum + item.least, 5),
  };
}

function encodeItem(writer: Writer, item: Codec, value: Value): void {
  item.encode(writer, value);
}

function encodeParameter(writer: Writer, item: Codec, value: Value, i: number): void {
  const { memory } = item;
  if (memory === undefined) return item.encode(writer, value);
  const bytes = memory(value);
  if (bytes.length < LARGE) writer.bytes(bytes);
  else writer.aside(i, bytes);
}

function within(error: unknown, field: Field | undefined, place: (field: Field) => string): unknown {
  if (!(error instanceof Mismatch) || field === undefined) return error;
  return new Mismatch(`${place(field)}: ${error.message}`, error.code);
}

function optionCodec(some: WitType): Codec {
  const inner = codecOf(some);
  const [nodes, least] = [1 + inner.nodes, 1];
  if (!isNullable(some)) {
    return {
      encode: (writer, value) => (value === null ? writer.none() : inner.encode(writer, value)),
      decode: (reader) => (reader.takeNone() ? null : inner.decode(reader)),
      nodes,
      least,
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
    nodes,
    least,
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
      const index = reader.index(payloads.length, name);
      return new CaseValue(index, (payloads[index] ?? NULL).decode(reader));
    },
    nodes: 1 + Math.max(...payloads.map((payload) => payload.nodes)),
    least: 10 + Math.min(...payloads.map((payload) => payload.least)),
  };
}

function refuse(name: string, value: Value | undefined): never {
  throw expected(name, value);
}
