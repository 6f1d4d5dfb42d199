/** The executor over a store, wherever that is: its parts put together, and what users ask of them. */
import { Defect, Fault } from "../../fault.ts";
import type { Lsn } from "../../journal/entry/entry.ts";
import type { RunHeader, RunQuery, Store } from "../../journal/store.ts";
import type { AnyValue } from "../../wit/any.ts";
import { startOf } from "../durable/durable-run.ts";
import { follow, removed } from "../durable/follow.ts";
import type { Shown } from "../durable/follow.ts";
import { sendSignal } from "../durable/effects/send.ts";
import { ValueBytes } from "../durable/value-bytes.ts";
import { Timers } from "../loop/timers.ts";
import type { RunVerdict } from "../trial/upgrade.ts";
import { Actions } from "./actions.ts";
import { takeUpMade } from "./made.ts";
import { Driver } from "./driver.ts";
import { Endings, isEnded } from "./ended.ts";
import type {
  Ended,
  Executor,
  MigrateRequest,
  QueueSettings,
  RunDetails,
  Schedule,
  ScheduleState,
  Submission,
} from "./executor.ts";
import { runOfToken } from "./hooks.ts";
import { Memory } from "./memory.ts";
import { Migrating } from "./migrating.ts";
import { checkText } from "./names.ts";
import { News } from "./news.ts";
import { Places } from "./places.ts";
import type { ExecutorPorts, ExecutorSettings } from "./ports.ts";
import { Programs } from "./programs.ts";
import { Queues, retentionOf } from "./queues.ts";
import { Removal } from "./retention.ts";
import { Schedules } from "./schedules.ts";
import { Submissions } from "./submissions.ts";
import { Wakes } from "./wakes.ts";

const SLEEP_AFTER = 1000;
const MOST = 256;
const IDLE_PROGRAMS = 16;
const PAGE = 1000;

/** Takes up every run that is to go on. The caller disposes it before the store. */
export async function openOver(
  store: Store,
  ports: ExecutorPorts,
  settings: ExecutorSettings = {},
): Promise<StoreExecutor> {
  const executor = new StoreExecutor(store, ports, settings);
  try {
    await executor.start();
    return executor;
  } catch (failure) {
    await executor[Symbol.asyncDispose]();
    throw failure;
  }
}

export class StoreExecutor implements Executor {
  readonly #store: Store;
  readonly #timers: Timers;
  readonly #programs: Programs;
  readonly #places = new Places();
  readonly #news: News;
  readonly #endings: Endings;
  readonly #memory: Memory;
  readonly #wakes: Wakes;
  readonly #driver: Driver;
  readonly #actions: Actions;
  readonly #migrating: Migrating;
  readonly #submissions: Submissions;
  readonly #queues: Queues;
  readonly #schedules: Schedules;
  readonly #removal: Removal;
  readonly #warn: (text: string) => void;
  readonly lost: Promise<Error>;
  readonly #lost = Promise.withResolvers<Error>();
  #over: Error | null = null;
  /** What makes runs and is not answered yet: it uses programs and the store. */
  readonly #beginning = new Set<Promise<unknown>>();
  #closing: Promise<void> | null = null;

  constructor(store: Store, ports: ExecutorPorts, settings: ExecutorSettings) {
    const { grants = [], webhook, onWarning = () => {}, sleepAfter = SLEEP_AFTER, most = MOST } = settings;
    const { clock, uuid, random } = ports;
    const now = clock.now;
    const failed = (why: unknown): void => this.#lose(why);
    this.#store = store;
    this.lost = this.#lost.promise;
    this.#warn = onWarning;
    this.#timers = new Timers(clock);
    this.#programs = new Programs(ports.open, settings.idlePrograms ?? IDLE_PROGRAMS);
    this.#news = new News(store);
    this.#endings = new Endings(store);
    this.#memory = new Memory(this.#places, most, {
      queued: (except, limit) => store.list({ except, limit }),
      drive: (live) => this.#driver.drive(live),
      failed,
    });
    this.#wakes = new Wakes(this.#timers, {
      list: (query) => store.list(query),
      due: (id) => void this.#memory.take(id),
      failed,
    });
    const shared = {
      store,
      programs: this.#programs,
      places: this.#places,
      memory: this.#memory,
      endings: this.#endings,
      news: this.#news,
      now,
    };
    this.#driver = new Driver({
      ...shared,
      wakes: this.#wakes,
      webhook,
      warn: onWarning,
      cancel: (id) => this.#actions.cancel(id),
      sleepAfter,
      keep: settings.keep ?? "all",
      isOver: () => this.#over !== null,
    });
    this.#actions = new Actions({ ...shared, driver: this.#driver, random });
    this.#migrating = new Migrating({
      store,
      memory: this.#memory,
      requestOf: (id, start) => this.#driver.requestOf(id, start),
      look: ports.look,
    });
    this.#submissions = new Submissions({ ...shared, grants, uuid, random });
    this.#queues = new Queues(store, this.#places, () => this.#memory.look());
    const timed = { store, timers: this.#timers, now };
    this.#schedules = new Schedules({
      ...timed,
      check: (run) => this.#submissions.check(run),
      submit: (run) => this.#begin(run),
      warn: onWarning,
    });
    const retention = settings.retention === undefined ? undefined : retentionOf(settings.retention);
    this.#removal = new Removal({
      ...timed,
      rule: (queue) => this.#queues.rule(queue) ?? retention,
      queues: () => this.#queues.ruled(),
      remove: (id) => this.#actions.remove(id),
      failed: (id, why) => onWarning(`${id} could not be removed: ${why instanceof Error ? why.message : String(why)}`),
    });
    void store.lost.then(failed);
  }

  /** Everything that was running is taken up, and what waits when its time comes. */
  async start(): Promise<void> {
    await this.#queues.load();
    for (const query of [{ states: ["running"] }, { stirred: true }] as const) {
      for (const { id } of (await this.#all(query)).toReversed()) this.#memory.take(id);
    }
    await this.#wakes.load();
    this.#memory.look();
    await this.#schedules.load();
    this.#removal.start();
  }

  /** Runs that are in memory, or are to be. */
  get size(): number {
    return this.#memory.size;
  }

  async submit(run: Submission): Promise<{ readonly id: string; readonly isNew: boolean }> {
    this.#refuseOver();
    return await this.#begin(run);
  }

  async list(query: RunQuery): Promise<readonly RunHeader[]> {
    this.#refuseOver();
    return await this.#store.list(query);
  }

  async show(id: string): Promise<RunDetails> {
    this.#refuseOver();
    const header = await this.#actions.header(id);
    const { packages, grants, parent } = await startOf(this.#store, id);
    const names = packages.filter((_, at) => at % 2 === 0);
    const error = header.state === "failed" ? await this.#endings.error(header) : null;
    return { ...header, packages: names, grants, parent: parent[0] ?? null, error };
  }

  async signal(
    id: string,
    signal: { readonly name: string; readonly value: AnyValue; readonly sender: string },
  ): Promise<{ readonly isNew: boolean }> {
    this.#refuseOver();
    checkText("signal", signal.name);
    checkText("sender", signal.sender);
    const header = await this.#actions.header(id);
    if (isEnded(header)) {
      // Whoever was not told that it was taken sends it again.
      if (await this.#store.sent(id, signal.sender)) return { isNew: false };
      throw new Fault("run-ended", `${id} has ended: it is ${header.state}`);
    }
    const { isNew } = await sendSignal(this.#store, id, signal);
    const now = await this.#store.header(id);
    if (now?.state === "waiting" || now?.state === "running") this.#memory.take(id);
    return { isNew };
  }

  async cancel(id: string): Promise<void> {
    this.#refuseOver();
    await this.#actions.cancel(id);
  }

  async pause(id: string): Promise<void> {
    this.#refuseOver();
    await this.#actions.pause(id);
  }

  async resume(id: string): Promise<void> {
    this.#refuseOver();
    await this.#actions.resume(id);
  }

  async retry(id: string): Promise<{ readonly id: string }> {
    this.#refuseOver();
    return await this.#actions.retry(id);
  }

  async remove(id: string): Promise<void> {
    this.#refuseOver();
    await this.#actions.remove(id);
  }

  async wait(id: string, until: AbortSignal): Promise<Ended | null> {
    this.#refuseOver();
    await this.#actions.header(id);
    const ended = await this.#news.until(id, until, async () => {
      const header = await this.#store.header(id);
      if (header === undefined) throw removed(id);
      return isEnded(header) ? header : null;
    });
    if (ended === null) return null;
    return await this.#endings.of(ended, async (work) => {
      using use = await this.#driver.programOf(id);
      return work(use.opened.program, use.start.function);
    });
  }

  async *follow(
    id: string,
    options: { readonly from?: Lsn; readonly until?: AbortSignal },
  ): AsyncGenerator<Shown, void> {
    this.#refuseOver();
    await this.#actions.header(id);
    const store = this.#store;
    const followed = {
      read: (run: string, from: Lsn, most?: number) => store.read(run, from, most),
      blob: (digest: string) => store.blob(digest),
      watch: (told: Parameters<Store["watch"]>[0]) => this.#news.watch(told),
    };
    yield* follow(followed, id, new ValueBytes(null), options);
  }

  async webhook(token: string, request: { readonly value: AnyValue; readonly sender: string }): Promise<boolean> {
    this.#refuseOver();
    const run = await runOfToken(this.#store, token);
    if (run === null) return false;
    await this.signal(run, { ...request, name: `webhook/${token}` });
    return true;
  }

  async migrate(id: string, request: MigrateRequest): Promise<readonly RunVerdict[]> {
    this.#refuseOver();
    return await this.#lasting(this.#migrating.migrate(id, request));
  }

  async inStore<T extends { readonly made: readonly string[] }>(work: (store: Store) => Promise<T>): Promise<T> {
    this.#refuseOver();
    return await this.#lasting(takeUpMade(this.#store, this.#memory, work));
  }

  async queues(): Promise<ReadonlyMap<string, QueueSettings>> {
    this.#refuseOver();
    return this.#queues.all();
  }

  async setQueue(name: string, settings: QueueSettings | null): Promise<void> {
    this.#refuseOver();
    await this.#queues.set(name, settings);
    this.#removal.start();
  }

  async schedules(): Promise<readonly ScheduleState[]> {
    this.#refuseOver();
    return this.#schedules.all();
  }

  async setSchedule(schedule: Schedule): Promise<void> {
    this.#refuseOver();
    await this.#schedules.set(schedule);
  }

  async removeSchedule(name: string): Promise<boolean> {
    this.#refuseOver();
    return await this.#schedules.remove(name);
  }

  stale(): readonly string[] {
    return this.#programs.changed();
  }

  async reload(): Promise<readonly string[]> {
    this.#refuseOver();
    return this.#programs.reload();
  }

  /** Every run stays where it is. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close(new Fault("stopping", "The executor was closed"));
    return this.#closing;
  }

  async #close(why: Error): Promise<void> {
    this.#over ??= why;
    this.#wakes.close();
    this.#timers[Symbol.dispose]();
    this.#news.end(this.#over);
    await Promise.all([this.#memory.close(), this.#schedules.close(), this.#removal.close()]);
    await Promise.allSettled(this.#beginning);
    this.#news[Symbol.dispose]();
    await this.#programs[Symbol.asyncDispose]();
  }

  /** The store is another's, or failed: nothing goes on here. */
  #lose(why: unknown): void {
    if (this.#over !== null) return;
    const error = why instanceof Error ? why : new Defect(String(why));
    this.#over = error;
    this.#lost.resolve(error);
    this.#warn(`Nothing is run any more: ${error.message}`);
    this.#closing ??= this.#close(error);
    this.#closing.catch(() => {}); // told by every call
  }

  async #begin(run: Submission): Promise<{ readonly id: string; readonly isNew: boolean }> {
    const begun = await this.#lasting(this.#submissions.begin(run));
    if (begun.isNew) this.#memory.look();
    return begun;
  }

  /** Closing waits for it. */
  async #lasting<T>(work: Promise<T>): Promise<T> {
    this.#beginning.add(work);
    try {
      return await work;
    } finally {
      this.#beginning.delete(work);
    }
  }

  #refuseOver(): void {
    if (this.#over !== null) throw this.#over;
  }

  async #all(query: RunQuery): Promise<readonly RunHeader[]> {
    const all: RunHeader[] = [];
    for (let page = await this.#store.list({ ...query, limit: PAGE }); page.length > 0;) {
      all.push(...page);
      const after = page.at(-1)?.id ?? "";
      page = page.length < PAGE ? [] : await this.#store.list({ ...query, limit: PAGE, after });
    }
    return all;
  }
}
