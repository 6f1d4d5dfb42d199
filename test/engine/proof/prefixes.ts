/** Beginnings of a log, each played back by itself: it leads to all that it says was asked for, and to nothing else. */
import { expect } from "vitest";

import { fetched } from "../../../src/engine/durable/log/loading.ts";
import { decodeSnapshot } from "../../../src/engine/durable/log/snapshot.ts";
import type { Snapshot } from "../../../src/engine/durable/log/snapshot.ts";
import { ValueBytes } from "../../../src/engine/durable/value-bytes.ts";
import type { LoadedProgram } from "../../../src/engine/load/loaded.ts";
import { execute } from "../../../src/engine/loop/run.ts";
import { turn } from "../../../src/engine/trial/lives.ts";
import { Fault } from "../../../src/fault.ts";
import { decodeEntry } from "../../../src/journal/entry/entry-codec.ts";
import type { Entry, EntryOf } from "../../../src/journal/entry/entry.ts";
import { MemoryStore } from "../../../src/journal/memory-store.ts";
import type { Ir } from "../../../src/lang/ir/ir.ts";
import type { Value } from "../../../src/wit/value.ts";
import { sha256 } from "../../journal/stores.ts";
import { VirtualClock } from "../durable/crash.ts";
import { nameOf } from "../durable/history.ts";
import { RUN, World } from "./world.ts";

/** Names of what a program asked for until the log that it was given ended. */
async function askedBy(program: LoadedProgram, id: string, entries: readonly Entry[]): Promise<ReadonlySet<string>> {
  const asked = new Set<string>();
  const start = entries[0] as EntryOf<"START">;
  const args = new ValueBytes(program.ir).decode(start.args as Uint8Array) as readonly Value[];
  const known = entries.flatMap((entry, at) => (entry.kind === "SNAP" ? [] : [{ lsn: at + 1, entry }]));
  let last = entries.length;
  const clock = new VirtualClock();
  const ports = { clock, shell: null, fork: null, follow: () => {}, breathe: turn };
  const hasEnded = new Fault("stopped", "It is live");
  const running = execute(program, start.function, args, ports, {
    id,
    seed: start.seed,
    grants: { allowsCommand: () => false },
    journal: {
      entries: known,
      port: {
        append: (added) => (last += added.length),
        durable: () => entries.length,
        flushed: () => new Promise(() => {}),
        keep: () => "",
        lost: new Promise(() => {}),
        entries: async (from) => known.filter(({ lsn }) => lsn >= from),
        watch: () => ({ [Symbol.dispose]: () => {} }),
      },
    },
    onlooker: {
      asked: ({ id: eff, attempt }) => void asked.add(nameOf({ eff, attempt })),
      live: () => hasEnded,
    },
  });
  await running.catch((why: unknown) => {
    if (why !== hasEnded) throw why;
  });
  return asked;
}

/** Calls that are made at once are named by a count. */
const AT_ONCE = "0".repeat(8);

/**
 * Every beginning of the log, or each so-many-th: what it says was asked for is asked for again. `isComputing`:
 * it computes for long, and what it came to after its last delivery is nothing that is awaited here.
 */
export async function expectConsequences(
  program: LoadedProgram,
  id: string,
  entries: readonly Entry[],
  { step = 1, isComputing = false }: { readonly step?: number; readonly isComputing?: boolean } = {},
): Promise<number> {
  let count = 0;
  for (let length = entries.length; length > 0; length -= step) {
    const prefix = entries.slice(0, length);
    const asked = await askedBy(program, id, prefix);
    const last = isComputing ? prefix.findLastIndex(({ kind }) => kind === "DLV" || kind === "CB") : length;
    for (const entry of prefix.slice(0, Math.max(0, last))) {
      if (entry.kind !== "REQ" && entry.kind !== "ARM" && entry.kind !== "CALL") continue;
      if (!entry.eff.startsWith(AT_ONCE))
        expect(asked, `${entry.kind} in the first ${length}`).toContain(nameOf(entry));
    }
    count += 1;
  }
  return count;
}

/** The same store, but that the log of the run ends there, and that no snapshot is used. */
async function cutStore(store: MemoryStore, after: number): Promise<MemoryStore> {
  const cut = new MemoryStore({ hash: sha256, now: () => 0, held: true }, store);
  await cut.open(RUN);
  await cut.close(RUN);
  await cut.cut(RUN, after);
  return cut;
}

/**
 * The VM of a run that is taken up where it had written a snapshot, by its log alone, is in the state of that snapshot, which
 * stands before a delivery. False: it computed there, and looked up at another instruction.
 */
export async function expectSameState(ir: Ir, store: MemoryStore, at: number, seed: number): Promise<boolean> {
  const log = (await store.read(RUN, 1)).map(({ bytes }) => bytes);
  const before = await stateOf(decodeEntry(log[at] as Uint8Array), store);
  const cut = await cutStore(store, at);
  const world = new World({ ir, seed, lives: [], snapshotAfter: 0 }, cut);
  await world.live();
  const now = (await world.logs()).get(RUN)?.slice(at) ?? [];
  const entries = now.map(decodeEntry);
  const delivered = entries.findIndex(({ kind }) => kind === "DLV" || kind === "CB" || kind === "CANCEL");
  const first = entries.slice(0, delivered < 0 ? undefined : delivered).findLast(({ kind }) => kind === "SNAP");
  if (first === undefined) return false;
  const after = await stateOf(first, world.store);
  if (after.turn !== before.turn) return false;
  expect(Buffer.from(after.vm).equals(Buffer.from(before.vm)), `the state at ${at + 1}`).toBe(true);
  return true;
}

async function stateOf(entry: Entry, store: MemoryStore): Promise<Snapshot> {
  if (entry.kind !== "SNAP") throw new Error("it is no snapshot");
  return decodeSnapshot(await fetched(store, entry.state));
}
