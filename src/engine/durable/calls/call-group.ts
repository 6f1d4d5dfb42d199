/** A group of instances of one run, as its calls see it. */
import type { Digest, EntryOf } from "../../../journal/entry/entry.ts";
import { hash128, hex } from "../../../lang/vm/hash.ts";
import type { LoadedPackage, LoadedProgram } from "../../load/loaded.ts";
import type { GroupState } from "./call-state.ts";
import { groupsOf, isOutside } from "./groups.ts";
import type { Inside } from "./inside.ts";
import type { Recorded } from "../log/recorded.ts";
import { Weight } from "./weight.ts";

export interface Group {
  readonly number: number;
  readonly packages: readonly number[];
  /** Its calls are computed again, and not recorded. One that imports from outside is recorded all the same. */
  readonly stateless: boolean;
  /** Whether a fresh one is as good as any: it has no state. */
  readonly isFresh: boolean;
  /** Whether it imports from outside of the run. */
  readonly isCapable: boolean;
  /** Whether it begins afresh once it was lost. */
  readonly losesState: boolean;
  /** The most calls that are made again to rebuild it. */
  readonly most: number;
  /** What its states depend on; null: it cannot be saved. */
  readonly cores: readonly string[] | null;
  /** How often the program asked whether a call can be made at once. */
  asked: number;
  /** Of the next call. */
  seq: number;
  gen: number;
  /** Calls up to this one left no trace in it. */
  from: number;
  /** Where its state was saved last, in the log; 0 when it was not. */
  saved: number;
  /** Its instances are there, as all calls before left them. */
  isUp: boolean;
  /** Calls that are inside or wait for their turn, in that order. */
  readonly line: { readonly key: string; readonly enter: () => void }[];
  /** The call that is inside, once it has begun. */
  inside: Inside | null;
  /** While its calls are made again: how long one may take, in milliseconds. */
  lifted: number | null;
  /** What its clocks show, in milliseconds since the epoch. */
  time: number;
  /** What it would take to make its calls again. */
  readonly weight: Weight;
}

/** By number. @param state as of a snapshot: `recorded` has what came after it */
export function callGroups(program: LoadedProgram, recorded: Recorded, state: readonly GroupState[] | null): Group[] {
  return groupsOf(program.packages).map((packages, number) => {
    const before = state?.[number];
    const last = recorded.calls(number).at(-1)?.entry;
    const generation = recorded.generation(number);
    const those = packages.map((at) => program.packages[at] as LoadedPackage);
    const isFresh = those.every(({ plugin }) => plugin.manifest.stateless);
    const isCapable = those.some((pack) => importsOutside(pack, program));
    const seq = Math.max(last === undefined ? 1 : last.seq + 1, before?.seq ?? 1);
    const stateless = isFresh && !isCapable;
    return {
      number,
      packages,
      stateless,
      isFresh,
      isCapable,
      losesState: those.every(({ plugin: { manifest } }) => manifest.stateless || manifest.onFailure === "fresh"),
      most: Math.min(...those.map(({ plugin }) => plugin.manifest.maxRebuildCalls ?? Infinity)),
      cores: coresOf(those),
      asked: before?.asked ?? 0,
      seq,
      gen: latest(generation, last, before?.gen),
      from: generation?.from ?? before?.from ?? 0,
      saved: recorded.saved(number)[0]?.lsn ?? before?.saved ?? 0,
      isUp: seq === 1 || stateless,
      line: [],
      inside: null,
      lifted: null,
      time: 0,
      weight: new Weight(),
    };
  });
}

function latest(
  generation: EntryOf<"GEN"> | undefined,
  last: EntryOf<"CALL"> | undefined,
  before: number | undefined,
): number {
  return Math.max(generation?.gen ?? 1, last?.gen ?? 1, before ?? 1);
}

function importsOutside({ imports }: LoadedPackage, { packages }: LoadedProgram): boolean {
  return [...imports.values()].some((from) => isOutside(packages[from.package]));
}

/** Null when one of them cannot be saved. */
function coresOf(packages: readonly LoadedPackage[]): readonly Digest[] | null {
  const cores = packages.map(({ plugin }) => plugin.stateOf);
  if (cores.some((each) => each === undefined)) return null;
  return cores.map((each, at) => named(`${at} ${JSON.stringify(each)}`));
}

/** As long as a digest; whoever could choose the text could as well choose the code. */
function named(text: string): Digest {
  const half = (salt: string): string => hex(hash128(new TextEncoder().encode(`${salt} ${text}`)));
  return half("state of") + half("and of");
}
