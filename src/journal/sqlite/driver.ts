/**
 * A SQLite, as far as a store needs one: Node's own, or SQLite's wasm in a page (D9). Synchronous.
 *
 * What it throws has SQLite's result code in `errcode` (its low byte; 5 is BUSY, 13 FULL, 8 READONLY, 11 CORRUPT, 26 NOTADB).
 */
export type SqlValue = null | number | string | Uint8Array;

export interface Statement {
  /** How many rows it changed. */
  run(...values: readonly SqlValue[]): number;
  all(...values: readonly SqlValue[]): readonly Readonly<Record<string, SqlValue>>[];
}

export interface Driver {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}
