/**
 * The signals of one run: kept per name from its start, in the order of their arrival (rule 51).
 *
 *   M1  A wait takes the oldest of its name that nobody took; of several waits, the one that was asked for first.
 *   M2  A signal is taken when its answer is delivered, and the log says which. One that was promised to a wait that was then
 *       given up stays for the next.
 *   M3  Only what is durable is taken: its sender may have been told so.
 *   M4  Of the log, only what others left there is read, and once.
 */
import type { Lsn } from "../../../journal/entry/entry.ts";
import { tooLarge } from "../log/ledger.ts";
import type { Numbered, Signal } from "../log/recorded.ts";
import type { Range } from "../log/snapshot.ts";

export interface MailboxPort {
  /** Durable entries from there on; at most so many. */
  readonly entries: (from: Lsn, most: number) => Promise<readonly Numbered[]>;
  /** Told whenever the log has grown. */
  readonly watch: (told: () => void) => Disposable;
  /** Where others have left something durable that was not `seen`. */
  readonly unread: () => readonly Range[];
  readonly seen: (range: Range) => void;
  /** Most signals that nobody has taken. */
  readonly most: number;
  readonly failed: (why: unknown) => void;
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
  /** By position; nobody took them, and nobody waits for them. */
  readonly #signals: Signal[];
  /** All that nobody took, those that somebody was promised among them. */
  readonly #held: Map<Lsn, Signal>;
  readonly #waiters: Waiter[] = [];
  #watching: Disposable | null = null;
  #reading: Promise<void> | null = null;
  #isStale = false;

  constructor(port: MailboxPort, signals: readonly Signal[]) {
    this.#port = port;
    this.#signals = [...signals];
    this.#held = new Map(signals.map((signal) => [signal.lsn, signal]));
  }

  /** What nobody took, as far as it is known here. */
  get held(): readonly Signal[] {
    return [...this.#held.values()];
  }

  /** Somebody is about to be given what was waited for. */
  get isServing(): boolean {
    return this.#waiters.some(({ signal }) => signal !== null);
  }

  /** M2 */
  taken({ lsn }: Signal): void {
    this.#held.delete(lsn);
  }

  wait(name: string): Wait {
    const { promise: served, resolve: told } = Promise.withResolvers<void>();
    const waiter: Waiter = { name, told, signal: null };
    this.#waiters.push(waiter);
    this.#serve();
    if (waiter.signal === null) this.#watch();
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

  /** Resolves when all is known here that is durable now. */
  async look(): Promise<void> {
    this.#isStale = true;
    this.#reading ??= this.#read().finally(() => (this.#reading = null));
    await this.#reading;
  }

  /** Somebody waits: the log is looked at now, and whenever it has grown. */
  #watch(): void {
    this.#watching ??= this.#port.watch(() => this.#watch());
    if (this.#waiters.some(({ signal }) => signal === null)) this.look().catch(this.#port.failed);
  }

  async #read(): Promise<void> {
    while (this.#isStale) {
      this.#isStale = false;
      for (const range of this.#port.unread()) await this.#fetch(range);
      this.#serve();
    }
  }

  /** M4 */
  async #fetch(range: Range): Promise<void> {
    const { from, upto } = range;
    for (const { lsn, entry } of await this.#port.entries(from, upto - from + 1)) {
      if (lsn > upto || entry.kind !== "SIG") continue;
      const signal = { lsn, name: entry.name, value: entry.value };
      this.#signals.push(signal);
      this.#held.set(lsn, signal);
    }
    this.#port.seen(range);
    if (this.#held.size > this.#port.most) throw tooLarge("signals", `More than ${this.#port.most} untaken signals`);
  }
}
