/**
 * Generators of WIT types and of values of a type, with the values that go wrong first: extremes, NaN, -0, infinities,
 * the edge of exact numbers, empty and nested things, astral characters, NUL. Handles are not made: they need an owner.
 */
import fc from "../fast-check.ts";
import { isIntegerKind, rangeOf, type IntegerKind } from "../../src/wit/numbers.ts";
import type { Field, PrimitiveKind, WitType } from "../../src/wit/types.ts";
import { CaseValue, integer, isNullable, Some, type Value } from "../../src/wit/value.ts";

export interface TypeOptions {
  /** How deep types nest; 3 unless told. */
  readonly depth?: number;
  /** Whether maps and fixed-length lists are among them, which some toolchains lack; true unless told. */
  readonly recent?: boolean;
}

const SCALARS: readonly PrimitiveKind[] = [
  ...(["bool", "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "f32", "f64", "char", "string"] as const),
];

const KEYS: readonly PrimitiveKind[] = ["bool", "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "char", "string"];

/** Any type that data can have. */
export function arbitraryType(options: TypeOptions = {}): fc.Arbitrary<WitType> {
  const { depth = 3, recent = true } = options;
  const leaf = fc.oneof(primitive(SCALARS), enumType, flagsType);
  if (depth <= 0) return leaf;
  const inner = arbitraryType({ depth: depth - 1, recent });
  const compounds = [
    inner.map((element): WitType => ({ kind: "list", element })),
    fc.array(inner, { minLength: 1, maxLength: 4 }).map((items): WitType => ({ kind: "tuple", items })),
    inner.map((some): WitType => ({ kind: "option", some })),
    fc.tuple(maybe(inner), maybe(inner)).map(([ok, err]): WitType => ({ kind: "result", ok, err })),
    members(inner).map((fields): WitType => ({ kind: "record", name: null, fields })),
    members(maybe(inner)).map((cases): WitType => ({ kind: "variant", name: null, cases })),
  ];
  const recents = [
    fc
      .tuple(inner, fc.integer({ min: 1, max: 5 }))
      .map(([element, length]): WitType => ({ kind: "list", element, length })),
    fc.tuple(primitive(KEYS), inner).map(([key, value]): WitType => ({ kind: "map", key, value })),
  ];
  return fc.oneof({ arbitrary: leaf, weight: 3 }, ...compounds, ...(recent ? recents : []));
}

function primitive(kinds: readonly PrimitiveKind[]): fc.Arbitrary<WitType> {
  return fc.constantFrom(...kinds).map((kind): WitType => ({ kind }));
}

function maybe<T>(inner: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.option(inner, { nil: null, freq: 3 });
}

/** Kebab-case, keywords of many languages among them. */
export const arbitraryLabel: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom("record", "type", "self", "class", "end", "async", "from", "constructor", "a-b", "URL", "x2-y"),
  fc.stringMatching(/^[a-z][a-z0-9]{0,5}(-[a-z0-9]{1,4}){0,2}$/),
);

/** The tools refuse two names that differ by hyphens only, or by case. */
const distinct = (label: string): string => label.toLowerCase().replaceAll("-", "");

function labels(maxLength: number): fc.Arbitrary<string[]> {
  return fc.uniqueArray(arbitraryLabel, { minLength: 1, maxLength, selector: distinct });
}

const enumType = labels(6).map((cases): WitType => ({ kind: "enum", name: null, cases }));
const flagsType = labels(32).map((names): WitType => ({ kind: "flags", name: null, labels: names }));

function members<T>(type: fc.Arbitrary<T>): fc.Arbitrary<{ name: string; type: T }[]> {
  return fc.uniqueArray(fc.record({ name: arbitraryLabel, type }), {
    minLength: 1,
    maxLength: 4,
    selector: ({ name }) => distinct(name),
  });
}

/** Any value of this type. */
export function arbitraryValue(type: WitType): fc.Arbitrary<Value> {
  switch (type.kind) {
    case "bool":
      return fc.boolean();
    case "f32":
    case "f64":
      return arbitraryFloat(type.kind);
    case "char":
      return arbitraryChar;
    case "string":
      return arbitraryText;
    case "list":
      return arbitraryList(type.element, type.length);
    case "map":
      return fc
        .uniqueArray(fc.tuple(arbitraryValue(type.key), arbitraryValue(type.value)), {
          maxLength: 5,
          selector: ([k]) => k,
        })
        .map((entries): Value => new Map(entries));
    case "tuple":
      return sequence(type.items);
    case "record":
      return sequence(type.fields.map((field: Field) => field.type));
    case "option":
      return arbitraryOption(type.some);
    case "result":
      return arbitraryCase([type.ok, type.err]);
    case "variant":
      return arbitraryCase(type.cases.map((c) => c.type));
    case "enum":
      return fc.nat({ max: type.cases.length - 1 });
    case "flags":
      return fc.integer({ min: 0, max: 2 ** type.labels.length - 1 });
    case "own":
    case "borrow":
    case "stream":
    case "future":
    case "error-context":
      throw new Error(`a ${type.kind} needs an owner`);
    default:
      return arbitraryInteger(type.kind);
  }
}

function sequence(types: readonly WitType[]): fc.Arbitrary<Value> {
  return fc.tuple(...types.map(arbitraryValue));
}

/** An integer of this kind, its extremes and the edge of exact numbers often among them. */
export function arbitraryInteger(kind: IntegerKind): fc.Arbitrary<number | bigint> {
  const { min, max } = rangeOf(kind);
  const edges = [min, min + 1n, -1n, 0n, 1n, max - 1n, max, 2n ** 53n - 1n, 2n ** 53n, -(2n ** 53n)];
  const within = edges.filter((edge) => edge >= min && edge <= max);
  return fc.oneof(fc.constantFrom(...within), fc.bigInt({ min, max })).map(integer);
}

const SPECIAL = [0, -0, NaN, Infinity, -Infinity];

export function arbitraryFloat(kind: "f32" | "f64"): fc.Arbitrary<number> {
  const edges =
    kind === "f32"
      ? [...SPECIAL, 2 ** -149, 2 ** -126, (2 - 2 ** -23) * 2 ** 127, Math.fround(0.1)]
      : [...SPECIAL, Number.MIN_VALUE, 2 ** -1022, Number.MAX_VALUE, 0.1, 2 ** 53];
  return fc.oneof(fc.constantFrom(...edges), kind === "f32" ? fc.float() : fc.double());
}

const PIECES = [
  "",
  "\0",
  "\u00e9",
  "e\u0301",
  "\ud83e\uddf6",
  "\u{10ffff}",
  "\ufeff",
  "\ufffd",
  "\ue000",
  "\n",
  '"',
  "\\",
  "${}",
  "\u202e",
];

export const arbitraryText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...PIECES),
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.array(fc.constantFrom(...PIECES, "a", "Z", " "), { maxLength: 8 }).map((pieces) => pieces.join("")),
);

export const arbitraryChar: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom("\0", "\ud7ff", "\ue000", "\uffff", "\u{10000}", "\u{10ffff}", "a"),
  fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
);

function arbitraryList(element: WitType, length: number | undefined): fc.Arbitrary<Value> {
  const size = length === undefined ? { maxLength: 6 } : { minLength: length, maxLength: length };
  if (element.kind === "u8") return fc.uint8Array(size);
  const plain = fc.array(arbitraryValue(element), size);
  const isNumbers = isIntegerKind(element.kind) || element.kind === "f32" || element.kind === "f64";
  return isNumbers
    ? fc.oneof(
        plain,
        plain.map((list) => typedArray(element.kind, list)),
      )
    : plain;
}

/** The typed array of a list of numbers, as a codec lifts it. */
export function typedArray(kind: WitType["kind"], list: readonly Value[]): Value {
  const numbers = list as readonly number[];
  const bigints = (): bigint[] => list.map((item) => BigInt(item as number | bigint));
  switch (kind) {
    case "s8":
      return Int8Array.from(numbers);
    case "u8":
      return Uint8Array.from(numbers);
    case "s16":
      return Int16Array.from(numbers);
    case "u16":
      return Uint16Array.from(numbers);
    case "s32":
      return Int32Array.from(numbers);
    case "u32":
      return Uint32Array.from(numbers);
    case "s64":
      return BigInt64Array.from(bigints());
    case "u64":
      return BigUint64Array.from(bigints());
    case "f32":
      return Float32Array.from(numbers);
    case "f64":
      return Float64Array.from(numbers);
    default:
      throw new Error(`a list of ${kind} has no typed array`);
  }
}

function arbitraryOption(some: WitType): fc.Arbitrary<Value> {
  const value = arbitraryValue(some);
  return fc.option(isNullable(some) ? value.map((inner) => new Some(inner)) : value, { nil: null, freq: 3 });
}

function arbitraryCase(types: readonly (WitType | null)[]): fc.Arbitrary<Value> {
  const cases = types.map((type, index) =>
    (type === null ? fc.constant(null) : arbitraryValue(type)).map((payload) => new CaseValue(index, payload)),
  );
  return fc.oneof(...cases);
}
