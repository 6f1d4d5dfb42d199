/**
 * A program cut off at every step and taken up again: it must not show. After each commit its process is killed, once
 * with what had not been acknowledged lost, and once with all of it there.
 *
 *   K1  What the run gives and shows is what it gives and shows without a crash, every line once.
 *   K2  What is `once` was asked of a stub at most as often as the run asked for it, and everything that is asked again is
 *       asked under the same key.
 */
import { Fault } from "../../fault.ts";
import type { Entry, EntryOf } from "../../journal/entry/entry.ts";
import { ValueBytes } from "../durable/value-bytes.ts";
import { toPlain } from "../embedding/plain.ts";
import { EffectLines } from "./effect-lines.ts";
import { plainText } from "./plain-text.ts";
import { shortName } from "./stubs.ts";
import { logOf, trial } from "./trial.ts";
import type { Seen, TrialSetup } from "./trial.ts";

export interface Difference {
  /** After which commit the process was killed. */
  readonly commit: number;
  /** Whether what had not been acknowledged was there all the same. */
  readonly survived: boolean;
  /** What had just happened, and where in the program. */
  readonly step: string;
  readonly what: string;
  readonly expected: string;
  readonly got: string;
}

export interface CrashReport {
  readonly crashes: number;
  /** How many there would be. */
  readonly possible: number;
  readonly differences: readonly Difference[];
}

/** Differences reported of one test: more say nothing new. */
const MOST = 3;

/** `most` crashes, spread over the run when there could be more. */
export async function crashEverywhere(setup: TrialSetup, whole: Seen, most: number | null): Promise<CrashReport> {
  const cuts = Array.from({ length: Math.max(0, whole.commits - 1) }, (_, at) => at + 1).flatMap((commit) => [
    { commit, survived: false },
    { commit, survived: true },
  ]);
  const chosen = sampled(cuts, most ?? cuts.length);
  const differences: Difference[] = [];
  let crashes = 0;
  let lines: EffectLines | null = null;
  for (const { commit, survived } of chosen) {
    const seen = await trial(setup, { after: [commit], survives: survived ? Infinity : 0 });
    crashes++;
    const found = await differencesOf(setup, whole, seen);
    if (found.length === 0) continue;
    lines ??= await EffectLines.of(setup.program, setup.run, await logOf(whole.store, setup.run));
    const step = await stepBefore(lines, setup.run, seen);
    differences.push(...found.map((each) => ({ commit, survived, step, ...each })));
    if (differences.length >= MOST) break;
  }
  return { crashes, possible: cuts.length, differences: differences.slice(0, MOST) };
}

function sampled<T>(all: readonly T[], most: number): readonly T[] {
  if (all.length <= most) return all;
  return Array.from({ length: most }, (_, at) => all[Math.floor((at * all.length) / most)] as T);
}

type Found = Pick<Difference, "what" | "expected" | "got">;

/** K1, K2 */
async function differencesOf(setup: TrialSetup, whole: Seen, seen: Seen): Promise<readonly Found[]> {
  const isUncertain = setup.test.mayBeUncertain && (await sawUncertain(setup, seen));
  const found: Found[] = [];
  const compare = (what: string, expected: string, got: string): void => {
    if (expected !== got) found.push({ what, expected, got });
  };
  if (!isUncertain) {
    compare("end", endText(setup, whole), endText(setup, seen));
    found.push(...listDifferences("printed line", whole.printed, seen.printed));
    found.push(...listDifferences("emitted", whole.emitted.map(plainText), seen.emitted.map(plainText)));
    found.push(...(await strangeRequests(whole, seen)));
  }
  found.push(...(await tooOften(seen)));
  return found;
}

/** The first place where two lists differ. */
function listDifferences(what: string, expected: readonly string[], got: readonly string[]): readonly Found[] {
  const length = Math.max(expected.length, got.length);
  const at = Array.from({ length }, (_, index) => index).find((index) => expected[index] !== got[index]);
  if (at === undefined) return [];
  const shown = (line: string | undefined): string => (line === undefined ? "nothing" : JSON.stringify(line));
  return [{ what: `${what} ${at + 1}`, expected: shown(expected[at]), got: shown(got[at]) }];
}

function endText({ program }: TrialSetup, { result }: Seen): string {
  switch (result.state) {
    case "done":
      return plainText(plainOr(() => toPlain(program.result, result.value)));
    case "failed":
      return `error ${result.error.code}: ${result.error.message}`;
    case "cancelled":
      return "cancelled";
    case "broken":
      return `${result.fault.code}: ${result.fault.message}`;
  }
}

function plainOr(work: () => unknown): unknown {
  try {
    return work();
  } catch (failure) {
    if (failure instanceof Fault) return failure.code;
    throw failure;
  }
}

/** Whether the run was told that nobody knows what became of something. */
async function sawUncertain({ program }: TrialSetup, { store }: Seen): Promise<boolean> {
  const values = new ValueBytes(program.ir);
  const isUncertain = (entry: Entry): boolean => {
    if (entry.kind !== "DONE" || entry.outcome !== "error") return false;
    const answer = values.decodeAnswer(false, entry.value as Uint8Array);
    return answer.kind === "error" && answer.error.code === "uncertain";
  };
  return (await entriesOfAll(store)).some(({ entry }) => isUncertain(entry));
}

interface InRun<E extends Entry = Entry> {
  readonly run: string;
  readonly entry: E;
}

/** Of the run, and of those that it spawned. */
async function entriesOfAll(store: Seen["store"]): Promise<readonly InRun[]> {
  const all: InRun[] = [];
  for (const { id } of await store.list({})) {
    for (const { entry } of await logOf(store, id)) all.push({ run: id, entry });
  }
  return all;
}

/** What was asked for outside, by run, effect and attempt. */
async function requestsOf({ store }: Seen): Promise<ReadonlyMap<string, EntryOf<"REQ">>> {
  const all = await entriesOfAll(store);
  return new Map(
    all.flatMap(({ run, entry }) =>
      entry.kind === "REQ" ? [[`${run} ${entry.eff} ${entry.attempt}`, entry] as const] : [],
    ),
  );
}

/** K2. A key is the same for all attempts of a `retry`. */
async function strangeRequests(whole: Seen, seen: Seen): Promise<readonly Found[]> {
  const keyOf = (effect: string): string => effect.slice(0, effect.lastIndexOf(" "));
  const known = new Set([...(await requestsOf(whole)).keys()].map(keyOf));
  const strange = [...(await requestsOf(seen))].filter(([effect]) => !known.has(keyOf(effect)));
  return strange.map(([, { what }]) => ({
    what: `${nameOf(what)}, with a key of its own, was asked`,
    expected: "0 times",
    got: "1 time",
  }));
}

/** K2: what is `once`. */
async function tooOften(seen: Seen): Promise<readonly Found[]> {
  const once = [...(await requestsOf(seen))].filter(([, request]) => request.class === "once");
  return once.flatMap(([effect, { what }]) => {
    const times = seen.performed.filter((each) => each.effect === effect).length;
    const name = `${nameOf(what)}, which is \`once\`, was asked`;
    return times > 1 ? [{ what: name, expected: "1 time", got: `${times} times` }] : [];
  });
}

function nameOf(what: string): string {
  const [pack = "", key] = what.split(" ");
  return key === undefined ? pack : `${pack}.${shortName(key)}`;
}

/** The last that the log said when the process was killed. */
async function stepBefore(lines: EffectLines, run: string, seen: Seen): Promise<string> {
  const cut = seen.cuts[0] ?? 0;
  const entries = await logOf(seen.store, run);
  const last = entries.findLast(({ lsn, entry }) => lsn <= cut && "eff" in entry)?.entry;
  return last !== undefined && "eff" in last ? lines.text(last) : "before its first step";
}
