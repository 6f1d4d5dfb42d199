/**
 * Starts a number of instances of a package, calls each once, and prints how many bytes of memory one of them takes while it
 * waits: what the process and its children share counts in parts (Linux's proportional set size).
 *
 *     node idle-once.ts PLACE LEVEL COUNT
 */
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { openPlugin } from "../../src/host/open.node.ts";
import { readPackage } from "../../src/host/package/package.node.ts";
import type { IsolationLevel } from "../../src/host/package/project.ts";
import type { Instance } from "../../src/host/plugin.ts";
import { plainOptions } from "../conformance/options.ts";

// Threads that start later must not see the flag: a Python realm refuses globals that it cannot remove.
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
setFlagsFromString("--no-expose-gc");

const [place = "", level = "L0", count = "1"] = process.argv.slice(2);

await using plugin = await openPlugin(await readPackage(place), { isolation: level as IsolationLevel });
await using started = new AsyncDisposableStack();
await startOne(0); // whatever is loaded once is there before the count begins
const before = await settled();
for (let id = 1; id <= Number(count); id++) await startOne(id);
process.stdout.write(`${((await settled()) - before) / Number(count)}\n`);

async function startOne(id: number): Promise<Instance> {
  const instance = started.use(await plugin.instantiate(plainOptions({ id })));
  if ((await instance.call("add", [2, 3])) !== 5) throw new Error("a wrong answer");
  return instance;
}

/** Bytes of this process and its descendants, once they have stopped shrinking. */
async function settled(): Promise<number> {
  let least = Infinity;
  for (let quiet = 0; quiet < 5;) {
    collect();
    await delay(20);
    const now = await bytesOf("self");
    quiet = now < least * 0.999 ? 0 : quiet + 1;
    least = Math.min(least, now);
  }
  return least;
}

async function bytesOf(process: string): Promise<number> {
  const rollup = await readFile(`/proc/${process}/smaps_rollup`, "utf8");
  const own = Number(/^Pss: +(\d+) kB/m.exec(rollup)?.[1] ?? Number.NaN) * 1024;
  const children = await childrenOf(process);
  return (await Promise.all(children.map(bytesOf))).reduce((sum, each) => sum + each, own);
}

async function childrenOf(process: string): Promise<readonly string[]> {
  const threads = await readdir(`/proc/${process}/task`);
  const lists = threads.map((thread) => readFile(`/proc/${process}/task/${thread}/children`, "utf8").catch(() => ""));
  return (await Promise.all(lists)).flatMap((list) => list.split(" ").filter((each) => each !== ""));
}
