/**
 * How long what a realm is doing may take, in words that its owner shares with the keeper, and not with the realm. Telling
 * costs some nanoseconds and no message, and holds while the owner's thread is blocked.
 */

/** `number`: grows with each change. `allowed`: milliseconds from then on; 0: as long as it likes. */
const WORD = { number: 0, allowed: 1, gone: 2, killed: 3 } as const;
const LONGEST = 2 ** 31 - 1;

export class LimitWords {
  readonly words: Int32Array;

  constructor(words: Int32Array = new Int32Array(new SharedArrayBuffer(16))) {
    this.words = words;
  }

  /** What goes on has so many milliseconds from now; null: nothing goes on. */
  allow(milliseconds: number | null): void {
    const allowed = milliseconds === null ? 0 : Math.min(Math.max(Math.ceil(milliseconds), 1), LONGEST);
    Atomics.store(this.words, WORD.allowed, allowed);
    Atomics.add(this.words, WORD.number, 1);
  }

  get number(): number {
    return Atomics.load(this.words, WORD.number);
  }

  /** Milliseconds; Infinity when nothing limits it. */
  get allowed(): number {
    const allowed = Atomics.load(this.words, WORD.allowed);
    return allowed === 0 ? Infinity : allowed;
  }

  /** The realm has ended by itself: its process id may soon be another's. */
  get isGone(): boolean {
    return Atomics.load(this.words, WORD.gone) !== 0;
  }

  setGone(): void {
    Atomics.store(this.words, WORD.gone, 1);
  }

  get wasKilled(): boolean {
    return Atomics.load(this.words, WORD.killed) !== 0;
  }

  setKilled(): void {
    Atomics.store(this.words, WORD.killed, 1);
  }
}
