import { describe, expect, it } from "vitest";

import { World } from "./world.ts";

const HOUR = 3_600_000;

async function ids(world: World): Promise<string> {
  return (await world.store.list({})).map(({ id }) => id).join(" ");
}

describe("runs that have ended", () => {
  it("stay unless something else is said", async () => {
    await using world = new World();
    await world.start();
    await world.ended(await world.submit(`1;`));
    await world.pass(1000 * HOUR);
    expect(await ids(world)).toBe("run-1");
  });

  it("go when they are older, with what they spawned, and those that have not ended stay", async () => {
    await using world = new World({ retention: { olderThan: 2 * HOUR } });
    await world.start();
    await world.ended(await world.submit(`workflow child() { pay(1); } await spawn child();`, { id: "old" }));
    const long = await world.submit(`sleep (10h);`, { id: "long" });
    await world.pass(1.5 * HOUR);
    await world.ended(await world.submit(`1;`, { id: "new" }));
    await world.pass(HOUR);
    expect(await ids(world)).toBe("new long");
    await world.ended(long);
    expect(await ids(world)).toBe("long");
    await world.pass(3 * HOUR);
    expect(await ids(world)).toBe("");
  });

  it("stay as many as the rule says, of each queue its own, also with the next executor", async () => {
    await using world = new World({ retention: { newest: 1 } });
    await world.start();
    await world.executor.setQueue("mail", { concurrency: null, perKey: null, retention: { newest: 2 } });
    for (const n of [1, 2, 3, 4]) await world.ended(await world.submit(`1;`, { id: `mail-${n}`, queue: "mail" }));
    for (const n of [1, 2, 3]) await world.ended(await world.submit(`1;`, { id: `free-${n}` }));
    await world.restart();
    await world.pass(HOUR);
    expect(await ids(world)).toBe("free-3 mail-4 mail-3");
  });

  it("are many, and all of them go", async () => {
    await using world = new World();
    await world.start();
    for (let n = 0; n < 1200; n++) await world.submit(`1;`);
    await world.ended("run-1200");
    await world.restart({ retention: { newest: 3, olderThan: HOUR } });
    await world.pass(60_001);
    expect(await ids(world)).toBe("run-1200 run-1199 run-1198");
    await world.pass(HOUR);
    expect(await ids(world)).toBe("");
  });

  it.each([[{ olderThan: -1 }], [{ newest: 0.5 }]])("cannot be kept by the rule %j", async (retention) => {
    await using world = new World({ retention });
    await expect(world.start()).rejects.toMatchObject({ code: "bad-retention" });
  });
});

it("a log keeps what its last snapshot needs only, when that is asked for", async () => {
  await using world = new World({ keep: "snapshot" });
  await world.start();
  const id = await world.submit(`for n in [1, 2, 3, 4, 5] { print n; sleep (1h); } "over";`);
  await world.pass(4.5 * HOUR);
  const entries = await world.store.read(id, 1);
  expect(entries[0]?.lsn).toBe(1);
  expect(entries[1]?.lsn).toBeGreaterThan(10);
  expect(await world.ended(id)).toEqual({ state: "done", value: "over" });
});
