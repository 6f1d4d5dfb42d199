/**
 * Values into jco's JavaScript values and back, compiled once per WIT type to closures.
 *
 *   C1  `lower` gets a value that was checked against its type; it only changes the form.
 *   C2  `lift` trusts nothing: what is not of the type's form is a TypeError, as it is where jco itself finds out.
 *   C3  Lists of numbers cross as typed arrays of exactly their element type. jco copies the bytes of any other
 *       typed array as they are.
 *   C4  A type whose two forms are the same costs nothing (`same`), alone and in lists.
 */
import { Fault } from "../../../fault.ts";
import type { Field, Resource, WitType } from "../../../wit/types.ts";
import { CaseValue, Handle, integer, isNullable, Some, type TypedNumbers, type Value } from "../../../wit/value.ts";
import { isAnyType, problemOfAny } from "../../any-type.ts";
import { lowerCamel } from "../../names.ts";
import { numbersOf, type NumberArray } from "./numbers.ts";
import type { Resources } from "./resources.ts";

export interface Codec {
  readonly lower: (value: Value, resources: Resources) => unknown;
  readonly lift: (js: unknown, resources: Resources) => Value;
  /** `lower` gives back what it gets (C4). */
  readonly same?: boolean;
}

/** @throws {Fault} `component-unsupported` for types that have no codec yet. */
export function codecFor(type: WitType): Codec {
  switch (type.kind) {
    case "bool":
      return leaf("boolean");
    case "f32":
    case "f64":
      return leaf("number");
    case "s8":
    case "u8":
    case "s16":
    case "u16":
    case "s32":
    case "u32":
      return leaf("number");
    case "s64":
    case "u64":
      return wide;
    case "char":
    case "string":
      return leaf("string");
    case "list":
      return isAnyType(type) ? anyOf(listCodec(type.element, type.length)) : listCodec(type.element, type.length);
    case "map":
      return mapCodec(codecFor(type.key), codecFor(type.value));
    case "tuple":
      return tupleCodec(type.items.map(codecFor));
    case "option":
      return optionOf(type.some);
    case "result":
      return casesCodec([
        { tag: "ok", payload: payloadCodec(type.ok) },
        { tag: "err", payload: payloadCodec(type.err) },
      ]);
    case "variant":
      return casesCodec(type.cases.map((each) => ({ tag: each.name, payload: payloadCodec(each.type) })));
    case "record":
      return recordCodec(type.fields);
    case "enum":
      return enumCodec(type.cases);
    case "flags":
      return flagsCodec(type.labels);
    case "own":
      return handleCodec(type.resource, true);
    case "borrow":
      return handleCodec(type.resource, false);
    case "stream":
    case "future":
    case "error-context":
      throw new Fault("component-unsupported", `Values of type ${type.kind} cannot cross to a plugin yet`);
  }
}

const identity = (value: Value): Value => value;

function leaf(kind: "boolean" | "number" | "string"): Codec {
  return {
    same: true,
    lower: identity,
    lift: (js) => (typeof js === kind ? (js as Value) : invalid(kind, js)),
  };
}

/** A 64-bit integer is always a bigint in jco. */
const wide: Codec = {
  lower: (value) => BigInt(value as number | bigint),
  lift: (js) => (typeof js === "bigint" ? integer(js) : invalid("integer", js)),
};

function payloadCodec(type: WitType | null): Codec | null {
  return type === null ? null : codecFor(type);
}

function listCodec(element: WitType, length: number | undefined): Codec {
  const numbers = numbersOf(element);
  const codec = numbers === undefined ? arrayCodec(codecFor(element)) : numbersCodec(numbers.from, numbers.array);
  if (length === undefined) return codec;
  // A list of fixed length comes from jco as an Array, whatever its elements.
  return numbers === undefined ? codec : { lower: codec.lower, lift: (js) => numbers.from(items(js) as Value[]) };
}

/** Bytes that a guest gives for an Any can be read as one. */
function anyOf(bytes: Codec): Codec {
  return {
    lower: bytes.lower,
    lift: (js, resources) => {
      const value = bytes.lift(js, resources);
      const problem = problemOfAny(value);
      if (problem !== null) throw new TypeError(problem);
      return value;
    },
  };
}

function numbersCodec(from: (values: readonly Value[]) => TypedNumbers, array: NumberArray["array"]): Codec {
  return {
    lower: (value) => (value instanceof array ? value : from(value as readonly Value[])),
    lift: (js) => (js instanceof array ? js : Array.isArray(js) ? from(js as Value[]) : invalid("list", js)),
  };
}

function arrayCodec(element: Codec): Codec {
  return {
    lower: (value, resources) => {
      if (element.same === true) return value;
      return (value as readonly Value[]).map((each) => element.lower(each, resources));
    },
    lift: (js, resources) => items(js).map((each) => element.lift(each, resources)),
  };
}

function mapCodec(key: Codec, value: Codec): Codec {
  return {
    lower: (map, resources) =>
      new Map(
        [...(map as ReadonlyMap<Value, Value>)].map(([k, v]) => [key.lower(k, resources), value.lower(v, resources)]),
      ),
    lift: (js, resources) =>
      new Map([...entries(js)].map(([k, v]) => [key.lift(k, resources), value.lift(v, resources)])),
  };
}

function tupleCodec(parts: readonly Codec[]): Codec {
  return {
    lower: (value, resources) => parts.map((part, at) => part.lower(item(value, at), resources)),
    lift: (js, resources) => {
      const found = items(js);
      if (found.length !== parts.length) return invalid("tuple", js);
      return parts.map((part, at) => part.lift(found[at], resources));
    },
  };
}

function optionCodec(some: Codec): Codec {
  return {
    lower: (value, resources) => (value === null ? undefined : some.lower(value, resources)),
    lift: (js, resources) => (js === undefined ? null : some.lift(js, resources)),
  };
}

function optionOf(content: WitType): Codec {
  const codec = isNullable(content) ? wrapped(codecFor(content)) : codecFor(content);
  return isUndefinable(content) ? taggedOption(codec) : optionCodec(codec);
}

/** Can a value of this type be `undefined` in jco? An option can, unless it is itself a tagged one. */
function isUndefinable(type: WitType): boolean {
  return type.kind === "option" && !isUndefinable(type.some);
}

/** An option in an option has `Some` around it; jco's form has nothing there. */
function wrapped(codec: Codec): Codec {
  return {
    lower: (value, resources) => codec.lower(value instanceof Some ? value.value : value, resources),
    lift: (js, resources) => new Some(codec.lift(js, resources)),
  };
}

/** jco tags an option whose content may be undefined by itself. */
function taggedOption(some: Codec): Codec {
  return {
    lower: (value, resources) =>
      value === null ? { tag: "none" } : { tag: "some", val: some.lower(value, resources) },
    lift: (js, resources) => {
      const { tag, val } = tagged(js);
      return tag === "none" ? null : tag === "some" ? some.lift(val, resources) : invalid("option", js);
    },
  };
}

interface NamedCase {
  readonly tag: string;
  readonly payload: Codec | null;
}

function casesCodec(cases: readonly NamedCase[]): Codec {
  const indexOf = new Map(cases.map((each, index) => [each.tag, index]));
  return {
    lower: (value, resources) => {
      const { index, payload } = value as CaseValue;
      const found = cases[index];
      if (found === undefined) throw mismatch("variant", value);
      return { tag: found.tag, val: found.payload?.lower(payload, resources) };
    },
    lift: (js, resources) => {
      const { tag, val } = tagged(js);
      const index = indexOf.get(tag);
      const payload = index === undefined ? undefined : cases[index]?.payload;
      if (index === undefined || payload === undefined) return invalid("variant", js);
      return new CaseValue(index, payload === null ? null : payload.lift(val, resources));
    },
  };
}

function recordCodec(fields: readonly Field[]): Codec {
  const parts = fields.map((field) => ({ key: lowerCamel(field.name), codec: codecFor(field.type) }));
  return {
    lower: (value, resources) => {
      const record: Record<string, unknown> = {};
      for (const [at, { key, codec }] of parts.entries()) record[key] = codec.lower(item(value, at), resources);
      return record;
    },
    lift: (js, resources) => {
      if (typeof js !== "object" || js === null) return invalid("record", js);
      const record = js as Record<string, unknown>;
      return parts.map(({ key, codec }) => codec.lift(record[key], resources));
    },
  };
}

function enumCodec(cases: readonly string[]): Codec {
  const indexOf = new Map<unknown, number>(cases.map((name, index) => [name, index]));
  return {
    lower: (value) => cases[value as number],
    lift: (js) => indexOf.get(js) ?? invalid("enum", js),
  };
}

function flagsCodec(labels: readonly string[]): Codec {
  const keys = labels.map(lowerCamel);
  return {
    lower: (value) => Object.fromEntries(keys.map((key, bit) => [key, (((value as number) >>> bit) & 1) === 1])),
    lift: (js) => {
      if (typeof js !== "object" || js === null) return invalid("flags", js);
      const record = js as Record<string, unknown>;
      return keys.reduce((bits, key, bit) => (record[key] === true ? bits | (1 << bit) : bits), 0) >>> 0;
    },
  };
}

function handleCodec(resource: Resource, own: boolean): Codec {
  return {
    lower: (value, resources) => {
      const host = resources.host.get(resource);
      return host === undefined ? resources.take(value, resource, own) : host.enter(value, own);
    },
    lift: (js, resources) => {
      const host = resources.host.get(resource);
      return host === undefined
        ? resources.lend(js, resource)
        : (host.leave(js, own) ?? invalid(resource.name.name, js));
    },
  };
}

function item(value: Value, at: number): Value {
  const found = (value as readonly Value[])[at];
  if (found === undefined) throw mismatch("record or tuple", value);
  return found;
}

function items(js: unknown): readonly unknown[] {
  return Array.isArray(js) ? js : invalid("list", js);
}

function entries(js: unknown): Iterable<[unknown, unknown]> {
  if (js instanceof Map) return js as Map<unknown, unknown>;
  return Array.isArray(js) ? (js as [unknown, unknown][]) : invalid("map", js);
}

function tagged(js: unknown): { tag: string; val?: unknown } {
  if (typeof js !== "object" || js === null || !("tag" in js) || typeof js.tag !== "string")
    return invalid("variant", js);
  return js as { tag: string; val?: unknown };
}

function mismatch(want: string, value: Value): Fault {
  return new Fault("type-mismatch", `Expected a ${want}, found ${value instanceof Handle ? "a handle" : typeof value}`);
}

function invalid(want: string, js: unknown): never {
  throw new TypeError(`${js === null ? "null" : `a ${typeof js}`} is no ${want}`);
}
