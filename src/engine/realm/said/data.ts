/**
 * Values of the language as bytes, directed by their type: what a run gives its caller.
 *
 *   D1  Reading gives a value that has exactly the form of its type, whoever wrote the bytes, or throws: `Broken` for what
 *       no honest side writes, `value-too-large` for too much of it.
 *   D2  What a list or map claims to hold is charged before any of it is made.
 *   D3  What cannot leave a run (functions, resources, tasks, errors) is written as nothing: `toPlain` refuses it by its type.
 */
import { OVERHEAD } from "../../../wit/budget.ts";
import { decodeAny, encodeAny } from "../../../wit/cbor.ts";
import type { AnyValue } from "../../../wit/any.ts";
import { WitError } from "../../../wit/error.ts";
import { CaseValue, integer, Some } from "../../../wit/value.ts";
import type { TypedNumbers, Value } from "../../../wit/value.ts";
import { Fault } from "../../../fault.ts";
import { Broken, type Reader } from "../../../host/remote/frames/reader.ts";
import type { Writer } from "../../../host/remote/frames/writer.ts";
import { isNullable, type Type } from "../../../lang/types.ts";
import { AnyTyped } from "../../../lang/value.ts";

export interface DataCodec {
  readonly write: (to: Writer, value: Value) => void;
  readonly read: (from: Reader) => Value;
}

const NOTHING: DataCodec = { write: () => {}, read: () => null };

/** Lists and maps inside one another, in untyped data. */
const MOST_DEPTH = 1000;

export function dataCodec(type: Type): DataCodec {
  switch (type.kind) {
    case "Int":
    case "Duration":
    case "Instant":
      return { write: writeInteger, read: readInteger };
    case "Float":
      return { write: (to, value) => to.f64(value as number), read: (from) => from.f64() };
    case "Bool":
      return { write: (to, value) => to.u8(value === true ? 1 : 0), read: (from) => from.flag() };
    case "String":
      return { write: (to, value) => to.text(value as string), read: (from) => from.text() };
    case "Char":
      return { write: (to, value) => to.text(value as string), read: readChar };
    case "Bytes":
      return { write: (to, value) => writeBytes(to, value as Uint8Array), read: readBytes };
    case "Any":
      return { write: writeUntyped, read: readUntyped };
    case "list":
      return listCodec(type.element);
    case "tuple":
      return fieldsCodec(type.items);
    case "record":
      return fieldsCodec(type.fields.map((field) => field.type));
    case "option":
      return optionCodec(type.some);
    case "map":
      return mapCodec(type.key, type.value);
    case "result":
      return casesCodec([type.ok, type.err]);
    case "variant":
      return casesCodec(type.cases.map((each) => each.payload));
    case "enum":
      return { write: (to, value) => to.u32(value as number), read: (from) => from.index(type.cases.length) };
    case "flags":
      return flagsCodec(type.labels.length);
    case "Nil":
    case "Error":
    case "Never":
    case "fn":
    case "resource":
    case "task":
    case "stream":
    case "future":
      return NOTHING;
  }
}

const SAFE = 0;
const SIGNED = 1;
const UNSIGNED = 2;

function writeInteger(to: Writer, value: Value): void {
  if (typeof value === "number") {
    to.u8(SAFE);
    return to.f64(value);
  }
  to.u8((value as bigint) < 0n ? SIGNED : UNSIGNED);
  to.u64(value as bigint);
}

function readInteger(from: Reader): Value {
  const form = from.u8();
  if (form === SAFE) {
    const value = from.f64();
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw new Broken(`${value} is no Int`);
    return value;
  }
  if (form > UNSIGNED) throw new Broken("an Int of no form");
  const value = integer(form === SIGNED ? from.s64() : from.u64());
  if (typeof value === "number") throw new Broken(`${value} is not in its one form`);
  return value;
}

function readChar(from: Reader): Value {
  const text = from.text();
  if (text.length > 2 || [...text].length !== 1) throw new Broken("a Char is not one character");
  return text;
}

export function writeBytes(to: Writer, bytes: Uint8Array): void {
  to.u32(bytes.length);
  to.raw(bytes);
}

export function readBytes(from: Reader): Uint8Array<ArrayBuffer> {
  const count = from.u32();
  from.budget.bytes(OVERHEAD.typedArray);
  return from.raw(count);
}

/** @throws {Fault} `out-of-range` for what is nested too deeply */
export function writeUntyped(to: Writer, value: Value): void {
  let bytes: Uint8Array;
  try {
    bytes = encodeAny(value as AnyValue, { depth: MOST_DEPTH });
  } catch (error) {
    if (!(error instanceof WitError)) throw error;
    if (error.code === "too-deep" || error.code === "too-large") throw new Fault("out-of-range", error.message);
    return to.u8(0); // D3
  }
  to.u8(1);
  writeBytes(to, bytes);
}

export function readUntyped(from: Reader): Value {
  if (!from.flag()) return new AnyTyped(0, null); // no data, which is all that anybody can do with it
  const bytes = readBytes(from);
  try {
    return decodeAny(bytes, { depth: MOST_DEPTH }) as Value;
  } catch (error) {
    if (error instanceof WitError) throw new Broken(`untyped data: ${error.message}`);
    throw error;
  }
}

const NUMBERS = [
  Uint8Array,
  Int8Array,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  BigUint64Array,
  BigInt64Array,
  Float32Array,
  Float64Array,
] as const;
const FIRST_FLOAT = 8;

function listCodec(element: Type): DataCodec {
  const codec = dataCodec(element);
  return {
    write: (to, value) => {
      if (!Array.isArray(value)) return writeNumbers(to, value as TypedNumbers);
      const items = value as readonly Value[];
      to.u8(0);
      to.u32(items.length);
      for (const item of items) codec.write(to, item);
    },
    read: (from) => {
      const form = from.u8();
      if (form !== 0) return readNumbers(from, form - 1, element);
      const count = from.u32();
      from.budget.nodes(count); // D2
      const items: Value[] = [];
      for (let at = 0; at < count; at++) items.push(codec.read(from));
      return items;
    },
  };
}

function writeNumbers(to: Writer, numbers: TypedNumbers): void {
  to.u8(1 + NUMBERS.findIndex((array) => numbers instanceof array));
  to.u32(numbers.length);
  to.raw(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength));
}

function readNumbers(from: Reader, form: number, element: Type): TypedNumbers {
  const array = NUMBERS[form];
  const wanted = element.kind === "Float" ? form >= FIRST_FLOAT : element.kind === "Int" && form < FIRST_FLOAT;
  if (array === undefined || !wanted) throw new Broken(`a list of ${element.kind} is no array of numbers`);
  const count = from.u32();
  from.budget.bytes(OVERHEAD.typedArray);
  return new array(from.raw(count * array.BYTES_PER_ELEMENT).buffer);
}

function fieldsCodec(types: readonly Type[]): DataCodec {
  const codecs = types.map(dataCodec);
  return {
    write: (to, value) => codecs.forEach((codec, at) => codec.write(to, (value as readonly Value[])[at] ?? null)),
    read: (from) => {
      from.budget.nodes(codecs.length);
      return codecs.map((codec) => codec.read(from));
    },
  };
}

function optionCodec(some: Type): DataCodec {
  const codec = dataCodec(some);
  const boxed = isNullable(some);
  return {
    write: (to, value) => {
      to.u8(value === null ? 0 : 1);
      if (value !== null) codec.write(to, boxed ? (value as Some).value : value);
    },
    read: (from) => {
      if (!from.flag()) return null;
      return boxed ? new Some(codec.read(from)) : codec.read(from);
    },
  };
}

function mapCodec(keyType: Type, valueType: Type): DataCodec {
  const key = dataCodec(keyType);
  const entry = dataCodec(valueType);
  return {
    write: (to, value) => {
      const map = value as ReadonlyMap<Value, Value>;
      to.u32(map.size);
      for (const [name, item] of map) {
        key.write(to, name);
        entry.write(to, item);
      }
    },
    read: (from) => {
      const count = from.u32();
      from.budget.nodes(2 * count); // D2
      from.budget.bytes(OVERHEAD.map);
      const map = new Map<Value, Value>();
      for (let at = 0; at < count; at++) map.set(key.read(from), entry.read(from));
      if (map.size !== count) throw new Broken("a map has a key twice");
      return map;
    },
  };
}

function casesCodec(payloads: readonly (Type | null)[]): DataCodec {
  const codecs = payloads.map((payload) => (payload === null ? NOTHING : dataCodec(payload)));
  return {
    write: (to, value) => {
      const { index, payload } = value as CaseValue;
      to.u32(index);
      codecs[index]?.write(to, payload);
    },
    read: (from) => {
      from.budget.nodes(1);
      const index = from.index(codecs.length);
      return new CaseValue(index, (codecs[index] ?? NOTHING).read(from));
    },
  };
}

function flagsCodec(labels: number): DataCodec {
  return {
    write: (to, value) => to.f64(value as number),
    read: (from) => {
      const bits = from.whole();
      if (bits >= 2 ** labels) throw new Broken(`${bits} is no set of ${labels} flags`);
      return bits;
    },
  };
}
