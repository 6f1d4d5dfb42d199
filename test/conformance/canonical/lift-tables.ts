/**
 * What core values and bytes mean: the reference's flat tests, and its pairs of every scalar, as tables of ours. The names say which they are (README.md).
 */
import { CaseValue, ERR, OK, type Value } from "../../../src/wit/value.ts";
import { le, zeros } from "./bytes.ts";
import * as t from "./types.ts";
import { INVALID, type Lift, type Refused } from "./vectors.ts";
import type { WitType } from "../../../src/wit/types.ts";

const M = 2 ** 32;

function pairs(type: WitType, rows: readonly (readonly [number | bigint, Value | Refused])[]): readonly Lift[] {
  return rows.map(([core, expect]) => ({ name: `pairs: ${type.kind} of ${core}`, type, core: [core], expect }));
}

/** `test_pairs` of every scalar and of an enum. */
export const PAIRS: readonly Lift[] = [
  ...pairs(t.bool, [
    [0, false],
    [1, true],
    [2, true],
    [M - 1, true],
  ]),
  ...pairs(t.u8, [
    [127, 127],
    [128, 128],
    [255, 255],
    [256, 0],
    [M - 1, 255],
    [M - 128, 128],
    [M - 129, 127],
    [0xf01, 1],
  ]),
  ...pairs(t.s8, [
    [127, 127],
    [128, -128],
    [255, -1],
    [256, 0],
    [M - 1, -1],
    [M - 128, -128],
    [M - 129, 127],
  ]),
  ...pairs(t.u16, [
    [0x7fff, 0x7fff],
    [0x8000, 0x8000],
    [0xffff, 0xffff],
    [0x1_0000, 0],
    [M - 1, 0xffff],
    [M - 0x8000, 0x8000],
    [M - 0x8001, 0x7fff],
  ]),
  ...pairs(t.s16, [
    [0x7fff, 0x7fff],
    [0x8000, -0x8000],
    [0xffff, -1],
    [0x1_0000, 0],
    [M - 1, -1],
    [M - 0x8000, -0x8000],
    [M - 0x8001, 0x7fff],
  ]),
  ...pairs(t.u32, [
    [0x7fff_ffff, 0x7fff_ffff],
    [0x8000_0000, 0x8000_0000],
    [M - 1, M - 1],
  ]),
  ...pairs(t.s32, [
    [0x7fff_ffff, 0x7fff_ffff],
    [0x8000_0000, -0x8000_0000],
    [M - 1, -1],
  ]),
  ...pairs(t.u64, [
    [2n ** 63n - 1n, 2n ** 63n - 1n],
    [2n ** 63n, 2n ** 63n],
    [2n ** 64n - 1n, 2n ** 64n - 1n],
    [5n, 5],
  ]),
  ...pairs(t.s64, [
    [2n ** 63n - 1n, 2n ** 63n - 1n],
    [2n ** 63n, -(2n ** 63n)],
    [2n ** 64n - 1n, -1],
  ]),
  ...pairs(t.f32, [[0x4048f5c3, Math.fround(3.14)]]),
  ...pairs(t.f64, [[0x40091eb851eb851fn, 3.14]]),
  ...pairs(t.char, [
    [0, "\0"],
    [65, "A"],
    [0xd7ff, "\ud7ff"],
    [0xd800, INVALID],
    [0xdfff, INVALID],
    [0xe000, "\ue000"],
    [0x10_ffff, "\u{10ffff}"],
    [0x11_0000, INVALID],
    [M - 1, INVALID],
  ]),
  ...pairs(t.enumeration("a", "b"), [
    [0, 0],
    [1, 1],
    [2, INVALID],
    [M - 1, INVALID],
  ]),
];

/** `test_nan32` and `test_nan64`: the payload is nobody's. As a core value and from memory. */
export const NANS: readonly Lift[] = [
  ...[0x7fc0_0000, 0x7fc0_0001, 0x7fe0_0000, 0x7fff_ffff, 0xffff_ffff].flatMap((bits) => float32(bits, Number.NaN)),
  ...float32(0x7f80_0000, Number.POSITIVE_INFINITY),
  ...float32(0x3fc0_0000, 1.5),
  ...float32(0x8000_0000, -0),
  ...[0x7ff8n << 48n, (0x7ff8n << 48n) + 1n, 0x7ffcn << 48n, 2n ** 63n - 1n, 2n ** 64n - 1n].flatMap((bits) =>
    float64(bits, Number.NaN),
  ),
  ...float64(0x7ff0n << 48n, Number.POSITIVE_INFINITY),
  ...float64(0x3ff0n << 48n, 1),
  ...float64(0x8000n << 48n, -0),
];

function float32(bits: number, expect: number): readonly Lift[] {
  const name = `nan32: ${bits.toString(16)}`;
  const inMemory = { name: `${name} in memory`, type: t.tuple(t.f32, t.u8), stored: [...le(bits, 4), 7, 0, 0, 0] };
  return [
    { name, type: t.f32, core: [bits], expect },
    { ...inMemory, expect: [expect, 7] },
  ];
}

function float64(bits: bigint, expect: number): readonly Lift[] {
  const name = `nan64: ${bits.toString(16)}`;
  const inMemory = { name: `${name} in memory`, type: t.tuple(t.f64, t.u8), stored: [...le(bits, 8), 7, ...zeros(7)] };
  return [
    { name, type: t.f64, core: [bits], expect },
    { ...inMemory, expect: [expect, 7] },
  ];
}

const XYZ = t.variant({ x: t.u8, y: t.f32, z: null });

/** `test`: compound types out of core values. */
export const FLAT: readonly Lift[] = [
  { name: "flat: a record", type: t.record({ x: t.u8, y: t.u16, z: t.u32 }), core: [1, 2, 3], expect: [1, 2, 3] },
  { name: "flat: a tuple in a tuple", type: t.tuple(t.tuple(t.u8, t.u8), t.u8), core: [1, 2, 3], expect: [[1, 2], 3] },
  ...[0, 2, 3].map((bits) => flagsOf(2, bits, bits)),
  flagsOf(2, 4, 0),
  flagsOf(32, M - 1, M - 1),
  flagsOf(9, 0xffff_ff11, 0x111),
  flagsOf(1, 0xffff_ff01, 1),
  flagsOf(8, 0xffff_ff11, 0x11),
  flagsOf(16, 0xffff_1111, 0x1111),
  flagsOf(17, 0xffff_1111, 0x1_1111),
  { name: "flat: a variant", type: XYZ, core: [0, 42], expect: new CaseValue(0, 42) },
  { name: "flat: a variant with too wide a number", type: XYZ, core: [0, 256], expect: new CaseValue(0, 0) },
  { name: "flat: a float in an i32", type: XYZ, core: [1, 0x4048f5c3], expect: new CaseValue(1, Math.fround(3.14)) },
  { name: "flat: an unused payload", type: XYZ, core: [2, M - 1], expect: new CaseValue(2, null) },
  { name: "flat: a case beyond the last", type: XYZ, core: [3, 0], expect: INVALID },
  { name: "flat: none", type: t.option(t.f32), core: [0, 0x4048f5c3], expect: null },
  { name: "flat: some", type: t.option(t.f32), core: [1, 0x4048f5c3], expect: Math.fround(3.14) },
  { name: "flat: an option's case 2", type: t.option(t.f32), core: [2, 0], expect: INVALID },
  { name: "flat: ok", type: t.result(t.u8, t.u32), core: [0, 42], expect: new CaseValue(OK, 42) },
  { name: "flat: err", type: t.result(t.u8, t.u32), core: [1, 1000], expect: new CaseValue(ERR, 1000) },
  { name: "flat: a result's case 2", type: t.result(t.u8, t.u32), core: [2, 0], expect: INVALID },
  { name: "flat: case w", type: t.variant({ w: t.u8, y: t.u8 }), core: [0, 42], expect: new CaseValue(0, 42) },
  { name: "flat: case y", type: t.variant({ w: t.u8, y: t.u8 }), core: [1, 42], expect: new CaseValue(1, 42) },
  { name: "flat: the only case", type: t.variant({ w: t.u8 }), core: [0, 42], expect: new CaseValue(0, 42) },
  { name: "variants: case 1 of 1", type: t.variant({ x: t.u32 }), core: [1, 0], expect: INVALID },
  { name: "variants: case 1 of 1 without payload", type: t.variant({ x: null }), core: [1], expect: INVALID },
  ...joined(),
];

function flagsOf(count: number, bits: number, expect: number): Lift {
  return {
    name: `flat: ${count} flags, ${bits.toString(16)}`,
    type: t.flags(...t.labels(count)),
    core: [bits],
    expect,
  };
}

/** Payloads of several core types in one slot: only the case's own bits count. */
function joined(): readonly Lift[] {
  const narrow = t.variant({ a: t.u8, b: t.u32 });
  const wide = t.variant({ a: t.u16, b: t.u64 });
  const mixed = t.variant({ f: t.f32, l: t.u64 });
  const four = t.variant({ a: t.u32, b: t.f32, c: t.u64, d: t.f64 });
  const padded = t.variant({ p: t.tuple(t.f32, t.f32), q: t.u32 });
  return [
    { name: "variants: narrow a", type: narrow, core: [0, 0xff02], expect: new CaseValue(0, 2) },
    { name: "variants: narrow b", type: narrow, core: [1, 0xdead_beef], expect: new CaseValue(1, 0xdead_beef) },
    { name: "variants: wide a", type: wide, core: [0, 0xff_0004n], expect: new CaseValue(0, 4) },
    { name: "variants: wide a, 64 bits", type: wide, core: [0, 0xff_0000_0004n], expect: new CaseValue(0, 4) },
    {
      name: "variants: wide b",
      type: wide,
      core: [1, 0x1234_5678_9abc_def0n],
      expect: new CaseValue(1, 0x1234_5678_9abc_def0n),
    },
    {
      name: "variants: an f32 in an i64",
      type: mixed,
      core: [0, 0xffff_ffff_4049_0fdbn],
      expect: new CaseValue(0, Math.fround(Math.PI)),
    },
    {
      name: "variants: a u64 beside an f32",
      type: mixed,
      core: [1, 0xfedc_ba98_7654_3210n],
      expect: new CaseValue(1, 0xfedc_ba98_7654_3210n),
    },
    { name: "concat: flat-mix a", type: four, core: [0, 42n], expect: new CaseValue(0, 42) },
    { name: "concat: flat-mix b", type: four, core: [1, 0x40a0_0000n], expect: new CaseValue(1, 5) },
    { name: "concat: flat-mix c", type: four, core: [2, 2n ** 64n - 1n], expect: new CaseValue(2, 2n ** 64n - 1n) },
    { name: "concat: flat-mix d", type: four, core: [3, 0x4022n << 48n], expect: new CaseValue(3, 9) },
    {
      name: "concat: flat-pad p",
      type: padded,
      core: [0, 0x4000_0000, 0x4040_0000],
      expect: new CaseValue(0, [2, 3]),
    },
    { name: "concat: flat-pad q", type: padded, core: [1, 7, 0x4040_0000], expect: new CaseValue(1, 7) },
  ];
}
