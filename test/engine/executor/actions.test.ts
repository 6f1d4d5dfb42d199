import { describe, expect, it } from "vitest";

import { decodeEntry } from "../../../src/journal/entry/entry-codec.ts";
import { never, World } from "./world.ts";

const CLEANS = `try { print "begun"; sleep (30d); } finally { pay(9); print "cleaned"; }`;

async function kinds(world: World, id: string): Promise<readonly string[]> {
  return (await world.store.read(id, 1)).map(({ bytes }) => decodeEntry(bytes).kind);
}

describe("cancel()", () => {
  it("is durable when it resolves, wherever the run is, and the run cleans up once", async () => {
    for (const wait of [0, 3, 10, 25, 60, 500]) {
      await using world = new World();
      const executor = await world.start();
      const id = await world.submit(CLEANS);
      await world.settle(wait);
      if (wait === 500) await world.pass(1000);
      const wasBegun = (await kinds(world, id)).includes("OUT");
      await world.until(executor.cancel(id));
      expect(await kinds(world, id)).toContain("CANCEL");
      await world.restart();
      expect(await world.ended(id)).toEqual({ state: "cancelled" });
      if (wasBegun) expect([await world.lines(id), world.paid]).toEqual([["begun", "cleaned"], [9]]);
      await world.until(world.executor.cancel(id));
      expect((await kinds(world, id)).filter((kind) => kind === "CANCEL")).toHaveLength(1);
    }
  });

  it("of a run that has not begun ends it, and nothing of it happens", async () => {
    await using world = new World();
    const executor = await world.start();
    await executor.setQueue("one", { concurrency: 1, perKey: null });
    const first = await world.submit(`sleep (1h);`, { queue: "one" });
    const second = await world.submit(CLEANS, { queue: "one" });
    const third = await world.submit(`pay(3);`, { queue: "one" });
    await world.settle();
    await world.until(executor.cancel(second));
    expect(await world.ended(second)).toEqual({ state: "cancelled" });
    expect(await kinds(world, second)).toEqual(["START", "CANCEL", "END"]);
    await world.ended(first);
    await world.ended(third);
    expect(world.paid).toEqual([3]);
  });

  it("of a paused run lets it clean up", async () => {
    await using world = new World();
    const executor = await world.start();
    const id = await world.submit(CLEANS);
    await world.pass(1000);
    await world.until(executor.pause(id));
    await world.until(executor.cancel(id));
    expect(await world.ended(id)).toEqual({ state: "cancelled" });
    expect(world.paid).toEqual([9]);
  });

  it("of a run whose program is gone says that it could not be done", async () => {
    await using world = new World();
    await world.start();
    const id = await world.submit(`x = "test:one"; sleep (1h); print x;`);
    await world.pass(1000);
    world.gone.add("test:one");
    await world.restart();
    const cancelling = world.executor.cancel(id);
    await expect(world.until(cancelling)).rejects.toMatchObject({ code: "not-cancelled" });
    expect(await world.state(id)).toBe("parked");
    await world.until(world.executor.remove(id));
    expect(await world.state(id)).toBeUndefined();
  });
});

describe("pause() and resume()", () => {
  it("leave a run where it is, and take it up from there, whether it ran or slept or had not begun", async () => {
    for (const wait of [0, 5, 20, 60, 500]) {
      await using world = new World();
      const executor = await world.start();
      const id = await world.submit(`for n in [1, 2, 3] { pay(n); sleep (1m); } "over";`);
      await world.settle(wait);
      if (wait === 500) await world.pass(1000);
      await world.until(executor.pause(id));
      expect(await world.state(id)).toBe("paused");
      const before = world.paid.length;
      await world.pass(1_000_000);
      expect([world.paid.length, executor.size]).toEqual([before, 0]);
      await world.restart();
      await world.pass(1_000_000);
      expect([await world.state(id), world.paid.length]).toEqual(["paused", before]);
      await world.until(world.executor.resume(id));
      expect(await world.ended(id)).toEqual({ state: "done", value: "over" });
      expect(world.paid).toEqual([1, 2, 3]);
    }
  });

  it("keep what is sent meanwhile", async () => {
    await using world = new World();
    const executor = await world.start();
    const id = await world.submit(`wait signal("go");`);
    await world.pass(100);
    await world.until(executor.pause(id));
    await world.until(executor.signal(id, { name: "go", value: 1, sender: "me" }));
    await world.pass(100);
    expect(await world.state(id)).toBe("paused");
    await world.until(executor.resume(id));
    expect(await world.ended(id)).toEqual({ state: "done", value: 1 });
  });

  it("hold for what the run spawned", async () => {
    await using world = new World();
    const executor = await world.start();
    const id = await world.submit(`
      workflow child() { for n in [1, 2, 3] { pay(n); sleep (1m); } }
      await spawn child(); "over";`);
    await world.pass(1000);
    await world.until(executor.pause(id));
    await world.pass(1_000_000);
    expect((await executor.list({})).map(({ state }) => state)).toEqual(["paused", "paused"]);
    await world.until(executor.resume(id));
    expect(await world.ended(id)).toEqual({ state: "done", value: "over" });
    expect(world.paid).toEqual([1, 2, 3]);
  });

  it("are refused where they mean nothing", async () => {
    await using world = new World();
    const executor = await world.start();
    const id = await world.submit(`1;`);
    await world.ended(id);
    await expect(world.until(executor.pause(id))).rejects.toMatchObject({ code: "run-ended" });
    await expect(world.until(executor.resume(id))).rejects.toMatchObject({ code: "not-paused" });
  });
});

describe("retry()", () => {
  it("begins what failed again, once, as a run of its own", async () => {
    await using world = new World();
    const executor = await world.start();
    const id = await world.submit(`pay(1); raise "no";`, { queue: "q", key: "k", priority: 3, id: "job" });
    expect(await world.ended(id)).toMatchObject({ state: "failed" });
    expect(await world.until(executor.retry(id))).toEqual({ id: "job+1" });
    expect(await world.until(executor.retry(id))).toEqual({ id: "job+1" });
    expect(await world.ended("job+1")).toMatchObject({ state: "failed" });
    expect(await executor.show("job+1")).toMatchObject({ queue: "q", key: "k", priority: 3 });
    expect(world.paid).toEqual([1, 1]);
    expect(await world.until(executor.retry("job+1"))).toEqual({ id: "job+2" });
  });

  it("is refused for what runs, is done, or was spawned", async () => {
    await using world = new World();
    const executor = await world.start();
    const done = await world.submit(`1;`);
    await world.ended(done);
    await expect(world.until(executor.retry(done))).rejects.toMatchObject({ code: "not-failed" });
    const id = await world.submit(`workflow child() { raise "no"; } await spawn child();`);
    expect(await world.ended(id)).toMatchObject({ state: "failed" });
    const [child] = await executor.list({ parent: id });
    await expect(world.until(executor.retry(child?.id ?? ""))).rejects.toMatchObject({ code: "not-failed" });
  });
});

describe("remove()", () => {
  it("deletes a run that has ended, with what it spawned; whoever asks for it is told", async () => {
    await using world = new World();
    const executor = await world.start();
    const id = await world.submit(`
      workflow grandchild() { sleep (1s); }
      workflow child() { await spawn grandchild(); }
      await spawn child();`);
    await expect(world.until(executor.remove(id))).rejects.toMatchObject({ code: "run-running" });
    await world.ended(id);
    expect(await executor.list({})).toHaveLength(3);
    await world.until(executor.remove(id));
    expect(await executor.list({})).toEqual([]);
    await expect(executor.wait(id, never)).rejects.toMatchObject({ code: "unknown-run" });
    const again = await world.submit(`2;`, { id });
    expect(await world.ended(again)).toEqual({ state: "done", value: 2 });
  });

  it("of a parked or paused run stops what that spawned", async () => {
    await using world = new World();
    const executor = await world.start();
    const id = await world.submit(`workflow child() { while (true) { pay(1); sleep (1s); } } await spawn child();`);
    await world.pass(1000);
    await world.until(executor.pause(id));
    await world.until(executor.remove(id));
    const before = world.paid.length;
    await world.pass(100_000);
    expect([await executor.list({}), world.paid.length, executor.size]).toEqual([[], before, 0]);
  });
});

describe("a workflow that was spawned", () => {
  it("is a run of its own; its parent sleeps meanwhile, and is taken up when it ends", async () => {
    await using world = new World();
    const executor = await world.start();
    const id = await world.submit(`
      workflow child(n: Int) -> Int { sleep (1h * n); pay(n); n * 10 }
      a = spawn child(1); b = spawn child(2);
      print await b; print await a;`);
    await world.pass(1000);
    expect([executor.size, (await executor.list({})).map(({ state }) => state)]).toEqual([
      0,
      ["waiting", "waiting", "waiting"],
    ]);
    expect(await world.ended(id)).toMatchObject({ state: "done" });
    expect([await world.lines(id), world.paid]).toEqual([
      ["20", "10"],
      [1, 2],
    ]);
    for (const { id: child } of await executor.list({ parent: id }))
      expect(await world.ended(child)).toMatchObject({ state: "done" });
  });

  it("wakes its parent with the next executor, when this one ended between the two", async () => {
    for (let turns = 0; turns < 60; turns += 2) {
      await using world = new World();
      await world.start();
      const id = await world.submit(`workflow child() -> Int { sleep (1h); 7 } await spawn child();`);
      await world.pass(3_600_000);
      await world.settle(turns);
      await world.restart();
      expect(await world.ended(id)).toEqual({ state: "done", value: 7 });
    }
  });

  it("is cancelled with its parent, though both sleep", async () => {
    await using world = new World();
    const executor = await world.start();
    const id = await world.submit(`
      workflow child() { try { sleep (30d); } finally { pay(1); } }
      await spawn child();`);
    await world.pass(1000);
    await world.until(executor.cancel(id));
    expect(await world.ended(id)).toEqual({ state: "cancelled" });
    expect((await executor.list({})).map(({ state }) => state)).toEqual(["cancelled", "cancelled"]);
    expect(world.paid).toEqual([1]);
  });

  it("needs no more memory than its parent leaves it", async () => {
    await using world = new World({ most: 1 });
    await world.start();
    const id = await world.submit(`
      workflow child(n: Int) -> Int { if (n == 0) { return 1; } (await spawn child(n - 1)) + 1 }
      await spawn child(5);`);
    expect(await world.ended(id)).toEqual({ state: "done", value: 6 });
  });
});
