/**
 * The store of a daemon and its executor, opened again when they were lost.
 *
 *   K1  A store that fails (a full disk, another owner) does not end the daemon: requests are answered with why, and it is
 *       opened again, at growing intervals, until that succeeds. Runs go on from what is durable.
 *   K2  One owner at a time: what was lost is disposed before it is opened again.
 *   K3  Whoever waits for something of the executor that is left is told so.
 */
import { Fault } from "../fault.ts";
import type { Executor } from "../engine/executor/executor.ts";
import type { Store } from "../journal/store.ts";

export interface Kept {
  readonly store: Store;
  readonly executor: Executor;
}

export interface KeepingOptions {
  readonly open: () => Promise<Kept>;
  /** Told of every opening, so that who follows the store follows this one. */
  readonly opened?: (kept: Kept) => AsyncDisposable;
  /** Lines for the daemon's log. */
  readonly note: (line: string) => void;
  /** Milliseconds until the first try; each takes twice as long as the one before, up to a minute. */
  readonly pause?: number;
}

const LONGEST_PAUSE = 60_000;

export class Keeping implements AsyncDisposable {
  readonly #options: KeepingOptions;
  readonly #closed = new AbortController();
  #kept: Kept | null = null;
  #left = new AbortController();
  #follower: AsyncDisposable | null = null;
  #why: Fault = new Fault("store-lost", "The store is being opened");
  #keeping: Promise<void> = Promise.resolve();

  private constructor(options: KeepingOptions) {
    this.#options = options;
  }

  /** @throws {Fault} what keeps the store from being opened at first */
  static async open(options: KeepingOptions): Promise<Keeping> {
    const keeping = new Keeping(options);
    await keeping.#take();
    keeping.#keeping = keeping.#keep();
    return keeping;
  }

  /** @throws {Fault} why there is none */
  executor(): Executor {
    if (this.#kept === null) throw this.#why;
    return this.#kept.executor;
  }

  /** Aborts when the executor of now is left. */
  left(): AbortSignal {
    return this.#left.signal;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    await this.#keeping;
    await this.#leave();
  }

  async #take(): Promise<void> {
    const kept = await this.#options.open();
    this.#left = new AbortController();
    this.#kept = kept;
    this.#follower = this.#options.opened?.(kept) ?? null;
  }

  /** K1 */
  async #keep(): Promise<void> {
    const closed = aborted(this.#closed.signal);
    while (!this.#closed.signal.aborted && this.#kept !== null) {
      const why = await Promise.race([this.#kept.store.lost, this.#kept.executor.lost, closed]);
      if (why === null) return;
      this.#why = why instanceof Fault ? why : new Fault("store-lost", why.message, { cause: why });
      this.#options.note(`the store was lost: ${why.message}; it is opened again`);
      await this.#leave(); // K2
      await this.#retake();
    }
  }

  async #retake(): Promise<void> {
    for (let pause = this.#options.pause ?? 1000; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      await elapsed(pause, this.#closed.signal);
      if (this.#closed.signal.aborted) return;
      try {
        await this.#take();
        this.#options.note("the store is open again");
        return;
      } catch (thrown) {
        if (!(thrown instanceof Fault)) throw thrown;
        this.#why = thrown;
      }
    }
  }

  async #leave(): Promise<void> {
    const [kept, follower] = [this.#kept, this.#follower];
    this.#kept = null;
    this.#follower = null;
    this.#left.abort(); // K3
    for (const part of [follower, kept?.executor, kept?.store]) {
      try {
        await part?.[Symbol.asyncDispose]();
      } catch (thrown) {
        this.#options.note(`closing failed: ${String(thrown)}`); // what was lost says so once more
      }
    }
  }
}

function aborted(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(null);
    signal.addEventListener("abort", () => resolve(null), { once: true });
  });
}

async function elapsed(milliseconds: number, until: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  until.addEventListener("abort", () => resolve(), { once: true });
  await promise;
  clearTimeout(timer);
}
