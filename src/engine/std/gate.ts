/**
 * How much of one kind goes on at once: the rest waits in order, and what was given up while it waited never begins.
 *
 *   T1  At most `most` at once, and at most `mostEach` of one key. Who waits for its key lets others pass.
 */
export interface GateLimits {
  readonly most: number;
  readonly mostEach: number;
}

/** Calls of one run that work on files: each may hold one whole. */
export const FILES_AT_ONCE: GateLimits = { most: 16, mostEach: 16 };

interface Waiting {
  readonly key: string;
  readonly begin: () => void;
}

export class Gate {
  readonly #limits: GateLimits;
  readonly #inside = new Map<string, number>();
  readonly #waiting = new Set<Waiting>();
  #count = 0;

  constructor(limits: GateLimits) {
    this.#limits = limits;
  }

  /** Does the work when it may. @throws the signal's reason when it aborts before */
  async pass<T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    if (this.#isFree(key)) this.#enter(key);
    else await this.#turn(key, signal);
    try {
      return await work();
    } finally {
      this.#leave(key);
    }
  }

  #isFree(key: string): boolean {
    return this.#count < this.#limits.most && (this.#inside.get(key) ?? 0) < this.#limits.mostEach;
  }

  #enter(key: string): void {
    this.#count += 1;
    this.#inside.set(key, (this.#inside.get(key) ?? 0) + 1);
  }

  #turn(key: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        this.#waiting.delete(waiting);
        reject(signal.reason as Error);
      };
      const begin = (): void => {
        signal.removeEventListener("abort", giveUp);
        this.#waiting.delete(waiting);
        this.#enter(key);
        resolve();
      };
      const waiting: Waiting = { key, begin };
      this.#waiting.add(waiting);
      signal.addEventListener("abort", giveUp, { once: true });
    });
  }

  #leave(key: string): void {
    this.#count -= 1;
    const left = (this.#inside.get(key) ?? 1) - 1;
    if (left === 0) this.#inside.delete(key);
    else this.#inside.set(key, left);
    for (const next of this.#waiting) {
      if (this.#count >= this.#limits.most) return;
      if (this.#isFree(next.key)) next.begin();
    }
  }
}
