/** What a stored run asks of its log, and of the runs that it spawns (`../said/frames.ts`), as the engine answers it. */
import { Broken, type Reader } from "../../../host/remote/frames/reader.ts";
import type { Value } from "../../../wit/value.ts";
import type { ChildStore } from "../../durable/children/child-store.ts";
import type { Perform } from "../effects.ts";
import * as frames from "../said/frames.ts";
import type { Running } from "../running.ts";
import { writeResult } from "./results.ts";
import type { StoredRun } from "./stored-run.ts";
import { readChunk, writeChunk, writeEntries } from "./wire.ts";

/** @throws {Broken} for a run that has no log */
export function storedOf({ stored }: Running): StoredRun {
  if (stored === null) throw new Broken("a run in memory that asks for its log");
  return stored;
}

/** What a question asks for. @param from stands after the number of the run @throws {Broken} @throws {Fault} `malformed` */
export function readStored(kind: number, run: Running, from: Reader): Perform {
  const stored = storedOf(run);
  const perform = performOf(kind, run, stored, from);
  from.close();
  return perform;
}

function performOf(kind: number, run: Running, stored: StoredRun, from: Reader): Perform {
  switch (kind) {
    case frames.LOG_ENTRIES: {
      const [lsn, most] = [from.whole(), from.whole()];
      return async () => {
        const found = await stored.entries(lsn, most);
        return (to) => writeEntries(to, found);
      };
    }
    case frames.LOG_BLOB: {
      const digest = from.text();
      return async () => {
        const bytes = await stored.blob(digest);
        return (to) => writeChunk(to, bytes);
      };
    }
    case frames.LOG_FORGET: {
      const below = from.whole();
      return async () => {
        await stored.forget(below);
        return () => {};
      };
    }
    case frames.CHILD_NEW:
      return spawn(run, stored, from);
    case frames.CHILD_RUN: {
      const children = childrenOf(stored);
      const id = childId(run, from);
      return async (signal) => {
        const result = await children.run(id, signal, run.childStop(id));
        return (to) => writeResult(to, result, stored.values);
      };
    }
    default:
      throw new Broken(`a question of kind ${kind}`);
  }
}

function spawn(run: Running, stored: StoredRun, from: Reader): Perform {
  const children = childrenOf(stored);
  const id = childId(run, from);
  const effect = from.text();
  const fn = from.index(run.program.ir.functions.length);
  const args = stored.values.decode(readChunk(from));
  if (!Array.isArray(args)) throw new Broken("arguments that are no list");
  return async () => {
    await stored.written();
    await children.create(id, effect, fn, args as readonly Value[]);
    return () => {};
  };
}

function childrenOf({ children }: StoredRun): ChildStore {
  if (children === null) throw new Broken("a run that spawns none");
  return children;
}

/** Its own children have its name before theirs. */
function childId({ options }: Running, from: Reader): string {
  const id = from.text();
  if (!id.startsWith(`${options.id}.`) || id.length > options.id.length + 64) throw new Broken(`a spawned run ${id}`);
  return id;
}
