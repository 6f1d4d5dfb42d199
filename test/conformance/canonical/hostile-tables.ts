/** Addresses and lengths that lie, for every alignment: as lists in arguments and results, and as pointers to spilled values. */
import type { WitType } from "../../../src/wit/types.ts";
import { layoutOf } from "./layout.ts";
import { words, zeros } from "./bytes.ts";
import * as t from "./types.ts";
import { INVALID, TRAPPED, type Lift, type Refused } from "./vectors.ts";
import type { Value } from "../../../src/wit/value.ts";

const PAGE = 65536;
const WORDS = 2 ** 32;

const ELEMENTS: readonly WitType[] = [
  t.u8,
  t.bool,
  t.s16,
  t.u32,
  t.f32,
  t.char,
  t.s64,
  t.f64,
  t.string,
  t.list(t.u64),
  t.tuple(t.u8, t.u64),
  t.option(t.u16),
  t.enumeration(...t.labels(300)),
  t.flags(...t.labels(20)),
];

export const ADDRESSES: readonly Lift[] = [...ELEMENTS.flatMap(listsOf), ...spilled(), ...inner()];

function listsOf(element: WitType): readonly Lift[] {
  const { size, align } = layoutOf(element);
  const of = (what: string, at: number, length: number, expect: Value | Refused): Lift => ({
    name: `lists of ${element.kind} (${size}, ${align}): ${what}`,
    type: t.list(element),
    core: [at, length],
    expect,
  });
  const offsets = Array.from({ length: align - 1 }, (_, at) => at + 1);
  return [
    of("empty at 0", 0, 0, []),
    of("empty at the end of memory", PAGE, 0, []),
    ...offsets.map((at) => of(`empty at ${at}`, at, 0, TRAPPED)),
    ...offsets.map((at) => of(`one at ${at}`, at, 1, TRAPPED)),
    of("one at the end of memory", PAGE, 1, TRAPPED),
    of("one that leaves memory", PAGE - size + align, 1, TRAPPED),
    of("one too many", 0, Math.floor(PAGE / size) + 1, TRAPPED),
    of("empty beyond memory", PAGE + align, 0, TRAPPED),
    of("empty at the last address", WORDS - align, 0, TRAPPED),
    of("one at the last address", WORDS - align, 1, TRAPPED),
    of("so many that they wrap round to 0", WORDS - 8 * align, 8, TRAPPED),
    of("in the upper half", WORDS / 2, 1, TRAPPED),
    of("4 G elements", 0, WORDS - 1, TRAPPED),
    of("2 G elements", 0, WORDS / 2, TRAPPED),
    of("bytes that are 0 modulo 2^32", 8, Math.ceil(WORDS / size) % WORDS || WORDS - 1, TRAPPED),
    of("bytes that are few modulo 2^32", 8, (Math.ceil(WORDS / size) + 1) % WORDS || WORDS - 1, TRAPPED),
  ].filter(({ core = [] }) => !(size === 1 && core[1] === 1 && core[0] === 8));
}

/** A pointer to more than sixteen core values. */
function spilled(): readonly Lift[] {
  const type = t.tuple(...Array<WitType>(17).fill(t.u32));
  const at = (where: number, expect: Value | Refused): Lift => ({
    name: `spilled at ${where}`,
    type,
    core: [where],
    expect,
  });
  return [
    at(PAGE - 68, zeros(17)),
    ...[1, 2, 3, PAGE - 64, PAGE, PAGE + 4, WORDS - 4, WORDS - 1, WORDS / 2].map((where) => at(where, TRAPPED)),
  ];
}

/** Lies further inside, after elements that were good. */
function inner(): readonly Lift[] {
  const of = (name: string, element: WitType, memory: readonly number[], expect: Refused): Lift => ({
    name: `inside: ${name}`,
    type: t.list(element),
    core: [0, 2],
    memory,
    expect,
  });
  return [
    of("a list beyond memory", t.list(t.u8), words(16, 1, PAGE, 1), TRAPPED),
    of("a list of 4 G", t.list(t.u64), words(16, 0, 16, WORDS - 1), TRAPPED),
    of("a string beyond memory", t.string, words(16, 1, PAGE - 1, 2), TRAPPED),
    of("a string that is none", t.string, [...words(16, 1, 17, 1), 0x61, 0xff], INVALID),
    of("a char that is none", t.option(t.char), [1, 0, 0, 0, ...words(65), 1, 0, 0, 0, ...words(0xdead)], INVALID),
    of("a case that is none", t.result(null, t.u8), [0, 0, 2, 0], INVALID),
    of("a list at an odd address", t.list(t.u16), words(16, 1, 17, 0), TRAPPED),
    of("lists in lists in lists", t.list(t.list(t.u8)), words(16, 1, 24, 1, 32, 0, WORDS - 1, 1), TRAPPED),
  ];
}
