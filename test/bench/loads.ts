/**
 * From a package on disk to the answer of its first call: opened, linked, called, closed. Code that was compiled once lies in
 * the cache folder, as it does for a user who runs a program for the second time; the process has run such a plugin before.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { openPlugin } from "../../src/host/open.node.ts";
import { readPackage } from "../../src/host/package/package.node.ts";
import { temporaryFolder } from "../host/temporary.ts";
import { plainOptions } from "../conformance/options.ts";
import { spread } from "./measure.ts";
import type { Report } from "./report.ts";
import { samplePlace } from "./subjects.ts";

const group = "Load";
const BODY = "the start of the process; the first time a package is seen, which compiles it";

export async function benchLoads(report: Report): Promise<void> {
  await using cache = await temporaryFolder();
  await load(report, "component (C, cached)", "counter-c", 10e-3, cache.path);
  await load(report, "component (Rust, cached)", "counter-rust", 10e-3, cache.path);
  await load(report, "component (QuickJS, cached)", "counter-js", undefined, cache.path);
  await load(report, "Lua package", "counter-lua", 30e-3, cache.path);
  await load(report, "Python package, from its start image", "counter-python", 250e-3, undefined);
  await loadInProcess(report, "component (C, cached)", "counter-c");
  await loadInProcess(report, "Lua package", "counter-lua");
  await loadInProcess(report, "Python package, from its start image", "counter-python");
}

/** What a command pays that loads one plugin and ends: the host's own modules are loaded, too. */
async function loadInProcess(report: Report, name: string, sample: string): Promise<void> {
  const excludes =
    "the start of Node; the compilation of TypeScript is included, which an installed package does not have";
  const row = { group, what: `${name}: in a fresh process`, excludes };
  const samples: number[] = [];
  try {
    for (let done = 0; done < (report.quick ? 1 : 7); done++) samples.push(await firstCall(sample));
  } catch (why) {
    return report.missing(row, why);
  }
  report.add({ ...row, unit: "s", figures: { sennit: spread(samples) } });
}

async function firstCall(sample: string): Promise<number> {
  const script = fileURLToPath(new URL("load-once.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, samplePlace(sample)]);
  return Number(stdout) / 1000;
}

async function load(
  report: Report,
  name: string,
  sample: string,
  goal: number | undefined,
  cacheFolder: string | undefined,
): Promise<void> {
  const row = {
    group,
    what: `${name}: from disk to first call`,
    excludes: BODY,
    ...(goal === undefined ? {} : { goal }),
  };
  const run = async (): Promise<unknown> => {
    const files = await readPackage(samplePlace(sample));
    await using plugin = await openPlugin(files, cacheFolder === undefined ? {} : { cacheFolder });
    await using instance = await plugin.instantiate(plainOptions());
    return await instance.call("add", [2, 3]);
  };
  try {
    await run();
  } catch (why) {
    return report.missing(row, why);
  }
  await report.measure({ ...row, expected: 5, contenders: [{ by: "sennit", run }] });
}
