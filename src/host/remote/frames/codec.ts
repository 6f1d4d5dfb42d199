/**
 * Values as bytes between a host and the realm that serves one of its instances, directed by WIT types.
 *
 *   C1  Writing takes a value that was checked against its type. Reading gives a value that has exactly the form its type
 *       demands (value.ts), whoever wrote the bytes, or throws `Broken`; it need not be checked again.
 *   C2  Integers are exact, the bits of a NaN are kept, a list of numbers is copied as it lies in memory.
 *   C3  What a list or map claims to hold is charged before any of it is made, by the rules of budget.ts and nothing else, so
 *       that a value which fits here fits at every level. Type trees are finite (W3 of types.ts).
 */
import { Fault } from "../../../fault.ts";
import { OVERHEAD } from "../../../wit/budget.ts";
import { weightOf } from "../../../wit/weight.ts";
import type { WitFunction, WitType } from "../../../wit/types.ts";
import { CaseValue, integer, isNullable, Some, type Value } from "../../../wit/value.ts";
import { isAnyType, problemOfAny } from "../../any-type.ts";
import type { Codec } from "./codec-type.ts";
import { numberListCodec } from "./number-lists.ts";
import { Broken, type Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

const compiled = new WeakMap<WitType, Codec>();

/** The codec of a type, compiled once. @throws {Fault} `plugin-unsupported` for streams, futures and error contexts */
export function codecOf(type: WitType): Codec {
  const known = compiled.get(type);
  if (known !== undefined) return known;
  const codec = compile(type);
  compiled.set(type, codec);
  return codec;
}

const NOTHING: Codec = { write: () => {}, read: () => null };

/** Of a result or a payload; where there is none, null. */
export function codecOrNothing(type: WitType | null): Codec {
  return type === null ? NOTHING : codecOf(type);
}

/** All the arguments of a function. */
export function argumentsCodec({ params }: WitFunction): {
  readonly write: (to: Writer, args: readonly Value[]) => void;
  readonly read: (from: Reader) => readonly Value[];
} {
  const codecs = params.map((param) => codecOf(param.type));
  return {
    write: (to, args) => codecs.forEach((codec, at) => codec.write(to, args[at] as Value)),
    read: (from) => codecs.map((codec) => codec.read(from)),
  };
}

function compile(type: WitType): Codec {
  switch (type.kind) {
    case "bool":
      return { write: (to, value) => to.u8(value === true ? 1 : 0), read: (from) => from.flag() };
    case "u8":
      return { write: (to, value) => to.u8(value as number), read: (from) => from.u8() };
    case "s8":
      return { write: (to, value) => to.u8(value as number), read: (from) => (from.u8() << 24) >> 24 };
    case "u16":
      return { write: (to, value) => to.u16(value as number), read: (from) => from.u16() };
    case "s16":
      return { write: (to, value) => to.u16(value as number), read: (from) => (from.u16() << 16) >> 16 };
    case "u32":
      return { write: (to, value) => to.u32(value as number), read: (from) => from.u32() };
    case "s32":
      return { write: (to, value) => to.u32(value as number), read: (from) => from.u32() | 0 };
    case "u64":
      return { write: (to, value) => to.u64(value as number | bigint), read: (from) => integer(from.u64()) };
    case "s64":
      return { write: (to, value) => to.u64(value as number | bigint), read: (from) => integer(from.s64()) };
    case "f32":
      return { write: (to, value) => to.f32(value as number), read: (from) => from.f32() };
    case "f64":
      return { write: (to, value) => to.f64(value as number), read: (from) => from.f64() };
    case "char":
      return { write: (to, value) => to.u32((value as string).codePointAt(0) ?? 0), read: readChar };
    case "string":
      return { write: (to, value) => to.text(value as string), read: (from) => from.text() };
    case "list":
      if (isAnyType(type)) return anyOf(numberListCodec(type) ?? listCodec(type));
      return numberListCodec(type) ?? listCodec(type);
    case "map":
      return mapCodec(type);
    case "tuple":
      return fieldsCodec(type.items);
    case "record":
      return fieldsCodec(type.fields.map((field) => field.type));
    case "option":
      return optionCodec(type.some);
    case "result":
      return casesCodec([type.ok, type.err]);
    case "variant":
      return casesCodec(type.cases.map((each) => each.type));
    case "enum":
      return { write: (to, value) => to.u32(value as number), read: (from) => from.index(type.cases.length) };
    case "flags":
      return flagsCodec(type.labels.length);
    case "own":
    case "borrow":
      return {
        write: (to, value) => to.f64(to.handles.give(value, type)),
        read: (from) => {
          from.budget.bytes(OVERHEAD.handle);
          return from.handles.take(from.whole(), type);
        },
      };
    case "stream":
    case "future":
    case "error-context":
      throw new Fault("plugin-unsupported", `a ${type.kind} cannot leave the thread it was made in yet`);
  }
}

function readChar(from: Reader): string {
  const point = from.u32();
  if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) throw new Broken(`${point} is no character`);
  return String.fromCodePoint(point);
}

function flagsCodec(labels: number): Codec {
  return {
    write: (to, value) => to.f64(value as number),
    read: (from) => {
      const bits = from.whole();
      if (bits >= 2 ** labels) throw new Broken(`${bits} is no set of ${labels} flags`);
      return bits;
    },
  };
}

/** Bytes that stand for an Any can be read as one. */
function anyOf({ write, read }: Codec): Codec {
  return {
    write,
    read: (from) => {
      const value = read(from);
      const problem = problemOfAny(value);
      if (problem !== null) throw new Broken(problem);
      return value;
    },
  };
}

function listCodec({ element, length }: Extract<WitType, { kind: "list" }>): Codec {
  const codec = codecOf(element);
  const weight = weightOf(element);
  return {
    write: (to, value) => {
      const items = value as readonly Value[];
      to.u32(items.length);
      for (const item of items) codec.write(to, item);
    },
    read: (from) => {
      const count = from.u32();
      if (length !== undefined && count !== length) throw new Broken(`a list of ${length} has ${count} elements`);
      from.budget.nodes(count * weight);
      const items: Value[] = [];
      for (let at = 0; at < count; at++) items.push(codec.read(from));
      return items;
    },
  };
}

function mapCodec(type: Extract<WitType, { kind: "map" }>): Codec {
  const key = codecOf(type.key);
  const entry = codecOf(type.value);
  const weight = weightOf(type.key) + weightOf(type.value);
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
      from.budget.nodes(count * weight);
      from.budget.bytes(OVERHEAD.map);
      const map = new Map<Value, Value>();
      for (let at = 0; at < count; at++) map.set(key.read(from), entry.read(from));
      if (map.size !== count) throw new Broken("a map has a key twice");
      return map;
    },
  };
}

function fieldsCodec(types: readonly WitType[]): Codec {
  const codecs = types.map(codecOf);
  const count = codecs.length;
  return {
    write: (to, value) => {
      const fields = value as readonly Value[];
      for (let at = 0; at < count; at++) (codecs[at] as Codec).write(to, fields[at] as Value);
    },
    read: (from) => codecs.map((codec) => codec.read(from)),
  };
}

function optionCodec(some: WitType): Codec {
  const { write, read } = codecOf(some);
  const wrapped = isNullable(some);
  return {
    write: (to, value) => {
      to.u8(value === null ? 0 : 1);
      if (value !== null) write(to, wrapped ? (value as Some).value : value);
    },
    read: (from) => {
      if (!from.flag()) return null;
      return wrapped ? new Some(read(from)) : read(from);
    },
  };
}

function casesCodec(payloads: readonly (WitType | null)[]): Codec {
  const codecs = payloads.map((type) => (type === null ? NOTHING : codecOf(type)));
  return {
    write: (to, value) => {
      const { index, payload } = value as CaseValue;
      to.u32(index);
      codecs[index]?.write(to, payload);
    },
    read: (from) => {
      const index = from.index(codecs.length);
      return new CaseValue(index, (codecs[index] ?? NOTHING).read(from));
    },
  };
}
