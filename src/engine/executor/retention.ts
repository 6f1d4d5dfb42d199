/** Runs that have ended and are not to stay: removed with all that is theirs, those of each queue by its own rule. */
import type { RunHeader, RunQuery, Store } from "../../journal/store.ts";
import type { Timer, Timers } from "../loop/timers.ts";
import type { Retention } from "./executor.ts";

export interface RetentionPorts {
  readonly store: Store;
  readonly timers: Timers;
  readonly now: () => number;
  /** Of a queue; undefined: everything stays. */
  readonly rule: (queue: string) => Retention | undefined;
  /** Queues that have a rule of their own. */
  readonly queues: () => readonly string[];
  readonly remove: (id: string) => Promise<void>;
  readonly failed: (id: string, why: unknown) => void;
}

/** Milliseconds between two looks. */
const LOOK = 60_000;
const PAGE = 500;
const ENDED = ["done", "failed", "cancelled"] as const;

export class Removal {
  readonly #ports: RetentionPorts;
  #timer: Timer | null = null;
  #removing: Promise<void> | null = null;
  #isClosed = false;

  constructor(ports: RetentionPorts) {
    this.#ports = ports;
  }

  /** Looks now and from then on, as long as there is a rule. */
  start(): void {
    if (this.#isClosed) return;
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#ports.rule("") === undefined && this.#ports.queues().length === 0) return;
    this.#removing ??= this.#look().finally(() => (this.#removing = null));
    this.#timer = this.#ports.timers.set(this.#ports.now() + LOOK, () => this.start());
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#removing;
  }

  async #look(): Promise<void> {
    const own = this.#ports.queues();
    for (const queue of own) await this.#clean({ queue }, this.#ports.rule(queue), () => true);
    await this.#clean({}, this.#ports.rule(""), (header) => !own.includes(header.queue));
  }

  async #clean(
    query: Pick<RunQuery, "queue">,
    rule: Retention | undefined,
    isMeant: (header: RunHeader) => boolean,
  ): Promise<void> {
    if (rule === undefined) return;
    const { olderThan = Infinity, newest = Infinity } = rule;
    const oldest = this.#ports.now() - olderThan;
    let kept = 0;
    const only = newest === Infinity ? { ...query, unchanged: oldest } : query;
    for await (const header of this.#ended(only)) {
      if (!isMeant(header)) continue;
      const stays = kept < newest && header.updated > oldest;
      if (stays) kept += 1;
      else await this.#remove(header.id);
      if (this.#isClosed) return;
    }
  }

  /** The newest first. What is read is a page ahead of what is removed. */
  async *#ended(query: RunQuery): AsyncGenerator<RunHeader> {
    const { store } = this.#ports;
    const all = { ...query, states: ENDED, parent: null, limit: PAGE };
    let page = await store.list(all);
    while (page.length > 0) {
      const after = page.at(-1)?.id ?? "";
      const next = page.length < PAGE ? [] : await store.list({ ...all, after });
      yield* page;
      page = next;
    }
  }

  async #remove(id: string): Promise<void> {
    try {
      await this.#ports.remove(id);
    } catch (failure) {
      if (!this.#isClosed) this.#ports.failed(id, failure);
    }
  }
}
