/** An executor without programs: runs are what a test says they are. */
import { Fault } from "../../src/fault.ts";
import type {
  Ended,
  Executor,
  MigrateRequest,
  QueueSettings,
  RunDetails,
  Schedule,
  ScheduleState,
  Submission,
} from "../../src/engine/executor/executor.ts";
import type { RunVerdict } from "../../src/engine/trial/upgrade.ts";
import type { Shown } from "../../src/engine/durable/follow.ts";
import type { RunHeader, RunQuery } from "../../src/journal/store.ts";

interface FakeRun {
  state: RunHeader["state"];
  readonly submission: Submission;
  readonly shown: Shown[];
  ended: Ended | null;
}

export class FakeExecutor implements Executor {
  readonly runs: Map<string, FakeRun> = new Map();
  readonly signals: { id: string; name: string; value: unknown; sender: string }[] = [];
  readonly posted: { token: string; value: unknown; sender: string }[] = [];
  readonly migrated: { id: string; request: MigrateRequest }[] = [];
  readonly #queues = new Map<string, QueueSettings>();
  readonly #schedules = new Map<string, Schedule>();
  readonly #news = new Set<() => void>();
  readonly #lost = Promise.withResolvers<Error>();
  readonly lost: Promise<Error> = this.#lost.promise;
  changed: readonly string[] = [];
  disposed = false;
  /** Submissions wait for it. */
  gate: Promise<void> = Promise.resolve();

  async submit(submission: Submission): Promise<{ id: string; isNew: boolean }> {
    await this.gate;
    const id = submission.id ?? `random-${this.runs.size}`;
    if (this.runs.has(id)) return { id, isNew: false };
    this.runs.set(id, { state: "running", submission, shown: [], ended: null });
    return { id, isNew: true };
  }

  async migrate(id: string, request: MigrateRequest): Promise<readonly RunVerdict[]> {
    this.migrated.push({ id, request });
    const place = { file: "wf.sennit", line: 1, column: 1 };
    return [{ run: this.#details(id), verdict: { kind: "continues", waiting: [{ what: "sleep", ...place }] } }];
  }

  async list({ states, prefix = "", limit = 1000, after }: RunQuery): Promise<readonly RunHeader[]> {
    const all = [...this.runs.keys()].toReversed();
    const from = after === undefined ? 0 : all.indexOf(after) + 1;
    const fits = (id: string): boolean => id.startsWith(prefix) && states?.includes(this.run(id).state) !== false;
    return all
      .slice(from)
      .filter(fits)
      .slice(0, limit)
      .map((id) => this.#details(id));
  }

  async show(id: string): Promise<RunDetails> {
    return this.#details(id);
  }

  async signal(id: string, signal: { name: string; value: unknown; sender: string }): Promise<{ isNew: boolean }> {
    this.run(id);
    const isNew = !this.signals.some((other) => other.id === id && other.sender === signal.sender);
    if (isNew) this.signals.push({ id, ...signal });
    return { isNew };
  }

  async cancel(id: string): Promise<void> {
    this.end(id, { state: "cancelled" });
  }

  async pause(id: string): Promise<void> {
    this.run(id).state = "paused";
  }

  async resume(id: string): Promise<void> {
    this.run(id).state = "running";
  }

  async retry(id: string): Promise<{ id: string }> {
    this.run(id);
    return { id: `${id}-2` };
  }

  async remove(id: string): Promise<void> {
    if (this.run(id).ended === null) throw new Fault("run-running", `The run ${id} has not ended`);
    this.runs.delete(id);
  }

  async wait(id: string, until: AbortSignal): Promise<Ended | null> {
    while (this.run(id).ended === null && !until.aborted) await this.#next(until);
    return this.run(id).ended;
  }

  async *follow(id: string, { from = 1, until }: { from?: number; until?: AbortSignal }): AsyncIterable<Shown> {
    const run = this.run(id);
    for (let at = 0; ;) {
      for (; at < run.shown.length; at++) {
        const shown = run.shown[at];
        if (shown !== undefined && shown.lsn >= from) yield shown;
      }
      if (run.ended !== null || until === undefined || until.aborted) return;
      await this.#next(until);
    }
  }

  async webhook(token: string, { value, sender }: { value: unknown; sender: string }): Promise<boolean> {
    if (token !== "hook-1") return false;
    this.posted.push({ token, value, sender });
    return true;
  }

  inStore(): Promise<never> {
    return Promise.reject(new Fault("store-missing", "There is no store here"));
  }

  async queues(): Promise<ReadonlyMap<string, QueueSettings>> {
    return this.#queues;
  }

  async setQueue(name: string, settings: QueueSettings | null): Promise<void> {
    if (settings === null) this.#queues.delete(name);
    else this.#queues.set(name, settings);
  }

  async schedules(): Promise<readonly ScheduleState[]> {
    return [...this.#schedules.values()].map((schedule) => ({ ...schedule, next: 1, last: null }));
  }

  async setSchedule(schedule: Schedule): Promise<void> {
    this.#schedules.set(schedule.name, schedule);
  }

  async removeSchedule(name: string): Promise<boolean> {
    return this.#schedules.delete(name);
  }

  stale(): readonly string[] {
    return this.changed;
  }

  async reload(): Promise<readonly string[]> {
    const changed = this.changed;
    this.changed = [];
    return changed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disposed = true;
  }

  // --- what a test does to it

  run(id: string): FakeRun {
    const run = this.runs.get(id);
    if (run === undefined) throw new Fault("unknown-run", `There is no run ${id}`);
    return run;
  }

  lose(why: Error): void {
    this.#lost.resolve(why);
  }

  print(id: string, text: string): void {
    const { shown } = this.run(id);
    shown.push({ lsn: shown.length * 2 + 2, event: { kind: "print", text } });
    this.#tell();
  }

  end(id: string, ended: Ended): void {
    const run = this.run(id);
    run.ended = ended;
    run.state = ended.state;
    this.#tell();
  }

  #tell(): void {
    for (const told of this.#news) told();
  }

  #next(until: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const told = (): void => {
        this.#news.delete(told);
        until.removeEventListener("abort", told);
        resolve();
      };
      this.#news.add(told);
      until.addEventListener("abort", told, { once: true });
    });
  }

  #details(id: string): RunDetails {
    const { state, submission } = this.run(id);
    const { queue = "", key = "", priority = 0, file } = submission;
    const times = { created: 1000, updated: 2000, wake: null, snap: 0, durable: 1 };
    const more = { packages: ["acme:a"], grants: submission.grants ?? [], parent: null, error: null };
    return { id, state, name: file, reason: "", ir: "", queue, key, priority, ...times, ...more };
  }
}
