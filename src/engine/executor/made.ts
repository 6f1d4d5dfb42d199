/** Runs that others made in the store of an executor: forks, and runs that were brought in. */
import type { Store } from "../../journal/store.ts";
import type { Memory } from "./memory.ts";

/** Those that have not ended are driven from then on. */
export async function takeUpMade<T extends { readonly made: readonly string[] }>(
  store: Store,
  memory: Memory,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  const done = await work(store);
  for (const id of done.made) {
    if ((await store.header(id))?.state === "running") memory.take(id);
  }
  return done;
}
