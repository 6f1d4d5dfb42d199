/** What of a run's header is shown: by the API, and by the command line. */
import { Fault } from "../fault.ts";
import { nearest } from "../lang/nearest.ts";
import type { RunVerdict, Verdict } from "../engine/trial/upgrade.ts";
import type { RunHeader } from "../journal/store.ts";

export type RunState = RunHeader["state"];

export const STATES: readonly RunState[] = [
  "queued",
  "running",
  "waiting",
  "paused",
  "parked",
  "done",
  "failed",
  "cancelled",
];

export const ENDINGS: ReadonlySet<string> = new Set(["done", "failed", "cancelled"]);

/** @throws {Fault} `bad-request` */
export function stateNamed(text: string): RunState {
  const found = STATES.find((state) => state === text);
  if (found !== undefined) return found;
  const close = nearest(text, STATES);
  throw new Fault("bad-request", `There is no state \`${text}\``, {
    hint: close === undefined ? `There are ${STATES.join(", ")}` : `Did you mean \`${close}\`?`,
  });
}

/** What was judged of a run and another version of its program. */
export function verdictData({ run, verdict, rewritten, begins }: RunVerdict): VerdictData {
  const { id, state, name } = run;
  const made = { ...(rewritten === undefined ? {} : { rewritten }), ...(begins === undefined ? {} : { begins }) };
  return { id, state, name, ...verdict, verdict: verdict.kind, ...made };
}

export type VerdictData = Verdict &
  Pick<RunHeader, "id" | "state" | "name"> &
  Pick<RunVerdict, "rewritten" | "begins"> & { readonly verdict: Verdict["kind"] };
