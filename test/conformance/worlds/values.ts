/** Random values of a type, the ones that go wrong first among them. */
import { isIntegerKind, rangeOf, type IntegerKind } from "../../../src/wit/numbers.ts";
import type { Resource, WitType } from "../../../src/wit/types.ts";
import { CaseValue, Handle, integer, isNullable, Some, type Value } from "../../../src/wit/value.ts";
import { typedArray } from "../../wit/arbitrary.ts";
import type { Random } from "./random.ts";

/** Where handles come from: each is given out once. */
export type TakeHandle = (resource: Resource) => Value;

const noHandles: TakeHandle = (resource) => {
  throw new Error(`no ${resource.name.name} was made for this value`);
};

export function randomValue(type: WitType, random: Random, handles: TakeHandle = noHandles): Value {
  const inner = (part: WitType): Value => randomValue(part, random, handles);
  switch (type.kind) {
    case "bool":
      return random.chance(50);
    case "f32":
    case "f64":
      return randomFloat(type.kind, random);
    case "char":
      return randomChar(random);
    case "string":
      return randomText(random);
    case "list":
      return randomList(type.element, type.length, random, inner);
    case "map":
      return randomMap(type.key, type.value, random, inner);
    case "tuple":
      return type.items.map(inner);
    case "record":
      return type.fields.map((field) => inner(field.type));
    case "option":
      if (random.chance(35)) return null;
      return isNullable(type.some) ? new Some(inner(type.some)) : inner(type.some);
    case "result":
      return randomCase([type.ok, type.err], random, inner);
    case "variant":
      return randomCase(
        type.cases.map((each) => each.type),
        random,
        inner,
      );
    case "enum":
      return random.chance(20) ? type.cases.length - 1 : random.below(type.cases.length);
    case "flags":
      return randomFlags(type.labels.length, random);
    case "own":
    case "borrow":
      return handles(type.resource);
    default:
      if (!isIntegerKind(type.kind)) throw new Error(`no values of ${type.kind}`);
      return randomInteger(type.kind, random);
  }
}

function randomCase(types: readonly (WitType | null)[], random: Random, inner: (part: WitType) => Value): CaseValue {
  const index = random.below(types.length);
  const type = types[index] ?? null;
  return new CaseValue(index, type === null ? null : inner(type));
}

function randomFlags(count: number, random: Random): number {
  const all = 2 ** count - 1;
  if (random.chance(30)) return random.pick([0, all, 1, 2 ** (count - 1)]);
  return (random.word() & all) >>> 0;
}

const WIDE_EDGES = [2n ** 53n, 2n ** 53n - 1n, 2n ** 53n + 1n, -(2n ** 53n), -(2n ** 53n) + 1n, -(2n ** 53n) - 1n];
const EDGES = [0n, 1n, -1n, 2n ** 31n, 2n ** 31n - 1n, 2n ** 32n, 2n ** 32n - 1n, -(2n ** 31n), 127n, 128n, 255n, 256n];

function randomInteger(kind: IntegerKind, random: Random): number | bigint {
  const { min, max } = rangeOf(kind);
  if (random.chance(40)) {
    const edge = random.pick([min, min + 1n, max, max - 1n, ...EDGES, ...WIDE_EDGES]);
    if (edge >= min && edge <= max) return integer(edge);
  }
  return integer(min + (random.wide() % (max - min + 1n)));
}

const FLOATS = [0, -0, NaN, Infinity, -Infinity, 1, -1];
const FLOATS_32 = [...FLOATS, 2 ** -149, -(2 ** -149), 2 ** -126, (2 - 2 ** -23) * 2 ** 127, Math.fround(0.1), 2 ** 24];
const FLOATS_64 = [
  ...FLOATS,
  2 ** -1074,
  2 ** -1022,
  2 ** -1022 - 2 ** -1074,
  Number.MAX_VALUE,
  0.1,
  5,
  2 ** 53,
  2 ** 63,
];

const bits = new DataView(new ArrayBuffer(8));

function randomFloat(kind: "f32" | "f64", random: Random): number {
  if (random.chance(50)) return random.pick(kind === "f32" ? FLOATS_32 : FLOATS_64);
  if (kind === "f32") {
    bits.setUint32(0, random.word());
    return bits.getFloat32(0);
  }
  bits.setBigUint64(0, random.wide());
  return bits.getFloat64(0);
}

const CHARS = [
  "\0",
  "\t",
  "\n",
  '"',
  "'",
  "\\",
  "a",
  "Z",
  "\x7f",
  "\x80",
  "\u00e9",
  "\u07ff",
  "\u0800",
  "\u0301",
  "\u2028",
].concat([
  "\ud7ff",
  "\ue000",
  "\ufeff",
  "\ufffd",
  "\ufffe",
  "\uffff",
  "\u{10000}",
  "\u{1f9f6}",
  "\u{10fffe}",
  "\u{10ffff}",
]);

function randomChar(random: Random): string {
  if (random.chance(70)) return random.pick(CHARS);
  const point = random.below(0x110000 - 0x800);
  return String.fromCodePoint(point < 0xd800 ? point : point + 0x800);
}

function randomText(random: Random): string {
  const roll = random.below(100);
  if (roll < 12) return "";
  if (roll < 30)
    return random.pick(["a", "plain ASCII text", "\ufeffbegins with a mark", "\0", "${x} %s <&>", "\u00e9".repeat(9)]);
  // Long enough to be met by whatever treats short texts apart.
  if (roll < 33)
    return random.pick(["x", "\u00e9", "\u{1f9f6}"]).repeat(random.between(1000, 9000)) + randomChar(random);
  return Array.from({ length: random.between(1, 20) }, () => randomChar(random)).join("");
}

function randomLength(random: Random): number {
  return random.chance(20) ? 0 : random.between(1, 5);
}

function randomList(
  element: WitType,
  length: number | undefined,
  random: Random,
  inner: (part: WitType) => Value,
): Value {
  const isNumbers = isIntegerKind(element.kind) || element.kind === "f32" || element.kind === "f64";
  const long = isNumbers && random.chance(4) ? random.between(200, 2000) : randomLength(random);
  const items = Array.from({ length: length ?? long }, () => inner(element));
  if (element.kind === "u8") return Uint8Array.from(items as number[]);
  return isNumbers && random.chance(50) ? typedArray(element.kind, items) : items;
}

function randomMap(key: WitType, value: WitType, random: Random, inner: (part: WitType) => Value): Value {
  // Every value is kept, since a handle may be in it: keys first.
  const keys = new Set(Array.from({ length: randomLength(random) }, () => inner(key)));
  return new Map([...keys].map((each) => [each, inner(value)] as const));
}

/** The value with each handle in it replaced. */
export function withHandles(type: WitType, value: Value, replace: (handle: Value) => Value): Value {
  const each = (part: WitType, of: Value): Value => withHandles(part, of, replace);
  switch (type.kind) {
    case "own":
    case "borrow":
      return replace(value);
    case "list":
      return Array.isArray(value) ? value.map((item: Value) => each(type.element, item)) : value;
    case "tuple":
      return type.items.map((item, at) => each(item, (value as readonly Value[])[at] ?? null));
    case "record":
      return type.fields.map((field, at) => each(field.type, (value as readonly Value[])[at] ?? null));
    case "map":
      return new Map([...(value as ReadonlyMap<Value, Value>)].map(([k, v]) => [k, each(type.value, v)]));
    case "option":
      if (value === null) return null;
      return value instanceof Some ? new Some(each(type.some, value.value)) : each(type.some, value);
    case "result":
    case "variant": {
      const { index, payload } = value as CaseValue;
      const part = type.kind === "result" ? [type.ok, type.err][index] : type.cases[index]?.type;
      return new CaseValue(index, part === null || part === undefined ? null : each(part, payload));
    }
    default:
      return value;
  }
}

/** A value for people, one that tells what JSON would not. */
export function show(value: Value | readonly Value[] | undefined): string {
  const text = JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === "bigint") return `${part}n`;
    if (typeof part === "string" && part.length > 60)
      return `${part.slice(0, 20)}… (${part.length} units, ends in ${part.slice(-4)})`;
    if (typeof part === "number" && !Number.isFinite(part)) return String(part);
    if (part instanceof CaseValue) return { case: part.index, payload: part.payload };
    if (part instanceof Some) return { some: part.value };
    if (part instanceof Handle) return `handle ${part.instance}:${part.id}`;
    if (part instanceof Map) return { map: [...(part as Map<unknown, unknown>)] };
    if (ArrayBuffer.isView(part)) return { [part.constructor.name]: [...(part as unknown as Iterable<unknown>)] };
    return Object.is(part, -0) ? "-0" : part;
  });
  return text === undefined ? "nothing" : text.length > 4000 ? `${text.slice(0, 4000)}…` : text;
}
