/**
 * The upgrade report: would runs that began with one version of a program go on with another?
 *
 *   G1  Nothing is performed and nothing written: each log is played back by the engine itself, and ended where it would be live.
 *   G2  `continues` is said only of a run all of whose log was played back, every step the same. What cannot be looked at is
 *       `unknown`, never good.
 */
import { Fault } from "../../fault.ts";
import type { EntryOf } from "../../journal/entry/entry.ts";
import type { RunHeader, Store } from "../../journal/store.ts";
import type { EffectRequest } from "../../lang/effect.ts";
import { irDigest } from "../../lang/ir/ir-codec.ts";
import type { CheckedProgram } from "../../lang/typed.ts";
import type { Machine } from "../../lang/vm/machine.ts";
import { effectiveStart, restartIn, rewritingsIn, sinceRestart } from "../durable/moved-run.ts";
import type { MoveMap } from "../durable/moved-run.ts";
import type { Rewriting } from "../durable/rewrites.ts";
import { isOutside } from "../durable/calls/groups.ts";
import { natureOf } from "../durable/effects/nature.ts";
import { HEARD, keyOf } from "../durable/log/recorded.ts";
import type { Numbered } from "../durable/log/recorded.ts";
import { ValueBytes } from "../durable/value-bytes.ts";
import type { LoadedProgram } from "../load/loaded.ts";
import type { RunResult } from "../loop/run-result.ts";
import { carriedTo } from "./rewriting.ts";
import type { ShownRewriting } from "./rewriting.ts";
import { dryRun, SHOWN_ANEW } from "./dry-run.ts";
import type { DryRun } from "./dry-run.ts";
import { askedText, recordedText } from "./step-text.ts";
import { logOf } from "./trial.ts";

export interface ProgramPlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export type Verdict =
  /** `waiting`: for what, and where. */
  | { readonly kind: "continues"; readonly waiting: readonly (ProgramPlace & { readonly what: string })[] }
  /** At a place in the new version, where it does something else than was recorded. Null: at its end. */
  | { readonly kind: "decide"; readonly place: ProgramPlace | null; readonly now: string; readonly recorded: string }
  | { readonly kind: "unknown"; readonly why: string };

export interface RunVerdict {
  readonly run: RunHeader;
  readonly verdict: Verdict;
  /** What a migration makes of its variables. */
  readonly rewritten?: readonly ShownRewriting[];
  /** It begins afresh, with these params. */
  readonly begins?: readonly ShownRewriting[];
}

/** What was found out about a run and another program. */
export interface Judged {
  readonly verdict: Verdict;
  readonly entries: readonly Numbered[];
  /** How the program has what the log was written for; null where it does not. */
  readonly map: MoveMap | null;
  /** Where the run is with it, if it would go on. */
  readonly machine: Machine | null;
}

/**
 * Another program, for the runs that began with it or with an earlier version of it.
 *
 * @param checked names its variables: a run whose variables were rewritten cannot be judged without them
 */
export async function judge(
  store: Pick<Store, "read" | "blob">,
  program: LoadedProgram,
  run: RunHeader,
  checked?: CheckedProgram,
): Promise<RunVerdict> {
  const { verdict } = await judged(program, run, await logOf(store, run.id), checked);
  return { run, verdict };
}

export async function judged(
  program: LoadedProgram,
  run: RunHeader,
  log: readonly Numbered[],
  checked?: CheckedProgram,
): Promise<Judged> {
  const entries = sinceRestart(log);
  const not = (verdict: Verdict): Judged => ({ verdict, entries, map: null, machine: null });
  const [first] = entries;
  const [, second] = log;
  if (first?.entry.kind !== "START") return not({ kind: "unknown", why: "its log has no beginning" });
  if (second !== undefined && second.lsn > 2) return not({ kind: "unknown", why: "what it did first was forgotten" });
  const fn = entryPoint(program, first.entry, run);
  if (typeof fn === "string") return not({ kind: "decide", place: null, now: fn, recorded: run.name });
  const changed = statefulChange(program, effectiveStart(entries), entries);
  if (changed !== null) return not({ kind: "unknown", why: changed });
  const rewritings = await rewritingsFor(program, checked, run, entries, fn);
  if (typeof rewritings === "string") return not({ kind: "unknown", why: rewritings });
  const map = { function: fn, rewritings, restart: restartIn(entries) };
  const dry = await dryRun(program, run.id, entries, map);
  const verdict = firstOther(program, dry, entries) ?? endVerdict(program, dry, entries);
  return { verdict, entries, map, machine: dry.end.kind === "live" ? dry.end.machine : null };
}

/** What was rewritten before, for another program: each is looked up where the run was then. A text: it does not fit. */
async function rewritingsFor(
  program: LoadedProgram,
  checked: CheckedProgram | undefined,
  run: RunHeader,
  entries: readonly Numbered[],
  fn: number,
): Promise<readonly Rewriting[] | string> {
  const before = rewritingsIn(entries);
  if (before.length === 0 || effectiveStart(entries).ir === irDigest(program.ir)) return before;
  if (checked === undefined) return "its variables were rewritten";
  const carried: Rewriting[] = [];
  for (const rewriting of before) {
    const until = entries.filter(({ lsn }) => lsn < rewriting.at);
    const { end } = await dryRun(program, run.id, until, {
      function: fn,
      rewritings: carried,
      restart: restartIn(entries),
    });
    if (end.kind !== "live") return "it is not where its variables were rewritten";
    const found = carriedTo({ readable: { program, checked }, machine: end.machine }, rewriting);
    if (typeof found === "string") return found;
    carried.push(found);
  }
  return carried;
}

/** The function that the run is of; a text when the new version has none. A child is named for its workflow. */
export function entryPoint(
  { ir, params }: LoadedProgram,
  { function: fn, args }: EntryOf<"START">,
  run: RunHeader,
): number | string {
  if (fn !== 0) {
    const found = ir.functions.findIndex(({ name, kind }) => name === run.name && kind === "workflow");
    return found < 0 ? `there is no workflow ${run.name}` : found;
  }
  const given = new ValueBytes(ir).decode(args as Uint8Array);
  const count = Array.isArray(given) ? given.length : 0;
  return count === params.length ? 0 : `it takes ${params.length} params, and was given ${count}`;
}

/** A package of another version that has state which its calls made: nobody can say what they would make of it now. */
function statefulChange(
  { packages }: LoadedProgram,
  { packages: before }: EntryOf<"START">,
  entries: readonly Numbered[],
): string | null {
  for (let at = 0; at * 2 < before.length; at++) {
    const [name = "", digest] = before.slice(at * 2, at * 2 + 2);
    const now = packages.find((pack) => pack.name === name);
    if (now === undefined || now.plugin.digest === digest || isOutside(now)) continue;
    if (now.plugin.manifest.stateless) continue;
    const isCalled = entries.some(({ entry }) => entry.kind === "CALL" && entry.package === at);
    if (isCalled) return `${name} is of another version, and has state that its calls made`;
  }
  return null;
}

/** Where the program asks for something else than was recorded, the first such place. */
function firstOther(program: LoadedProgram, { asked }: DryRun, entries: readonly Numbered[]): Verdict | null {
  const values = new ValueBytes(program.ir);
  for (const [key, effect] of asked) {
    const recorded = entries.find(({ entry }) => isRequest(entry) && keyOf(entry.eff, entry.attempt) === key)?.entry;
    if (recorded === undefined || !isRequest(recorded)) continue;
    if (isSame(program, effect, recorded, values, entries)) continue;
    const now = askedText(effect, program);
    const was = recordedText(recorded.eff, entries);
    return decideAt(effect, now, now === was ? `${was} with other arguments` : was);
  }
  return null;
}

type Request = EntryOf<"REQ"> | EntryOf<"CALL"> | EntryOf<"ARM">;

function isRequest(entry: Numbered["entry"]): entry is Request {
  return entry.kind === "REQ" || entry.kind === "CALL" || entry.kind === "ARM";
}

function isSame(
  program: LoadedProgram,
  effect: EffectRequest,
  recorded: Request,
  values: ValueBytes,
  entries: readonly Numbered[],
): boolean {
  const nature = natureOf(effect, program);
  switch (recorded.kind) {
    case "ARM":
      return nature.kind === "timer" || nature.kind === "signal";
    case "REQ":
      return nature.kind === "outside" && nature.what === recorded.what && same(values, recorded.input, nature.input);
    case "CALL": {
      const { request } = effect;
      if (request.kind !== "call") return false;
      const isNamed = askedText(effect, program) === recordedText(recorded.eff, entries);
      return isNamed && same(values, recorded.args, request.args);
    }
  }
}

function same(values: ValueBytes, recorded: unknown, value: Parameters<ValueBytes["isSame"]>[1]): boolean {
  try {
    return recorded instanceof Uint8Array && values.isSame(recorded, value);
  } catch (failure) {
    if (failure instanceof Fault) return false; // it has types that this program does not have
    throw failure;
  }
}

function decideAt({ file, line, column }: EffectRequest, now: string, recorded: string): Verdict {
  return { kind: "decide", place: { file, line, column }, now, recorded };
}

function endVerdict(program: LoadedProgram, dry: DryRun, entries: readonly Numbered[]): Verdict {
  const { asked, end } = dry;
  const last = [...asked.values()].at(-1);
  const left = notAsked(asked, entries);
  const recorded = left === null ? "that it went on" : recordedText(left, entries);
  if (end.kind === "failed" && end.fault.code === SHOWN_ANEW) {
    return { kind: "decide", place: null, now: end.fault.message, recorded: "nothing of the kind" };
  }
  if (end.kind === "failed" && end.fault.code !== "diverged") return { kind: "unknown", why: end.fault.message };
  if (end.kind === "failed" || left !== null) {
    if (end.kind === "ended") return { kind: "decide", place: null, now: "it ends", recorded };
    if (last === undefined) return { kind: "decide", place: null, now: "nothing", recorded };
    return decideAt(last, askedText(last, program), recorded);
  }
  if (end.kind === "ended") return endedVerdict(program, end.result, entries);
  const waiting = end.waiting.map((effect) => {
    const { file, line, column } = effect;
    return { what: askedText(effect, program), file, line, column };
  });
  return { kind: "continues", waiting };
}

/** The first effect of the log that the program does not ask for; null: it asks for all. */
function notAsked(asked: DryRun["asked"], entries: readonly Numbered[]): string | null {
  for (const { entry } of entries) {
    const isStep = isRequest(entry) || entry.kind === "DLV";
    if (!isStep || entry.eff === HEARD || entry.eff.startsWith("0".repeat(8))) continue;
    if (entry.attempt > 0 && !asked.has(keyOf(entry.eff, entry.attempt))) return entry.eff;
  }
  return null;
}

/** One that has ended ends as it did. */
function endedVerdict({ ir }: LoadedProgram, result: RunResult, entries: readonly Numbered[]): Verdict {
  const end = entries.find(({ entry }) => entry.kind === "END")?.entry as EntryOf<"END"> | undefined;
  if (end === undefined) return { kind: "continues", waiting: [] };
  const value = result.state === "done" ? result.value : null;
  const isAlike = result.state === end.ending && (value === null || same(new ValueBytes(ir), end.value, value));
  if (isAlike) return { kind: "continues", waiting: [] };
  return { kind: "decide", place: null, now: `it ends as ${result.state}`, recorded: `${end.ending}, otherwise` };
}
