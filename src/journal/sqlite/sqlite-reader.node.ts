/**
 * A store that somebody else owns, to be looked at: whatever is durable, and nothing can be changed.
 */
import { Fault } from "../../fault.ts";
import { existsSync } from "node:fs";
import { nodeDriver } from "./driver.node.ts";
import type { Driver } from "./driver.ts";
import { LogReader } from "./log-reader.ts";
import { own, sha256 } from "./owned.node.ts";
import { APPLICATION_ID, FORMAT } from "./sql.ts";
import type { Store } from "../store.ts";
import { troubleWith } from "./trouble.ts";

export type StoreReader = Pick<Store, "header" | "list" | "read" | "blob" | "watch" | "verify"> & Disposable;

/** Milliseconds between two looks at what another process has made durable. */
const LOOK = 100;

/** @throws {Fault} `store-missing`, `store-unreadable`, `store-newer` */
export function readSqlite(path: string): StoreReader {
  if (!existsSync(path)) {
    throw new Fault("store-missing", `There is no store ${path}`, { hint: "`sennit run FILE --store` makes one." });
  }
  try {
    const driver = readable(path);
    const pragma = (name: string): number => Number(driver.prepare(`pragma ${name}`).all()[0]?.[name] ?? 0);
    if (pragma("application_id") !== APPLICATION_ID) {
      throw new Fault("store-unreadable", `${path} is a database of another program`, { hint: "Choose another file." });
    }
    const format = pragma("user_version");
    if (format > FORMAT) throw new Fault("store-newer", `${path} was written by a newer version`);
    if (format < FORMAT) own({ path, durability: "full" }).close(); // which brings the file to this format
    return readerOf(path, new LogReader(driver, sha256));
  } catch (thrown) {
    throw troubleWith(path, thrown);
  }
}

/** A copy that lies where nobody may write has no file beside it to be looked after. */
function readable(path: string): Driver {
  const driver = nodeDriver(path, { readOnly: true, patience: 5000 });
  try {
    driver.prepare("select count(*) from sqlite_schema").all();
    return driver;
  } catch (thrown) {
    driver.close();
    const isRefused = (troubleWith(path, thrown) as { readonly code?: string }).code === "store-readonly";
    if (!isRefused || existsSync(`${path}-wal`)) throw thrown;
    return nodeDriver(path, { readOnly: true, immutable: true });
  }
}

function readerOf(path: string, reader: LogReader): StoreReader {
  const look = async <T>(work: () => T): Promise<T> => {
    try {
      return work();
    } catch (thrown) {
      throw troubleWith(path, thrown);
    }
  };
  return {
    header: (run) => look(() => reader.header(run)),
    list: (query) => look(() => reader.list(query)),
    read: (run, from, most = Number.MAX_SAFE_INTEGER) => look(() => reader.read(run, from, most)),
    blob: (digest) => look(() => reader.blob(digest)),
    verify: (run) => look(() => reader.verify(run)),
    watch: (told) => {
      let before = new Set<string>();
      const timer = setInterval(() => {
        const now = reader.list({ states: ["running", "waiting", "paused", "done", "failed"] });
        const ids = new Set(now.map(({ id }) => id));
        for (const id of before) if (!ids.has(id)) told(id, 0); // in another state, or removed
        before = ids;
        for (const { id, durable } of now) told(id, durable);
      }, LOOK);
      return { [Symbol.dispose]: () => clearInterval(timer) };
    },
    [Symbol.dispose]: () => reader.close(),
  };
}
