/** `openRuns`: durable runs of an embedding program, in a file. */
import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import { Fault } from "../../fault.ts";
import { openSqlite } from "../../journal/sqlite/sqlite-store.node.ts";
import type { SqliteOptions } from "../../journal/sqlite/sqlite-store.node.ts";
import type { RunHeader, Store } from "../../journal/store.ts";
import { ErrorValue } from "../../lang/value.ts";
import type { AnyValue } from "../../wit/any.ts";
import type { Shown } from "../durable/follow.ts";
import { isEnded } from "../executor/ended.ts";
import type {
  Ended,
  Executor,
  QueueSettings,
  Retention,
  Schedule,
  ScheduleState,
  Submission,
} from "../executor/executor.ts";
import { News } from "../executor/news.ts";
import { faultOf } from "../guests/failure.ts";
import { PROGRAM } from "../load/grants.ts";
import { openExecutor } from "../executor/node.node.ts";
import type { ExecutorOptions } from "../executor/node.node.ts";
import { fromPlain, toPlain } from "./plain.ts";
import { infoOf } from "./runs.ts";
import type { Plain } from "./plain.ts";
import type { LoadOptions } from "./run-program.node.ts";
import type {
  Migrated,
  MigrateOptions,
  RunInfo,
  RunDetails,
  Runs,
  RunsQuery,
  ScheduleInfo,
  ScheduleSettings,
  ShownAt,
  SubmitOptions,
} from "./runs.ts";

/** `functions`, `effects` and the like are those of all programs that are submitted, and of runs that go on from the file. */
export interface RunsOptions extends Omit<LoadOptions, "file"> {
  /** The address that others post to; the token has to be its last segment. Without it, `webhook()` is an error. */
  readonly webhook?: (token: string) => string;
  /** Milliseconds after which a run that only waits leaves memory; 1000 unless given. */
  readonly sleepAfter?: number;
  /** Runs in memory at once; 256 unless given. */
  readonly most?: number;
  /** Which runs that have ended stay; all unless given. */
  readonly retention?: Retention;
  /** What journals keep of what their last snapshots make needless; `all` unless given. */
  readonly history?: "all" | "snapshot";
  /**
   * `full`, unless given: what is durable survives a loss of power. `normal`: it survives the death of this process, and a
   * loss of power may take the last moments.
   */
  readonly durability?: "full" | "normal";
}

/**
 * Opens a file of durable runs, or makes one, and drives its runs until it is disposed; whoever opens it then goes on with them.
 * One process owns a file at a time.
 *
 * @throws {Fault} `store-locked` when another process owns it (or this one, already), `store-newer`, `store-unreadable`, `store-readonly`
 * @example
 * await using runs = await openRuns("runs.db", { functions: { pay }, effects: { pay: "keyed" } });
 * const { id } = await runs.submit("require pay; sleep (30d); pay(5);", { id: "order-17" });
 * await runs.wait(id);
 */
export async function openRuns(path: string, options: RunsOptions = {}): Promise<Runs> {
  const store = await openSqlite(path, durabilityOf(options));
  try {
    return new OpenRuns(store, await openExecutor(store, executorOptions(options)));
  } catch (thrown) {
    await store[Symbol.asyncDispose]();
    throw thrown;
  }
}

function durabilityOf({ durability }: RunsOptions): SqliteOptions {
  return durability === undefined ? {} : { durability };
}

function executorOptions({ history, ...options }: RunsOptions): ExecutorOptions {
  return history === undefined ? options : { ...options, keep: history };
}

const never = new AbortController().signal;

class OpenRuns implements Runs {
  readonly #store: Store;
  readonly #executor: Executor;
  readonly #news: News;
  readonly #closed = new AbortController();
  #closing: Promise<void> | null = null;
  readonly lost: Promise<Error>;

  constructor(store: Store, executor: Executor) {
    this.#store = store;
    this.#executor = executor;
    this.#news = new News(store);
    this.lost = executor.lost;
    void executor.lost.then((why) => {
      this.#news.end(why);
      this.#closed.abort();
    });
  }

  async submit(source: string, options: SubmitOptions = {}): Promise<{ readonly id: string; readonly isNew: boolean }> {
    return await this.#executor.submit(submissionOf(source, options));
  }

  async wait(id: string, { signal = never }: { readonly signal?: AbortSignal } = {}): Promise<Plain> {
    await this.show(id);
    const header = await this.#news.until(id, signal, async () => {
      const found = await this.#store.header(id);
      if (found === undefined) throw new Fault("unknown-run", `The run ${id} was removed`);
      return isEnded(found) || found.state === "parked" ? found : null;
    });
    if (header === null) throw signal.reason;
    if (header.state === "parked") throw parked(header); // D3
    const ended = await this.#executor.wait(id, never);
    return valueOf(ended);
  }

  async signal(
    id: string,
    name: string,
    value: Plain = null,
    { sender = randomUUID() }: { readonly sender?: string } = {},
  ): Promise<{ readonly isNew: boolean }> {
    return await this.#executor.signal(id, { name, value: dataOf(value), sender });
  }

  async post(
    token: string,
    value: Plain = null,
    { sender = randomUUID() }: { readonly sender?: string } = {},
  ): Promise<boolean> {
    return await this.#executor.webhook(token, { value: dataOf(value), sender });
  }

  async *follow(
    id: string,
    { from = 1, signal = never }: { readonly from?: number; readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<ShownAt, void> {
    const until = AbortSignal.any([signal, this.#closed.signal]);
    for await (const shown of this.#executor.follow(id, { from, until })) yield shownAt(shown);
  }

  async list(query: RunsQuery = {}): Promise<readonly RunInfo[]> {
    return (await this.#executor.list({ limit: 1000, ...query })).map(infoOf);
  }

  async show(id: string): Promise<RunDetails> {
    const details = await this.#executor.show(id);
    const { packages, grants, parent, error } = details;
    const failure = error === null ? null : { code: error.code, message: error.message };
    return { ...infoOf(details), packages, grants, parent, error: failure };
  }

  async cancel(id: string): Promise<void> {
    await this.#executor.cancel(id);
  }

  async pause(id: string): Promise<void> {
    await this.#executor.pause(id);
  }

  async resume(id: string): Promise<void> {
    await this.#executor.resume(id);
  }

  async retry(id: string): Promise<{ readonly id: string }> {
    return await this.#executor.retry(id);
  }

  async remove(id: string): Promise<void> {
    await this.#executor.remove(id);
  }

  async migrate(id: string, source: string, { migration, dry = false }: MigrateOptions = {}): Promise<Migrated> {
    const verdicts = await this.#executor.migrate(id, { source, migration, dry });
    const isMoved = !dry && verdicts.every(({ verdict }) => verdict.kind === "continues");
    return { isMoved, runs: verdicts.map(({ run, verdict }) => ({ id: run.id, verdict })) };
  }

  async queues(): Promise<ReadonlyMap<string, QueueSettings>> {
    return await this.#executor.queues();
  }

  async setQueue(name: string, settings: QueueSettings | null): Promise<void> {
    await this.#executor.setQueue(name, settings);
  }

  async schedules(): Promise<readonly ScheduleInfo[]> {
    return (await this.#executor.schedules()).map(scheduleInfo);
  }

  async setSchedule(name: string, { source, when, missed = "skip", submit = {} }: ScheduleSettings): Promise<void> {
    const submission = submissionOf(source, submit);
    await this.#executor.setSchedule({ name, when: whenOf(when), missed, submission });
  }

  async removeSchedule(name: string): Promise<boolean> {
    return await this.#executor.removeSchedule(name);
  }

  async backup(path: string): Promise<void> {
    await this.#store.backup(path);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#closed.abort();
    this.#news.end(new Fault("stopping", "The runs were closed"));
    this.#news[Symbol.dispose]();
    try {
      await this.#executor[Symbol.asyncDispose]();
    } finally {
      await this.#store[Symbol.asyncDispose]();
    }
  }
}

/** The file by its whole path: whoever goes on with the run may stand in another folder. */
function submissionOf(source: string, { file = "program.sennit", ...options }: SubmitOptions): Submission {
  return { ...options, source, file: resolve(file) };
}

function dataOf(value: Plain): AnyValue {
  return fromPlain({ kind: "Any" }, value, "value") as AnyValue;
}

function valueOf(ended: Ended | null): Plain {
  if (ended?.state === "done") return ended.value;
  if (ended?.state === "failed") throw faultOf(new ErrorValue({ ...ended.error, source: PROGRAM }));
  throw new Fault("cancelled", "The run was cancelled");
}

function parked({ id, reason }: RunHeader): Fault {
  return new Fault("parked", `The run ${id} is parked: ${reason}`, { hint: "`resume` it once that is mended." });
}

function shownAt({ lsn, event }: Shown): ShownAt {
  if (event.kind !== "emit") return { position: lsn, event };
  return { position: lsn, event: { ...event, value: toPlain({ kind: "Any" }, event.value) } };
}

function whenOf(when: ScheduleSettings["when"]): Schedule["when"] {
  if ("every" in when) return { kind: "interval", milliseconds: when.every };
  return { kind: "cron", expression: when.cron, zone: when.zone ?? "UTC" };
}

function scheduleInfo({ name, when, missed, next, last }: ScheduleState): ScheduleInfo {
  const shown = when.kind === "cron" ? { cron: when.expression, zone: when.zone } : { every: when.milliseconds };
  return { name, when: shown, missed, next, last };
}
