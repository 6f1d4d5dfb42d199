import { describe, expect, it } from "vitest";

import { beginRun, resumeRun } from "../../../src/engine/durable/durable-run.ts";
import type { LoadedProgram } from "../../../src/engine/load/loaded.ts";
import { encodeEntry } from "../../../src/journal/entry/entry-codec.ts";
import type { Entry } from "../../../src/journal/entry/entry.ts";
import { MemoryStore } from "../../../src/journal/memory-store.ts";
import { S32, STRING, witFunction } from "../../lang/vm/run-foreign.ts";
import { sha256 } from "../../journal/stores.ts";
import { directInstance, stubProgram } from "../stub-program.ts";
import { portsOf, VirtualClock } from "./crash.ts";
import { entriesOf, expectOrder, expectPlaysBack } from "./history.ts";

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => void setImmediate(resolve));
};

const TEXT = `require pay; x = race { seq { str(pay("a")) } seq { sleep (1ms); "slept" } }; print x; sleep (1ms); x;`;
const grants = { allowsCommand: () => false };

class Shop {
  readonly paid: unknown[] = [];
  program(): LoadedProgram {
    return stubProgram(
      TEXT,
      [witFunction("pay", [STRING], S32)],
      () => directInstance((_, args) => this.paid.push(args[0])),
      {
        manifest: { language: "javascript", effects: { pay: "once" } },
      },
    );
  }
}

async function begun(program: LoadedProgram): Promise<MemoryStore> {
  const store = new MemoryStore({ hash: sha256, now: () => 0, held: true });
  const seed = new Uint8Array(32);
  const run = { id: "run", name: "", source: "", function: 0, args: [], seed, grants: [], created: 0 };
  const making = beginRun(store, program, run);
  while (!store.release()) await turns(1);
  await making;
  return store;
}

/** The timer is over before what was asked for is durable. */
async function lateRace(): Promise<{ readonly store: MemoryStore; readonly shop: Shop }> {
  const shop = new Shop();
  const program = shop.program();
  const store = await begun(program);
  const clock = new VirtualClock();
  const running = resumeRun(store, program, "run", portsOf(clock), { grants });
  await turns(9);
  clock.pass();
  await turns(9);
  let isOver = false;
  void running.then(() => (isOver = true));
  while (!isOver) {
    if (!store.release()) clock.pass();
    await turns(1);
  }
  expect(await running).toEqual({ state: "done", value: "slept" });
  return { store: new MemoryStore({ hash: sha256, now: () => 0 }, store), shop };
}

describe("a race that is decided before a branch's effect is durable", () => {
  it("never performs it, and notes both", async () => {
    const { store, shop } = await lateRace();
    expect(shop.paid).toEqual([]);
    const entries = await entriesOf(store);
    const kinds = entries.map(({ kind }) => kind);
    expect(entries.find(({ kind }) => kind === "DEC")).toMatchObject({ winner: 1 });
    expect(kinds.indexOf("DEC")).toBeLessThan(kinds.indexOf("OUT"));
    expect(kinds.filter((kind) => kind === "ABANDON")).toHaveLength(1);
    expectOrder(entries);
    await expectPlaysBack(store, shop.program(), { state: "done", value: "slept" });
    expect(shop.paid).toEqual([]);
  });

  it("has diverged when another branch is recorded", async () => {
    const { store, shop } = await lateRace();
    const changed = new MemoryStore({ hash: sha256, now: () => 0 });
    const turned = (entry: Entry): Entry => (entry.kind === "DEC" ? { ...entry, winner: 0 } : entry);
    const entries = (await entriesOf(store))
      .filter(({ kind }) => kind !== "END")
      .map((each) => encodeEntry(turned(each)));
    const header = await store.header("run");
    await changed.create({ id: "run", name: "", created: 0, ir: header?.ir ?? "", queue: "", priority: 0, entries });
    const again = resumeRun(changed, shop.program(), "run", portsOf(new VirtualClock()), { grants });
    await expect(again).rejects.toMatchObject({ code: "diverged" });
    expect(await changed.header("run")).toMatchObject({ state: "parked" });
  });
});
