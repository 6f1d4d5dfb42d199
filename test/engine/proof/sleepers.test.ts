import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";

import { openSqlite } from "../../../src/journal/sqlite/sqlite-store.node.ts";
import { temporaryFolder } from "../../host/temporary.ts";
import { World } from "../executor/world.ts";

const LONG = process.env["SENNIT_LONG"] !== undefined;
const DAY = 86_400_000;
const BATCH = 500;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
setFlagsFromString("--no-expose-gc");

function used(): number {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

async function inBatches(count: number, work: (n: number) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < count; from += BATCH)
    await Promise.all(Array.from({ length: Math.min(BATCH, count - from) }, (_, at) => work(from + at)));
}

interface Slept {
  /** Bytes that each took meanwhile. */
  readonly each: number;
  /** Milliseconds until all had done what they were woken for. */
  readonly waking: number;
}

/** Every other one sleeps for exactly 30 days, which no timer of the platform can; the rest until somebody sends for it. */
async function sleepAndWake(world: World, count: number): Promise<Slept> {
  const executor = await world.start();
  const text = (n: number): string =>
    n % 2 === 0 ? `sleep (30d); pay(${n});` : `x = wait signal("go") timeout 60d; pay(int(str(x)));`;
  const before = used();
  await inBatches(count, (n) => executor.submit(world.submission(text(n), { id: `s${n}` })));
  const quiet = async (): Promise<void> => {
    while (executor.size > 0 || (await executor.list({ states: ["queued"], limit: 1 })).length > 0) {
      await world.settle(20);
      const next = world.clock.next ?? Infinity;
      if (next < world.clock.time + 1000) world.clock.pass();
    }
  };
  await quiet();
  expect(await executor.list({ states: ["waiting"], limit: count + 1 })).toHaveLength(count);
  const each = (used() - before) / count;
  const begun = performance.now();
  const asked = inBatches(Math.floor(count / 2), (at) => {
    const n = 2 * at + 1;
    return executor.signal(`s${n}`, { name: "go", value: n, sender: "test" });
  });
  await asked;
  await quiet();
  expect(world.paid.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count / 2 }, (_, n) => 2 * n + 1));
  const wakes = (await executor.list({ states: ["waiting"], limit: count + 1 })).map(({ wake }) => wake ?? 0);
  const earliest = Math.min(...wakes.slice(0, 1000));
  expect(earliest).toBeGreaterThan(30 * DAY);
  world.clock.time = wakes.reduce((least, wake) => Math.min(least, wake), Infinity) - 1;
  await world.settle(100);
  expect(world.paid).toHaveLength(count / 2); // not a millisecond early
  while (world.paid.length < count) {
    await world.settle(20);
    world.clock.pass();
  }
  await quiet();
  expect(await executor.list({ states: ["done"], limit: count + 1 })).toHaveLength(count);
  return { each, waking: performance.now() - begun };
}

describe("runs that sleep for 30 days, or until they are sent for", () => {
  it("wake by the hundred, each by what it waits for", { timeout: 60_000 }, async () => {
    await using world = new World();
    const { waking } = await sleepAndWake(world, 200);
    expect(waking).toBeLessThan(30_000);
  });

  it.runIf(LONG)("are a hundred thousand in one process", { timeout: 3_600_000 }, async () => {
    await using folder = await temporaryFolder();
    await using world = new World();
    world.store = await openSqlite(join(folder.path, "runs.db"), { durability: "normal" });
    const { each, waking } = await sleepAndWake(world, Number(process.env["SENNIT_SLEEPERS"] ?? 100_000));
    process.stdout.write(`each took ${each.toFixed(0)} bytes, all were awake after ${(waking / 1000).toFixed(1)} s\n`);
    expect(each).toBeLessThan(1024);
  });
});
