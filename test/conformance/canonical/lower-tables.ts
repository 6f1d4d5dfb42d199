/** What becomes of values: the reference's round trips and flattenings, as core values and bytes. */
import { CaseValue, ERR, OK, type Value } from "../../../src/wit/value.ts";
import type { WitType } from "../../../src/wit/types.ts";
import { ascii, le, words, zeros } from "./bytes.ts";
import * as t from "./types.ts";
import type { Lower } from "./vectors.ts";

const M = 2 ** 32;
/** Where the realloc of the vectors' component gives the first memory, as long as an alignment of 8 or less is asked. */
const FIRST = 4096;

function flat(type: WitType, value: Value, ...core: readonly (number | bigint)[]): Lower {
  return { name: `lower: ${JSON.stringify(value, plain)} as ${type.kind}`, type, value, core };
}

function plain(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? `${value}` : Object.is(value, -0) ? "-0" : value;
}

const LABELS = t.flags(...t.labels(32));

/** Scalars, and compounds that stay in core values. */
export const FLAT_LOWERS: readonly Lower[] = [
  flat(t.bool, true, 1),
  flat(t.bool, false, 0),
  flat(t.s8, -1, M - 1),
  flat(t.s8, -128, M - 128),
  flat(t.u8, 255, 255),
  flat(t.s16, -2, M - 2),
  flat(t.u16, 0xffff, 0xffff),
  flat(t.s32, -(2 ** 31), 2 ** 31),
  flat(t.u32, M - 1, M - 1),
  flat(t.s64, -1, 2n ** 64n - 1n),
  flat(t.s64, -(2n ** 63n), 2n ** 63n),
  flat(t.u64, 2n ** 64n - 1n, 2n ** 64n - 1n),
  flat(t.f32, Math.fround(3.14), 0x4048f5c3),
  flat(t.f32, -0, 0x8000_0000),
  flat(t.f64, 3.14, 0x40091eb851eb851fn),
  flat(t.f64, Number.NEGATIVE_INFINITY, 0xfff0n << 48n),
  flat(t.char, "A", 65),
  flat(t.char, "\u{10ffff}", 0x10_ffff),
  flat(t.enumeration("a", "b"), 1, 1),
  flat(t.flags("a", "b"), 3, 3),
  flat(LABELS, M - 1, M - 1),
  flat(t.variant({ x: null, y: null }), new CaseValue(1, null), 1),
  flat(t.tuple(t.u8), [7], 7),
  { ...flat(t.tuple(t.u8, t.f32, t.f64), [1, 1.5, 2.5], 1, 0x3fc0_0000, 0x4004n << 48n) },
];

/** Compounds: in core values as an argument, in memory as an answer. */
export const COMPOUND_LOWERS: readonly Lower[] = [
  stored(t.tuple(t.u16, t.u16), [3, 4], [3, 4], [3, 0, 4, 0]),
  stored(t.record({ x: t.u8, y: t.u16, z: t.u32 }), [1, 2, 3], [1, 2, 3], [1, null, 2, 0, 3, 0, 0, 0]),
  stored(t.option(t.f32), null, [0, 0], [0]),
  stored(t.option(t.f32), 1.5, [1, 0x3fc0_0000], [1, null, null, null, ...le(0x3fc0_0000, 4)]),
  stored(t.result(t.u8, t.u32), new CaseValue(OK, 42), [0, 42], [0, null, null, null, 42]),
  stored(t.result(t.u8, t.u32), new CaseValue(ERR, 1000), [1, 1000], [1, null, null, null, ...le(1000, 4)]),
  stored(t.variant({ x: t.u8, y: t.f32, z: null }), new CaseValue(2, null), [2, 0], [2]),
  stored(
    t.variant({ x: t.u8, y: t.f32, z: null }),
    new CaseValue(1, -0),
    [1, 0x8000_0000],
    [1, null, null, null, ...le(0x8000_0000, 4)],
  ),
  stored(
    t.variant({ f: t.f32, l: t.u64 }),
    new CaseValue(0, 1.5),
    [0, 0x3fc0_0000n],
    [0, null, null, null, null, null, null, null, ...le(0x3fc0_0000, 4)],
  ),
  stored(
    t.variant({ a: t.s32, b: t.u64 }),
    new CaseValue(0, -1),
    [0, 0xffff_ffffn],
    [0, null, null, null, null, null, null, null, ...le(M - 1, 4)],
  ),
  stored(
    t.variant({ d: t.f64, l: t.u64 }),
    new CaseValue(0, 1),
    [0, 0x3ff0n << 48n],
    [0, null, null, null, null, null, null, null, ...le(0x3ff0n << 48n, 8)],
  ),
  stored(
    t.variant({ p: t.tuple(t.f32, t.f32), q: t.u32 }),
    new CaseValue(1, 7),
    [1, 7, 0],
    [1, null, null, null, 7, 0, 0, 0],
  ),
];

/** A value's form as an argument (core values) and as an answer (bytes; null is a hole, which may hold anything). */
export interface Stored extends Lower {
  readonly answer: readonly (number | null)[];
}

function stored(
  type: WitType,
  value: Value,
  core: readonly (number | bigint)[],
  answer: readonly (number | null)[],
  given: Value = value,
): Stored & Lower {
  return { ...flat(type, given, ...core), answer };
}

function listed(element: WitType, value: Value, bytes: readonly number[]): Lower {
  const { length } = value as readonly Value[];
  const type = t.list(element);
  return {
    ...flat(type, value, FIRST, length),
    name: `lower: a list of ${length} ${element.kind}`,
    bytes: { behind: 0, are: bytes },
  };
}

/** Lists, whose elements lie where realloc said. */
export const LIST_LOWERS: readonly Lower[] = [
  listed(t.u8, new Uint8Array(), []),
  listed(t.u8, Uint8Array.of(1, 2, 3), [1, 2, 3]),
  listed(t.bool, [true, false, true], [1, 0, 1]),
  listed(t.u16, Uint16Array.of(1, 2, 0xffff), [1, 0, 2, 0, 0xff, 0xff]),
  listed(t.u32, [1, M - 1], words(1, M - 1)),
  listed(t.u64, [1, 2n ** 64n - 1n], [...le(1, 8), ...le(2n ** 64n - 1n, 8)]),
  listed(t.s8, [-1, -2], [0xff, 0xfe]),
  listed(t.s16, [-1, -2], [...le(-1, 2), ...le(-2, 2)]),
  listed(t.s32, [-1, -2], words(-1, -2)),
  listed(t.s64, [-1, -2], [...le(-1, 8), ...le(-2, 8)]),
  listed(t.f32, [1.5, -0], words(0x3fc0_0000, 0x8000_0000)),
  listed(t.f64, Float64Array.of(1, -0), [...le(0x3ff0n << 48n, 8), ...le(0x8000n << 48n, 8)]),
  listed(t.char, ["A", "\u{10ffff}"], words(65, 0x10_ffff)),
  listed(
    t.tuple(t.u8, t.u8),
    [
      [1, 2],
      [3, 4],
    ],
    [1, 2, 3, 4],
  ),
  listed(t.enumeration(...t.labels(257)), [0, 256], [0, 0, 0, 1]),
  listed(t.flags(...t.labels(9)), [0x1ff, 1], [0xff, 1, 1, 0]),
  listed(t.string, ["hello there"], [...words(FIRST + 8, 11), ...ascii("hello there")]),
];

/** Fixed-length lists and maps, apart because not every runtime has them yet. */
export const RECENT_LOWERS: readonly Lower[] = [
  stored(t.list(t.u8, 3), [1, 2, 3], [1, 2, 3], [1, 2, 3], Uint8Array.of(1, 2, 3)),
  listed(
    t.list(t.u32, 2),
    [
      [1, 2],
      [3, 4],
    ],
    words(1, 2, 3, 4),
  ),
  {
    name: "lower: a map",
    type: t.map(t.u8, t.u16),
    value: new Map([
      [42, 83],
      [43, 84],
    ]),
    core: [FIRST, 2],
    bytes: { behind: 0, are: [42, 0, 83, 0, 43, 0, 84, 0] },
  },
];

/** More than sixteen core values: one pointer to all of them. */
export const SPILLED_LOWERS: readonly Lower[] = [
  spilled(
    t.tuple(...Array<WitType>(17).fill(t.u8)),
    Array.from({ length: 17 }, (_, at) => at),
    (at) => [at],
  ),
  spilled(
    t.tuple(...Array<WitType>(17).fill(t.u32)),
    Array.from({ length: 17 }, (_, at) => at + 300),
    (at) => words(at),
  ),
  {
    name: "lower: a variant with seventeen core values",
    type: t.variant({ x: t.tuple(...Array<WitType>(16).fill(t.u32), t.string) }),
    value: new CaseValue(0, [...Array.from({ length: 16 }, (_, at) => at + 1), "wat"]),
    core: [FIRST],
    bytes: {
      behind: 0,
      are: [
        0,
        ...zeros(3),
        ...words(...Array.from({ length: 16 }, (_, at) => at + 1)),
        ...words(FIRST + 76, 3),
        ...ascii("wat"),
      ],
    },
  },
];

function spilled(type: WitType, value: readonly number[], bytesOf: (each: number) => readonly number[]): Lower {
  return { ...flat(type, value, FIRST), bytes: { behind: 0, are: value.flatMap(bytesOf) } };
}
