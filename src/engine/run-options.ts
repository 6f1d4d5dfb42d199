/** What a run is started with. */
import type { ChildStore } from "./durable/child-store.ts";
import type { RunJournal } from "./durable/log-port.ts";

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
  /** Where the run is recorded, and played back from. Absent: it is in memory only. */
  readonly journal?: RunJournal | undefined;
}

export type { RunResult } from "./run-result.ts";
