/** Where the runs are that a durable run spawns. */
import type { Value } from "../../../wit/value.ts";
import type { RunResult } from "../../loop/run-result.ts";

/** Runs of the same program in the same store. */
export interface ChildStore {
  /** Makes a run, durably, unless it is there. */
  readonly create: (id: string, effect: string, fn: number, args: readonly Value[]) => Promise<void>;
  /**
   * Runs it to its end; one that has ended gives its result, and one that was never made is as one that was cancelled.
   * `stop`: its parent waits no longer, as it stopped or fell asleep. Then it rejects soon, with the child left where it is
   * or to whoever drives it.
   */
  readonly run: (id: string, cancel: AbortSignal, stop: AbortSignal) => Promise<RunResult>;
}
