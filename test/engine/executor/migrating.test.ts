/** Runs that are moved to another version of their program while their store is driven. */
import { describe, expect, it } from "vitest";

import { decodeEntry } from "../../../src/journal/entry/entry-codec.ts";
import { World } from "./world.ts";

const OLD = `n = 1; pay(n); print "asking"; x = wait signal("go"); print $"{n} {x}"; pay(n); n;`;
const NEW = `n = 1; m = 0; pay(n); print "asking"; x = wait signal("go"); print $"{n} and {m}: {x}"; pay(m); m;`;
const BY = `record Old { n: Int }
record New { n: Int, m: Int }
function migrate(old: Old) -> New { New(n: old.n + 1, m: old.n * 100) }`;
const migration = { file: "move.sennit", source: BY };

async function send(world: World, id: string, name: string): Promise<void> {
  await world.until(world.executor.signal(id, { name, value: "yes", sender: name }));
}

async function moves(world: World, id: string): Promise<number> {
  return (await world.store.read(id, 1)).filter(({ bytes }) => decodeEntry(bytes).kind === "MIGRATE").length;
}

describe("migrate()", () => {
  it("moves a run wherever it is, rewrites its variables, and it goes on (G1)", async () => {
    for (const state of ["driven", "asleep", "paused"] as const) {
      await using world = new World();
      const executor = await world.start();
      const id = await world.submit(OLD);
      await world.settle();
      if (state !== "driven") await world.pass(1000);
      if (state === "paused") await world.until(executor.pause(id));
      const [told] = await world.until(executor.migrate(id, { source: NEW, migration, dry: true }));
      const rewritten = [
        { name: "n", before: "1", after: "2" },
        { name: "m", before: "0", after: "100" },
      ];
      expect([told?.verdict.kind, told?.rewritten, await moves(world, id)]).toEqual(["continues", rewritten, 0]);

      await world.until(executor.migrate(id, { source: NEW, migration }));
      expect(await moves(world, id)).toBe(1);
      if (state === "paused") {
        expect(await world.state(id)).toBe("paused");
        await world.until(executor.resume(id));
      }
      await send(world, id, "go");
      expect(await world.ended(id)).toMatchObject({ state: "done" });
      expect([await world.lines(id), world.paid]).toEqual([
        ["asking", "2 and 100: yes"],
        [1, 100],
      ]);
    }
  });

  it("takes along what the run spawned, and goes on with it after a restart", async () => {
    await using world = new World();
    const executor = await world.start();
    const text = (last: string): string =>
      `workflow child(n: Int) -> Int { x = wait signal("child"); ${last} } k = 1; t = spawn child(3); print await t; print k;`;
    const id = await world.submit(text("n"));
    await world.pass(1000);
    const by = { file: "m", source: "record R { k: Int }\nfunction migrate(r: R) -> R { R(k: r.k + 6) }" };
    const moved = await world.until(executor.migrate(id, { source: text("n * 2"), migration: by }));

    expect(moved.map(({ verdict }) => verdict.kind)).toEqual(["continues", "continues"]);
    await world.restart();
    await send(world, moved[1]?.run.id ?? "", "child");
    await world.ended(id);
    expect(await world.lines(id)).toEqual(["6", "7"]);
  });

  it("leaves a run as it was when it is refused, and it goes on", async () => {
    await using world = new World();
    const executor = await world.start();
    const id = await world.submit(OLD);
    await world.settle();
    const other = NEW.replace('print "asking"; ', "");
    expect(await world.until(executor.migrate(id, { source: other }))).toMatchObject([{ verdict: { kind: "decide" } }]);
    const wrong = { file: "m", source: BY.replaceAll("m: Int", "q: Int").replace("m: old", "q: old") };
    for (const [request, code] of [
      [{ source: NEW, migration: wrong }, "refused"],
      [{ source: NEW, migration: { file: "m", source: "1;" } }, "refused"],
    ] as const) {
      await expect(world.until(executor.migrate(id, request))).rejects.toMatchObject({ code });
    }
    await expect(world.until(executor.migrate("none", { source: NEW }))).rejects.toMatchObject({ code: "unknown-run" });
    await send(world, id, "go");
    await world.ended(id);
    expect([await world.lines(id), await moves(world, id)]).toEqual([["asking", "1 yes"], 0]);
    const late = world.until(executor.migrate(id, { source: NEW }));
    await expect(late).rejects.toMatchObject({ code: "run-ended" });
  });

  it("moves a run that is parked since its program cannot go on, which goes on then", async () => {
    await using world = new World();
    const executor = await world.start();
    const id = await world.submit(OLD);
    await world.pass(1000);
    world.gone.add("test:shop");
    await world.restart();
    await send(world, id, "go");
    await world.settle(400);
    expect(await world.state(id)).toBe("parked");
    world.gone.delete("test:shop");
    await world.until(world.executor.migrate(id, { source: NEW, migration }));
    await world.ended(id);
    expect(await world.lines(id)).toEqual(["asking", "2 and 100: yes"]);
    void executor;
  });

  it("lets a run that sleeps begin afresh, and it goes on at once", async () => {
    await using world = new World();
    const executor = await world.start();
    const id = await world.submit("n = 4; pay(n); sleep (30d); n;");
    await world.pass(2000);
    expect(await world.state(id)).toBe("waiting");
    const source = `param n: Int; pay(n); print $"from {n}"; sleep (1h); n;`;
    await expect(world.until(executor.migrate(id, { source, restart: true }))).rejects.toMatchObject({ code: "usage" });
    const by = { file: "m", source: "record R { n: Int }\nfunction migrate(r: R) -> R { R(n: r.n + 1) }" };
    const [told] = await world.until(executor.migrate(id, { source, migration: by, restart: true }));

    expect(told?.begins).toEqual([{ name: "n", before: null, after: "5" }]);
    await world.settle();
    expect(await world.lines(id)).toEqual(["from 5"]);
    await world.restart();
    const began = world.clock.time;
    await world.ended(id);
    expect([world.paid, world.clock.time - began < 7_200_000]).toEqual([[4, 5], true]);
  });
});
