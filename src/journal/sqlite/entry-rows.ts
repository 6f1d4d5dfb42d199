/**
 * Rows of a store's file: what was appended together lies in one row, as far as that is not much. A row of one entry is its
 * bytes; one of several has before each its length, in four bytes, the lowest first.
 */
import type { Lsn } from "../entry/entry.ts";
import type { SqlValue } from "./driver.ts";

export interface EntryRow {
  /** Of the first entry. */
  readonly lsn: Lsn;
  /** At least 1. */
  readonly count: number;
  readonly body: Uint8Array;
}

/** Whoever wants one entry of a row reads all of them. */
const MOST_ENTRIES = 64;
const MOST_BYTES = 16_384;

/** Bytes of a length. */
const LENGTH = 4;

/** A log's entries from `lsn` on, as rows. */
export function rowsOf(lsn: Lsn, entries: readonly Uint8Array[]): readonly EntryRow[] {
  const rows: EntryRow[] = [];
  for (let begin = 0; begin < entries.length;) {
    let [end, bytes] = [begin, 0];
    do bytes += entries[end++]?.length ?? 0;
    while (end < entries.length && end - begin < MOST_ENTRIES && bytes + (entries[end]?.length ?? 0) <= MOST_BYTES);
    rows.push({ lsn: lsn + begin, count: end - begin, body: bodyOf(entries.slice(begin, end)) });
    begin = end;
  }
  return rows;
}

/** What lies in one row. */
export function bodyOf(entries: readonly Uint8Array[]): Uint8Array {
  if (entries.length === 1) return entries[0] as Uint8Array;
  const body = new Uint8Array(entries.reduce((sum, { length }) => sum + LENGTH + length, 0));
  const view = new DataView(body.buffer);
  let at = 0;
  for (const entry of entries) {
    view.setUint32(at, entry.length, true);
    body.set(entry, at + LENGTH);
    at += LENGTH + entry.length;
  }
  return body;
}

/** The entries of a row; null when it is not the body of so many. */
export function entriesOf({ count, body }: Pick<EntryRow, "count" | "body">): readonly Uint8Array[] | null {
  if (count === 1) return [body];
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at + LENGTH <= body.length && entries.length < count) {
    const end = at + LENGTH + view.getUint32(at, true);
    if (end > body.length) return null;
    entries.push(body.subarray(at + LENGTH, end));
    at = end;
  }
  return entries.length === count && at === body.length ? entries : null;
}

/** The position of a row's last entry. */
export function lastOf({ lsn, count }: Pick<EntryRow, "lsn" | "count">): Lsn {
  return lsn + count - 1;
}

/** A row as the file gives it. */
export function entryRow(row: Readonly<Record<string, SqlValue>>): EntryRow {
  return { lsn: Number(row["lsn"]), count: Number(row["count"]), body: row["body"] as Uint8Array };
}
