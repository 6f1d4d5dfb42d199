/** What bytes mean: lists of every type, as the reference's heap tests have them. */
import { CaseValue, type Value } from "../../../src/wit/value.ts";
import type { WitType } from "../../../src/wit/types.ts";
import { ascii, le, words, zeros } from "./bytes.ts";
import * as t from "./types.ts";
import { INVALID, TRAPPED, type Lift, type Refused } from "./vectors.ts";

const M = 2 ** 32;
/** What is in a hole. */
const X = 0xff;

/** `test_heap`: lists of every type at the beginning of memory, and what is not aligned. */
export const HEAP: readonly Lift[] = [
  heap("bools", t.bool, [true, false, true], [1, 0, 1]),
  heap("bools, one of them 2", t.bool, [true, false, true], [1, 0, 2]),
  { ...heap("bools further up", t.bool, [true, false, true], [X, X, X, 1, 0, 1]), core: [3, 3] },
  heap("u8", t.u8, [1, 2, 3], [1, 2, 3]),
  heap("u16", t.u16, [1, 2, 3], [1, 0, 2, 0, 3, 0]),
  { ...heap("u16 at 1", t.u16, TRAPPED, [0, 1, 0, 2, 0, 3, 0]), core: [1, 3] },
  heap(
    "u32",
    t.u32,
    [1, 2, 3],
    [1, 2, 3].flatMap((each) => le(each, 4)),
  ),
  heap(
    "u64",
    t.u64,
    [1, 2],
    [1, 2].flatMap((each) => le(each, 8)),
  ),
  heap("s8", t.s8, [-1, -2, -3], [0xff, 0xfe, 0xfd]),
  heap(
    "s16",
    t.s16,
    [-1, -2, -3],
    [-1, -2, -3].flatMap((each) => le(each, 2)),
  ),
  heap(
    "s32",
    t.s32,
    [-1, -2, -3],
    [-1, -2, -3].flatMap((each) => le(each, 4)),
  ),
  heap(
    "s64",
    t.s64,
    [-1, -2],
    [-1n, -2n].flatMap((each) => le(each, 8)),
  ),
  heap(
    "f32",
    t.f32,
    [1.5, -0],
    [0x3fc0_0000, 0x8000_0000].flatMap((each) => le(each, 4)),
  ),
  heap(
    "f64",
    t.f64,
    [1, -0],
    [0x3ff0n << 48n, 0x8000n << 48n].flatMap((each) => le(each, 8)),
  ),
  heap(
    "char",
    t.char,
    ["A", "B", "c"],
    [65, 66, 99].flatMap((each) => le(each, 4)),
  ),
  heap(
    "a surrogate among chars",
    t.char,
    INVALID,
    [65, 0xd800].flatMap((each) => le(each, 4)),
  ),
  heap("string", t.string, ["hi", "wat"], [...words(16, 2, 21, 3), ...ascii("hi"), 15, 15, 15, ...ascii("wat")]),
  heap("lists of u8", t.list(t.u8), [[3, 4, 5], [], [6, 7]].map(bytes), [...words(24, 3, 0, 0, 27, 2), 3, 4, 5, 6, 7]),
  heap("lists of u16", t.list(t.u16), [[5, 6]], [...words(8, 2), 5, 0, 6, 0]),
  heap("lists of u16, one at an odd address", t.list(t.u16), TRAPPED, [...words(17, 2, 0, 0), 0, 5, 0, 6, 0]),
  heap(
    "tuples without holes",
    t.tuple(t.u8, t.u8, t.u16, t.u32),
    [
      [6, 7, 8, 9],
      [4, 5, 6, 7],
    ],
    [6, 7, 8, 0, ...le(9, 4), 4, 5, 6, 0, ...le(7, 4)],
  ),
  heap(
    "tuples with holes",
    t.tuple(t.u8, t.u16, t.u8, t.u32),
    [
      [6, 7, 8, 9],
      [4, 5, 6, 7],
    ],
    [6, X, 7, 0, 8, X, X, X, ...le(9, 4), 4, X, 5, 0, 6, X, X, X, ...le(7, 4)],
  ),
  heap(
    "tuples that end in a hole",
    t.tuple(t.u16, t.u8),
    [
      [6, 7],
      [8, 9],
    ],
    [6, 0, 7, X, 8, 0, 9, X],
  ),
  heap(
    "tuples in tuples",
    t.tuple(t.tuple(t.u16, t.u8), t.u8),
    [
      [[4, 5], 6],
      [[7, 8], 9],
    ],
    [4, 0, 5, X, 6, X, 7, 0, 8, X, 9, X],
  ),
  heap("2 flags", t.flags(...t.labels(2)), [0, 2, 3], [0, 2, 3]),
  heap("2 flags with a bit too many", t.flags(...t.labels(2)), [0, 2, 0], [0, 2, 4]),
  heap("9 flags", t.flags(...t.labels(9)), [0x1ff, 0], [0xff, 1, 0, 0]),
  heap("9 flags with a bit too many", t.flags(...t.labels(9)), [0x1ff, 0], [0xff, 3, 0, 0]),
  heap("17 flags", t.flags(...t.labels(17)), [0x1_ffff, 0], [0xff, 0xff, 1, 0, 0, 0, 0, 0]),
  heap("17 flags with a bit too many", t.flags(...t.labels(17)), [0x1_ffff, 0], [0xff, 0xff, 3, 0, 0, 0, 0, 0]),
  heap("32 flags", t.flags(...t.labels(32)), [M - 1, 0], [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]),
  heap(
    "variants",
    t.variant({ n: t.u32, s: t.string }),
    [new CaseValue(0, 5), new CaseValue(1, "ab")],
    [0, X, X, X, ...le(5, 4), X, X, X, X, 1, X, X, X, ...le(24, 4), ...le(2, 4), ...ascii("ab")],
  ),
  heap(
    "variants with 8 bytes",
    t.variant({ b: t.u8, w: t.u64 }),
    [new CaseValue(0, 255), new CaseValue(1, 7)],
    [0, X, X, X, X, X, X, X, 255, X, X, X, X, X, X, X, 1, X, X, X, X, X, X, X, ...le(7, 8)],
  ),
  heap("a case beyond the last among variants", t.variant({ b: t.u8, w: t.u64 }), INVALID, [
    ...zeros(16),
    2,
    ...zeros(15),
  ]),
  heap("enums of 256 cases", t.enumeration(...t.labels(256)), [0, 255], [0, 255]),
  heap("enums of 257 cases", t.enumeration(...t.labels(257)), [0, 256], [0, 0, 0, 1]),
  heap("an enum's case 257 of 257", t.enumeration(...t.labels(257)), INVALID, [0, 0, 1, 1]),
  heap("options", t.option(t.u32), [null, 7], [0, X, X, X, X, X, X, X, 1, X, X, X, ...le(7, 4)]),
];

/** Fixed-length lists and maps, of the two tables above, apart because not every runtime has them yet. */
export const RECENT: readonly Lift[] = [
  { name: "flat: a list of fixed length", type: t.list(t.u8, 3), core: [1, 2, 3], expect: [1, 2, 3] },
  {
    name: "flat: fixed lists in a fixed list",
    type: t.list(t.list(t.u8, 2), 3),
    core: [1, 2, 3, 4, 5, 6],
    expect: [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
  },
  heap(
    "fixed lists of u8",
    t.list(t.u8, 2),
    [
      [1, 2],
      [3, 4],
    ].map(bytes),
    [1, 2, 3, 4],
  ),
  heap(
    "fixed lists of u32",
    t.list(t.u32, 2),
    [
      [1, 2],
      [3, 4],
    ],
    words(1, 2, 3, 4),
  ),
  { ...heap("fixed lists of u32 at 1", t.list(t.u32, 2), TRAPPED, [0, ...words(1, 2, 3, 4)]), core: [1, 2] },
  {
    name: "heap: a map",
    type: t.map(t.u8, t.u16),
    core: [0, 2],
    memory: [42, X, 83, 0, 43, X, 84, 0],
    expect: new Map([
      [42, 83],
      [43, 84],
    ]),
  },
];

function heap(name: string, element: WitType, expect: Value | Refused, memory: readonly number[]): Lift {
  const length = Array.isArray(expect) ? expect.length : 2;
  return { name: `heap: ${name}`, type: t.list(element), core: [0, length], memory, expect };
}

function bytes(each: readonly number[]): Uint8Array {
  return Uint8Array.from(each);
}
