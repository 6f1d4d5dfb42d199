/**
 * The signals of one run: kept per name from its start, in the order of their arrival (rule 51).
 *
 *   M1  A wait takes the oldest of its name that nobody took; of several waits, the one that was asked for first.
 *   M2  A signal is taken when its answer is delivered, and the log says which. One that was promised to a wait that was then
 *       given up stays for the next.
 *   M3  Only what is durable is taken: its sender may have been told so.
 */
import type { Lsn } from "../../journal/entry.ts";
import type { Numbered, Signal } from "./recorded.ts";

export interface MailboxPort {
  /** Durable entries from there on. */
  readonly entries: (from: Lsn) => Promise<readonly Numbered[]>;
  /** Told whenever the log has grown. */
  readonly watch: (told: () => void) => Disposable;
}

/** Somebody waits for a signal. */
export interface Wait {
  /** Resolves when there is one; `close` gives it. */
  readonly served: Promise<void>;
  /** Waits no longer: gives what it was served, or null. */
  readonly close: () => Signal | null;
}

interface Waiter {
  readonly name: string;
  readonly told: () => void;
  signal: Signal | null;
}

export class Mailbox implements Disposable {
  readonly #port: MailboxPort;
  readonly #failed: (why: unknown) => void;
  /** By position; nobody took them. */
  readonly #signals: Signal[];
  readonly #waiters: Waiter[] = [];
  /** The next position to look at. */
  #at: Lsn;
  #watching: Disposable | null = null;
  #isReading = false;
  #isStale = false;

  /** `signals` of the log before `at`. */
  constructor(port: MailboxPort, signals: readonly Signal[], at: Lsn, failed: (why: unknown) => void) {
    this.#port = port;
    this.#signals = [...signals];
    this.#at = at;
    this.#failed = failed;
  }

  wait(name: string): Wait {
    const { promise: served, resolve: told } = Promise.withResolvers<void>();
    const waiter: Waiter = { name, told, signal: null };
    this.#waiters.push(waiter);
    this.#serve();
    if (waiter.signal === null) this.#look();
    return { served, close: () => this.#close(waiter) };
  }

  /** M2 */
  giveBack(signal: Signal): void {
    const next = this.#signals.findIndex(({ lsn }) => lsn > signal.lsn);
    this.#signals.splice(next < 0 ? this.#signals.length : next, 0, signal);
    this.#serve();
  }

  [Symbol.dispose](): void {
    this.#watching?.[Symbol.dispose]();
    this.#watching = null;
  }

  #close(waiter: Waiter): Signal | null {
    const at = this.#waiters.indexOf(waiter);
    if (at >= 0) this.#waiters.splice(at, 1);
    const { signal } = waiter;
    waiter.signal = null;
    return signal;
  }

  /** M1 */
  #serve(): void {
    for (const waiter of this.#waiters.filter(({ signal }) => signal === null)) {
      const at = this.#signals.findIndex(({ name }) => name === waiter.name);
      const [signal] = at < 0 ? [] : this.#signals.splice(at, 1);
      if (signal === undefined) continue;
      waiter.signal = signal;
      waiter.told();
    }
  }

  /** Somebody waits: the log is looked at now, and whenever it has grown. */
  #look(): void {
    this.#watching ??= this.#port.watch(() => this.#look());
    if (!this.#waiters.some(({ signal }) => signal === null)) return;
    this.#isStale = true;
    if (!this.#isReading) void this.#read().catch(this.#failed);
  }

  async #read(): Promise<void> {
    this.#isReading = true;
    while (this.#isStale) {
      this.#isStale = false;
      for (const { lsn, entry } of await this.#port.entries(this.#at)) {
        this.#at = lsn + 1;
        if (entry.kind === "SIG") this.#signals.push({ lsn, name: entry.name, value: entry.value });
      }
      this.#serve();
    }
    this.#isReading = false;
  }
}
