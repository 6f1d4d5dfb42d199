/**
 * Runs that were moved to another version of their program (MIGRATE).
 *
 *   V1  What a run goes on with is what it was moved to last; everything else is as it began. The last move has the
 *       rewritings of those before it, too, as its program has the variables.
 *   V2  A snapshot carries the last move, so that nothing before it is read for it.
 *   V3  A run that began afresh begins with its last new beginning: of what was before, it has what was sent and nobody took.
 *       Its effects are named after a root of their own, so that none is taken for one of before.
 */
import { here } from "./log/payload.ts";
import { Fault } from "../../fault.ts";
import { decodeEntry, kindOf } from "../../journal/entry/entry-codec.ts";
import { Blob } from "../../journal/entry/entry.ts";
import type { Digest, EntryOf, Lsn, Payload } from "../../journal/entry/entry.ts";
import type { Store } from "../../journal/store.ts";
import type { Value } from "../../wit/value.ts";
import type { Numbered } from "./log/recorded.ts";
import { dataOfRewritings, rewritingsOfData, unreadable } from "./rewrites.ts";
import type { Rewriting } from "./rewrites.ts";
import { decodeSnapshot } from "./log/snapshot.ts";
import { ValueBytes } from "./value-bytes.ts";

type Start = EntryOf<"START">;
type Move = EntryOf<"MIGRATE">;
type Kept = Pick<Store, "read" | "blob">;

const DATA: ValueBytes = new ValueBytes(null);

/** A new beginning. */
export interface Restart {
  /** The position of the move that it came with. */
  readonly at: Lsn;
  /** What made the params. */
  readonly by: Digest;
  /** Params, as values of the program: data. */
  readonly args: Uint8Array;
  /** What its effects are named after. */
  readonly root: string;
  /** The latest time in the log before, in milliseconds since the run was created. */
  readonly latest: number;
}

export interface MoveMap {
  /** The number in the new program of the function that the run is of. */
  readonly function: number;
  /** By their positions, the first first. */
  readonly rewritings: readonly Rewriting[];
  readonly restart?: Restart | null | undefined;
}

/** V1. @throws {Fault} `journal-invalid` */
export function effectiveStart(entries: readonly Numbered[]): Start {
  const start = entries[0]?.entry;
  if (start?.kind !== "START") throw new Fault("journal-invalid", "The log of a run has no beginning");
  const move = lastMove(entries);
  if (move === null) return start;
  const { ir, program, packages } = move.entry;
  const { function: fn, restart } = mapOf(move);
  const args = restart?.args ?? start.args;
  return { ...start, ir, program, packages, function: fn, args };
}

/** The last new beginning of a run; null: it goes on from its first. */
export function restartIn(entries: readonly Numbered[]): Restart | null {
  const move = lastMove(entries);
  return move === null ? null : (mapOf(move).restart ?? null);
}

/** V3. What a run plays back of a log, whole or from a snapshot on. */
export function sinceRestart(entries: readonly Numbered[]): readonly Numbered[] {
  const restart = restartIn(entries);
  const [first] = entries;
  if (restart === null || first?.entry.kind !== "START") return entries;
  const before = entries.filter(({ lsn }) => lsn < restart.at);
  const taken = new Set(before.map(({ entry }) => (entry.kind === "DLV" ? entry.signal : 0)));
  const untaken = before.filter(({ lsn, entry }) => entry.kind === "SIG" && !taken.has(lsn));
  const start = { lsn: first.lsn, entry: { ...first.entry, args: restart.args } };
  return [start, ...untaken, ...entries.filter(({ lsn }) => lsn >= restart.at)];
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
  const data = DATA.decode(here(map));
  const [fn, rewritings, restart] = Array.isArray(data) ? (data as readonly Value[]) : [data, []];
  if (typeof fn !== "number" || !Number.isSafeInteger(fn) || fn < 0) throw unreadable();
  return { function: fn, rewritings: rewritingsOfData(rewritings, lsn), restart: restartOfData(restart, lsn) };
}

function restartOfData(data: Value | undefined, own: Lsn): Restart | null {
  if (data === undefined) return null;
  const [at, by, args, root, latest] = Array.isArray(data) ? (data as readonly Value[]) : [];
  const isSound = isCount(at) && isCount(latest) && typeof by === "string" && typeof root === "string";
  if (!isSound || !(args instanceof Uint8Array)) throw unreadable();
  return { at: at === 0 ? own : at, by, args, root, latest };
}

function isCount(value: Value | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** @param put where its bytes go when they are many */
export function moveEntry(
  to: Pick<Move, "ir" | "program" | "packages">,
  { function: fn, rewritings, restart = null }: MoveMap,
  put: (bytes: Uint8Array) => Payload = (bytes) => bytes,
): Move {
  const begins = restart === null ? [] : [[restart.at, restart.by, restart.args, restart.root, restart.latest]];
  const isPlain = rewritings.length === 0 && restart === null;
  const map = isPlain ? fn : [fn, dataOfRewritings(rewritings), ...begins];
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
