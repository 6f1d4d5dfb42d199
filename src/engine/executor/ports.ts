/** What an executor needs of its platform. Node's are in `node.node.ts`. */
import type { Readable } from "../history/typed.ts";
import type { LoadedProgram } from "../load/loaded.ts";
import type { RunPorts } from "../platform/ports.ts";
import type { RunOptions } from "../loop/run-options.ts";
import type { TimerPort } from "../loop/timers.ts";
import type { Retention } from "./executor.ts";

export interface ProgramRequest {
  /** The file the program stands in: its packages and project are found from there. */
  readonly file: string;
  readonly source: string;
  readonly grants: readonly string[];
}

/** A program that was opened once and is run many times; whoever opened it disposes it. */
export interface OpenedProgram extends AsyncDisposable {
  readonly program: LoadedProgram;
  readonly grants: RunOptions["grants"];
  /** What a run of it needs of the platform. */
  readonly ports: (webhook: RunPorts["webhook"]) => RunPorts;
  /** Names of what is not on disk any more as it was opened. Empty: all is as it was. */
  readonly changed: (isFresh?: boolean) => readonly string[];
}

export interface ExecutorPorts {
  /** @throws {ProgramRefused} when it has mistakes @throws {Fault} when it cannot be loaded */
  readonly open: (request: ProgramRequest) => Promise<OpenedProgram>;
  /** Opens one to be looked at: nothing of it is in a worker. Whoever asked disposes it. Absent: no run can be migrated. */
  readonly look?: (request: ProgramRequest) => Promise<Readable & AsyncDisposable>;
  readonly clock: TimerPort;
  readonly uuid: () => string;
  /** So many random bytes. */
  readonly random: (size: number) => Uint8Array;
}

export interface ExecutorSettings {
  /** Beside those of a submission. */
  readonly grants?: readonly string[];
  /** The address that is posted to; the token has to be its last segment. */
  readonly webhook?: (token: string) => string;
  readonly onWarning?: (text: string) => void;
  /** Milliseconds after which a run that only waits leaves memory. */
  readonly sleepAfter?: number;
  /** Whether logs keep what their last snapshots make needless. `all` unless given. */
  readonly keep?: "all" | "snapshot";
  /** Runs in memory at once. */
  readonly most?: number;
  /** Programs that are kept open though nothing runs them. */
  readonly idlePrograms?: number;
  /** Of runs in queues without a rule of their own. Absent: all stay. */
  readonly retention?: Retention | undefined;
}
