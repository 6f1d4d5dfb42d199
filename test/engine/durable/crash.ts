/** Runs of a program that are cut off at every commit, and taken up again from what survived. */
import { hash } from "node:crypto";
import { beginRun, resumeRun } from "../../../src/engine/durable/durable-run.ts";
import type { LoadedProgram } from "../../../src/engine/loaded.ts";
import type { RunPorts } from "../../../src/engine/ports.ts";
import type { RunResult } from "../../../src/engine/run-options.ts";
import { ValueBytes } from "../../../src/engine/durable/value-bytes.ts";
import { decodeEntry } from "../../../src/journal/entry-codec.ts";
import { MemoryStore } from "../../../src/journal/memory-store.ts";

export interface Finished {
  readonly result: RunResult;
  /** What a follower of the log has seen: every line once. */
  readonly lines: readonly string[];
  readonly commits: number;
}

const RUN = "run";

export function portsOf(): RunPorts {
  return {
    clock: { now: () => 0, sleep: soon },
    shell: null,
    fork: null,
    follow: () => {},
    breathe: () => new Promise((resolve) => void setImmediate(resolve)),
  };
}

/** Short sleeps are over in their order, long ones never. */
function soon(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (milliseconds < 60_000) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

export interface CrashPlan {
  /** After how many commits each life of the run ends; the last life has no end. */
  readonly lives: readonly number[];
  readonly acknowledgementLost: boolean;
}

/** `program` gives a program whose instances are new: nothing of a life before is left in memory. */
export async function runWithCrashes(program: () => LoadedProgram, plan: CrashPlan): Promise<Finished> {
  let store = new MemoryStore({ hash: sha256, now: () => 0, held: true });
  let commits = 0;
  for (const life of [...plan.lives, Infinity]) {
    const running = oneLife(store, program());
    const ended = running.then(
      (result) => ({ result }),
      (failure: unknown) => ({ failure }),
    );
    const over = new AbortController();
    void ended.then(() => over.abort());
    let done = 0;
    while (!over.signal.aborted && done < life) {
      if (store.release()) done += 1;
      await new Promise((resolve) => void setImmediate(resolve));
    }
    commits += done;
    if (over.signal.aborted) {
      const end = await ended;
      if ("failure" in end) throw end.failure;
      return { result: end.result, lines: await linesOf(store, program()), commits };
    }
    store = store.crash({ acknowledgementLost: plan.acknowledgementLost });
    await ended;
  }
  throw new Error("a run has no end");
}

async function oneLife(store: MemoryStore, program: LoadedProgram): Promise<RunResult> {
  const seed = new Uint8Array(32);
  const run = { id: RUN, name: "test", source: "", function: 0, args: [], seed, grants: [], created: 0 };
  await beginRun(store, program, run);
  return await resumeRun(store, program, RUN, portsOf(), { grants: { allowsCommand: () => false } });
}

async function linesOf(store: MemoryStore, { ir }: LoadedProgram): Promise<readonly string[]> {
  const values = new ValueBytes(ir);
  const entries = (await store.read(RUN, 1)).map(({ bytes }) => decodeEntry(bytes));
  return entries.flatMap((entry) =>
    entry.kind === "OUT" && entry.channel === "print" ? [values.decode(entry.value as Uint8Array) as string] : [],
  );
}

function sha256(bytes: Uint8Array): Uint8Array {
  return hash("sha256", bytes, "buffer");
}
