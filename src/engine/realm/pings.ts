/** Whether a worker still hears what it is told: each ping is answered by its event loop, or the worker is silent. */

/** Milliseconds in which a worker answers a ping, when one of its runs is to end. */
const ANSWERS = 2000;

export class Pings {
  readonly #silent: () => void;
  readonly #open = new Map<number, NodeJS.Timeout>();

  constructor(silent: () => void) {
    this.#silent = silent;
  }

  sent(number: number): void {
    this.#open.set(number, setTimeout(this.#silent, ANSWERS));
  }

  heard(number: number): void {
    clearTimeout(this.#open.get(number));
    this.#open.delete(number);
  }

  clear(): void {
    for (const timer of this.#open.values()) clearTimeout(timer);
    this.#open.clear();
  }
}
