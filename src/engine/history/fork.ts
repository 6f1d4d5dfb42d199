/**
 * A new run that goes on from a step of another one, as if everything up to there had happened to it.
 *
 *   F1  It has the entries of the other up to the end of that step, its program, its arguments and its seed. Its effects keep
 *       their identities (FORK), and what receivers know them by does not: the new run's id is part of that.
 *   F2  What was asked for then and not answered is asked for again, by the new run itself.
 *   F3  No run is made where a guest is in the middle of a call, where a workflow that the other spawned is not over, or
 *       after the end: refused, with the steps where it can be.
 *   F4  The run is made whole or not at all.
 */
import { Fault } from "../../fault.ts";
import { decodeEntry, encodeEntry } from "../../journal/entry/entry-codec.ts";
import type { Entry, Lsn } from "../../journal/entry/entry.ts";
import type { Store } from "../../journal/store.ts";
import { whyNot } from "./history.ts";
import type { Log, Trail } from "./log.ts";
import { fetchBlobs } from "./payloads.ts";
import { Replay } from "./replay.ts";
import type { Readable } from "./typed.ts";
import { endOfStep } from "./variables.ts";

export interface ForkRequest {
  /** The step that is over when it begins. */
  readonly number: Lsn;
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface Forked {
  readonly id: string;
  /** The last entry that both have. */
  readonly at: Lsn;
  /** What it asks for anew (F2). */
  readonly again: readonly string[];
}

/**
 * Makes the run; whoever resumes it drives it.
 *
 * @throws {Fault} `id-taken`, `unknown-step`, `fork-refused` (F3), `no-history`
 */
export async function forkRun(store: Store, log: Log, readable: Readable, request: ForkRequest): Promise<Forked> {
  const { id, now, number } = request;
  if ((await store.header(id)) !== undefined) throw idTaken(id);
  const refused = whyNot(log, readable);
  if (refused !== null) throw new Fault("no-history", `The run ${log.header.id} cannot be forked: ${refused}`);
  const at = endOfStep(log, number);
  refuseEnded(log, at);
  refuseInsideCall(log, at);
  await refuseChildren(log, readable, at);
  const open = new Set([...log.upTo(at).trails.values()].filter(isOpenRequest).map(({ request: asked }) => asked?.lsn));
  const raw = (await store.read(log.header.id, 1, at)).filter(({ lsn }) => lsn <= at);
  const entries = raw.map(({ lsn, bytes }): Entry => {
    const entry = decodeEntry(bytes);
    if (!open.has(lsn) || entry.kind !== "REQ") return entry;
    return { kind: "NOTE", what: "asked-again", at: now, text: `${entry.what} was asked for by ${log.header.id}` };
  });
  entries.push({ kind: "FORK", root: log.root, of: log.header.id, at });
  await makeRun(store, { id, name: log.header.name, created: now, ir: log.header.ir, entries });
  const again = raw.flatMap(({ lsn, bytes }) => {
    const entry = decodeEntry(bytes);
    return open.has(lsn) && entry.kind === "REQ" ? [entry.what] : [];
  });
  return { id, at, again };
}

/** F4. Everything is in one commit. */
async function makeRun(
  store: Store,
  run: { id: string; name: string; created: number; ir: string; entries: readonly Entry[] },
): Promise<void> {
  const blobs = await fetchBlobs(store, run.entries);
  const { id, name, created, ir } = run;
  const made = store.create({ id, name, created, ir, queue: "", priority: 0, entries: run.entries.map(encodeEntry) });
  for (const bytes of blobs.values()) store.keep(id, bytes);
  if (!(await made)) throw idTaken(id);
  await store.close(id);
}

export function idTaken(id: string): Fault {
  return new Fault("id-taken", `The store has a run ${id} already`, { hint: "Choose another one with `--id`" });
}

function refuseEnded({ end, header }: Log, at: Lsn): void {
  if (end === null || end.lsn > at) return;
  throw new Fault("fork-refused", `The run ${header.id} had ended by step ${at}`, {
    hint: `Choose a step before ${end.lsn}`,
  });
}

function refuseInsideCall(log: Log, at: Lsn): void {
  const inside = callsInside(log);
  if (inside[at] === 0) return;
  const open = [...log.trails.values()].find(
    ({ call, done }) => call && call.lsn <= at && (done?.lsn ?? Infinity) > at,
  );
  const steps = [nearest(log, inside, at, -1), nearest(log, inside, at, 1)].filter((lsn) => lsn !== null).join(" or ");
  const fn = open?.call?.entry.function ?? "a guest";
  throw new Fault("fork-refused", `At step ${at}, ${fn} is in the middle of a call`, {
    hint: steps === "" ? "Fork it later" : `Choose ${steps}`,
  });
}

/** By position: how many calls of guests are not over. */
function callsInside(log: Log): Int32Array {
  const changes = new Int32Array(log.last + 2);
  for (const { call, done } of log.trails.values()) {
    if (call === null) continue;
    changes[call.lsn]! += 1;
    changes[Math.max(call.lsn, done?.lsn ?? log.last + 1)]! -= 1;
  }
  for (let lsn = 1; lsn < changes.length; lsn++) changes[lsn]! += changes[lsn - 1]!;
  return changes;
}

function nearest(log: Log, inside: Int32Array, at: Lsn, direction: 1 | -1): Lsn | null {
  const most = Math.min(log.last, (log.end?.lsn ?? Infinity) - 1);
  for (let lsn = at + direction; lsn >= 1 && lsn <= most; lsn += direction) {
    if (inside[lsn] === 0 && endOfStep(log, lsn) === lsn) return lsn;
  }
  return null;
}

/** What children do is recorded in runs of their own, which have one parent. */
async function refuseChildren(log: Log, readable: Readable, at: Lsn): Promise<void> {
  await using replay = new Replay(readable.program, log);
  await replay.play(at);
  const { fibers, pending } = replay.vm.state;
  const isSpawned = [...fibers.values()].some(({ frames }) => frames.some(({ tasks }) => tasks.length > 0));
  const isAwaited = [...pending.values()].some(({ request }) => request.request.kind === "join");
  if (!isSpawned && !isAwaited) return;
  throw new Fault("fork-refused", `At step ${at}, a workflow that ${log.header.id} spawned is not over`, {
    hint: "Choose a step before it is spawned, or after it is awaited",
  });
}

function isOpenRequest({ request, done, abandoned }: Trail): boolean {
  return request !== null && done === null && abandoned === null;
}
