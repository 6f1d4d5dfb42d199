/**
 * Runs that were moved to another version of their program (MIGRATE).
 *
 *   V1  What a run goes on with is what it was moved to last; everything else is as it began. The last move has the
 *       rewritings of those before it, too, as its program has the variables.
 *   V2  A snapshot carries the last move, so that nothing before it is read for it.
 */
import { Fault } from "../../fault.ts";
import { decodeEntry, encodeEntry, kindOf } from "../../journal/entry-codec.ts";
import { Blob } from "../../journal/entry.ts";
import type { EntryOf, Lsn, Payload } from "../../journal/entry.ts";
import type { Store } from "../../journal/store.ts";
import type { Numbered } from "./recorded.ts";
import { dataOfRewritings, rewritingsOfData, unreadable } from "./rewrites.ts";
import type { Rewriting } from "./rewrites.ts";
import { decodeSnapshot } from "./snapshot.ts";
import { ValueBytes } from "./value-bytes.ts";

type Start = EntryOf<"START">;
type Move = EntryOf<"MIGRATE">;
type Kept = Pick<Store, "read" | "blob">;

const DATA: ValueBytes = new ValueBytes(null);

export interface MoveMap {
  /** The number in the new program of the function that the run is of. */
  readonly function: number;
  /** By their positions, the first first. */
  readonly rewritings: readonly Rewriting[];
}

/** V1. @throws {Fault} `journal-invalid` */
export function effectiveStart(entries: readonly Numbered[]): Start {
  const start = entries[0]?.entry;
  if (start?.kind !== "START") throw new Fault("journal-invalid", "The log of a run has no beginning");
  const move = lastMove(entries);
  if (move === null) return start;
  const { ir, program, packages } = move.entry;
  return { ...start, ir, program, packages, function: mapOf(move).function };
}

/** What was rewritten on the way, as the program has it that the run was moved to last. */
export function rewritingsIn(entries: readonly Numbered[]): readonly Rewriting[] {
  const move = lastMove(entries);
  return move === null ? [] : mapOf(move).rewritings;
}

export function lastMove(entries: readonly Numbered[]): { readonly lsn: Lsn; readonly entry: Move } | null {
  const found = entries.findLast(({ entry }) => entry.kind === "MIGRATE");
  return found?.entry.kind === "MIGRATE" ? { lsn: found.lsn, entry: found.entry } : null;
}

/** A move without rewritings is the function's number alone, as older versions wrote it. */
function mapOf({ lsn, entry: { map } }: { readonly lsn: Lsn; readonly entry: Move }): MoveMap {
  if (map instanceof Blob) throw new Fault("blob-missing", `The value ${map.digest} was not fetched`);
  const data = DATA.decode(map);
  const [fn, rewritings] = Array.isArray(data) ? data : [data, []];
  if (typeof fn !== "number" || !Number.isSafeInteger(fn) || fn < 0) throw unreadable();
  return { function: fn, rewritings: rewritingsOfData(rewritings, lsn) };
}

/** @param put where its bytes go when they are many */
export function moveEntry(
  to: Pick<Move, "ir" | "program" | "packages">,
  { function: fn, rewritings }: MoveMap,
  put: (bytes: Uint8Array) => Payload = (bytes) => bytes,
): Move {
  const map = rewritings.length === 0 ? fn : [fn, dataOfRewritings(rewritings)];
  return { kind: "MIGRATE", ...to, map: put(DATA.encode(map)) };
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
  const move = lastMove([...carried, ...later]);
  const moves = move === null ? [] : [{ lsn: move.lsn, entry: await wholeMove(store, move.entry) }];
  return effectiveStart([{ lsn: first.lsn, entry: start }, ...moves]);
}

/** With what lies beside it. */
export async function wholeMove(store: Pick<Store, "blob">, entry: Move): Promise<Move> {
  const { map } = entry;
  return map instanceof Blob ? { ...entry, map: await store.blob(map.digest) } : entry;
}

/** V2 */
async function carriedMove(store: Kept, id: string, snap: number): Promise<readonly Numbered[]> {
  const [stored] = await store.read(id, snap, 1);
  const entry = stored === undefined ? null : decodeEntry(stored.bytes);
  if (entry?.kind !== "SNAP") return [];
  const state = entry.state instanceof Blob ? await store.blob(entry.state.digest) : entry.state;
  return decodeSnapshot(state).carried.filter((each) => each.entry.kind === "MIGRATE");
}
