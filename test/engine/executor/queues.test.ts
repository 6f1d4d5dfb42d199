import { describe, expect, it } from "vitest";

import fc from "../../fast-check.ts";
import { World } from "./world.ts";

/** Takes its place for a while; who paid is who had it. */
const job = (n: number): string => `pay(${n}); sleep (1h);`;

describe("a queue", () => {
  it("begins no more than its limit, by priority, and the oldest first", async () => {
    await using world = new World();
    const executor = await world.start();
    await executor.setQueue("mail", { concurrency: 2, perKey: null });
    const priorities = [0, 0, 0, 5, 0, 5, -1, 9];
    const ids: string[] = [];
    for (const [n, priority] of priorities.entries()) {
      ids.push(await world.submit(job(n), { queue: "mail", priority }));
      if (n === 1) await world.settle();
    }
    const free = await world.submit(job(100));
    await world.pass(1000);
    expect(world.paid).toEqual([0, 1, 100]);
    expect((await executor.list({ states: ["queued"] })).length).toBe(6);
    for (const id of [...ids, free]) await world.ended(id);
    expect(world.paid).toEqual([0, 1, 100, 7, 3, 5, 2, 4, 6]);
  });

  it("limits the runs of each key by themselves, and none without", async () => {
    await using world = new World();
    const executor = await world.start();
    await executor.setQueue("mail", { concurrency: 4, perKey: 1 });
    const keys = ["a", "a", "b", "a", "", "", ""];
    for (const [n, key] of keys.entries()) await world.submit(job(n), { queue: "mail", key });
    await world.pass(1000);
    expect(world.paid).toEqual([0, 2, 4, 5]);
    await world.pass(3_600_000);
    expect(world.paid).toEqual([0, 2, 4, 5, 1, 6]);
    await world.pass(3_600_000);
    expect(world.paid).toEqual([0, 2, 4, 5, 1, 6, 3]);
  });

  it("keeps its settings, and its places those who sleep, with the next executor", async () => {
    await using world = new World();
    await world.start();
    await world.executor.setQueue("mail", { concurrency: 1, perKey: 2, retention: { newest: 5 } });
    await world.submit(job(1), { queue: "mail" });
    await world.submit(job(2), { queue: "mail" });
    await world.pass(1000);
    await world.restart();
    expect([...(await world.executor.queues())]).toEqual([
      ["mail", { concurrency: 1, perKey: 2, retention: { newest: 5 } }],
    ]);
    await world.pass(1000);
    expect(world.paid).toEqual([1]);
    await world.executor.setQueue("mail", null);
    await world.pass(1000);
    expect(world.paid).toEqual([1, 2]);
    await world.restart();
    expect(await world.executor.queues()).toEqual(new Map());
  });

  it("that is limited when it is full already begins nobody until there is room", async () => {
    await using world = new World();
    const executor = await world.start();
    for (const n of [1, 2, 3]) await world.submit(job(n), { queue: "mail" });
    await world.pass(1000);
    await executor.setQueue("mail", { concurrency: 2, perKey: null });
    const late = await world.submit(job(4), { queue: "mail" });
    await world.pass(1000);
    expect([world.paid, await world.state(late)]).toEqual([[1, 2, 3], "queued"]);
    await world.ended(late);
    expect(world.paid).toEqual([1, 2, 3, 4]);
  });

  it("gives the place of a run that is paused, parked or cancelled to the next, and takes that back in turn", async () => {
    await using world = new World();
    const executor = await world.start();
    await executor.setQueue("mail", { concurrency: 1, perKey: null });
    const one = await world.submit(job(1), { queue: "mail" });
    const two = await world.submit(job(2), { queue: "mail" });
    await world.pass(1000);
    await world.until(executor.pause(one));
    await world.pass(1000);
    expect(world.paid).toEqual([1, 2]);
    await world.until(executor.resume(one));
    await world.pass(1000);
    expect(await world.state(one)).toBe("queued");
    await world.until(executor.cancel(two));
    await world.ended(one);
    expect(world.paid).toEqual([1, 2]);
  });

  it.each([
    [{ concurrency: 0, perKey: null }],
    [{ concurrency: 1.5, perKey: null }],
    [{ concurrency: null, perKey: -1 }],
    [{ concurrency: Number.NaN, perKey: null }],
  ])("refuses %j", async (settings) => {
    await using world = new World();
    const executor = await world.start();
    await expect(executor.setQueue("mail", settings)).rejects.toMatchObject({ code: "bad-queue" });
    await expect(executor.setQueue("a/b", null)).rejects.toMatchObject({ code: "bad-queue" });
    expect(await executor.queues()).toEqual(new Map());
  });

  it("whose settings in the store are not sound stops the executor from opening, with the setting's name", async () => {
    await using world = new World();
    await world.store.set("queue/mail", new TextEncoder().encode("{"));
    await expect(world.start()).rejects.toMatchObject({
      code: "setting-invalid",
      message: expect.stringContaining("queue/mail") as string,
    });
  });

  it("never has more than its limits, and all of it ends, whatever is submitted and whenever it is taken over", async () => {
    const runs = fc.array(
      fc.record({
        queue: fc.constantFrom("a", "b", ""),
        key: fc.constantFrom("", "x", "y"),
        priority: fc.integer({ min: -2, max: 2 }),
        restart: fc.boolean(),
        turns: fc.nat(30),
      }),
      { minLength: 1, maxLength: 14 },
    );
    const settings = fc.record({
      concurrency: fc.option(fc.integer({ min: 1, max: 3 })),
      perKey: fc.option(fc.integer({ min: 1, max: 2 })),
    });
    await fc.assert(
      fc.asyncProperty(runs, settings, settings, async (all, a, b) => {
        await using world = new World({ most: 4 });
        await world.start();
        await world.executor.setQueue("a", a);
        await world.executor.setQueue("b", b);
        const ids: string[] = [];
        for (const { turns, restart, ...run } of all) {
          ids.push(await world.submit(`sleep (10m);`, run));
          await world.settle(turns);
          if (restart) await world.restart();
          for (const [queue, limits] of Object.entries({ a, b })) {
            const begun = await world.store.list({ queue, states: ["running", "waiting"] });
            expect(begun.length).toBeLessThanOrEqual(limits.concurrency ?? Infinity);
            for (const key of ["x", "y"])
              expect(begun.filter((each) => each.key === key).length).toBeLessThanOrEqual(limits.perKey ?? Infinity);
          }
        }
        for (const id of ids) expect(await world.ended(id)).toMatchObject({ state: "done" });
      }),
      { numRuns: 40 },
    );
  });
});
