/** Children of a run that run beside it, in its process: nobody else drives them. */
import { Blob } from "../../../journal/entry/entry.ts";
import type { EntryOf } from "../../../journal/entry/entry.ts";
import type { Store } from "../../../journal/store.ts";
import type { Value } from "../../../wit/value.ts";
import type { LoadedProgram } from "../../load/loaded.ts";
import type { RunResult } from "../../loop/run-result.ts";
import type { ChildStore } from "./child-store.ts";
import { fetched, readLog } from "../log/loading.ts";
import { ValueBytes } from "../value-bytes.ts";

export interface Parent {
  readonly store: Store;
  readonly program: LoadedProgram;
  readonly id: string;
  readonly start: EntryOf<"START">;
  readonly now: () => number;
}

/** A run as its parent spawned it. */
export interface SpawnedRun {
  readonly id: string;
  /** For people. */
  readonly name: string;
  readonly source: string;
  readonly function: number;
  readonly args: readonly Value[];
  readonly seed: Uint8Array;
  readonly grants: readonly string[];
  readonly created: number;
  readonly parent: { readonly run: string; readonly effect: string };
}

/** How runs are made and run. */
export interface Runs {
  readonly begin: (run: SpawnedRun) => Promise<unknown>;
  readonly resume: (id: string, signal: AbortSignal, stop: AbortSignal) => Promise<RunResult>;
}

export function childrenHere({ store, program, id: parent, start, now }: Parent, runs: Runs): ChildStore {
  const { seed, grants } = start;
  return {
    create: async (id, effect, fn, args) => {
      await runs.begin({
        id,
        name: program.ir.functions[fn]?.name ?? "",
        source: new TextDecoder().decode(await fetched(store, start.program)),
        function: fn,
        args,
        seed,
        grants,
        created: Math.max(0, Math.floor(now())),
        parent: { run: parent, effect },
      });
    },
    run: async (id, signal, stop) => (await endedOf(store, program, id)) ?? (await runs.resume(id, signal, stop)),
  };
}

/** How a run ended, without playing it back; null when it has not. */
async function endedOf(store: Store, program: LoadedProgram, id: string): Promise<RunResult | null> {
  const header = await store.header(id);
  if (header === undefined) return { state: "cancelled" };
  if (!ENDINGS.has(header.state)) return null;
  const { entries } = await readLog(store, id, header.durable);
  for (const { entry } of entries) {
    if (entry.kind !== "END" || entry.value instanceof Blob) continue;
    if (entry.ending === "cancelled") return { state: "cancelled" };
    const answer = new ValueBytes(program.ir).decodeAnswer(entry.ending === "done", entry.value);
    return answer.kind === "ok" ? { state: "done", value: answer.value } : { state: "failed", error: answer.error };
  }
  return null;
}

/** States of a run that has ended. */
export const ENDINGS: ReadonlySet<string> = new Set(["done", "failed", "cancelled"]);
