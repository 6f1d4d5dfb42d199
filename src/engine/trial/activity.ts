/**
 * Whether anything happens in a run that is tried out, besides waiting for time to pass.
 *
 *   A1  Busy: work goes on that takes real time: a guest in another thread, a command, an instance that starts.
 *   A2  A guest that sleeps, or waits for what it imports, is not at work itself.
 */
export class Activity {
  #working = 0;
  #moves = 0;
  #seen = 0;

  /** A1 */
  get busy(): boolean {
    return this.#working > 0;
  }

  /** Something happened. */
  move(): void {
    this.#moves++;
  }

  /** Whether anything happened since this was asked last. */
  hasMoved(): boolean {
    const moved = this.#moves !== this.#seen;
    this.#seen = this.#moves;
    return moved;
  }

  async work<T>(work: Promise<T>): Promise<T> {
    this.#working++;
    this.#moves++;
    try {
      return await work;
    } finally {
      this.#working--;
      this.#moves++;
    }
  }

  /** A2: what is at work waits for this. */
  async pause<T>(wait: Promise<T>): Promise<T> {
    this.#working--;
    this.#moves++;
    try {
      return await wait;
    } finally {
      this.#working++;
      this.#moves++;
    }
  }
}
