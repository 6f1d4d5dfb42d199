/** Who waits for the log of a run to grow: one watch on the store, however many wait. */
import type { Store } from "../../journal/store.ts";

type Told = () => void;
type Watcher = Parameters<Store["watch"]>[0];

export class News implements Disposable {
  readonly #store: Pick<Store, "watch">;
  readonly #watching: Disposable;
  readonly #listening = new Map<string, Set<Told>>();
  readonly #watchers = new Set<Watcher>();
  #over: Error | null = null;

  constructor(store: Pick<Store, "watch">) {
    this.#store = store;
    this.#watching = store.watch((run) => this.#tell(run));
  }

  /**
   * Looks again whenever the log has grown, until there is something, or the signal aborts: then null.
   *
   * @throws what `end` was told
   */
  async until<T>(run: string, until: AbortSignal | null, look: () => Promise<T | null>): Promise<T | null> {
    let isNew = true;
    let wake: (() => void) | null = null;
    const told: Told = () => {
      isNew = true;
      wake?.();
    };
    const all = this.#listening.get(run) ?? new Set();
    this.#listening.set(run, all.add(told));
    until?.addEventListener("abort", told, { once: true });
    try {
      for (;;) {
        if (this.#over !== null) throw this.#over;
        isNew = false;
        const found = await look();
        if (found !== null || until?.aborted === true) return found;
        if (!isNew) await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      until?.removeEventListener("abort", told);
      all.delete(told);
      if (all.size === 0 && this.#listening.get(run) === all) this.#listening.delete(run);
    }
  }

  /** Looks again, though nothing was written. */
  again(run: string): void {
    this.#tell(run);
    for (const told of this.#watchers) told(run, 0);
  }

  /** As the store tells, and 0 of a run that is to be looked at again. */
  watch(told: Watcher): Disposable {
    const watching = this.#store.watch(told);
    this.#watchers.add(told);
    return {
      [Symbol.dispose]: () => {
        this.#watchers.delete(told);
        watching[Symbol.dispose]();
      },
    };
  }

  /** Everybody who waits is told why nothing comes any more. */
  end(why: Error): void {
    this.#over ??= why;
    for (const all of this.#listening.values()) for (const told of all) told();
  }

  [Symbol.dispose](): void {
    this.#watching[Symbol.dispose]();
  }

  #tell(run: string): void {
    for (const told of this.#listening.get(run) ?? []) told();
  }
}
