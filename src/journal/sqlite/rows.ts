/** Rows of the table of runs as headers. */
import type { SqlValue } from "./driver.ts";
import type { RunHeader } from "../store.ts";

export type Row = Readonly<Record<string, SqlValue>>;

/** A run as the file knows it: its number there, and its header. */
export interface KnownRun {
  readonly n: number;
  readonly header: RunHeader;
}

export function runOf(row: Row): KnownRun {
  const { n, ...rest } = row;
  return { n: Number(n), header: rest as unknown as RunHeader };
}
