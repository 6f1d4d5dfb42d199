/** What a run is started with. */
import type { ChildStore } from "../durable/children/child-store.ts";
import type { EffectRequest } from "../../lang/effect.ts";
import type { Machine } from "../../lang/vm/machine.ts";
import type { RunJournal } from "../durable/log/log-port.ts";

export interface RunOptions {
  readonly id: string;
  /** 32 bytes: all randomness of the run comes from it. */
  readonly seed: Uint8Array;
  readonly grants: { readonly allowsCommand: (command: string) => boolean };
  readonly signal?: AbortSignal | undefined;
  /** Ends a run with a log where it is, with a Fault `stopped`: it can be taken up again. */
  readonly stop?: AbortSignal | undefined;
  /** Where the children of a run with a log are kept. */
  readonly children?: ChildStore | undefined;
  /** Every foreign call goes alone, also where several may go in one message. To compare: nothing else differs. */
  readonly oneByOne?: boolean;
  /** Puts a run with a log to sleep, with a Fault `asleep`, once it has only waited for so many milliseconds. Absent: never. */
  readonly sleep?: Sleep | undefined;
  /** How much of its log is kept behind a snapshot: all, unless given. */
  readonly keep?: "all" | "snapshot" | undefined;
  /** Bytes of its log that are read again rather than kept in a snapshot. 64 KiB, or twice the last snapshot, unless given. */
  readonly snapshotAfter?: number | undefined;
  /** Where the run is recorded, and played back from. Absent: it is in memory only. */
  readonly journal?: RunJournal | undefined;
  /** How long it may take to bring the instances of a run with a log to where they were, in milliseconds. Absent: as the limits say. */
  readonly rebuildDeadline?: number;
  /** Looks on while the log is played back. Nothing is performed then: the run ends where it would be live. */
  readonly onlooker?: Onlooker | undefined;
}

export interface Sleep {
  readonly after: number;
  /** Also while it waits for runs that it spawned: somebody else drives those. */
  readonly joins: boolean;
}

export interface Onlooker {
  /** The program asks for an effect. */
  readonly asked: (effect: EffectRequest) => void;
  /** All of the log was played back, and this waits. What it gives is what the run ends with. The machine is not to be changed. */
  readonly live: (waiting: readonly EffectRequest[], machine: Machine) => Error;
}

export type { RunResult } from "./run-result.ts";
