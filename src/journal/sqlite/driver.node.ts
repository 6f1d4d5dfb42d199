/** SQLite as Node brings it. */
import { closeSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import type { Driver, SqlValue, Statement } from "./driver.ts";

export interface OpenOptions {
  readonly readOnly?: boolean;
  /** Nobody writes the file meanwhile: it can be read where nothing beside it can be made. */
  readonly immutable?: boolean;
  /** Milliseconds to wait for another connection. */
  readonly patience?: number;
}

export function nodeDriver(
  path: string,
  { readOnly = false, immutable = false, patience = 0 }: OpenOptions = {},
): Driver {
  if (!readOnly) ownersOnly(path);
  const place = pathToFileURL(path);
  if (immutable) place.searchParams.set("immutable", "1");
  const database = new DatabaseSync(immutable ? place : path, { readOnly, timeout: patience, allowExtension: false });
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

/** What runs keep is nobody else's to read: a file that is made here is its owner's, and so are those SQLite makes beside it. */
function ownersOnly(path: string): void {
  try {
    closeSync(openSync(path, "ax", 0o600));
  } catch {
    // It is there, or SQLite tells what is wrong.
  }
}
