/**
 * The time that calls into one Python may take.
 *
 *   D1  A call's time begins when the worker begins it, waiting for the host included. What the worker says about that is
 *       believed only within bounds: not before the message was sent, and all calls of a message together get no more than
 *       their number of times.
 *   D2  At the end of its time Python is interrupted, and after a grace the worker is to be ended, whatever it does then. One
 *       that waits for the host has nothing to clean up by itself, and is to be ended at once.
 *   D3  What goes on after calls, and what handles' ends set off, has as much time: the worker is asked for a sign of life.
 */
import * as frames from "./worker/frame.ts";

export interface DeadlineParts {
  /** Milliseconds. `Infinity`: as long as it likes. */
  readonly limit: number;
  /** Shared with the worker. */
  readonly words: Int32Array;
  /** Asks the worker for a sign of life. */
  readonly look: () => void;
  /** Whether the worker waits for the host and has nothing else to do. */
  readonly isWaiting: () => boolean;
  /** The worker is to be ended. */
  readonly over: () => void;
}

/** Milliseconds in which an interrupted call may clean up. */
export const GRACE = 100;
const LONGEST_TIMER = 2 ** 31 - 1;
const INTERRUPTED = 2; // what Python takes for Ctrl-C

interface Running {
  readonly sent: number;
  readonly count: number;
  readonly place: number;
  readonly limit: number;
}

export class Deadline {
  readonly #parts: DeadlineParts;
  readonly #isLimited: boolean;
  /** Messages whose calls have not all ended, by the number of their first. */
  readonly #running = new Map<number, Running>();
  #timer: NodeJS.Timeout | undefined;
  #rings = Number.POSITIVE_INFINITY;
  /** Whether something was done since the worker gave its last sign of life. */
  #unseen = false;
  #asked: number | undefined;
  #isLate = false;
  #lateFirst: number | undefined;

  constructor(parts: DeadlineParts) {
    this.#parts = parts;
    this.#isLimited = parts.limit !== Number.POSITIVE_INFINITY;
  }

  /** A call was too long: the worker is at its end. */
  get isLate(): boolean {
    return this.#isLate;
  }

  /** Whether it was a call of this message. */
  isLateIn(first: number): boolean {
    return this.#lateFirst === first;
  }

  get limit(): number {
    return this.#parts.limit;
  }

  /**
   * @param place Where the worker says when the latest of these calls began, of `BEGAN`.
   * @param least Milliseconds that these calls have in any case.
   */
  sent(first: number, count: number, place: number, least: number): void {
    if (!this.#isLimited) return;
    const limit = Math.max(this.#parts.limit, least);
    this.#running.set(first, { sent: time(), count, place, limit });
    this.#arm(limit);
  }

  ended(first: number): void {
    if (this.#running.delete(first)) this.#unseen = true;
  }

  /** Python does something that no call waits for (D3). */
  touched(): void {
    if (!this.#isLimited) return;
    this.#unseen = true;
    this.#arm(this.#parts.limit);
  }

  /** The worker gave a sign of life. False when it was not asked for one. */
  seen(): boolean {
    if (this.#asked === undefined) return false;
    this.#asked = undefined;
    return true;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#running.clear();
  }

  #arm(milliseconds: number): void {
    if (this.#isLate || (this.#timer !== undefined && this.#rings <= time() + milliseconds)) return;
    clearTimeout(this.#timer);
    this.#rings = time() + milliseconds;
    const check = (): void => {
      this.#timer = undefined;
      this.#check();
    };
    this.#timer = setTimeout(check, Math.min(Math.ceil(milliseconds), LONGEST_TIMER)).unref();
  }

  #check(): void {
    const now = time();
    if (this.#running.size === 0 && this.#asked === undefined) {
      if (!this.#unseen) return;
      this.#unseen = false;
      this.#asked = now;
      this.#parts.look();
    }
    const due = this.#due(now);
    if (due > now) this.#arm(due - now);
    else this.#late();
  }

  /** When the first of what runs is late. */
  #due(now: number): number {
    if (this.#running.size === 0) return (this.#asked ?? now) + this.#parts.limit;
    let due = Number.POSITIVE_INFINITY;
    for (const [first, running] of this.#running) {
      const { sent, count, limit } = running;
      const ends = Math.min(this.#began(running, now) + limit, sent + count * limit);
      if (ends <= now) this.#lateFirst ??= first;
      due = Math.min(due, ends);
    }
    return due;
  }

  /** D1. */
  #began({ sent, place }: Running, now: number): number {
    const said = Atomics.load(this.#parts.words, frames.BEGAN + place);
    const ago = (Math.floor(now) - said) & frames.TIME_MASK;
    return Math.max(sent, now - ago);
  }

  /** D2. */
  #late(): void {
    this.#isLate = true;
    clearTimeout(this.#timer);
    const { words, isWaiting, over } = this.#parts;
    Atomics.store(words, frames.OVER, 1);
    if (isWaiting()) return over();
    Atomics.store(words, frames.INTERRUPT, INTERRUPTED);
    this.#timer = setTimeout(over, GRACE);
  }
}

/** Comparable between threads. */
function time(): number {
  return performance.timeOrigin + performance.now();
}
