/**
 * What a level of isolation costs: a call, a start, and the memory of an instance that waits.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { load, run } from "../../src/engine/embedding/run-program.node.ts";
import { openPlugin } from "../../src/host/open.node.ts";
import { readPackage } from "../../src/host/package/package.node.ts";
import type { IsolationLevel } from "../../src/host/package/project.ts";
import type { Plugin } from "../../src/host/plugin.ts";
import { plainOptions } from "../conformance/options.ts";
import { spread } from "./measure.ts";
import type { Report } from "./report.ts";
import { samplePlace } from "./subjects.ts";

const WORKFLOWS = "Isolation levels, seen from a workflow";
const group = "Isolation levels, one instance by itself";
const LEVELS: readonly IsolationLevel[] = ["L0", "L1", "L2"];

interface Guest {
  readonly sample: string;
  readonly what: string;
  /** How many instances at once are weighed, where they share their thread with others and where they have one each. */
  readonly weighed: readonly [together: number, apart: number];
}

const GUESTS: readonly Guest[] = [
  { sample: "counter-c", what: "C component", weighed: [100, 4] },
  { sample: "counter-js", what: "JavaScript component (QuickJS)", weighed: [20, 4] },
  { sample: "counter-lua", what: "Lua", weighed: [20, 4] },
  { sample: "counter-python", what: "Python", weighed: [3, 3] },
];

export async function benchIsolation(report: Report): Promise<void> {
  for (const level of report.quick ? LEVELS.slice(0, 2) : LEVELS) await benchWorkflow(report, level);
  for (const guest of report.quick ? GUESTS.slice(0, 1) : GUESTS) {
    for (const level of LEVELS) await benchLevel(report, guest, level);
  }
}

/** What a workflow sees: a loop of calls, and the way from text to result. */
async function benchWorkflow(report: Report, isolation: IsolationLevel): Promise<void> {
  const calls = isolation === "L2" ? (report.quick ? 10 : 2000) : report.quick ? 100 : 100_000;
  const source = `require "sample:counter-c" as c;
    param times: Int; total = 0; while (total < times) { total = c.add(total, 1); } total;`;
  const file = fileURLToPath(new URL("isolation.sennit", import.meta.url));
  const first = { group: WORKFLOWS, excludes: "the guest's own work", expected: calls };
  await using program = await load(source, { file, isolation });
  const loop = (): unknown => program.run({ params: { times: calls } });
  const steps = `${isolation}: add(u32, u32) in C component, in a loop of a workflow`;
  const repeat = `${isolation}: a run of an opened program, with one call`;
  const fresh = `${isolation}: from text to result, with one call`;
  const one = { params: { times: 1 } };
  await report.measure({ ...first, what: steps, per: calls, contenders: [{ by: "sennit", run: loop }] });
  const again = { by: "sennit", run: (): unknown => program.run(one) } as const;
  await report.measure({ ...first, what: repeat, expected: 1, contenders: [again] });
  const whole = { by: "sennit", run: (): unknown => run(source, { file, isolation, ...one }) } as const;
  const excludes = "the guest's own work; the start of the process, and the first time a package is seen";
  await report.measure({ ...first, excludes, what: fresh, expected: 1, contenders: [whole] });
}

async function benchLevel(report: Report, guest: Guest, level: IsolationLevel): Promise<void> {
  const named = { group, what: `${level}: add(u32, u32) in ${guest.what}`, excludes: "the guest's own work, linking" };
  await using opened = new AsyncDisposableStack();
  let plugin: Plugin;
  try {
    plugin = opened.use(await openPlugin(await readPackage(samplePlace(guest.sample)), { isolation: level }));
    const instance = opened.use(await plugin.instantiate(plainOptions()));
    const run = (): unknown => instance.call("add", [2, 3]);
    await report.measure({ ...named, expected: 5, contenders: [{ by: "sennit", run }] });
  } catch (why) {
    return report.missing(named, why);
  }
  await benchStart(report, guest, level, plugin);
  await benchMemory(report, guest, level);
}

async function benchStart(report: Report, { what }: Guest, level: IsolationLevel, plugin: Plugin): Promise<void> {
  const samples: number[] = [];
  for (let round = 0; round < (report.quick ? 1 : 9); round++) {
    const begun = performance.now();
    await using instance = await plugin.instantiate(plainOptions());
    if ((await instance.call("add", [2, 3])) !== 5) throw new Error(`${what} answers wrongly`);
    samples.push((performance.now() - begun) / 1000);
  }
  const excludes = "opening the package and checking it; nothing was started ahead";
  report.add({
    group,
    what: `${level}: fresh instance and first call, ${what}`,
    excludes,
    unit: "s",
    figures: { sennit: spread(samples) },
  });
}

async function benchMemory(report: Report, { sample, what, weighed }: Guest, level: IsolationLevel): Promise<void> {
  const row = {
    group,
    what: `${level}: memory of a waiting instance, ${what}`,
    excludes: "what is loaded once for all of them; memory that several processes share counts in parts",
  };
  if (process.platform !== "linux") return report.missing(row, "only Linux tells how memory is shared");
  const count = report.quick ? 1 : weighed[level === "L0" && sample !== "counter-python" ? 0 : 1];
  const script = fileURLToPath(new URL("idle-once.ts", import.meta.url));
  const samples: number[] = [];
  for (let round = 0; round < (report.quick ? 1 : 3); round++) {
    const { stdout } = await promisify(execFile)(process.execPath, [script, samplePlace(sample), level, String(count)]);
    samples.push(Number(stdout));
  }
  report.add({ ...row, unit: "B", figures: { sennit: spread(samples) } });
}
