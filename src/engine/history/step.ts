/** One thing that a run did, as its history tells it. */
import type { EffectClass, Lsn } from "../../journal/entry/entry.ts";
import type { Place } from "../../lang/ir/ir.ts";
import type { Shown } from "./shown.ts";

export type StepKind =
  | "begin"
  | "call"
  | "core call"
  | "command"
  | "print"
  | "log"
  | "emit"
  | "progress"
  | "sleep"
  | "timeout"
  | "back-off"
  | "signal"
  | "webhook"
  | "spawn"
  | "await"
  | "now"
  | "random"
  | "uuid"
  /** Asked by a guest, not by the program. */
  | "import"
  | "callback"
  /** Somebody sent something to the run. */
  | "sent"
  | "cancel"
  | "note"
  | "end"
  /** Something that only the program could tell, which is not there. */
  | "effect";

/**
 * `asked`: it may be done, or under way. `answered`: the answer has arrived; `delivered`: the program has it. `uncertain`: it
 * may happen once, and whether it did is not known. `abandoned`: nobody waits for it any more. `waiting`: the program waits
 * for it, and the log does not tell yet. `recomputed`: it was not recorded, and is told by playing the run back.
 */
export type StepState =
  | "asked"
  | "answered"
  | "delivered"
  | "failed"
  | "uncertain"
  | "fault"
  | "abandoned"
  | "waiting"
  | "recomputed"
  | "noted";

export interface HistoryStep {
  /** Position of its first entry: its name for `--at` and `--fork`. Null: the log does not tell it. */
  readonly number: Lsn | null;
  /** Position of its last entry. */
  readonly last: Lsn | null;
  readonly kind: StepKind;
  readonly what: string;
  readonly state: StepState;
  /** Null when the program is not there to tell it. */
  readonly place: Place | null;
  readonly class: EffectClass | null;
  /** From 1: of a `retry`. */
  readonly attempt: number;
  /** Null for what is not recorded of it. */
  readonly input: Shown | null;
  readonly output: Shown | null;
  /** When its first and its last entry were committed, in milliseconds since the epoch. */
  readonly begun: number | null;
  readonly ended: number | null;
  /** The effect that it is; empty for what is none. */
  readonly effect: string;
}
