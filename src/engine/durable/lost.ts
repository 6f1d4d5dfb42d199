/**
 * That a store is lost, told to every life of a run in it: by one promise each, which is gone with the life. Whoever waits for
 * a store's own promise stays in memory as long as the store is well.
 */
import type { Store } from "../../journal/store.ts";

interface Waiting {
  readonly told: Set<(why: Error) => void>;
  why: Error | null;
}

const stores: WeakMap<Store, Waiting> = new WeakMap();

/** Disposed, nobody is told any more. */
export function lostOf(store: Store): Disposable & { readonly lost: Promise<Error> } {
  const { told, why } = waitingFor(store);
  const { promise: lost, resolve } = Promise.withResolvers<Error>();
  if (why === null) told.add(resolve);
  else resolve(why);
  return { lost, [Symbol.dispose]: () => void told.delete(resolve) };
}

function waitingFor(store: Store): Waiting {
  const known = stores.get(store);
  if (known !== undefined) return known;
  const waiting: Waiting = { told: new Set(), why: null };
  stores.set(store, waiting);
  void store.lost.then((why) => {
    waiting.why = why;
    for (const told of waiting.told) told(why);
  });
  return waiting;
}
