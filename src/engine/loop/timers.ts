/**
 * Any number of timers on one timer of the platform (HAZARDS 28).
 *
 *   T1  A timer is due at a time of the wall clock, however far away. The platform is asked for an hour at most, and then the
 *       clock is looked at again: so nothing overflows, and a clock that was set is noticed.
 *   T2  What is due is told in the order of the times, and among equal ones in that in which they were set.
 *   T3  A timer is told once, or never when it was cancelled.
 */

/** The platform's clock and timer. */
export interface TimerPort {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Calls back after so many milliseconds, at most `LONGEST`; gives what forgets it. */
  readonly after: (milliseconds: number, work: () => void) => () => void;
}

export interface Timer {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly cancel: () => void;
}

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly work: () => void;
  /** Its place in the heap; -1 when it is not there any more. */
  place: number;
}

export const LONGEST = 3_600_000;

export class Timers implements Disposable {
  readonly #port: TimerPort;
  readonly #heap: Entry[] = [];
  #order = 0;
  /** What the platform is asked for, and for when. */
  #armed: { readonly at: number; readonly forget: () => void } | null = null;

  constructor(port: TimerPort) {
    this.#port = port;
  }

  get size(): number {
    return this.#heap.length;
  }

  /** Runs `work` once it is `at`; soon, when it is already. `work` must not throw. */
  set(at: number, work: () => void): Timer {
    const entry: Entry = { at, order: this.#order++, work, place: this.#heap.length };
    this.#heap.push(entry);
    this.#up(entry);
    if (this.#heap[0] === entry) this.#arm();
    return { at, cancel: () => this.#remove(entry) };
  }

  [Symbol.dispose](): void {
    this.#armed?.forget();
    this.#armed = null;
    for (const entry of this.#heap.splice(0)) entry.place = -1;
  }

  #arm(): void {
    const first = this.#heap[0];
    if (first === undefined || this.#armed?.at === first.at) return;
    this.#armed?.forget();
    const wait = Math.min(Math.max(0, first.at - this.#port.now()), LONGEST);
    this.#armed = { at: first.at, forget: this.#port.after(wait, () => this.#look()) };
  }

  #look(): void {
    this.#armed = null;
    const now = this.#port.now();
    for (let first = this.#heap[0]; first !== undefined && first.at <= now; first = this.#heap[0]) {
      this.#remove(first);
      first.work();
    }
    this.#arm();
  }

  #remove(entry: Entry): void {
    const { place } = entry;
    if (place < 0) return;
    entry.place = -1;
    const last = this.#heap.pop();
    if (last === undefined || last === entry) return;
    this.#put(last, place);
    this.#up(last);
    this.#down(last);
  }

  #up(entry: Entry): void {
    for (
      let parent = this.#heap[(entry.place - 1) >> 1];
      entry.place > 0;
      parent = this.#heap[(entry.place - 1) >> 1]
    ) {
      if (parent === undefined || isBefore(parent, entry)) return;
      this.#swap(parent, entry);
    }
  }

  #down(entry: Entry): void {
    for (;;) {
      const left = this.#heap[2 * entry.place + 1];
      const right = this.#heap[2 * entry.place + 2];
      const least = right !== undefined && left !== undefined && isBefore(right, left) ? right : left;
      if (least === undefined || isBefore(entry, least)) return;
      this.#swap(entry, least);
    }
  }

  #swap(a: Entry, b: Entry): void {
    const place = a.place;
    this.#put(a, b.place);
    this.#put(b, place);
  }

  #put(entry: Entry, place: number): void {
    this.#heap[place] = entry;
    entry.place = place;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
