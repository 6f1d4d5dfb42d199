/**
 * Records the programs of test/recordings/programs as this version runs them: `node scripts/recordings.ts`, once for each
 * release. Later versions have to play back what it writes (test/recordings/replay.test.ts).
 */
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { beginRun, resumeRun } from "../src/engine/durable/durable-run.ts";
import { loadProgram } from "../src/engine/load/load.node.ts";
import { VirtualClock } from "../src/engine/trial/clock.ts";
import { findTests, testsOf } from "../src/engine/trial/find-tests.node.ts";
import { turn } from "../src/engine/trial/lives.ts";
import { runTest } from "../src/engine/trial/run-test.node.ts";
import { openSqlite } from "../src/journal/sqlite/sqlite-store.node.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const recordings = relative(process.cwd(), join(root, "test/recordings"));
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };

/** What the run in the store is called. */
const SLEEPER = "sleeper";

async function recordTests(): Promise<void> {
  for (const file of await findTests([join(recordings, "programs")])) {
    for (const test of await testsOf(file)) {
      const recording = join("..", version, test.recording ?? "");
      const options = { isolation: undefined, warn: console.error, patience: 60_000, crashes: null, record: true };
      const { misses, failure } = await runTest({ ...test, recording }, options);
      if (failure !== null) throw failure;
      if (misses.length > 0) throw new Error(`${file} is not as expected`);
      console.log(`${version}/${test.recording}`);
    }
  }
}

/** A store with a run that sleeps: its state is a snapshot. */
async function recordStore(): Promise<void> {
  const path = join(recordings, version, "store.db");
  for (const each of [path, `${path}-wal`, `${path}-shm`, `${path}.lock`]) rmSync(each, { force: true });
  const file = "test/recordings/programs/sleeper.sennit"; // a part of the program's digest
  const source = readFileSync(join(root, file), "utf8");
  const request = { file, text: source, functions: {}, wit: undefined, grants: [], warn: console.error };
  const loaded = await loadProgram({ ...request, besideVm: false });
  if (!loaded.ok) throw new Error("the program has mistakes");
  await using program = loaded.program;
  await using store = await openSqlite(path);
  const args = program.params.map(({ fallback }) => fallback);
  const seed = new Uint8Array(32).fill(7);
  const clock = new VirtualClock(Date.UTC(2026, 0));
  const created = clock.now();
  await beginRun(store, program, {
    id: SLEEPER,
    name: file,
    source,
    function: 0,
    args,
    seed,
    grants: [],
    created,
  });
  const ports = { clock, shell: null, fork: null, follow: () => {}, breathe: turn };
  // On to where it waits for its signal, and not to where that has not come in time.
  const passing = setInterval(() => {
    if ((clock.next ?? Infinity) < created + 20_000_000) clock.pass();
  }, 10);
  const options = { grants: { allowsCommand: () => false }, sleepAfter: 10_000_000 };
  const { state } = await resumeRun(store, program, SLEEPER, ports, { ...options, stop: AbortSignal.timeout(20_000) });
  clearInterval(passing);
  if (state !== "asleep") throw new Error(`the run is ${state}`);
  console.log(`${version}/store.db`);
}

mkdirSync(join(recordings, version), { recursive: true });
await recordTests();
await recordStore();
