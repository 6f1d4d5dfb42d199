import { describe, expect, it } from "vitest";

import { World } from "./world.ts";

const one = (text: string): string => `x = "test:one"; ${text}`;

describe("a program", () => {
  it("is opened once for all its runs, and closed when others were used since", async () => {
    await using world = new World({ idlePrograms: 2 });
    await world.start();
    for (let n = 0; n < 5; n++) await world.submit(`sleep (1s);`);
    await world.pass(10_000);
    expect([world.open, world.opened]).toEqual([1, 1]);
    for (let n = 0; n < 5; n++) await world.ended(await world.submit(`${n};`));
    await world.settle();
    expect([world.open, world.opened]).toEqual([2, 6]);
    await world.stop();
    expect(world.open).toBe(0);
  });

  it("is opened for each set of grants, and each folder, by itself", async () => {
    await using world = new World();
    await world.start();
    await world.submit(`1;`);
    await world.submit(`1;`, { grants: ["log"] });
    await world.submit(`1;`, { file: "/elsewhere/test.sennit" });
    await world.submit(`1;`, { grants: ["log"] });
    expect(world.opened).toBe(3);
    expect(await world.executor.show("run-2")).toMatchObject({ grants: ["log"] });
  });

  it("that many ask for at once and that cannot be opened is refused to each, and is open to the next", async () => {
    await using world = new World();
    const executor = await world.start();
    world.gone.add("test:one");
    const asked = [1, 2, 3].map(() => executor.submit(world.submission(one("print x;"))));
    const all = await world.until(Promise.allSettled(asked));
    expect(all.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    world.gone.clear();
    expect(await world.ended(await world.submit(one("print x;")))).toMatchObject({ state: "done" });
  });
});

describe("packages that change on disk", () => {
  it("are named, until they are reloaded; then new runs take what is there, and live ones what they began with", async () => {
    await using world = new World();
    const executor = await world.start();
    const text = one("print x; sleep (1h);");
    const before = await world.submit(text);
    await world.submit(`sleep (1h);`);
    await world.pass(1000);
    expect(executor.stale()).toEqual([]);
    world.changed.add("test:one");
    expect(executor.stale()).toEqual(["test:one"]);
    const between = await world.submit(text);
    expect([world.opened, await executor.reload()]).toEqual([2, ["test:one"]]);
    expect([executor.stale(), await executor.reload()]).toEqual([[], []]);
    const after = await world.submit(text);
    expect(world.opened).toBe(3);
    for (const id of [before, between, after]) expect(await world.ended(id)).toMatchObject({ state: "done" });
    expect([world.opened, world.warnings]).toEqual([3, []]);
  });
});

it("a submission that the end of the executor meets leaves no program open, wherever it is met", async () => {
  for (let turns = 0; turns < 12; turns++) {
    await using world = new World();
    const executor = await world.start();
    const submitting = Promise.allSettled([executor.submit(world.submission(`1;`, { id: "r" }))]);
    await world.settle(turns);
    await world.stop();
    const [answer] = await submitting;
    expect(world.open).toBe(0);
    if (answer.status === "rejected") expect(answer.reason).toMatchObject({ code: "stopping" });
    else expect(await world.state("r")).toMatch(/^(queued|running|done)$/);
  }
});
