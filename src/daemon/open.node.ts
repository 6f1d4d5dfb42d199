/** The store of a daemon with its executor. */
import { openExecutor } from "../engine/executor/node.node.ts";
import { openSqlite } from "../journal/sqlite-store.node.ts";
import type { Kept } from "./keeping.node.ts";

export interface OpenOptions {
  readonly webhook: (token: string) => string;
  /** Beside those of a submission. */
  readonly grants: readonly string[];
  readonly note: (line: string) => void;
  /** Milliseconds that a run stays after its end; for ever unless given. */
  readonly keep: number | undefined;
}

/** Milliseconds after which a run that only waits leaves memory. */
const SLEEP_AFTER = 5000;

/** @throws {Fault} `store-locked`, `store-newer`, `store-unreadable`, `store-readonly` */
export async function openKept(path: string, { webhook, grants, note, keep }: OpenOptions): Promise<Kept> {
  const store = await openSqlite(path);
  try {
    const retention = keep === undefined ? {} : { retention: { olderThan: keep } };
    const executor = await openExecutor(store, {
      webhook,
      grants,
      onWarning: note,
      sleepAfter: SLEEP_AFTER,
      ...retention,
    });
    return { store, executor };
  } catch (thrown) {
    await store[Symbol.asyncDispose]();
    throw thrown;
  }
}
