import { describe, expect, it } from "vitest";

import { World } from "./world.ts";

describe("a submission", () => {
  it("is a run that goes to its end, of the state and value that wait() tells", async () => {
    await using world = new World();
    await world.start();
    const id = await world.submit(`print "hello"; 42;`);
    expect(id).toBe("run-1");
    expect(await world.ended(id)).toEqual({ state: "done", value: 42 });
    expect(await world.ended(await world.submit(`raise "no";`))).toMatchObject({
      state: "failed",
      error: { message: "no" },
    });
    expect(await world.lines(id)).toEqual(["hello"]);
    expect(await world.executor.show(id)).toMatchObject({ state: "done", packages: ["test:shop"], parent: null });
  });

  it("of an id that is there is that run, when it is the same program; it runs once", async () => {
    await using world = new World();
    const executor = await world.start();
    const run = world.submission(`pay(1); 1;`, { id: "once" });
    const all = await world.until(Promise.all([executor.submit(run), executor.submit(run), executor.submit(run)]));
    expect(all.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(await world.ended("once")).toEqual({ state: "done", value: 1 });
    expect(await world.until(executor.submit(run))).toEqual({ id: "once", isNew: false });
    expect(world.paid).toEqual([1]);
    await expect(world.until(executor.submit({ ...run, source: "2;" }))).rejects.toMatchObject({ code: "id-taken" });
    await world.restart();
    expect(await world.until(world.executor.submit(run))).toEqual({ id: "once", isNew: false });
    expect(await world.ended("once")).toEqual({ state: "done", value: 1 });
    expect(world.paid).toEqual([1]);
  });

  it.each(["", "a/b", "../x", "a\nb", "a~b", ".hidden", "a b", "ä", "x".repeat(201), "\u0000"])(
    "with the id %j is refused",
    async (id) => {
      await using world = new World();
      await world.start();
      const submitting = world.executor.submit(world.submission("1;", { id }));
      await expect(world.until(submitting)).rejects.toMatchObject({ code: "bad-id" });
      expect(await world.executor.list({})).toEqual([]);
    },
  );

  it.each([
    ["bad-queue", { queue: "a/b" }],
    ["bad-key", { key: "a\u001bb" }],
    ["bad-priority", { priority: 0.5 }],
    ["bad-priority", { priority: 1e9 }],
    ["bad-seed", { seed: new Uint8Array(3) }],
    ["bad-param", { params: { n: 1 } }],
    ["bad-param", { texts: ["n=1"] }],
    ["bad-param", { texts: [], params: {} }],
  ])("is refused with %s", async (code, more) => {
    await using world = new World();
    await world.start();
    await expect(world.until(world.executor.submit(world.submission("1;", more)))).rejects.toMatchObject({ code });
    expect(await world.executor.list({})).toEqual([]);
  });

  it("of a program that cannot be loaded is refused, and leaves nothing", async () => {
    await using world = new World();
    await world.start();
    world.gone.add("test:shop");
    const submitting = world.executor.submit(world.submission("1;"));
    await expect(world.until(submitting)).rejects.toMatchObject({ code: "package-not-found" });
    expect([await world.executor.list({}), world.open]).toEqual([[], 0]);
  });
});

it("what is asked of a run that is not there says so", async () => {
  await using world = new World();
  const executor = await world.start();
  const signal = { name: "a", value: 1, sender: "s" };
  const stop = AbortSignal.abort();
  const asked: readonly (() => Promise<unknown>)[] = [
    () => executor.show("x"),
    () => executor.signal("x", signal),
    () => executor.cancel("x"),
    () => executor.pause("x"),
    () => executor.resume("x"),
    () => executor.retry("x"),
    () => executor.remove("x"),
    () => executor.wait("x", stop),
    () => executor.follow("x", {})[Symbol.asyncIterator]().next(),
  ];
  for (const ask of asked) await expect(world.until(ask())).rejects.toMatchObject({ code: "unknown-run" });
});
