/**
 * When runs that sleep are to be taken up. The store knows the time of every one; here are the next few.
 *
 *   W1  Every waiting run whose time is not later than `#horizon` has a timer here: so memory does not grow with the sleepers.
 *   W2  A run that woke before its time costs one look when that comes.
 */
import type { RunHeader, RunQuery } from "../../journal/store.ts";
import type { Timer, Timers } from "../loop/timers.ts";

export interface Sleepers {
  readonly list: (query: RunQuery) => Promise<readonly RunHeader[]>;
  readonly due: (id: string) => void;
  readonly failed: (why: unknown) => void;
}

const PAGE = 1000;

export class Wakes {
  readonly #timers: Timers;
  readonly #sleepers: Sleepers;
  readonly #set = new Map<string, Timer>();
  /** Milliseconds since the epoch. */
  #horizon = -Infinity;
  #loading: Promise<void> | null = null;
  /** A run fell asleep while the store was asked. */
  #isStale = false;
  /** Those that are due and may be asleep still, as far as the store knows. */
  #taken = new Set<string>();
  #isClosed = false;

  constructor(timers: Timers, sleepers: Sleepers) {
    this.#timers = timers;
    this.#sleepers = sleepers;
  }

  get size(): number {
    return this.#set.size;
  }

  /** W1: asks the store for those that are next. */
  load(): Promise<void> {
    this.#loading ??= this.#load().finally(() => (this.#loading = null));
    return this.#loading;
  }

  /** A run sleeps; null: no time wakes it. */
  slept(id: string, wake: number | null): void {
    this.#taken.delete(id);
    this.#set.get(id)?.cancel();
    this.#set.delete(id);
    this.#isStale = this.#loading !== null;
    if (wake === null || this.#isClosed || wake > this.#horizon) return;
    this.#arm(id, wake);
    if (this.#set.size > 3 * PAGE) this.#shrink();
  }

  /** A run is in memory, or has ended. */
  woke(id: string): void {
    this.#taken.delete(id);
    this.#set.get(id)?.cancel();
    this.#set.delete(id);
    this.#next();
  }

  close(): void {
    this.#isClosed = true;
    for (const timer of this.#set.values()) timer.cancel();
    this.#set.clear();
  }

  async #load(): Promise<void> {
    do {
      this.#isStale = false;
      const limit = PAGE + this.#taken.size;
      const page = await this.#sleepers.list({ states: ["waiting"], due: Number.MAX_SAFE_INTEGER, limit });
      if (this.#isClosed) return;
      this.#horizon = page.length < limit ? Infinity : (page.at(-1)?.wake ?? Infinity);
      for (const { id, wake } of page) if (wake !== null && !this.#taken.has(id)) this.#arm(id, wake);
    } while (this.#isStale);
  }

  #arm(id: string, wake: number): void {
    this.#set.get(id)?.cancel();
    this.#set.set(
      id,
      this.#timers.set(wake, () => {
        this.#set.delete(id);
        this.#taken.add(id);
        this.#sleepers.due(id);
        this.#next();
      }),
    );
  }

  #next(): void {
    if (this.#set.size > 0 || this.#horizon === Infinity || this.#isClosed) return;
    this.load().catch(this.#sleepers.failed);
  }

  /** Only the earliest stay. */
  #shrink(): void {
    const ordered = [...this.#set].sort(([, a], [, b]) => a.at - b.at);
    this.#horizon = ordered[PAGE]?.[1].at ?? this.#horizon;
    for (const [id, timer] of ordered) {
      if (timer.at <= this.#horizon) continue;
      timer.cancel();
      this.#set.delete(id);
    }
  }
}
