/**
 * The upgrade report: would runs that began with one version of a program go on with another?
 *
 *   G1  Nothing is performed and nothing written: each log is played back by the engine itself, and ended where it would be live.
 *   G2  `continues` is said only of a run all of whose log was played back, every step the same. What cannot be looked at is
 *       `unknown`, never good.
 */
import { Fault } from "../../fault.ts";
import type { EntryOf } from "../../journal/entry.ts";
import type { RunHeader, Store } from "../../journal/store.ts";
import type { EffectRequest } from "../../lang/effect.ts";
import { effectiveStart } from "../durable/moved-run.ts";
import { isOutside } from "../durable/groups.ts";
import { natureOf } from "../durable/nature.ts";
import { HEARD, keyOf } from "../durable/recorded.ts";
import type { Numbered } from "../durable/recorded.ts";
import { ValueBytes } from "../durable/value-bytes.ts";
import type { LoadedProgram } from "../loaded.ts";
import type { RunResult } from "../run-result.ts";
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
}

/** Another program, for the runs that began with it or with an earlier version of it. */
export async function judge(
  store: Pick<Store, "read" | "blob">,
  program: LoadedProgram,
  run: RunHeader,
): Promise<RunVerdict> {
  const entries = await logOf(store, run.id);
  return { run, verdict: await verdictOf(program, run, entries) };
}

async function verdictOf(program: LoadedProgram, run: RunHeader, entries: readonly Numbered[]): Promise<Verdict> {
  const [first, second] = entries;
  if (first?.entry.kind !== "START") return { kind: "unknown", why: "its log has no beginning" };
  if (second !== undefined && second.lsn > 2) return { kind: "unknown", why: "what it did first was forgotten" };
  const name = entryPoint(program, first.entry, run);
  if (typeof name === "string") return { kind: "decide", place: null, now: name, recorded: run.name };
  const changed = statefulChange(program, effectiveStart(entries), entries);
  if (changed !== null) return { kind: "unknown", why: changed };
  const dry = await dryRun(program, run.id, entries, name);
  return firstOther(program, dry, entries) ?? endVerdict(program, dry, entries);
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
