/** Beginnings of a log, each played back by itself: it leads to all that it says was asked for, and to nothing else. */
import { expect } from "vitest";

import { decodeSnapshot } from "../../../src/engine/durable/snapshot.ts";
import type { Snapshot } from "../../../src/engine/durable/snapshot.ts";
import { ValueBytes } from "../../../src/engine/durable/value-bytes.ts";
import type { LoadedProgram } from "../../../src/engine/loaded.ts";
import { execute } from "../../../src/engine/run.ts";
import { turn } from "../../../src/engine/trial/lives.ts";
import { Fault } from "../../../src/fault.ts";
import { decodeEntry } from "../../../src/journal/entry-codec.ts";
import type { Entry, EntryOf } from "../../../src/journal/entry.ts";
import { MemoryStore } from "../../../src/journal/memory-store.ts";
import type { Ir } from "../../../src/lang/ir/ir.ts";
import { irDigest } from "../../../src/lang/ir/ir-codec.ts";
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

/** Every beginning of the log, or each so-many-th: what it says was asked for is asked for again. */
export async function expectConsequences(program: LoadedProgram, id: string, entries: readonly Entry[], step = 1): Promise<number> {
  let count = 0;
  for (let length = entries.length; length > 0; length -= step) {
    const prefix = entries.slice(0, length);
    const asked = await askedBy(program, id, prefix);
    for (const entry of prefix) {
      if (entry.kind !== "REQ" && entry.kind !== "ARM" && entry.kind !== "CALL") continue;
      if (!entry.eff.startsWith(AT_ONCE)) expect(asked, `${entry.kind} in the first ${length}`).toContain(nameOf(entry));
    }
    count += 1;
  }
  return count;
}

/** A store in which the log of the run ends there, and has no snapshot. */
async function cutStore(entries: readonly Uint8Array[], ir: Ir): Promise<MemoryStore> {
  const store = new MemoryStore({ hash: sha256, now: () => 0 });
  await store.create({ id: RUN, name: "", created: 0, ir: irDigest(ir), queue: "", priority: 0, entries });
  return new MemoryStore({ hash: sha256, now: () => 0, held: true }, store);
}

/**
 * The VM of a run that is taken up where it had written a snapshot, by its log alone, is in the state of that snapshot. Null:
 * it computed there, and was cut off at another instruction.
 */
export async function expectSameState(ir: Ir, log: readonly Uint8Array[], at: number, seed: number): Promise<boolean> {
  const before = stateOf(decodeEntry(log[at] as Uint8Array), log);
  const world = new World({ ir, seed, lives: [], snapshotAfter: 0 }, await cutStore(log.slice(0, at), ir));
  await world.live();
  const now = (await world.logs()).get(RUN)?.slice(at) ?? [];
  const first = now.map(decodeEntry).find(({ kind }) => kind === "SNAP" || kind === "END");
  if (first?.kind !== "SNAP") return false;
  const after = stateOf(first, log);
  if (after.turn !== before.turn) return false;
  expect(Buffer.from(after.vm).equals(Buffer.from(before.vm)), `the state at ${at + 1}`).toBe(true);
  return true;
}

function stateOf(entry: Entry, _: unknown): Snapshot {
  if (entry.kind !== "SNAP" || !(entry.state instanceof Uint8Array)) throw new Error("it is no snapshot that is here");
  return decodeSnapshot(entry.state);
}
