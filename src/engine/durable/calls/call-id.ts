/** How calls are named in a log. */
import type { EntryOf } from "../../../journal/entry/entry.ts";

/** How a call that is recorded is named. */
export type CallId = Pick<EntryOf<"CALL">, "eff" | "attempt">;

/** Of a call that was made at once: C2 of call-records.ts. No effect has such an id: theirs are hashes. */
export function nowId(group: number, asked: number): CallId {
  const eff = `${"0".repeat(8)}${group.toString(16).padStart(8, "0")}${asked.toString(16).padStart(16, "0")}`;
  return { eff, attempt: 0 };
}
