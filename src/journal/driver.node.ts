/** SQLite as Node brings it. */
import { DatabaseSync } from "node:sqlite";
import type { Driver, SqlValue, Statement } from "./driver.ts";

export interface OpenOptions {
  readonly readOnly?: boolean;
  /** Milliseconds to wait for another connection. */
  readonly patience?: number;
}

export function nodeDriver(path: string, { readOnly = false, patience = 0 }: OpenOptions = {}): Driver {
  const database = new DatabaseSync(path, { readOnly, timeout: patience, allowExtension: false });
  return {
    exec: (sql) => database.exec(sql),
    prepare: (sql): Statement => {
      const statement = database.prepare(sql);
      return {
        run: (...values) => Number(statement.run(...values).changes),
        all: (...values) => statement.all(...values) as Readonly<Record<string, SqlValue>>[],
      };
    },
    close: () => database.close(),
  };
}
