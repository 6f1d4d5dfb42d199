/**
 * Runs that were moved to another version of their program (MIGRATE).
 *
 *   V1  What a run goes on with is what it was moved to last; everything else is as it began.
 *   V2  A snapshot carries the last move, so that nothing before it is read for it.
 */
import { Fault } from "../../fault.ts";
import { decodeEntry, encodeEntry, kindOf } from "../../journal/entry-codec.ts";
import { Blob } from "../../journal/entry.ts";
import type { EntryOf } from "../../journal/entry.ts";
import type { Store } from "../../journal/store.ts";
import type { Numbered } from "./recorded.ts";
import { decodeSnapshot } from "./snapshot.ts";
import { ValueBytes } from "./value-bytes.ts";

type Start = EntryOf<"START">;
type Move = EntryOf<"MIGRATE">;

const DATA: ValueBytes = new ValueBytes(null);

/** V1. @throws {Fault} `journal-invalid` */
export function effectiveStart(entries: readonly Numbered[]): Start {
  const start = entries[0]?.entry;
  if (start?.kind !== "START") throw new Fault("journal-invalid", "The log of a run has no beginning");
  const move = entries.findLast(({ entry }) => entry.kind === "MIGRATE")?.entry;
  return move?.kind === "MIGRATE" ? movedStart(start, move) : start;
}

function movedStart(start: Start, { ir, program, packages, map }: Move): Start {
  const fn = map instanceof Blob ? null : DATA.decode(map);
  if (typeof fn !== "number" || !Number.isSafeInteger(fn) || fn < 0) {
    throw new Fault("journal-invalid", "A move of a run to another program cannot be read");
  }
  return { ...start, ir, program, packages, function: fn };
}

/** `fn` is the number in the new program of the function that the run is of. */
export function moveEntry(to: Pick<Move, "ir" | "program" | "packages">, fn: number): Uint8Array {
  return encodeEntry({ kind: "MIGRATE", ...to, map: DATA.encode(fn) });
}

/** What a run goes on with, without reading all of its log. @throws {Fault} `unknown-run`, `journal-invalid` */
export async function readStart(store: Pick<Store, "read" | "blob" | "header">, id: string): Promise<Start> {
  const [first] = await store.read(id, 1, 1);
  const start = first === undefined ? undefined : decodeEntry(first.bytes);
  if (first === undefined || start?.kind !== "START") {
    throw new Fault("journal-invalid", `The log of ${id} has no beginning`);
  }
  const snap = (await store.header(id))?.snap ?? 0;
  const carried = snap > 0 ? await carriedMove(store, id, snap) : [];
  const later = (await store.read(id, Math.max(2, snap + 1))).flatMap(({ lsn, bytes }) =>
    kindOf(bytes) === "MIGRATE" ? [{ lsn, entry: decodeEntry(bytes) }] : [],
  );
  return effectiveStart([{ lsn: first.lsn, entry: start }, ...carried, ...later]);
}

/** V2 */
async function carriedMove(
  store: Pick<Store, "read" | "blob">,
  id: string,
  snap: number,
): Promise<readonly Numbered[]> {
  const [stored] = await store.read(id, snap, 1);
  const entry = stored === undefined ? null : decodeEntry(stored.bytes);
  if (entry?.kind !== "SNAP") return [];
  const state = entry.state instanceof Blob ? await store.blob(entry.state.digest) : entry.state;
  return decodeSnapshot(state).carried.filter((each) => each.entry.kind === "MIGRATE");
}
