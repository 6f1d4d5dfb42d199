/**
 * Whose turn it is in one instance: calls that run, calls that wait inside the guest, and calls that wait for theirs (H2, H6 of
 * ../plugin.ts).
 */
export class Turns {
  /** How to fail each call that waits, inside the guest or for its turn. */
  readonly #pending = new Set<(cause: unknown) => void>();
  readonly #queue: (() => void)[] = [];
  #running = 0;

  /** How many calls were begun and have not ended. */
  get running(): number {
    return this.#running;
  }

  /** How many wait for their turn. */
  get waiting(): number {
    return this.#queue.length;
  }

  begin(): void {
    this.#running++;
  }

  end(): void {
    this.#running--;
  }

  /** Does some work when it is its turn. */
  queued<T>(work: () => T | Promise<T>): Promise<T> {
    return this.pending((resolve, reject, over) => {
      this.#queue.push(() => {
        over();
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  /** A promise that `lose` rejects until `over` is called. */
  pending<T>(
    start: (resolve: (value: T | Promise<T>) => void, reject: (cause: unknown) => void, over: () => void) => void,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#pending.add(reject);
      start(resolve, reject, () => this.#pending.delete(reject));
    });
  }

  /** Lets the next one in when nothing runs. The turn is taken now and used after the call that made room is answered. */
  next(isAlive: () => boolean): void {
    const next = this.#running === 0 ? this.#queue.shift() : undefined;
    if (next === undefined) return;
    this.#running++;
    queueMicrotask(() => {
      this.#running--;
      if (isAlive()) next();
    });
  }

  /** Fails everything that waits. */
  lose(cause: () => unknown): void {
    this.#queue.length = 0;
    const lost = [...this.#pending];
    this.#pending.clear();
    for (const reject of lost) reject(cause());
  }
}
