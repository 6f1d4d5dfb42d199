import { describe, expect, it } from "vitest";

import type { Schedule } from "../../../src/engine/executor/executor.ts";
import { writeJson } from "../../../src/engine/executor/setting.ts";
import { World } from "./world.ts";

const MINUTE = 60_000;

function every(world: World, milliseconds: number, more: Partial<Schedule> = {}): Schedule {
  const when = { kind: "interval", milliseconds } as const;
  return { name: "tick", when, submission: world.submission(`pay(1);`), missed: "skip", ...more };
}

describe("a schedule", () => {
  it("begins a run whenever it is due, named for it and the time", async () => {
    await using world = new World();
    const executor = await world.start();
    world.clock.time = Date.parse("2026-03-28T12:00:00Z");
    const when = { kind: "cron", expression: "30 2 * * *", zone: "Europe/Berlin" } as const;
    await executor.setSchedule(every(world, 1, { name: "nightly", when }));
    expect(await executor.schedules()).toMatchObject([
      { name: "nightly", last: null, next: Date.parse("2026-03-29T01:00:00Z") },
    ]);
    await world.pass(3 * 24 * 60 * MINUTE);
    expect((await executor.list({})).map(({ id, state }) => `${id} ${state}`)).toEqual([
      "nightly@2026-03-31T00:30:00.000Z done",
      "nightly@2026-03-30T00:30:00.000Z done",
      "nightly@2026-03-29T01:00:00.000Z done",
    ]);
    expect(await executor.schedules()).toMatchObject([{ last: Date.parse("2026-03-31T00:30:00Z") }]);
  });

  it("goes on with the next executor, and begins no time twice, wherever that took over", async () => {
    for (let turns = 0; turns < 40; turns += 3) {
      await using world = new World();
      await world.start();
      await world.executor.setSchedule(every(world, MINUTE));
      for (let at = 0; at < 3; at++) {
        await world.pass(MINUTE);
        await world.settle(turns);
        await world.restart();
      }
      await world.pass(MINUTE / 2);
      expect(world.paid).toEqual([1, 1, 1]);
    }
  });

  it.each([
    ["once", 2],
    ["skip", 1],
  ] as const)("with missed: %s, of all times that nobody saw, begins %d in all", async (missed, count) => {
    await using world = new World();
    await world.start();
    const begun = world.clock.time;
    await world.executor.setSchedule(every(world, MINUTE, { missed }));
    await world.pass(MINUTE);
    await world.stop();
    world.clock.time += 100 * MINUTE + 5;
    await world.start();
    await world.settle();
    expect(world.paid.length).toBe(count);
    const last = new Date(begun + 101 * MINUTE).toISOString();
    expect(await world.state(`tick@${last}`)).toBe(missed === "once" ? "done" : undefined);
    expect(await world.executor.schedules()).toMatchObject([{ next: begun + 102 * MINUTE }]);
    await world.pass(MINUTE);
    expect(world.paid.length).toBe(count + 1);
  });

  it("that cannot begin its run says so, and goes on", async () => {
    await using world = new World({ idlePrograms: 0 });
    const executor = await world.start();
    await executor.setSchedule(
      every(world, MINUTE, { submission: world.submission(`x = "test:one"; pay(2); print x;`) }),
    );
    await world.pass(MINUTE + 1);
    world.gone.add("test:one");
    await world.pass(MINUTE);
    expect(world.warnings.join()).toMatch(/tick could not begin .* There is no package test:one/);
    world.gone.clear();
    await world.pass(MINUTE);
    expect(world.paid).toEqual([2, 2]);
  });

  it("is replaced and removed, also from the store", async () => {
    await using world = new World();
    const executor = await world.start();
    await executor.setSchedule(every(world, MINUTE));
    await executor.setSchedule(every(world, 10 * MINUTE));
    await world.pass(11 * MINUTE);
    expect(world.paid).toEqual([1]);
    expect([await executor.removeSchedule("tick"), await executor.removeSchedule("tick")]).toEqual([true, false]);
    await world.restart();
    await world.pass(100 * MINUTE);
    expect([world.paid, await world.executor.schedules()]).toEqual([[1], []]);
  });

  it("keeps the params that it was given, of every kind", async () => {
    await using world = new World();
    const params = {
      big: 2n ** 70n,
      bytes: new Uint8Array([1, 2]),
      float: Number.NaN,
      zero: -0,
      map: new Map([[1, "one"]]),
      marked: { $int: "no integer" },
      proto: JSON.parse(`{"__proto__": 1}`) as unknown,
    };
    await world.start();
    const text = Object.keys(params)
      .map((name) => `param ${name}: Any;`)
      .join(" ");
    const schedule = every(world, MINUTE, { submission: world.submission(`${text} 1;`, { params: {} }) });
    const { source } = schedule.submission;
    const kept = { schedule: { ...schedule, submission: { file: "/a", source, params } }, since: 0, last: null };
    await world.store.set("schedule/tick", writeJson(kept));
    await world.restart();
    const [found] = await world.executor.schedules();
    expect(found?.submission.params).toEqual({
      ...params,
      marked: Object.assign(Object.create(null) as object, params.marked),
    });
    expect(Object.keys((found?.submission.params?.["proto"] ?? {}) as object)).toEqual(["__proto__"]);
  });

  it.each([
    ["bad-schedule", { name: "a/b" }],
    ["schedule-invalid", { when: { kind: "interval", milliseconds: -1 } }],
    ["schedule-invalid", { when: { kind: "cron", expression: "* *", zone: "UTC" } }],
    ["schedule-invalid", { missed: "twice" }],
    ["bad-param", { submission: { file: "/a", source: "1;", params: { n: 1 } } }],
    ["package-not-found", { submission: { file: "/a", source: `x = "test:gone"; print x;` } }],
  ])("is refused with %s", async (code, more) => {
    await using world = new World();
    const executor = await world.start();
    world.gone.add("test:gone");
    const setting = executor.setSchedule({ ...every(world, MINUTE), ...(more as Partial<Schedule>) });
    await expect(world.until(setting)).rejects.toMatchObject({ code });
    expect([await executor.schedules(), await world.store.settings("schedule/")]).toEqual([[], []]);
  });

  it("that is not sound in the store is told, and left alone, and the others go on", async () => {
    await using world = new World();
    await world.store.set("schedule/broken", new TextEncoder().encode(`{"schedule":{"name":"other"}}`));
    await world.start();
    await world.executor.setSchedule(every(world, MINUTE));
    await world.restart();
    expect(world.warnings.join()).toContain("schedule/broken");
    await world.pass(MINUTE);
    expect(world.paid).toEqual([1]);
    expect(await world.executor.removeSchedule("broken")).toBe(true);
  });
});
