import { describe, expect, it } from "vitest";

import type { StoreExecutor } from "../../../src/engine/executor/store-executor.ts";
import type { ExecutorSettings } from "../../../src/engine/executor/ports.ts";
import { MemoryStore } from "../../../src/journal/memory-store.ts";
import { sha256 } from "../../journal/stores.ts";
import { never, turn, World } from "./world.ts";

/**
 * A world whose disk takes so many commits, and then the process ends: what was not acknowledged is gone, or there all the
 * same. The next one's disk takes all.
 */
class Disk {
  readonly world: World;
  commits = 0;
  store: MemoryStore;

  constructor(settings: ExecutorSettings = {}) {
    this.world = new World(settings);
    this.store = new MemoryStore({ hash: sha256, now: () => this.world.clock.time, held: true });
    this.world.store = this.store;
  }

  /** Whether it came to its end before so many commits. */
  async live(most: number, work: (executor: StoreExecutor) => Promise<void>): Promise<boolean> {
    let isOver = false;
    const working = this.world.start().then(work);
    const over = (): void => void (isOver = true);
    const done = working.then(over, () => {}); // what it was told when its store was lost
    for (let [idle, left] = [0, most]; !isOver && left > 0; idle++) {
      await turn();
      if (this.store.release()) {
        [idle, left] = [0, left - 1];
        this.commits += 1;
      } else if (idle > 12) this.world.clock.pass();
      if (idle > 5000) throw new Error(`nothing came of it by ${this.world.clock.time}`);
    }
    const [isWhole, survives] = [isOver, this.commits % 3];
    const next = this.store.crash({ survives });
    await done;
    await this.world.stop();
    this.store = next;
    this.world.store = next;
    return isWhole;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.world.stop();
  }
}

/** The same end, whichever commit was the last of the first process, and the last of the second. */
async function everywhere(
  work: (executor: StoreExecutor, world: World) => Promise<void>,
  check: (world: World) => Promise<void>,
): Promise<void> {
  let isWhole = false;
  for (let at = 1; !isWhole; at++) {
    await using disk = new Disk();
    const { world } = disk;
    isWhole = await disk.live(at, (executor) => work(executor, world));
    if (!isWhole) await disk.live(3, (executor) => work(executor, world));
    expect(await disk.live(Infinity, (executor) => work(executor, world)), `after ${at} commits`).toBe(true);
    await check(world);
    expect(at).toBeLessThan(200);
  }
}

async function states(world: World): Promise<readonly string[]> {
  return (await world.store.list({})).map(({ id, state }) => `${id} ${state}`).toSorted();
}

describe("an executor that ends after any commit", () => {
  it("does what was asked of it once: runs, children, signals, queues", { timeout: 60_000 }, async () => {
    await everywhere(
      async (executor, world) => {
        await executor.setQueue("q", { concurrency: 1, perKey: null });
        const text = (n: number): string => `
          workflow child() { sleep (1m); pay(${n}0); }
          pay(${n}); t = spawn child(); print wait signal("go"); await t;`;
        for (const n of [1, 2]) await executor.submit(world.submission(text(n), { id: `r${n}`, queue: "q" }));
        for (const n of [1, 2])
          await executor.signal(`r${n}`, { name: "go", value: n, sender: "me" }).catch(ignoreEnded);
        for (const n of [1, 2]) expect(await executor.wait(`r${n}`, never)).toMatchObject({ state: "done" });
        for (const n of [1, 2]) expect(await world.lines(`r${n}`)).toEqual([String(n)]);
      },
      async (world) => {
        expect([...new Set(world.paid)]).toEqual([1, 10, 2, 20]);
        expect((await states(world)).every((text) => text.endsWith(" done"))).toBe(true);
        expect(await states(world)).toHaveLength(4);
      },
    );
  });

  it("cancels, pauses, resumes, retries and removes what it was asked to", { timeout: 60_000 }, async () => {
    await everywhere(
      async (executor, world) => {
        const submit = async (id: string, text: string): Promise<unknown> =>
          await executor.submit(world.submission(text, { id }));
        await submit("a", `try { sleep (30d); } finally { print "cleaned"; }`);
        await executor.cancel("a");
        expect(await executor.wait("a", never)).toEqual({ state: "cancelled" });
        await submit("b", `sleep (1h); print "b";`);
        await executor.pause("b").catch(ignoreEnded);
        await executor.resume("b").catch(ignoreEnded);
        expect(await executor.wait("b", never)).toMatchObject({ state: "done" });
        await submit("c", `raise "no";`);
        expect(await executor.wait("c", never)).toMatchObject({ state: "failed" });
        expect(await executor.retry("c")).toEqual({ id: "c+1" });
        expect(await executor.wait("c+1", never)).toMatchObject({ state: "failed" });
        await submit("d", `workflow child() { sleep (1s); } await spawn child();`);
        await executor.wait("d", never);
        await executor.remove("d");
      },
      async (world) => {
        expect(await states(world)).toEqual(["a cancelled", "b done", "c failed", "c+1 failed"]);
      },
    );
  });

  it("begins what is scheduled once", { timeout: 60_000 }, async () => {
    await everywhere(
      async (executor, world) => {
        const when = { kind: "interval", milliseconds: 60_000 } as const;
        const submission = world.submission(`pay(1);`);
        if ((await executor.schedules()).length === 0) {
          await executor.setSchedule({ name: "s", when, submission, missed: "once" });
        }
        const [{ next } = { next: 0 }] = await executor.schedules();
        const id = `s@${new Date(next ?? 0).toISOString()}`;
        while ((await executor.list({ prefix: id })).length === 0) await turn();
        expect(await executor.wait(id, never)).toMatchObject({ state: "done" });
      },
      async (world) => {
        const runs = await states(world);
        expect(runs.length).toBeGreaterThan(0);
        expect(world.paid.length).toBeLessThanOrEqual(runs.length + 2); // keyed: the key is the same when it is paid again
        expect(new Set(runs).size).toBe(runs.length);
      },
    );
  });
});

it("queued runs all come to their turn, though the store knows late that those before them have begun", async () => {
  for (const most of [2, 3, 4]) {
    for (let seed = 1; seed < 8; seed++) {
      await using disk = new Disk({ most, sleepAfter: 0 });
      const { world } = disk;
      const text = (n: number): string => `${"pay(1); ".repeat(((n * seed * 7) % 5) + 1)} wait signal("go");`;
      const isWhole = await disk.live(Infinity, async (executor) => {
        for (let n = 0; n < 12; n++) await executor.submit(world.submission(text(n), { id: `r${n}` }));
        while ((await executor.list({ states: ["waiting"] })).length < 12) await turn();
      });
      expect(isWhole).toBe(true);
    }
  }
});

describe("a store that is lost", () => {
  it("stops everything, and every call says why", async () => {
    await using disk = new Disk();
    const { world } = disk;
    const errors: unknown[] = [];
    await disk.live(40, async (executor) => {
      await executor.submit(world.submission(`while (true) { pay(1); sleep (1s); }`, { id: "r" }));
      const waiting = executor.wait("r", never).catch((why: unknown) => errors.push(why));
      await waiting;
      for (const ask of [() => executor.list({}), () => executor.cancel("r"), () => executor.reload()])
        await (ask as () => Promise<unknown>)().catch((why: unknown) => errors.push(why));
    });
    expect(errors).toHaveLength(4);
    for (const error of errors) expect(error).toMatchObject({ code: "store-lost" });
    expect(world.warnings.join()).toMatch(/^Nothing is run any more: .*another owner/);
    expect([world.open, world.armed]).toEqual([0, 0]);
    const before = world.paid.length;
    for (let at = 0; at < 50; at++) world.clock.pass();
    await world.settle();
    expect(world.paid.length).toBe(before);
  });
});

function ignoreEnded(failure: { readonly code?: string }): void {
  if (failure.code !== "run-ended" && failure.code !== "not-paused") throw failure as Error;
}
