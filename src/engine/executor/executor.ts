/**
 * The owner of a store: it drives the store's runs, and is what every front (command line, daemon, tests) talks to.
 *
 *   E1  What a method resolves to is durable. What it was asked twice for is done once.
 *   E2  A run that only waits takes no VM and no instances here: it is taken up when its timer is due or something came for it.
 *   E3  A run that cannot go on is parked with its reason, and the others go on.
 *   E4  Disposed, it leaves every run where it is: the next owner takes them up.
 */
import type { Lsn } from "../../journal/entry/entry.ts";
import type { RunHeader, RunQuery, Store } from "../../journal/store.ts";
import type { TraceLine } from "../../lang/value.ts";
import type { AnyValue } from "../../wit/any.ts";
import type { Shown } from "../durable/follow.ts";
import type { Plain } from "../embedding/plain.ts";
import type { RunVerdict } from "../trial/upgrade.ts";

export interface Submission {
  /** Idempotent by it: a run of that id is left as it is. Random unless given. */
  readonly id?: string | undefined;
  /** The file the program stands in: shown to people; its packages and project are found from there. */
  readonly file: string;
  readonly source: string;
  readonly params?: Readonly<Record<string, Plain>>;
  /** The same as written at a command line, `NAME=VALUE`: read by the types that the program declares. Not both. */
  readonly texts?: readonly string[];
  readonly grants?: readonly string[];
  readonly queue?: string | undefined;
  /** Runs of one queue and key are limited by themselves. */
  readonly key?: string | undefined;
  /** Greater goes first within its queue; 0 unless given. */
  readonly priority?: number;
  /** 32 bytes; random unless given. */
  readonly seed?: Uint8Array;
}

/** How a run ended. */
export type Ended =
  | { readonly state: "done"; readonly value: Plain }
  | { readonly state: "failed"; readonly error: EndedError }
  | { readonly state: "cancelled" };

export interface EndedError {
  readonly code: string;
  readonly message: string;
  /** Where in the program and its packages, from the inside out. */
  readonly trace: readonly TraceLine[];
}

export interface RunDetails extends RunHeader {
  readonly packages: readonly string[];
  readonly grants: readonly string[];
  readonly parent: string | null;
  /** Of a run that failed. */
  readonly error: EndedError | null;
}

export interface MigrateRequest {
  /** The new version's text. */
  readonly source: string;
  /** A file of functions that rewrites the run's variables; its name is for messages. */
  readonly migration?: { readonly file: string; readonly source: string } | undefined;
  /** It begins afresh, with params that the migration gives. */
  readonly restart?: boolean | undefined;
  /** Nothing is moved. */
  readonly dry?: boolean | undefined;
}

export interface QueueSettings {
  /** Most runs of the queue at once; null: as many as come. */
  readonly concurrency: number | null;
  /** Most runs at once of each key. */
  readonly perKey: number | null;
  /** Which of its runs that have ended stay. Absent: as the executor has it for all. */
  readonly retention?: Retention;
}

/** Which of the runs that have ended stay, with those that they spawned. Empty: all. */
export interface Retention {
  /** Milliseconds for which they stay. */
  readonly olderThan?: number;
  /** How many stay, of the newest. */
  readonly newest?: number;
}

export interface Schedule {
  readonly name: string;
  /** Five or six cron fields, read in `zone`; or how often. */
  readonly when:
    | { readonly kind: "cron"; readonly expression: string; readonly zone: string }
    | { readonly kind: "interval"; readonly milliseconds: number };
  /** What is submitted; each run's id is the schedule's name and the time it was due. */
  readonly submission: Omit<Submission, "id" | "seed">;
  /** What was due while nobody ran the executor: one run for the last time of them, or none. */
  readonly missed: "once" | "skip";
}

export interface ScheduleState extends Schedule {
  /** Milliseconds since the epoch. */
  readonly next: number | null;
  readonly last: number | null;
}

export interface Executor extends AsyncDisposable {
  /** Settles when it drives nothing any more though nobody disposed it, with why; never while it is well. */
  readonly lost: Promise<Error>;
  /** @throws {ProgramRefused} when it has mistakes @throws {Fault} what was not granted; `id-taken` when the id is another program's */
  submit(run: Submission): Promise<{ readonly id: string; readonly isNew: boolean }>;
  list(query: RunQuery): Promise<readonly RunHeader[]>;
  /** @throws {Fault} `unknown-run`, as all that follow */
  show(id: string): Promise<RunDetails>;
  /** Resolves once it is durable, running or not. */
  signal(
    id: string,
    signal: { readonly name: string; readonly value: AnyValue; readonly sender: string },
  ): Promise<{ readonly isNew: boolean }>;
  /** Its `finally` and `undo` run; resolves when that it is cancelled is durable. */
  cancel(id: string): Promise<void>;
  /** Leaves it where it is until `resume`. */
  pause(id: string): Promise<void>;
  /** Takes a paused or parked run up again. */
  resume(id: string): Promise<void>;
  /** A parked run is taken up again; one that failed or was cancelled is begun again as a new run, whose id that is. */
  retry(id: string): Promise<{ readonly id: string }>;
  /** Deletes a run that has ended, or is parked or paused, with its children. */
  remove(id: string): Promise<void>;
  /** Null when the signal aborts first. */
  wait(id: string, until: AbortSignal): Promise<Ended | null>;
  follow(id: string, options: { readonly from?: Lsn; readonly until?: AbortSignal }): AsyncIterable<Shown>;
  /** Something was posted to the address of a webhook: a signal to its run, or false when the token is nobody's. */
  webhook(token: string, request: { readonly value: AnyValue; readonly sender: string }): Promise<boolean>;

  /**
   * Moves a run, and what it spawned, to another version of its program; `dry` only tells. They were moved when all of them
   * continue.
   *
   * @throws {ProgramRefused} for a program or a migration with mistakes
   * @throws {Fault} `run-ended`; `migration-refused`, `migration-failed`
   */
  migrate(id: string, request: MigrateRequest): Promise<readonly RunVerdict[]>;

  /** Lends the store. Runs that `work` made in it, and gives as `made`, are taken up when they are to go on. */
  inStore<T extends { readonly made: readonly string[] }>(work: (store: Store) => Promise<T>): Promise<T>;

  queues(): Promise<ReadonlyMap<string, QueueSettings>>;
  setQueue(name: string, settings: QueueSettings | null): Promise<void>;
  schedules(): Promise<readonly ScheduleState[]>;
  /** Replaces one of that name. @throws {Fault} `schedule-invalid` with the field; what `submit` throws */
  setSchedule(schedule: Schedule): Promise<void>;
  /** False when there is none of that name. */
  removeSchedule(name: string): Promise<boolean>;

  /** Packages whose files are not what runs any more, by name. Empty: all is as it was read. */
  stale(): readonly string[];
  /** Takes up what is on disk, for new runs; gives the names of the packages that changed. */
  reload(): Promise<readonly string[]>;
}
