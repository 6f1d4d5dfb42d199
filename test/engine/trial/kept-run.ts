/** Runs in a store in a test's hands: begun with one version of a program, and taken up with any. */
import { hash } from "node:crypto";
import { afterEach } from "vitest";
import { beginRun, resumeRun } from "../../../src/engine/durable/durable-run.ts";
import { loadProgram } from "../../../src/engine/load/load.node.ts";
import type { LoadedProgram } from "../../../src/engine/load/loaded.ts";
import type { Readable } from "../../../src/engine/history/typed.ts";
import type { RunPorts } from "../../../src/engine/platform/ports.ts";
import type { RunResult } from "../../../src/engine/loop/run-options.ts";
import { Activity } from "../../../src/engine/trial/activity.ts";
import { VirtualClock } from "../../../src/engine/trial/clock.ts";
import { live, turn } from "../../../src/engine/trial/lives.ts";
import { MemoryStore } from "../../../src/journal/memory-store.ts";
import { Fault } from "../../../src/fault.ts";

const opened: LoadedProgram[] = [];
afterEach(async () => {
  for (const program of opened.splice(0)) await program[Symbol.asyncDispose]();
});

export async function programOf(text: string): Promise<LoadedProgram> {
  return (await readableOf(text)).program;
}

/** With the names of its variables. */
export async function readableOf(text: string): Promise<Readable> {
  const loaded = await loadProgram({
    file: "flow.sennit",
    text,
    grants: [],
    warn: () => {},
  });
  if (!loaded.ok) throw new Error(loaded.diagnostics.map(({ title }) => title).join("\n"));
  opened.push(loaded.program);
  return loaded;
}

export interface Kept {
  readonly store: MemoryStore;
  readonly clock: VirtualClock;
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return hash("sha256", bytes, "buffer");
}

/** Commits whatever waits for it, until the work is done. */
export async function committed<T>(store: MemoryStore, work: Promise<T>): Promise<T> {
  let isOver = false;
  const over = (): void => void (isOver = true);
  work.then(over, over);
  while (!isOver) {
    store.release();
    await turn();
  }
  return await work;
}

/** Runs until nothing is left but what nobody sends, and leaves it there. */
export async function begun(text: string): Promise<Kept> {
  const program = await programOf(text);
  const store = new MemoryStore({ hash: sha256, now: () => 0, held: true });
  const run = { id: "r", name: "flow.sennit", source: text, function: 0, args: [], grants: [], created: 0 };
  await committed(store, beginRun(store, program, { ...run, seed: new Uint8Array(32) }));
  const kept = { store, clock: new VirtualClock() };
  await atRest(kept, text);
  return kept;
}

/** Turns in which nothing happens, after which a run of a text alone waits for what nobody sends. */
const QUIET = 12;

/** Goes on until nothing is left but what nobody sends; time passes. */
export async function atRest({ store, clock }: Kept, text: string): Promise<void> {
  const program = await programOf(text);
  const stop = new AbortController();
  const options = { grants: { allowsCommand: () => false }, stop: stop.signal };
  const running = resumeRun(store, program, "r", portsOf(clock), options).then(
    () => null,
    (failure: unknown) => failure,
  );
  let isOver = false;
  void running.then(() => (isOver = true));
  for (let quiet = 0; !isOver; quiet++) {
    if (store.release()) quiet = 0;
    if (quiet > QUIET && clock.next !== null) {
      clock.pass();
      quiet = 0;
    } else if (quiet > QUIET) stop.abort();
    await turn();
  }
  const failure = await running;
  if (failure instanceof Fault && failure.code === "stopped") return;
  if (failure !== null) throw failure;
}

export function portsOf(clock: VirtualClock): RunPorts {
  return { clock, shell: null, fork: null, follow: () => {}, breathe: turn };
}

export async function goOn({ store, clock }: Kept, text: string): Promise<RunResult> {
  const program = await programOf(text);
  const ports = portsOf(clock);
  const grants = { allowsCommand: () => false };
  const lived = await live(
    {
      clock,
      activity: new Activity(),
      live: (owned, { cancel, stop }) => resumeRun(owned, program, "r", ports, { grants, signal: cancel, stop }),
      coming: [],
      cancelAt: null,
      died: async () => {},
      patience: 10_000,
    },
    store,
    { after: [], survives: 0 },
  );
  return lived.result;
}
