/** A run that does not go the way that its log tells. */
import { Fault } from "../../../fault.ts";
import type { Entry } from "../../../journal/entry/entry.ts";

export function diverged(now: string, before: string): Fault {
  return new Fault("diverged", `The run goes another way than before: now ${now}, recorded ${before}`, {
    hint: "The program or a plugin changed. Resume it with the versions that it began with, move it to the new one (`sennit migrate`), or start a new run.",
  });
}

/** What was asked for, for people. */
export function describe(entry: Extract<Entry, { kind: "REQ" | "ARM" }>): string {
  return entry.kind === "REQ" ? entry.what : "a timer";
}
