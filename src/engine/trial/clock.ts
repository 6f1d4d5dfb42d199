/**
 * Time for runs that are tried out: it stands still while anybody works, and jumps to what is next when all wait.
 *
 *   V1  Timers are over in the order of their times; of equal ones, the first that was set is first.
 *   V2  Time never goes back, also not when a process ends: what it had set is forgotten, and the time stays.
 */
import type { Clock } from "../platform/ports.ts";

interface Timer {
  readonly at: number;
  readonly over: () => void;
}

export class VirtualClock implements Clock {
  time: number;
  #timers: Timer[] = [];

  /** @param start milliseconds since the epoch */
  constructor(start = 0) {
    this.time = start;
  }

  readonly now = (): number => this.time;

  sleep: Clock["sleep"] = (milliseconds, signal) => this.wait(milliseconds, signal);

  protected async wait(milliseconds: number, signal: AbortSignal): Promise<void> {
    if (milliseconds <= 0 || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = { at: this.time + milliseconds, over: resolve };
    this.#timers.push(timer);
    const stop = (): void => {
      this.#timers = this.#timers.filter((each) => each !== timer);
      resolve();
    };
    signal.addEventListener("abort", stop, { once: true });
    await promise;
    signal.removeEventListener("abort", stop);
  }

  /** When the next timer is over; null when there is none. */
  get next(): number | null {
    return this.#timers.length === 0 ? null : this.#timers.reduce((least, { at }) => Math.min(least, at), Infinity);
  }

  /** Goes on to the earliest timer (V1). */
  pass(): void {
    const at = this.next;
    const first = this.#timers.findIndex((timer) => timer.at === at);
    const [timer] = first < 0 ? [] : this.#timers.splice(first, 1);
    if (timer === undefined) return;
    this.moveTo(timer.at);
    timer.over();
  }

  /** V2 */
  moveTo(time: number): void {
    this.time = Math.max(this.time, time);
  }

  /** A process has ended: nobody waits any more. */
  forget(): void {
    this.#timers = [];
  }
}
