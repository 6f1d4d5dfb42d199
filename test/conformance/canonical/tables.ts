/** All tables of vectors, each played by one component. */
import type { Event, Session } from "./harness.ts";
import { ADDRESSES } from "./hostile-tables.ts";
import { judgeAnswered, judgeLowered } from "./judge.ts";
import { HEAP, RECENT } from "./heap-tables.ts";
import { FLAT, NANS, PAIRS } from "./lift-tables.ts";
import { COMPOUND_LOWERS, FLAT_LOWERS, LIST_LOWERS, RECENT_LOWERS, SPILLED_LOWERS } from "./lower-tables.ts";
import { STRINGS } from "./string-tables.ts";
import {
  answeredSession,
  argumentSession,
  isArgument,
  isResult,
  loweredSession,
  resultSession,
  type Lower,
  type Vectors,
} from "./vectors.ts";

export interface Table {
  readonly name: string;
  readonly vectors: Vectors;
}

/** A component with hundreds of imports takes long to start, and each vector starts one. */
const MOST_AT_ONCE = 24;

function parts(name: string, { encoding, lifts, lowers }: Vectors): readonly Table[] {
  const cut = <T>(all: readonly T[]): readonly (readonly T[])[] =>
    Array.from({ length: Math.ceil(all.length / MOST_AT_ONCE) }, (_, at) =>
      all.slice(at * MOST_AT_ONCE, (at + 1) * MOST_AT_ONCE),
    );
  const all = [
    ...cut(lifts).map((some): Vectors => ({ encoding, lifts: some, lowers: [] })),
    ...cut(lowers).map((some): Vectors => ({ encoding, lifts: [], lowers: some })),
  ];
  return all.map((vectors, at) => ({ name: `${name} ${at + 1} of ${all.length}`, vectors }));
}

export const ALL_VECTORS: readonly Table[] = [
  ...Object.entries({ PAIRS, NANS, FLAT, HEAP, RECENT, ADDRESSES }).flatMap(([name, lifts]) =>
    parts(name, { encoding: "utf8", lifts, lowers: [] }),
  ),
  ...Object.entries({ FLAT_LOWERS, COMPOUND_LOWERS, LIST_LOWERS, RECENT_LOWERS, SPILLED_LOWERS }).flatMap(
    ([name, lowers]) => parts(name, { encoding: "utf8", lifts: [], lowers }),
  ),
  ...STRINGS.flatMap((vectors) => parts(`strings, ${vectors.encoding}`, vectors)),
];

/** Every way of playing every vector that gives the same events everywhere. */
export function sessionsOf({ lifts, lowers }: Vectors): readonly Session[] {
  return [
    ...lifts.flatMap((lift, at) => [
      ...(isArgument(lift) ? [argumentSession(at)] : []),
      ...(isResult(lift) ? [resultSession(at)] : []),
    ]),
    ...lowers.flatMap((lower, at) => (isPlaced(lower) ? [loweredSession(at, lower), answeredSession(at, lower)] : [])),
  ];
}

/** Where a string comes to lie depends on how often realloc was asked, which is a host's own choice. */
export function isPlaced({ core }: Lower): boolean {
  return core.every((each) => each !== null);
}

/** The sessions of the vectors that are not: what they see is right when its judge says so. */
export function judgedSessionsOf({ lowers }: Vectors): readonly Judged[] {
  return lowers.flatMap((lower, at) =>
    isPlaced(lower)
      ? []
      : [
          { session: loweredSession(at, lower), judge: (events) => judgeLowered(lower, events) },
          { session: answeredSession(at, lower), judge: (events) => judgeAnswered(lower, events) },
        ],
  );
}

export interface Judged {
  readonly session: Session;
  readonly judge: (events: readonly Event[]) => readonly string[];
}
