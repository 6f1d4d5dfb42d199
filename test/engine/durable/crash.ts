/** Runs of a program that are cut off at every commit, and taken up again from what survived. */
import { hash } from "node:crypto";

import { expect } from "vitest";

import { beginRun, resumeRun } from "../../../src/engine/durable/durable-run.ts";
import type { ResumeOptions, Taken } from "../../../src/engine/durable/durable-run.ts";
import { sendSignal } from "../../../src/engine/durable/effects/send.ts";
import { VirtualClock } from "../../../src/engine/trial/clock.ts";
import type { AnyValue } from "../../../src/wit/any.ts";
import type { LoadedProgram } from "../../../src/engine/load/loaded.ts";
import type { Clock, RunPorts } from "../../../src/engine/platform/ports.ts";
import type { RunResult } from "../../../src/engine/loop/run-options.ts";
import { ValueBytes } from "../../../src/engine/durable/value-bytes.ts";
import { decodeEntry } from "../../../src/journal/entry/entry-codec.ts";
import { MemoryStore } from "../../../src/journal/memory-store.ts";

export interface Finished {
  readonly result: RunResult;
  /** What a follower of the log has seen: every line once. */
  readonly lines: readonly string[];
  readonly commits: number;
  readonly store: MemoryStore;
}

const RUN = "run";

export { VirtualClock };

/** Time that passes by itself: whoever sleeps is woken in the order of the times, a few turns later. */
export class PassingClock extends VirtualClock {
  override sleep: Clock["sleep"] = async (milliseconds, signal) => {
    const over = this.wait(milliseconds, signal);
    for (let turns = 0; turns < 4; turns++) await turn();
    this.pass();
    await over;
  };
}

export function portsOf(clock: Clock = new PassingClock()): RunPorts {
  return {
    clock,
    shell: null,
    fork: null,
    follow: () => {},
    breathe: turn,
    webhook: (token) => `http://127.0.0.1/hooks/${token}`,
  };
}

function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

export interface CrashPlan {
  /** After how many commits each life of the run ends; the last life has no end. */
  readonly lives: readonly number[];
  /** How many of the entries that were not acknowledged are there all the same. */
  readonly survives: number;
  /** After how many commits of all lives somebody asks for the run to be cancelled. */
  readonly cancelAt?: number;
  /** When snapshots are written, and when the run is put to sleep: as `resumeRun` takes it. */
  readonly snapshotAfter?: number | undefined;
  readonly sleepAfter?: number | undefined;
  /** What is sent to the run, and after how many commits, or when nothing else happens: again in every life until it was acknowledged. */
  readonly signals?: readonly { readonly at: number; readonly name: string; readonly value: AnyValue }[];
}

/**
 * `program` gives a program whose instances are new: nothing of a life before is left in memory. What was durable of the
 * run's output when a life ended stays as it was.
 */
export async function runWithCrashes(program: () => LoadedProgram, plan: CrashPlan): Promise<Finished> {
  let store = new MemoryStore({ hash: sha256, now: () => 0, held: true });
  const clock = new VirtualClock();
  let commits = 0;
  let shown: readonly string[] = [];
  const acknowledged = new Set<unknown>();
  for (const life of [...plan.lives, Infinity]) {
    const cancel = new AbortController();
    const running = oneLife(store, program, clock, cancel.signal, plan);
    const ended = running.then(
      (result) => ({ result }),
      (failure: unknown) => ({ failure }),
    );
    const over = new AbortController();
    void ended.then(() => over.abort());
    let done = 0;
    const sent = new Set<unknown>(acknowledged);
    for (let idle = 0; !over.signal.aborted && done < life; idle++) {
      if (commits + done >= (plan.cancelAt ?? Infinity)) cancel.abort();
      for (const signal of plan.signals ?? []) {
        // One after another: what is sent at once may come in any order.
        if (
          sent.size > acknowledged.size ||
          sent.has(signal) ||
          commits + done < 1 ||
          (commits + done < signal.at && idle < 30)
        )
          continue;
        sent.add(signal);
        const { name, value } = signal;
        const sending = sendSignal(store, RUN, { name, value, sender: JSON.stringify(signal) });
        sending.then(
          () => acknowledged.add(signal),
          () => {}, // the store was lost
        );
      }
      if (store.release()) [done, idle] = [done + 1, 0];
      else if (idle > 4) clock.pass();
      await turn();
    }
    commits += done;
    if (over.signal.aborted) {
      const end = await ended;
      if ("failure" in end) throw end.failure;
      const lines = await linesOf(store, program());
      expect(lines.slice(0, shown.length)).toEqual(shown);
      return { result: end.result, lines, commits, store };
    }
    clock.forget();
    store = store.crash({ survives: plan.survives });
    await ended;
    const lines = await linesOf(store, program());
    expect(lines.slice(0, shown.length)).toEqual(shown);
    shown = lines;
  }
  throw new Error("a run has no end");
}

/** As long as its process lives, whoever drives a run takes it up when it has slept. */
async function oneLife(
  store: MemoryStore,
  program: () => LoadedProgram,
  clock: Clock,
  signal: AbortSignal,
  { snapshotAfter, sleepAfter }: Pick<CrashPlan, "snapshotAfter" | "sleepAfter">,
): Promise<RunResult> {
  const seed = new Uint8Array(32);
  const run = { id: RUN, name: "test", source: "", function: 0, args: [], seed, grants: [], created: 0 };
  const own = program();
  await beginRun(store, own, run);
  const options = {
    grants: { allowsCommand: () => false },
    signal,
    force: true, // these lives end when the test says so
    ...(snapshotAfter === undefined ? {} : { snapshotAfter }),
  };
  for (;;) {
    const sleeping: ResumeOptions = sleepAfter === undefined ? options : { ...options, sleepAfter };
    const taken: Taken = await resumeRun(store, own, RUN, portsOf(clock), sleeping);
    if (taken.state !== "asleep") return taken;
    await called(store, taken.wake, clock, signal);
  }
}

/** Resolves when it is time, or something came for it. */
async function called(store: MemoryStore, wake: number | null, clock: Clock, cancel: AbortSignal): Promise<void> {
  const over = new AbortController();
  const { promise, resolve } = Promise.withResolvers<void>();
  using watching = store.watch(() => resolve());
  void watching;
  const header = await store.header(RUN);
  if (header !== undefined && header.durable > header.snap) return;
  cancel.addEventListener("abort", () => resolve(), { once: true });
  const due = wake === null ? promise : clock.sleep(wake - clock.now(), over.signal);
  await Promise.race([promise, due, store.lost]);
  over.abort();
}

async function linesOf(store: MemoryStore, { ir }: LoadedProgram): Promise<readonly string[]> {
  const values = new ValueBytes(ir);
  if ((await store.header(RUN)) === undefined) return [];
  const entries = (await store.read(RUN, 1)).map(({ bytes }) => decodeEntry(bytes));
  return entries.flatMap((entry) =>
    entry.kind === "OUT" && entry.channel === "print" ? [values.decode(entry.value as Uint8Array) as string] : [],
  );
}

function sha256(bytes: Uint8Array): Uint8Array {
  return hash("sha256", bytes, "buffer");
}
