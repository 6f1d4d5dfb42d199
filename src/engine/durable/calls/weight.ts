/**
 * When the state of a group of instances is worth saving: once making its calls again would take more than that.
 *
 *   W1  It is saved after so many calls or so long a time in calls, whichever comes first; but a save takes no more than a tenth
 *       of the time that its calls took, unless they are very many.
 *   W2  What cannot be told is asked for again twice as late.
 */
const CALLS = 200;
const MANY_CALLS = 10_000;
/** Milliseconds. */
const TIME = 1_000;

export class Weight {
  #calls = 0;
  #time = 0;
  /** What a save takes, in milliseconds. */
  #cost = 0;
  #factor = 1;

  /** A call was made that took so many milliseconds. */
  add(time: number): void {
    this.#calls += 1;
    this.#time += time;
  }

  get isDue(): boolean {
    const isMuch = this.#calls >= CALLS * this.#factor || this.#time >= TIME * this.#factor;
    return isMuch && (this.#time >= 10 * this.#cost || this.#calls >= MANY_CALLS * this.#factor);
  }

  /** It was saved, in so many milliseconds. */
  saved(cost: number): void {
    [this.#calls, this.#time, this.#cost, this.#factor] = [0, 0, cost, 1];
  }

  /** It could not be. */
  refused(): void {
    this.#factor *= 2;
  }
}
