/** What the log tells by itself, without the program: every effect, output, signal and note, in the order of their first entries. */
import { Fault } from "../../fault.ts";
import type { EntryOf, Lsn, Payload } from "../../journal/entry/entry.ts";
import type { Value } from "../../wit/value.ts";
import { callbackKey, HEARD } from "../durable/log/recorded.ts";
import type { ValueBytes } from "../durable/value-bytes.ts";
import { ErrorValue } from "../../lang/value.ts";
import { here } from "../durable/log/payload.ts";
import { is, nameOf } from "./log.ts";
import type { Log, Logged, Trail } from "./log.ts";
import { shown, shownError, shownText } from "./shown.ts";
import type { Shown } from "./shown.ts";
import type { HistoryStep, StepState } from "./step.ts";

export type StepDraft = { -readonly [K in keyof HistoryStep]: HistoryStep[K] };

/** By what a playing back finds them: `eff/attempt`, or the position of an output. */
export type StepDrafts = ReadonlyMap<string, StepDraft>;

/** `values` knows the program's functions, or none: then what holds some is not shown. */
export function stepsOfLog(log: Log, values: ValueBytes): StepDrafts {
  const steps = everyStep(log, values);
  const copied = log.entries.findLast((each) => is(each, "FORK"));
  if (copied === undefined) return steps;
  // Copied from another log: their times are that of the copy.
  const isCopied = (lsn: Lsn): boolean => lsn < copied.lsn || log.entries[lsn - 1]?.at === copied.at;
  for (const step of steps.values()) {
    if (step.number !== null && isCopied(step.number)) step.begun = null;
    if (step.last !== null && isCopied(step.last)) step.ended = null;
  }
  return steps;
}

function everyStep(log: Log, values: ValueBytes): StepDrafts {
  const steps = new Map<string, StepDraft>();
  const begun = new Map<string, StepDraft | null>();
  for (const trail of log.trails.values()) {
    const step = stepOfTrail(log, trail, values);
    if (step !== null) steps.set(nameOf(trail.eff, trail.attempt), step);
  }
  for (const each of log.entries) {
    const step = stepOfEntry(each, values);
    if (step !== null) steps.set(`${each.lsn}`, step);
    if (is(each, "CB")) begun.set(callbackKey(each.entry), step);
    const callback = is(each, "CBRET") ? begun.get(callbackKey(each.entry)) : undefined;
    if (is(each, "CBRET") && callback) {
      const { outcome, value } = each.entry;
      const state = outcome === "ok" ? "delivered" : "failed";
      Object.assign(callback, { state, last: each.lsn, ended: each.at, output: payload(value, values) });
    }
  }
  return steps;
}

const BLANK: StepDraft = {
  number: null,
  last: null,
  kind: "effect",
  what: "",
  state: "noted",
  place: null,
  class: null,
  attempt: 1,
  input: null,
  output: null,
  begun: null,
  ended: null,
  effect: "",
};

export function blankStep(): StepDraft {
  return { ...BLANK };
}

function stepOfTrail(log: Log, trail: Trail, values: ValueBytes): StepDraft | null {
  const { request, timer, call, done, delivery, abandoned } = trail;
  const entries = [request, timer, call, done, delivery, abandoned].filter((each) => each !== null);
  const sent = delivery === null || delivery.entry.signal === 0 ? undefined : log.signal(delivery.entry.signal);
  const sorted = entries.toSorted((a, b) => a.lsn - b.lsn);
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (first === undefined || last === undefined) return null;
  // A call that could have been made at once and was not: its effect tells of it.
  if (call === null && trail.eff.startsWith("00000000") && done?.entry.outcome === "abandoned") return null;
  const over = done ?? delivery ?? abandoned;
  return {
    ...BLANK,
    number: first.lsn,
    last: last.lsn,
    ...nameOfTrail(trail),
    state: stateOf(trail, values),
    class: request?.entry.class ?? null,
    attempt: Math.max(1, trail.attempt),
    input: payload(request?.entry.input ?? call?.entry.args ?? null, values),
    output: sent === undefined ? payload(done?.entry.value ?? null, values) : payload(sent.entry.value, values),
    begun: first.at,
    ended: over?.at ?? null,
    effect: trail.eff,
  };
}

function nameOfTrail({ request, call, timer, delivery }: Trail): Pick<StepDraft, "kind" | "what"> {
  if (call !== null) return { kind: "call", what: call.entry.function };
  if (request !== null) {
    const { what } = request.entry;
    if (what === "shell") return { kind: "command", what: "" };
    if (what === "spawn") return { kind: "spawn", what: "" };
    return { kind: "call", what };
  }
  if (timer !== null) return { kind: "sleep", what: new Date(timer.entry.at).toISOString() };
  return { kind: delivery !== null && delivery.entry.signal > 0 ? "signal" : "effect", what: "" };
}

function stateOf({ done, delivery, abandoned }: Trail, values: ValueBytes): StepState {
  if (done === null) return abandoned !== null ? "abandoned" : delivery !== null ? "delivered" : "asked";
  const { outcome, value } = done.entry;
  if (outcome === "abandoned") return "abandoned";
  if (outcome === "fault") return "fault";
  if (outcome === "error") {
    const error = decoded(value, values);
    return error instanceof ErrorValue && error.code === "uncertain" ? "uncertain" : "failed";
  }
  return delivery !== null || done.entry.eff.startsWith("00000000") ? "delivered" : "answered";
}

function stepOfEntry(logged: Logged, values: ValueBytes): StepDraft | null {
  const { entry, lsn, at } = logged;
  const step: StepDraft = { ...BLANK, number: lsn, last: lsn, begun: at, ended: at };
  switch (entry.kind) {
    case "START":
      return { ...step, kind: "begin", input: payload(entry.args, values) };
    case "OUT":
      return { ...step, ...outOf(entry, values), effect: entry.eff };
    case "SIG":
      return { ...step, kind: "sent", what: entry.name, input: payload(entry.value, values) };
    case "CB":
      return { ...step, kind: "callback", state: "asked", input: payload(entry.args, values), effect: entry.eff };
    case "CANCEL":
      return { ...step, kind: "cancel" };
    case "NOTE":
      return { ...step, kind: "note", what: entry.what, output: shownText(entry.text) };
    case "FORK":
      return { ...step, kind: "note", what: `fork of ${entry.of} at ${entry.at}` };
    case "MIGRATE":
      return { ...step, kind: "note", what: "moved to another version of its program" };
    case "END":
      return { ...step, kind: "end", what: entry.ending, output: payload(entry.value, values) };
    default:
      return null;
  }
}

function outOf(
  { channel, eff, value }: EntryOf<"OUT">,
  values: ValueBytes,
): Pick<StepDraft, "kind" | "what" | "input"> {
  const what = eff === HEARD ? "said by a plugin" : "";
  const said = decoded(value, values);
  if (said === undefined) return { kind: channel, what, input: null };
  return { kind: channel, what, input: typeof said === "string" ? shownText(said) : shown(said, null, []) };
}

function payload(given: Payload | null, values: ValueBytes): Shown | null {
  const value = given === null ? undefined : decoded(given, values);
  if (value === undefined) return null;
  return value instanceof ErrorValue ? shownError(value) : shown(value, null, []);
}

/** Undefined for what only the program can read. */
function decoded(given: Payload, values: ValueBytes): Value | undefined {
  try {
    return values.decode(here(given));
  } catch (thrown) {
    if (thrown instanceof Fault) return undefined;
    throw thrown;
  }
}
