import { describe, expect, it } from "vitest";

import { sendSignal } from "../../../src/engine/durable/effects/send.ts";
import { World } from "./world.ts";

const DAY = 86_400_000;

describe("a run that only waits", () => {
  it("leaves memory, and is taken up when its time has come", async () => {
    await using world = new World();
    const executor = await world.start();
    const begun = world.clock.time;
    const id = await world.submit(`print "a"; sleep (30d); print "b";`);
    await world.pass(1000);
    expect([executor.size, await world.state(id), world.open]).toEqual([0, "waiting", 1]);
    expect(await world.store.header(id)).toMatchObject({ wake: begun + 30 * DAY });
    expect(await world.ended(id)).toEqual({ state: "done", value: null });
    expect(world.clock.time).toBe(begun + 30 * DAY);
    expect(await world.lines(id)).toEqual(["a", "b"]);
  });

  it("is taken up by a signal, before its time", async () => {
    await using world = new World();
    const executor = await world.start();
    const id = await world.submit(`x = wait signal("go") timeout 30d; print x;`);
    await world.pass(1000);
    expect([executor.size, await world.state(id)]).toEqual([0, "waiting"]);
    const go = { name: "go", value: "now", sender: "me" };
    expect(await world.until(executor.signal(id, go))).toEqual({ isNew: true });
    expect(await world.ended(id)).toMatchObject({ state: "done" });
    expect(world.clock.time).toBeLessThan(2_000_000);
    expect(await world.lines(id)).toEqual(["now"]);
    // Whoever was not told that it was taken sends it again.
    expect(await world.until(executor.signal(id, go))).toEqual({ isNew: false });
    const late = world.until(executor.signal(id, { ...go, sender: "you" }));
    await expect(late).rejects.toMatchObject({ code: "run-ended" });
  });

  it("is taken up by what came while it fell asleep, whenever that was", async () => {
    for (let turns = 0; turns < 60; turns += 1) {
      await using world = new World({ sleepAfter: 0 });
      const executor = await world.start();
      const id = await world.submit(`print wait signal("go");`);
      await world.settle(turns);
      const go = { name: "go", value: turns, sender: "me" };
      await world.until(executor.signal(id, go));
      expect(await world.ended(id)).toMatchObject({ state: "done" });
    }
  });

  it("goes on with the next executor, by time, by signal, and when a signal was all that it had missed", async () => {
    await using world = new World();
    await world.start();
    const slept = await world.submit(`sleep (1h); print "slept";`);
    const waits = await world.submit(`print wait signal("go");`);
    const late = await world.submit(`print wait signal("go");`);
    await world.pass(1000);
    await world.stop();
    // As if the executor had ended between the signal's being durable and the run's being taken up.
    await sendSignal(world.store, late, { name: "go", value: "late", sender: "me" });
    const executor = await world.start();
    expect(await world.ended(late)).toMatchObject({ state: "done" });
    await world.until(executor.signal(waits, { name: "go", value: "on", sender: "me" }));
    await world.ended(waits);
    expect(await world.state(slept)).toBe("waiting");
    await world.ended(slept);
    const lines = await Promise.all([slept, waits, late].map((id) => world.lines(id)));
    expect(lines.flat()).toEqual(["slept", "on", "late"]);
  });
});

describe("an executor", () => {
  it("takes up what was running, wherever its process ended, and nothing is done twice", async () => {
    const text = `for i in [1, 2, 3] { print i; pay(i); sleep (1m); } "over";`;
    for (let turns = 0; turns < 120; turns += 7) {
      await using world = new World();
      await world.start();
      await world.submit(text, { id: "r" });
      await world.settle(turns);
      await world.restart();
      await world.settle(turns * 2);
      await world.restart();
      expect(await world.ended("r")).toEqual({ state: "done", value: "over" });
      expect(await world.lines("r")).toEqual(["1", "2", "3"]);
      expect(world.paid).toEqual([1, 2, 3]);
    }
  });

  it("parks a run whose program cannot be loaded, says why, and the others go on", async () => {
    await using world = new World();
    await world.start();
    const text = (name: string): string => `x = "${name}"; sleep (1h); print x;`;
    const one = await world.submit(text("test:one"));
    const two = await world.submit(text("test:two"));
    await world.pass(1000);
    world.gone.add("test:one");
    await world.restart();
    expect(await world.ended(two)).toMatchObject({ state: "done" });
    expect(await world.executor.show(one)).toMatchObject({
      state: "parked",
      reason: expect.stringContaining("There is no package test:one here") as string,
    });
    expect(world.warnings.join()).toContain(`${one} is parked`);
    await world.restart();
    expect(await world.state(one)).toBe("parked");
    world.gone.clear();
    await world.until(world.executor.retry(one));
    expect(await world.ended(one)).toMatchObject({ state: "done" });
    expect(await world.lines(one)).toEqual(["test:one"]);
  });

  it("parks a run whose package is another than it began with", async () => {
    await using world = new World();
    await world.start();
    const id = await world.submit(`x = "test:one"; sleep (1h); print x;`);
    await world.pass(1000);
    world.changed.add("test:one");
    await world.restart();
    await world.pass(3_600_000);
    expect(await world.executor.show(id)).toMatchObject({ state: "parked" });
    world.changed.clear();
    await world.restart();
    await world.until(world.executor.resume(id));
    expect(await world.ended(id)).toMatchObject({ state: "done" });
  });

  it("has as many runs in memory as it may, and all come to their turn", async () => {
    await using world = new World({ most: 3, sleepAfter: 1_000_000 });
    const executor = await world.start();
    const ids = [];
    for (let n = 0; n < 10; n++) ids.push(await world.submit(`pay(${n}); sleep (1s);`));
    await world.settle(200);
    expect(world.paid).toEqual([0, 1, 2]);
    expect(executor.size).toBe(3);
    for (const id of ids) expect(await world.ended(id)).toMatchObject({ state: "done" });
    expect(world.paid).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("leaves nothing running when it is disposed, and everything where it is", async () => {
    await using world = new World();
    const executor = await world.start();
    const ids = [
      await world.submit(`sleep (30d);`),
      await world.submit(`wait signal("a");`),
      await world.submit(`while (true) { pay(1); sleep (1s); }`),
    ];
    await executor.setSchedule({
      name: "s",
      when: { kind: "interval", milliseconds: 5000 },
      submission: world.submission("1;"),
      missed: "skip",
    });
    const waiting = executor.wait(ids[0] ?? "", new AbortController().signal);
    const waited = expect(waiting).rejects.toMatchObject({ code: "stopping" });
    await world.settle();
    await world.stop();
    await waited;
    await world.settle();
    expect([world.open, world.armed]).toEqual([0, 0]);
    const before = world.paid.length;
    await world.settle();
    expect(world.paid.length).toBe(before);
    expect((await world.store.list({})).every(({ state }) => state === "running" || state === "waiting")).toBe(true);
    await expect(executor.submit(world.submission("1;"))).rejects.toMatchObject({ code: "stopping" });
  });
});
