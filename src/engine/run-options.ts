/** What a run is started with, and how it can end. */
import type { ErrorValue } from "../lang/value.ts";
import type { Value } from "../wit/value.ts";
import type { RunLog } from "./durable/run-log.ts";

export interface RunOptions {
  readonly id: string;
  /** 32 bytes: all randomness of the run comes from it. */
  readonly seed: Uint8Array;
  readonly grants: { readonly allowsCommand: (command: string) => boolean };
  readonly signal?: AbortSignal | undefined;
  /** Every foreign call goes alone, also where several may go in one message. To compare: nothing else differs. */
  readonly oneByOne?: boolean;
  /** Where the run is recorded, and played back from. Absent: it is in memory only. */
  readonly log?: RunLog | undefined;
}

export type RunResult =
  | { readonly state: "done"; readonly value: Value }
  | { readonly state: "failed"; readonly error: ErrorValue }
  | { readonly state: "cancelled" };
