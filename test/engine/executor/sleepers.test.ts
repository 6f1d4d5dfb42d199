import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";

import { openSqlite } from "../../../src/journal/sqlite/sqlite-store.node.ts";
import { temporaryFolder } from "../../host/temporary.ts";
import { World } from "./world.ts";

const MANY = 100_000;
/** At most so many at once. */
const BATCH = 500;

async function inBatches(count: number, work: (n: number) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < count; from += BATCH)
    await Promise.all(Array.from({ length: Math.min(BATCH, count - from) }, (_, at) => work(from + at)));
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
setFlagsFromString("--no-expose-gc");

/** Bytes that are in use, once what is needed no more is gone. */
function used(): number {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Gives the bytes that each took while it slept. */
async function sleepAndWake(world: World, count: number): Promise<number> {
  const executor = await world.start();
  const before = used();
  await inBatches(count, (n) =>
    executor.submit(world.submission(`x = wait signal("go"); pay(int(str(x)));`, { id: `s${n}` })),
  );
  const quiet = async (): Promise<void> => {
    while (executor.size > 0 || (await executor.list({ states: ["queued"], limit: 1 })).length > 0) {
      await world.settle(20);
      world.clock.pass();
    }
  };
  await world.until(quiet(), 10_000_000);
  expect(await executor.list({ states: ["waiting"], limit: count + 1 })).toHaveLength(count);
  const each = (used() - before) / count;
  await inBatches(count, (n) => executor.signal(`s${n}`, { name: "go", value: n, sender: "test" }));
  await world.until(quiet(), 10_000_000);
  expect(await executor.list({ states: ["done"], limit: count + 1 })).toHaveLength(count);
  expect(world.paid.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, n) => n));
  return each;
}

describe("runs that sleep", () => {
  it("wake by the hundred, each by its signal", { timeout: 60_000 }, async () => {
    await using world = new World();
    await sleepAndWake(world, 300);
  });

  it.runIf(process.env["SENNIT_LONG"])(
    "are a hundred thousand in one process, at next to no memory each, and each wakes by its signal",
    { timeout: 1_800_000 },
    async () => {
      await using folder = await temporaryFolder();
      await using world = new World();
      world.store = await openSqlite(join(folder.path, "runs.db"), { durability: "normal" });
      expect(await sleepAndWake(world, MANY)).toBeLessThan(1024);
    },
  );
});
