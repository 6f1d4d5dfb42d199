/**
 * A run in a memory store, driven to its end on virtual time, over as many lives as it is given: each ends after so many
 * commits, as if its process had been killed there.
 *
 *   L1  Time passes only when nothing is at work, nothing waits to be committed, and nobody is to send anything first.
 *   L2  What was acknowledged is not sent again; everything else is, in every life, as a sender does.
 *   L3  What was durable of the output when a life ended stays as it was.
 */
import { Defect, Fault } from "../../fault.ts";
import type { MemoryStore } from "../../journal/memory-store.ts";
import type { RunResult } from "../loop/run-result.ts";
import type { Activity } from "./activity.ts";
import type { VirtualClock } from "./clock.ts";

/** What comes for the run from outside. */
export interface Coming {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Resolves when it was acknowledged; null: not now, what it needs is not there yet. */
  readonly send: (store: MemoryStore) => Promise<unknown> | null;
}

export interface LifeSignals {
  readonly cancel: AbortSignal;
  /** It is to end where it is. */
  readonly stop: AbortSignal;
}

export interface Lives {
  readonly clock: VirtualClock;
  readonly activity: Activity;
  /** Begins the run, unless it is there, and takes it up. */
  readonly live: (store: MemoryStore, signals: LifeSignals) => Promise<RunResult>;
  readonly coming: readonly Coming[];
  /** When somebody asks for the run to be cancelled. */
  readonly cancelAt: number | null;
  /** Told after every life but the last, when nothing of it is left. */
  readonly died: (store: MemoryStore) => Promise<void>;
  /** Milliseconds of real time that all lives together may take. */
  readonly patience: number;
}

export interface Deaths {
  /** After how many commits each life but the last ends. */
  readonly after: readonly number[];
  /** How many of the entries that were not acknowledged are there all the same. */
  readonly survives: number;
}

export interface Lived {
  readonly result: RunResult;
  readonly commits: number;
  readonly store: MemoryStore;
}

/** Turns without any sign of work after which a run is taken to wait. */
const QUIET = 4;
/** Milliseconds after which a run that waits for nothing that is known is taken to wait in vain. */
const LONG = 300;

/** @throws what the run throws; {Fault} `test-stuck` when it waits for what does not come */
export async function live(lives: Lives, store: MemoryStore, deaths: Deaths): Promise<Lived> {
  const acknowledged = new Set<Coming>();
  const until = performance.now() + lives.patience;
  let commits = 0;
  let owned = store;
  for (const most of [...deaths.after, Infinity]) {
    await using life = new Life(lives, owned, acknowledged, until);
    const result = await life.drive(most);
    commits += life.commits;
    if (result !== null) return { result, commits, store: owned };
    lives.clock.forget();
    owned = owned.crash({ survives: deaths.survives });
    await life[Symbol.asyncDispose]();
    await lives.died(owned);
  }
  throw new Defect("a run has no last life");
}

class Life implements AsyncDisposable {
  commits = 0;
  readonly #lives: Lives;
  readonly #store: MemoryStore;
  readonly #acknowledged: Set<Coming>;
  readonly #until: number;
  readonly #cancel = new AbortController();
  readonly #stop = new AbortController();
  readonly #ended: Promise<{ readonly result: RunResult } | { readonly failure: unknown }>;
  #isOver = false;
  /** On its way, and not acknowledged. */
  #sending: Coming | null = null;

  constructor(lives: Lives, store: MemoryStore, acknowledged: Set<Coming>, until: number) {
    this.#lives = lives;
    this.#store = store;
    this.#acknowledged = acknowledged;
    this.#until = until;
    const running = lives.live(store, { cancel: this.#cancel.signal, stop: this.#stop.signal });
    this.#ended = running.then(
      (result) => ({ result }),
      (failure: unknown) => ({ failure }),
    );
    void this.#ended.then(() => (this.#isOver = true));
  }

  /** The run's end; null when the life ended first, after `most` commits. */
  async drive(most: number): Promise<RunResult | null> {
    let quiet = 0;
    for (let waits = 0; !this.#isOver && this.commits < most;) {
      if (this.#store.release()) {
        this.commits++;
        quiet = 0;
      } else if (this.#lives.activity.busy || this.#lives.activity.hasMoved()) {
        quiet = 0;
        this.#lookAtTime();
      } else if (++quiet > QUIET) {
        waits = this.#passTime() ? 0 : waits + 1;
        if (waits > LONG) throw stuck();
      }
      await (this.#lives.activity.busy || waits > 0 ? soon() : turn());
    }
    if (!this.#isOver) return null;
    const end = await this.#ended;
    if ("failure" in end) throw end.failure;
    return end.result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    while (!this.#isOver) {
      this.#store.release();
      await turn();
    }
  }

  /** L1. False when there is nothing that time could bring. */
  #passTime(): boolean {
    const { clock, coming, cancelAt } = this.#lives;
    if (this.#sending !== null) return false;
    const waiting = coming.filter((each) => !this.#acknowledged.has(each));
    const next = waiting.toSorted((a, b) => a.at - b.at)[0];
    const timer = clock.next ?? Infinity;
    const cancel = this.#cancel.signal.aborted ? Infinity : (cancelAt ?? Infinity);
    if (next !== undefined && next.at <= Math.min(timer, cancel) && this.#send(next)) return true;
    if (cancel <= timer && cancel < Infinity) {
      clock.moveTo(cancel);
      this.#cancel.abort();
      return true;
    }
    clock.pass();
    return timer < Infinity;
  }

  /** L2 */
  #send(next: Coming): boolean {
    const { clock } = this.#lives;
    if (this.commits === 0) return false;
    const before = clock.time;
    clock.moveTo(next.at);
    const sending = next.send(this.#store);
    if (sending === null) {
      clock.time = before;
      return false;
    }
    this.#sending = next;
    void this.#sent(next, sending);
    return true;
  }

  async #sent(next: Coming, sending: Promise<unknown>): Promise<void> {
    try {
      await sending;
      this.#acknowledged.add(next);
    } catch {
      // The store was lost: it is sent again in the next life.
    }
    this.#sending = null;
  }

  #lookAtTime(): void {
    if (performance.now() > this.#until) throw tooLong(this.#lives.patience);
  }
}

function stuck(): Fault {
  return new Fault("test-stuck", "The run waits for what does not come", {
    hint: "Send it with `[[test.signal]]`, or bound the wait with `timeout`",
  });
}

function tooLong(milliseconds: number): Fault {
  return new Fault("test-stuck", `The run took more than ${milliseconds / 1000} seconds of real time`, {
    hint: "A plugin may be computing without end; `--patience` gives it longer",
  });
}

/** Lets everybody else have a turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/** Something takes real time: looked at again in a millisecond. */
function soon(): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, 1));
}
