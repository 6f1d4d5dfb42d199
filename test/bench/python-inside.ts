/**
 * A call into Python within its own thread: what a caller pays that lives beside Python, without the hop between threads.
 * The host has no such caller yet; this one puts the host's own codec, frames and serving code in one worker.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Worker } from "node:worker_threads";

import { pythonCode } from "../../src/host/python/code.ts";
import { Names } from "../../src/host/python/names.ts";
import { pythonRuntime } from "../../src/host/python/runtime.node.ts";
import { worldFromText } from "../../src/host/wit-source.ts";
import { functionsOf, type WitFunction } from "../../src/wit/types.ts";
import { refuseWrongAnswer, type Plan, type Timing } from "./measure.ts";
import type { Case, Report } from "./report.ts";
import { samplePlace } from "./subjects.ts";

export interface InsideTask {
  readonly base: string;
  readonly module: object;
  readonly stdlib: Uint8Array;
  readonly lockInfo: unknown;
  readonly files: readonly (readonly [path: string, text: string])[];
  readonly boot: string;
  readonly fn: WitFunction;
  /** The function's number in the guest's table. */
  readonly number: number;
  readonly args: readonly number[];
  readonly plan: Plan;
}

export type InsideAnswer = { readonly answer: unknown; readonly timing: Timing } | { readonly failed: string };

export async function benchPythonInside(report: Report, group: string): Promise<void> {
  const row: Omit<Case, "contenders"> = {
    group,
    what: "Python, inside its worker: add(u32, u32)",
    excludes: "the hop between threads; a call that waits; other peers",
    goal: 2.5e-6,
    expected: 5,
  };
  let found: InsideAnswer;
  try {
    found = await inside(await task([2, 3], report.plan));
  } catch (why) {
    return report.missing(row, why);
  }
  if ("failed" in found) return report.missing(row, found.failed);
  refuseWrongAnswer(row.what, found.answer, row.expected);
  const { what, excludes, goal = 0 } = row;
  report.add({ group, what, excludes, goal, unit: "s", figures: { sennit: found.timing } });
}

async function task(args: readonly number[], plan: Plan): Promise<InsideTask> {
  const [runtime, wit, source] = await Promise.all([pythonRuntime(), text("counter.wit"), text("app.py")]);
  const world = await worldFromText(wit);
  const code = pythonCode("bench", world, new Names(world), runtime.guest, new Map([["app.py", source]]), "app");
  const exported = [...functionsOf(world.exports)];
  const at = exported.findIndex(([key]) => key === "add");
  const fn = exported[at]?.[1];
  if (fn === undefined) throw new Error("the sample has no function add");
  const { base, module, stdlib, lockInfo } = runtime;
  return { base, module, stdlib, lockInfo, files: code.files, boot: code.boot, fn, number: at + 1, args, plan };
}

function text(file: string): Promise<string> {
  return readFile(join(samplePlace("counter-python"), file), "utf8");
}

async function inside(workerData: InsideTask): Promise<InsideAnswer> {
  const worker = new Worker(new URL("./python-inside-worker.ts", import.meta.url), {
    workerData,
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
