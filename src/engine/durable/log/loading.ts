/**
 * What a recovery reads of a log (RECOVERY, RECOVER 2): START, and everything since the last snapshot that this program can
 * read; all of it, when there is none.
 */
import { Fault } from "../../../fault.ts";
import { decodeEntry } from "../../../journal/entry/entry-codec.ts";
import { Blob } from "../../../journal/entry/entry.ts";
import type { Digest, Entry, Lsn, Payload } from "../../../journal/entry/entry.ts";
import type { RunHeader, Store } from "../../../journal/store.ts";
import type { LogPort, RunJournal } from "./log-port.ts";
import { restartIn, sinceRestart, wholeMove } from "../moved-run.ts";
import type { Numbered } from "./recorded.ts";
import { decodeSnapshot } from "./snapshot.ts";
import type { Snapshot } from "./snapshot.ts";

type Logs = Pick<Store, "read" | "blob">;

interface Part {
  readonly entries: readonly Numbered[];
  readonly bytes: number;
}

/** @param ir of the program that is to go on @param isWhole the log is read from its beginning, snapshots or not */
export async function journalOf(
  store: Logs,
  { id, snap }: Pick<RunHeader, "id" | "snap">,
  port: LogPort,
  ir: Digest,
  isWhole: boolean,
): Promise<RunJournal> {
  const found = isWhole ? null : await lastSnapshot(store, id, snap, ir);
  if (found === null) {
    const { entries, bytes } = await readLog(store, id, 1);
    if ((entries[1]?.lsn ?? 2) > 2) throw new Fault("journal-invalid", `What ${id} did first was forgotten`);
    return { port, entries: sinceRestart(entries), bytes };
  }
  const { lsn, state, snapshot } = found;
  const [start, before, { entries, bytes }] = await Promise.all([
    readLog(store, id, 1, 1),
    behind(store, id, snapshot),
    readLog(store, id, snapshot.from),
  ]);
  const all = [...start.entries, ...before, ...entries];
  if ((restartIn(all)?.at ?? 0) > lsn) return await journalOf(store, { id, snap }, port, ir, true);
  return { port, entries: sinceRestart(all), snapshot: { lsn, state }, bytes };
}

/** Durable entries from a position on, with the values beside them. */
export async function readLog(store: Logs, id: string, from: Lsn, most?: number): Promise<Part> {
  const stored = await store.read(id, from, most);
  const entries: Numbered[] = [];
  for (const { lsn, bytes } of stored) entries.push({ lsn, entry: await whole(store, decodeEntry(bytes)) });
  return { entries, bytes: stored.reduce((sum, { bytes }) => sum + bytes.length, 0) };
}

/** What of the log before a snapshot is needed still. */
async function behind(store: Logs, id: string, { carried, unread }: Snapshot): Promise<readonly Numbered[]> {
  const found: Numbered[] = [];
  for (const { lsn, entry } of carried) found.push({ lsn, entry: await whole(store, entry) });
  for (const { from, upto } of unread) {
    const { entries } = await readLog(store, id, from, upto - from + 1);
    found.push(...entries.filter(({ lsn, entry }) => lsn <= upto && entry.kind === "SIG"));
  }
  return found.toSorted((a, b) => a.lsn - b.lsn);
}

interface Found {
  readonly lsn: Lsn;
  readonly state: Uint8Array;
  readonly snapshot: Snapshot;
}

/** Null: there is none that can be used. One of another program is passed over. @throws {Fault} `journal-newer` */
async function lastSnapshot(store: Logs, id: string, last: Lsn, ir: Digest): Promise<Found | null> {
  for (let at = last; at > 0;) {
    const [stored] = await store.read(id, at, 1);
    const entry = stored?.lsn === at ? decodeEntry(stored.bytes) : null;
    if (entry?.kind !== "SNAP") return null;
    const state = entry.state instanceof Blob ? await store.blob(entry.state.digest).catch(() => null) : entry.state;
    if (state === null) return null;
    const snapshot = decodeSnapshot(state);
    if (entry.ir === ir) return { lsn: at, state, snapshot };
    if (snapshot.before >= at) throw new Fault("journal-invalid", `The snapshots of ${id} go round in a circle`);
    at = snapshot.before;
  }
  return null;
}

/** An entry with the value that lies beside it, where a replay may look at that. */
async function whole(store: Logs, entry: Entry): Promise<Entry> {
  switch (entry.kind) {
    case "DONE":
    case "CBRET":
    case "SIG":
      return { ...entry, value: await fetched(store, entry.value) };
    case "REQ":
      return { ...entry, input: await fetched(store, entry.input) };
    case "CALL":
    case "CB":
    case "START":
      return { ...entry, args: await fetched(store, entry.args) };
    case "MIGRATE":
      return await wholeMove(store, entry);
    default:
      return entry;
  }
}

export async function fetched(store: Pick<Store, "blob">, payload: Payload): Promise<Uint8Array> {
  return payload instanceof Blob ? await store.blob(payload.digest) : payload;
}
