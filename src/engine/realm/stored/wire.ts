/** What a stored run is begun with in its worker, and the log's entries, as bytes for both sides. */
import { decodeEntry, encodeEntry } from "../../../journal/entry/entry-codec.ts";
import type { Lsn } from "../../../journal/entry/entry.ts";
import type { HeaderChange } from "../../../journal/store.ts";
import { Broken, type Reader } from "../../../host/remote/frames/reader.ts";
import type { Writer } from "../../../host/remote/frames/writer.ts";
import type { Numbered } from "../../durable/log/recorded.ts";
import type { RunOptions } from "../../loop/run-options.ts";

export interface StoredEntry {
  readonly lsn: Lsn;
  readonly bytes: Uint8Array;
}

/** Structured data for a worker, which trusts it. */
export interface StoredStart extends Pick<RunOptions, "sleep" | "keep" | "snapshotAfter" | "rebuildDeadline"> {
  readonly entries: readonly StoredEntry[];
  readonly snapshot: { readonly lsn: Lsn; readonly state: Uint8Array } | null;
  /** Of the log since then. */
  readonly bytes: number | null;
  /** The last position, durable or not, and how far it is. */
  readonly last: Lsn;
  readonly durable: Lsn;
  readonly hasChildren: boolean;
  readonly forgets: boolean;
}

export function entriesOf(numbered: readonly Numbered[]): readonly StoredEntry[] {
  return numbered.map(({ lsn, entry }) => ({ lsn, bytes: encodeEntry(entry) }));
}

export function numbered(entries: readonly StoredEntry[]): readonly Numbered[] {
  return entries.map(({ lsn, bytes }) => ({ lsn, entry: decodeEntry(bytes) }));
}

export function writeEntries(to: Writer, entries: readonly StoredEntry[]): void {
  to.u32(entries.length);
  for (const { lsn, bytes } of entries) {
    to.f64(lsn);
    writeChunk(to, bytes);
  }
}

export function readEntries(from: Reader): readonly StoredEntry[] {
  return Array.from({ length: from.u32() }, () => ({ lsn: from.whole(), bytes: readChunk(from) }));
}

/** What is appended at once. @param first the position that the worker takes it to have */
export interface Appended {
  readonly first: Lsn;
  readonly entries: readonly Uint8Array[];
  readonly change: HeaderChange | undefined;
}

const STATES: readonly unknown[] = ["running", "waiting"];
/** Entries that a run says at once. */
const MOST_ENTRIES = 4096;

export function writeAppended(to: Writer, { first, entries, change = {} }: Appended): void {
  to.f64(first);
  to.u32(entries.length);
  for (const bytes of entries) writeChunk(to, bytes);
  to.u32(change.state === undefined ? 0 : 1 + STATES.indexOf(change.state));
  to.u32(change.wake === undefined ? 0 : change.wake === null ? 1 : 2);
  to.f64(change.wake ?? 0);
  to.f64(change.snap ?? 0);
}

/** @throws {Broken} for what no run may say of itself, too */
export function readAppended(from: Reader): Appended {
  const first = from.whole();
  const entries = Array.from({ length: from.index(MOST_ENTRIES + 1) }, () => readChunk(from));
  const state = from.index(STATES.length + 1);
  const [wakes, wake, snap] = [from.index(3), from.f64(), from.whole()];
  from.close();
  if (!Number.isFinite(wake) || wake < 0) throw new Broken(`a run that wakes at ${wake}`);
  const change: HeaderChange = {
    ...(state === 0 ? {} : { state: state === 1 ? "running" : "waiting" }),
    ...(wakes === 0 ? {} : { wake: wakes === 1 ? null : wake }),
    ...(snap === 0 ? {} : { snap }),
  };
  return { first, entries, change: Object.keys(change).length === 0 ? undefined : change };
}

export function writeChunk(to: Writer, bytes: Uint8Array): void {
  to.u32(bytes.length);
  to.raw(bytes);
}

export function readChunk(from: Reader): Uint8Array<ArrayBuffer> {
  return from.raw(from.u32());
}
