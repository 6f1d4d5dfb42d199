/**
 * When a realm is late, and what is done about it: first softly, by its own meter, then by force.
 *
 *   W1  Late is what takes longer than its owner allowed, and, in a realm that is watched, a time of `longest` in which no
 *       call began and its event loop did not turn.
 *   W2  A late call is told to stop at its next tick; when it is still late after the grace, its realm is killed.
 *   W3  What is no longer late has nothing to fear: the word is taken back.
 *   W4  A realm that starts has time to: it is watched from its first beat on, or from `START` after it was made.
 */
import { FLIGHT } from "./flight.ts";
import type { LimitWords } from "./limit-words.ts";

/** Milliseconds between the soft stop and the hard one. */
export const GRACE = 100;
/** Milliseconds that a thread may take to start where only its beat is watched. */
const START = 30_000;
/** Milliseconds after which it is seen that a late realm has gone on to another call, which is as late. */
const AGAIN = 5;

export interface WatchParts {
  readonly limits: LimitWords;
  /** Null where the realm shares no memory with the keeper. */
  readonly flight: Int32Array | null;
  /** Milliseconds without any sign of life; Infinity: it needs to give none. */
  readonly longest: number;
}

export class Watch {
  readonly #parts: WatchParts;
  #began: number;
  #longest: number;
  #number = 0;
  #ends = Infinity;
  #calls = 0;
  #beat = 0;
  #sign: number | undefined;
  /** When something last changed. */
  #changed: number;
  /** The call that was told to stop; 0: none. */
  #stopped = 0;

  constructor(parts: WatchParts, now: number) {
    this.#parts = parts;
    this.#longest = parts.longest;
    this.#began = now;
    this.#changed = now;
  }

  get changed(): number {
    return this.#changed;
  }

  /** It may be silent for so long from now on. */
  watchFor(longest: number, now: number): void {
    this.#longest = longest;
    this.#began = now;
    if (this.#sign !== undefined) this.#sign = now;
    this.#changed = now;
  }

  /** When it has to be looked at again; once that is past, it is to be killed. */
  look(now: number): { readonly kill: boolean; readonly next: number } {
    this.#readLimits(now);
    this.#readFlight(now);
    const late = Math.min(this.#ends, this.#silentUntil);
    if (now < late) {
      if (this.#stopped !== 0) this.#stop(0); // W3
      return { kill: false, next: late };
    }
    if (this.#stopped !== this.#calls) this.#stop(this.#calls); // W2
    return { kill: now >= late + GRACE, next: Math.min(late + GRACE, now + AGAIN) };
  }

  #readLimits(now: number): void {
    const { number, allowed } = this.#parts.limits;
    if (number === this.#number) return;
    this.#number = number;
    this.#ends = now + allowed;
    this.#changed = now;
  }

  #readFlight(now: number): void {
    const { flight } = this.#parts;
    if (flight === null) return;
    const [calls, beat] = [Atomics.load(flight, FLIGHT.calls), Atomics.load(flight, FLIGHT.beat)];
    if (calls === this.#calls && beat === this.#beat) return;
    this.#calls = calls;
    this.#beat = beat;
    this.#sign = now;
  }

  get #silentUntil(): number {
    const longest = this.#longest;
    return this.#sign === undefined ? this.#began + Math.max(longest, START) : this.#sign + longest; // W4
  }

  #stop(call: number): void {
    const { flight } = this.#parts;
    if (flight === null) return;
    this.#stopped = call;
    Atomics.store(flight, FLIGHT.stop, call);
  }
}
