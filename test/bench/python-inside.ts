/**
 * Calls into Python within its own thread: what a caller pays that lives beside Python, without the hop between threads.
 * The host has no such caller yet; this one puts the host's own codec and the worker's interpreter in one worker. Then the
 * hop, shared by many calls.
 */
import { Worker } from "node:worker_threads";

import type { Manifest } from "../../src/host/manifest.ts";
import type { Instance } from "../../src/host/plugin.ts";
import { pythonCode } from "../../src/host/python/code.ts";
import { Names } from "../../src/host/python/names.ts";
import { pythonPlugin } from "../../src/host/python/plugin.node.ts";
import { pythonRuntime } from "../../src/host/python/runtime.node.ts";
import { worldFromText } from "../../src/host/wit-source.ts";
import { functionsOf, type WitFunction } from "../../src/wit/types.ts";
import type { Value } from "../../src/wit/value.ts";
import { plainOptions } from "../conformance/options.ts";
import { refuseWrongAnswer, type Plan, type Timing } from "./measure.ts";
import type { Case, Report } from "./report.ts";

export interface InsideTask {
  readonly base: string;
  readonly module: object;
  readonly stdlib: Uint8Array;
  readonly lockInfo: unknown;
  readonly files: readonly (readonly [path: string, text: string])[];
  readonly boot: string;
  readonly calls: readonly InsideCall[];
  readonly plan: Plan;
}

export interface InsideCall {
  readonly fn: WitFunction;
  /** The function's number in the guest's table. */
  readonly number: number;
  readonly args: readonly Value[];
}

export type InsideAnswer =
  | { readonly calls: readonly { readonly answer: unknown; readonly timing: Timing }[] }
  | { readonly failed: string };

const WIT = `package bench:inside;
world inside {
  record named { x: f64, id: u32, name: string }
  export add: func(a: u32, b: u32) -> u32;
  export echo-floats: func(all: list<f64>) -> list<f64>;
  export echo-named: func(all: list<named>) -> list<named>;
  export length: func(all: list<u8>) -> u32;
}`;

const APP = `class WitWorld:
    def add(self, a, b):
        return (a + b) & 0xffffffff

    def echo_floats(self, all):
        return all

    def echo_named(self, all):
        return all

    def length(self, all):
        return len(all)
`;

const FLOATS = Float64Array.from({ length: 1_000 }, (_, at) => at / 3);
const RECORDS = Array.from({ length: 100 }, (_, at) => [at / 3, at, `particle ${at}`]);

const CASES = [
  { name: "add", args: [2, 3], expected: 5, what: "add(u32, u32)", goal: 2.5e-6 },
  { name: "echo-floats", args: [FLOATS], expected: FLOATS, what: "1,000 floats there and back", goal: 70e-6 },
  { name: "echo-named", args: [RECORDS], expected: RECORDS, what: "100 records there and back", goal: 90e-6 },
  { name: "length", args: [new Uint8Array(1e6).fill(7)], expected: 1e6, what: "1 MB of bytes in", goal: 60e-6 },
] as const;

export async function benchPythonInside(report: Report, group: string): Promise<void> {
  const rows = CASES.map(({ what, goal }) => ({
    group,
    what: `Python, inside its worker: ${what}`,
    excludes: "the hop between threads; a call that waits; other peers",
    goal,
  }));
  const answer = await inside(report.plan).catch((why: unknown): InsideAnswer => ({ failed: String(why) }));
  for (const [at, row] of rows.entries()) {
    const found = "failed" in answer ? undefined : answer.calls[at];
    if (found === undefined) {
      report.missing(row, "failed" in answer ? answer.failed : "there is no figure");
      continue;
    }
    refuseWrongAnswer(row.what, found.answer, CASES[at]?.expected);
    report.add({ ...row, unit: "s", figures: { sennit: found.timing } });
  }
  await benchMany(report, group);
}

/** The hop, shared by a thousand calls. */
async function benchMany(report: Report, group: string): Promise<void> {
  const manifest: Manifest = {
    name: "bench:inside",
    version: "1.0.0",
    language: "python",
    wit: "world.wit",
    source: "app.py",
    wants: [],
    limits: {},
    stateless: false,
    overlap: false,
    onFailure: "lost",
    effects: {},
  };
  const files = new Map(Object.entries({ "app.py": APP, "world.wit": WIT }));
  const read = (path: string): Promise<Uint8Array> => Promise.resolve(new TextEncoder().encode(files.get(path) ?? ""));
  const list = (): Promise<string[]> => Promise.resolve([...files.keys()]);
  await using plugin = await pythonPlugin({ manifest, place: "memory", read, list }, {});
  await using python = await plugin.instantiate(plainOptions());
  await report.measure(thousand(group, "one callMany", (calls) => callMany(python, calls)));
  await report.measure(thousand(group, "calls that wait at the same moment", (calls) => queued(python, calls)));
  await report.measure(thousand(group, "one after the other", (calls) => oneByOne(python, calls)));
}

type Many = (calls: readonly (readonly Value[])[]) => Promise<Value>;

function thousand(group: string, way: string, run: Many): Case {
  const calls = Array.from({ length: 1_000 }, (_, at) => [at, 1]);
  return {
    group,
    what: `Python, seen from the host: 1,000 of add, by ${way}: per call`,
    excludes: "a call that waits",
    per: 1_000,
    expected: 1_000,
    contenders: [{ by: "sennit", run: () => run(calls) }],
  };
}

async function callMany(python: Instance, calls: readonly (readonly Value[])[]): Promise<Value> {
  const answers = await python.callMany?.("add", calls, { untilErr: false, stop: new AbortController().signal });
  const last = answers?.at(-1);
  return last !== undefined && "value" in last ? last.value : null;
}

async function queued(python: Instance, calls: readonly (readonly Value[])[]): Promise<Value> {
  const answers = await Promise.all(calls.map(async (args) => python.call("add", args)));
  return answers.at(-1) ?? null;
}

async function oneByOne(python: Instance, calls: readonly (readonly Value[])[]): Promise<Value> {
  let last: Value = null;
  for (const args of calls) last = await python.call("add", args);
  return last;
}

async function inside(plan: Plan): Promise<InsideAnswer> {
  const worker = new Worker(new URL("./python-inside-worker.ts", import.meta.url), {
    workerData: await task(plan),
    env: {},
    execArgv: [],
    stdout: true,
    stderr: true,
  });
  try {
    return await new Promise<InsideAnswer>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
      worker.once("exit", () => reject(new Error("its worker ended without an answer")));
    });
  } finally {
    await worker.terminate();
  }
}

async function task(plan: Plan): Promise<InsideTask> {
  const runtime = await pythonRuntime();
  const world = await worldFromText(WIT);
  const code = pythonCode("bench", world, new Names(world), runtime.guest, new Map([["app.py", APP]]), "app");
  const exported = [...functionsOf(world.exports)];
  const calls = CASES.map(({ name, args }) => {
    const at = exported.findIndex(([key]) => key === name);
    const fn = exported[at]?.[1];
    if (fn === undefined) throw new Error(`there is no function ${name}`);
    return { fn, number: at + 1, args };
  });
  const { base, module, stdlib, lockInfo } = runtime;
  return { base, module, stdlib, lockInfo, files: code.files, boot: code.boot, calls, plan };
}
