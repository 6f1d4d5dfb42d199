/**
 * Durable runs as an embedding program sees them: plain values in and out, and the words of `run` for what goes wrong.
 *
 *   D1  What a method resolves to is durable; asked twice, it is done once.
 *   D2  Disposed, it leaves every run where it is: whoever opens the file next goes on with them.
 *   D3  Nobody waits for a run that somebody has to look at first: `wait` rejects with what it is parked for.
 */
import type { RunHeader } from "../../journal/store.ts";
import type { QueueSettings } from "../executor/executor.ts";
import type { Plain } from "./plain.ts";
import type { RunEvent } from "../platform/ports.ts";
import type { Verdict } from "../trial/upgrade.ts";

/** `queued`, `running`, `waiting` (asleep), `paused` by somebody, `parked`: somebody has to decide; `done`, `failed`, `cancelled`. */
export type RunState = RunHeader["state"];

/** Of one run. */
export interface SubmitOptions {
  /** What the run is called. Submitted again under it, it is left as it is. Random unless given. */
  readonly id?: string | undefined;
  /** The file that the source stands in: its packages and project are found from there. `program.sennit` in this folder unless given. */
  readonly file?: string | undefined;
  readonly params?: Readonly<Record<string, Plain>>;
  /** Beside those of `openRuns`, and kept with the run. */
  readonly grants?: readonly string[];
  readonly queue?: string | undefined;
  /** Runs of one queue and key are limited by themselves. */
  readonly key?: string | undefined;
  /** Greater goes first within its queue; 0 unless given. */
  readonly priority?: number;
  /** 32 bytes; random unless given. */
  readonly seed?: Uint8Array;
}

/** What is known of a run without reading its journal. */
export interface RunInfo {
  readonly id: string;
  readonly state: RunState;
  /** The file of its program; of a spawned workflow, the workflow's name. */
  readonly name: string;
  /** Milliseconds since the epoch, as all times here. */
  readonly created: number;
  readonly updated: number;
  /** When a waiting run goes on by itself; null when it only waits for others. */
  readonly wake: number | null;
  /** Why it is parked; empty otherwise. */
  readonly reason: string;
  readonly queue: string;
  readonly key: string;
  readonly priority: number;
  /** The run that spawned it. */
  readonly parent: string | null;
  /** How many entries its journal has. */
  readonly entries: number;
}

export function infoOf({ durable, ...header }: RunHeader): RunInfo {
  const { id, state, name, created, updated, wake, reason, queue, key, priority, parent } = header;
  return { id, state, name, created, updated, wake, reason, queue, key, priority, parent, entries: durable };
}

/** What is known of a run, with what stands at the beginning of its journal. */
export interface RunDetails extends RunInfo {
  /** Names of the packages that it began with. */
  readonly packages: readonly string[];
  readonly grants: readonly string[];
  /** Of a run that failed. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** Which runs; all unless something is given. */
export interface RunsQuery {
  readonly states?: readonly RunState[];
  /** Ids that begin so. */
  readonly prefix?: string;
  readonly queue?: string;
  /** Runs that this one spawned; null: those that nobody spawned. */
  readonly parent?: string | null;
  /** The last id of the page before. */
  readonly after?: string;
  /** 1000 unless given. */
  readonly limit?: number;
}

/** What a run shows, as plain values. */
export type ShownEvent =
  | Exclude<RunEvent, { readonly kind: "emit" }>
  | { readonly kind: "emit"; readonly name: string; readonly value: Plain };

/** Something that a run showed. */
export interface ShownAt {
  /** Its position in the journal: `from: position + 1` goes on behind it. */
  readonly position: number;
  readonly event: ShownEvent;
}

/** A program that is submitted again and again. */
export interface ScheduleSettings {
  readonly source: string;
  /** Cron fields, five or six, read in `zone` (UTC unless given); or how often, in milliseconds. */
  readonly when: { readonly cron: string; readonly zone?: string } | { readonly every: number };
  /** What was due while nobody had the file open: one run for all of them, or none. `skip` unless given. */
  readonly missed?: "once" | "skip";
  /** Each run's id is the schedule's name and the time it was due. */
  readonly submit?: Omit<SubmitOptions, "id" | "seed">;
}

/** A schedule, and when it is due. */
export interface ScheduleInfo {
  readonly name: string;
  readonly when: ScheduleSettings["when"];
  readonly missed: "once" | "skip";
  readonly next: number | null;
  readonly last: number | null;
}

/** How a run is moved to another version of its program. */
export interface MigrateOptions {
  /** A file of functions whose `migrate` makes the new version's variables of the old ones; its name is for messages. */
  readonly migration?: { readonly file: string; readonly source: string };
  /** Nothing is moved. */
  readonly dry?: boolean;
}

/** What became of a run and of those that it spawned: moved, when all of them could. */
export interface Migrated {
  readonly isMoved: boolean;
  readonly runs: readonly { readonly id: string; readonly verdict: Verdict }[];
}

/** The owner of a file of durable runs, which it drives. All methods may reject with `store-lost`, `store-full`, `store-unreadable`. */
export interface Runs extends AsyncDisposable {
  /** Settles when nothing is run any more though nobody disposed it, with why; never while all is well. */
  readonly lost: Promise<Error>;

  /**
   * Begins a run, unless there is one of that id; resolves once that is durable.
   *
   * @throws {ProgramRefused} when it has mistakes
   * @throws {Fault} `bad-param`, `type-mismatch`, what was not granted; `id-taken` when the id is another program's
   */
  submit(source: string, options?: SubmitOptions): Promise<{ readonly id: string; readonly isNew: boolean }>;
  /**
   * The value of a run, once it has ended; it may have ended long ago.
   *
   * @throws {Fault} with the error's code when the program failed; `cancelled`; `parked` (D3); `unknown-run`, as all that follow
   * @throws the signal's reason, when it aborts first
   */
  wait(id: string, options?: { readonly signal?: AbortSignal }): Promise<Plain>;
  /** Sends a signal; of several of one sender the first is taken. Any plain data may be its value. */
  signal(
    id: string,
    name: string,
    value?: Plain,
    options?: { readonly sender?: string },
  ): Promise<{ readonly isNew: boolean }>;
  /** Something was posted to an address of `webhook()`: false when the token is nobody's. Tell senders so once it resolves. */
  post(token: string, value?: Plain, options?: { readonly sender?: string }): Promise<boolean>;
  /** What a run shows, each once and in order, from its beginning or a position on, until it has ended or the signal aborts. */
  follow(id: string, options?: { readonly from?: number; readonly signal?: AbortSignal }): AsyncIterable<ShownAt>;

  /** The newest first. */
  list(query?: RunsQuery): Promise<readonly RunInfo[]>;
  show(id: string): Promise<RunDetails>;
  /** Its `finally` and `undo` run; resolves when that it is cancelled is durable. */
  cancel(id: string): Promise<void>;
  /** Leaves it where it is until `resume`, also after this was closed. */
  pause(id: string): Promise<void>;
  /** Takes a paused or parked run up again. */
  resume(id: string): Promise<void>;
  /** Takes a parked run up again; begins one that failed or was cancelled again as a new run, whose id that is. */
  retry(id: string): Promise<{ readonly id: string }>;
  /** Deletes a run that has ended, or is parked or paused, with those that it spawned. */
  remove(id: string): Promise<void>;

  /**
   * Lets a run go on with another version of its program, when all that it did so far would be the same; else it stays as it is.
   *
   * @throws {ProgramRefused} for a program or a migration with mistakes
   * @throws {Fault} `run-ended`; `migration-refused`, `migration-failed`
   */
  migrate(id: string, source: string, options?: MigrateOptions): Promise<Migrated>;

  queues(): Promise<ReadonlyMap<string, QueueSettings>>;
  /** Null lifts its limits. */
  setQueue(name: string, settings: QueueSettings | null): Promise<void>;
  schedules(): Promise<readonly ScheduleInfo[]>;
  /** Replaces one of that name. @throws {Fault} `schedule-invalid`; what `submit` throws */
  setSchedule(name: string, schedule: ScheduleSettings): Promise<void>;
  /** False when there is none of that name. */
  removeSchedule(name: string): Promise<boolean>;

  /** Writes a consistent copy to a new file, while runs go on. */
  backup(path: string): Promise<void>;
}
