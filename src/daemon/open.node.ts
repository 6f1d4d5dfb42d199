/** The store of a daemon with its executor. */
import { openExecutor } from "../engine/executor/node.node.ts";
import type { IsolationLevel } from "../host/package/project.ts";
import { openSqlite } from "../journal/sqlite/sqlite-store.node.ts";
import type { Kept } from "./keeping.node.ts";

export interface OpenOptions {
  readonly webhook: (token: string) => string;
  /** Beside those of a submission. */
  readonly grants: readonly string[];
  readonly note: (line: string) => void;
  /** Milliseconds that a run stays after its end; for ever unless given. */
  readonly keep?: number | undefined;
  /** What logs keep of what their last snapshots make needless; `all` unless given. */
  readonly history?: "all" | "snapshot" | undefined;
  /** Where packages run of which their projects say nothing by name. */
  readonly isolation?: IsolationLevel | undefined;
}

/** Milliseconds after which a run that only waits leaves memory. */
const SLEEP_AFTER = 5000;

/** @throws {Fault} `store-locked`, `store-newer`, `store-unreadable`, `store-readonly` */
export async function openKept(path: string, options: OpenOptions): Promise<Kept> {
  const { webhook, grants, note, keep, history = "all", isolation } = options;
  const store = await openSqlite(path);
  try {
    const retention = keep === undefined ? {} : { retention: { olderThan: keep } };
    const settings = { webhook, grants, onWarning: note, sleepAfter: SLEEP_AFTER, keep: history, isolation };
    return { store, executor: await openExecutor(store, { ...settings, ...retention }) };
  } catch (thrown) {
    await store[Symbol.asyncDispose]();
    throw thrown;
  }
}
