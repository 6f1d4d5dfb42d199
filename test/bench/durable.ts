/**
 * Durable runs: steps with a durable result beside DBOS on PostgreSQL and Restate's server, recovery by the length of the
 * history, and what a run weighs. Everybody's disk is the same, and everybody's commits reach it.
 */
import { randomBytes } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";

import { beginRun, resumeRun } from "../../src/engine/durable/durable-run.ts";
import { sendSignal } from "../../src/engine/durable/effects/send.ts";
import { loadProgram } from "../../src/engine/load/load.node.ts";
import type { LoadedProgram } from "../../src/engine/load/loaded.ts";
import type { HostFunction } from "../../src/engine/load/packages.node.ts";
import { ProgramRefused } from "../../src/engine/embedding/refused.ts";
import { nodePorts } from "../../src/engine/platform/ports.node.ts";
import { openSqlite } from "../../src/journal/sqlite/sqlite-store.node.ts";
import type { Store } from "../../src/journal/store.ts";
import type { Value } from "../../src/wit/value.ts";
import { temporaryFolder } from "../host/temporary.ts";
import { benchLiving } from "./durable-living.ts";
import { refuseWrongAnswer, spread, type Timing } from "./measure.ts";
import { PEER_INSTALL, startPeer, type PeerProcess } from "./peers/start.ts";
import type { Done, Round } from "./peers/child.ts";
import type { Peer, Report } from "./report.ts";

const group = "Durable runs";

/** One step: something happens outside, once, and its result is durable before the next begins. */
const STEPS = `require step; param steps: Int;
total = 0; i = 0; while (i < steps) { total = total + step(i); i = i + 1; } total;`;

export async function benchDurable(report: Report): Promise<void> {
  await using folder = await temporaryFolder();
  await benchSteps(report, folder.path);
  await benchRecorded(report, folder.path);
  await benchRecovery(report, folder.path);
  await benchLiving(report);
}

/** A program in a store, as the command line has it: one process, one SQLite file. */
class Stored implements AsyncDisposable {
  readonly #store: Store;
  readonly #program: LoadedProgram;
  readonly #folder: string;
  readonly #source: string;

  private constructor(store: Store, program: LoadedProgram, folder: string, source: string) {
    this.#store = store;
    this.#program = program;
    this.#folder = folder;
    this.#source = source;
  }

  static async open(path: string, source: string, functions: Readonly<Record<string, HostFunction>>): Promise<Stored> {
    const store = await openSqlite(path);
    const request = { file: join(path, "..", "bench.sennit"), text: source, functions, wit: undefined, grants: [] };
    const loaded = await loadProgram({ ...request, besideVm: false, warn: () => {} });
    if (!loaded.ok) throw new ProgramRefused(loaded.diagnostics);
    return new Stored(store, loaded.program, join(path, ".."), source);
  }

  async begin(args: readonly Value[]): Promise<string> {
    const id = randomBytes(8).toString("hex");
    const rest = { name: "bench", source: this.#source, function: 0, grants: [], created: Date.now() };
    await beginRun(this.#store, this.#program, { id, args, seed: randomBytes(32), ...rest });
    return id;
  }

  async resume(id: string, stop?: AbortSignal): Promise<number> {
    const ports = nodePorts(this.#folder, null, () => {});
    const options = { grants: { allowsCommand: () => false }, ...(stop === undefined ? {} : { stop }) };
    const result = await resumeRun(this.#store, this.#program, id, ports, options);
    if (result.state !== "done") throw new Error(`the run ended as ${result.state}`);
    return Number(result.value);
  }

  async signal(id: string): Promise<void> {
    await sendSignal(this.#store, id, { name: "go", value: null, sender: id });
  }

  async run(args: readonly Value[]): Promise<number> {
    return await this.resume(await this.begin(args));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
    await this.#store[Symbol.asyncDispose]();
  }
}

type Contender = { readonly by: Peer; readonly round: (round: Round) => Promise<Done> };

/** All take turns; a peer that is not installed is a row of its own that says so. */
async function benchSteps(report: Report, folder: string): Promise<void> {
  await using stored = await Stored.open(join(folder, "steps.db"), STEPS, { step: (n: number) => n });
  await using peers = new AsyncDisposableStack();
  const own: Contender = { by: "sennit", round: (round) => ownRound(stored, round) };
  const others = report.quick ? [] : await started(report, peers);
  const contenders = [own, ...others];
  for (const [runs, steps, goal] of report.quick
    ? ([[2, 3, 4]] as const)
    : ([
        [1, 200, 4],
        [64, 50, 5],
      ] as const)) {
    const rates = new Map<Peer, number[]>(contenders.map(({ by }) => [by, []]));
    for (let at = 0; at < (report.quick ? 1 : 8); at++) {
      for (const { by, round } of contenders) {
        const { sum, seconds } = await round({ runs, steps });
        refuseWrongAnswer(by, sum, (runs * steps * (steps - 1)) / 2);
        if (at > 0 || report.quick) rates.get(by)?.push((runs * steps) / seconds);
      }
    }
    const figures = Object.fromEntries([...rates].map(([by, found]) => [by, spread(found)])) as Partial<
      Record<Peer, Timing>
    >;
    const best = Math.max(0, ...others.map(({ by }) => figures[by]?.median ?? 0));
    const name = runs === 1 ? "1 run" : `${runs} runs at once`;
    const excludes =
      "what a step does; a network between the run and its store, power that fails, a disk that flushes slower";
    report.add({
      group,
      what: `steps with a durable result, ${name}`,
      excludes,
      unit: "/s",
      figures,
      ...(best === 0 ? {} : { goal: goal * best }),
    });
  }
}

async function started(report: Report, stack: AsyncDisposableStack): Promise<readonly Contender[]> {
  const found: Contender[] = [];
  for (const by of ["dbos", "restate"] as const) {
    try {
      const peer: PeerProcess = stack.use(await startPeer(by));
      found.push({ by, round: peer.round });
    } catch (why) {
      report.missing({ group, what: `steps beside ${by}`, excludes: "everything" }, `${String(why)}; ${PEER_INSTALL}`);
    }
  }
  return found;
}

async function ownRound(stored: Stored, { runs, steps }: Round): Promise<Done> {
  const begin = process.hrtime.bigint();
  const values = await Promise.all(Array.from({ length: runs }, () => stored.run([steps])));
  return { sum: values.reduce((sum, each) => sum + each, 0), seconds: Number(process.hrtime.bigint() - begin) / 1e9 };
}

/** Steps that nothing outside depends on: recorded, and nobody waits for the disk. */
async function benchRecorded(report: Report, folder: string): Promise<void> {
  const steps = report.quick ? 10 : 100_000;
  const path = join(folder, "recorded.db");
  await using stored = await Stored.open(
    path,
    "param steps: Int; i = 0; while (i < steps) { now(); i = i + 1; } i;",
    {},
  );
  const rates: number[] = [];
  for (let at = 0; at < (report.quick ? 1 : 5); at++) {
    const begin = process.hrtime.bigint();
    refuseWrongAnswer("recorded steps", await stored.run([steps]), steps);
    rates.push(steps / (Number(process.hrtime.bigint() - begin) / 1e9));
  }
  const excludes =
    "the commit of the last of them, which the end of the run waits for, is in it; compression there is none";
  report.add({
    group,
    what: "recorded steps that wait for no disk (`now()`), 1 run",
    excludes,
    unit: "/s",
    goal: 100_000,
    figures: { sennit: spread(rates) },
  });
  const bytes =
    ((await stat(path)).size + (await stat(`${path}-wal`).catch(() => ({ size: 0 }))).size) / (steps * rates.length);
  report.add({
    group,
    what: "bytes in the store per recorded step",
    excludes: "values larger than a number",
    unit: "B",
    figures: { sennit: { median: bytes, low: bytes, high: bytes } },
  });
}

/** A run with so many steps behind it, cut off and taken up in a process that is warm. */
async function benchRecovery(report: Report, folder: string): Promise<void> {
  for (const steps of report.quick ? [10] : [100, 1000, 10_000, 100_000]) {
    const times: number[] = [];
    for (let at = 0; at < (report.quick ? 1 : 3); at++)
      times.push(await recovery(join(folder, `recovery-${steps}-${at}.db`), steps));
    const what = `from the store to the first live effect, ${steps} steps behind`;
    report.add({
      group,
      what,
      excludes: "the start of the process, opening the program and its packages; plugin state",
      unit: "s",
      goal: 0.1,
      figures: { sennit: spread(times) },
    });
  }
}

async function recovery(path: string, steps: number): Promise<number> {
  const stop = new AbortController();
  let [begin, found] = [0n, 0];
  const functions = {
    far: () => void setTimeout(() => stop.abort(), 20), // when it waits
    last: () => void (found = Number(process.hrtime.bigint() - begin) / 1e9),
  };
  const source = `require far; require last; param steps: Int;
    i = 0; while (i < steps) { now(); i = i + 1; } far(); wait signal("go"); last(); i;`;
  await using stored = await Stored.open(path, source, functions);
  const id = await stored.begin([steps]);
  await stored.resume(id, stop.signal).catch(() => {}); // stopped, as it is meant to be
  await stored.signal(id);
  begin = process.hrtime.bigint();
  refuseWrongAnswer("a recovered run", await stored.resume(id), steps);
  return found;
}
