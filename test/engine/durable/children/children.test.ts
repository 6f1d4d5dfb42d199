import { describe, expect, it } from "vitest";

import { beginRun, resumeRun } from "../../../../src/engine/durable/durable-run.ts";
import { ValueBytes } from "../../../../src/engine/durable/value-bytes.ts";
import type { LoadedProgram } from "../../../../src/engine/load/loaded.ts";
import { MemoryStore } from "../../../../src/journal/memory-store.ts";
import type { Value } from "../../../../src/wit/value.ts";
import { sha256 } from "../../../journal/stores.ts";
import { S32, witFunction } from "../../../lang/vm/run-foreign.ts";
import { directInstance, stubProgram } from "../../stub-program.ts";
import { portsOf, runWithCrashes, VirtualClock } from "../crash.ts";
import { entriesOf, expectOrder, expectPlaysBack } from "../history.ts";

const options = { grants: { allowsCommand: () => false } };

/** A shop outside that knows what it was paid. */
class Shop {
  readonly paid: number[] = [];
  program(text: string): LoadedProgram {
    const pay = (_: string, args: readonly Value[]): Value => this.paid.push(Number(args[0]));
    return stubProgram(`require pay; ${text}`, [witFunction("pay", [S32], S32)], () => directInstance(pay), {
      manifest: { language: "javascript", effects: { pay: "keyed" } },
    });
  }
}

/** All runs of a store, with what each printed. */
async function printed(store: MemoryStore, program: LoadedProgram): Promise<readonly (readonly string[])[]> {
  const values = new ValueBytes(program.ir);
  const runs = await store.list({});
  const lines = runs.map(async ({ id }) =>
    (await entriesOf(store, id)).flatMap((entry) =>
      entry.kind === "OUT" ? [values.decode(entry.value as Uint8Array) as string] : [],
    ),
  );
  return (await Promise.all(lines)).toSorted((a, b) => (a.join() < b.join() ? -1 : 1));
}

const TEXT = `
  workflow child(n: Int) -> Int { print $"begin {n}"; sleep (1ms * n); pay(n); print $"end {n}"; n * 10 }
  a = spawn child(1);
  b = spawn child(2);
  print await b;
  print "between";
  print await a;`;

describe("a workflow that a durable run spawned", () => {
  it("is a run of its own, once, wherever the store is cut off", { timeout: 120_000 }, async () => {
    const whole = await runWithCrashes(() => new Shop().program(TEXT), { lives: [], survives: 0 });
    expect(whole.lines).toEqual(["20", "between", "10"]);
    const all = await printed(whole.store, new Shop().program(TEXT));
    expect(all).toEqual([
      ["20", "between", "10"],
      ["begin 1", "end 1"],
      ["begin 2", "end 2"],
    ]);
    for (let at = 1; at < whole.commits; at++) {
      for (const survives of [0, 1, 3, 9]) {
        const shop = new Shop();
        const { store, lines, result } = await runWithCrashes(() => shop.program(TEXT), { lives: [at, 2], survives });
        expect(lines).toEqual(whole.lines);
        expect(await printed(store, shop.program(TEXT))).toEqual(all);
        expect((await store.list({})).map(({ state }) => state)).toEqual(["done", "done", "done"]);
        for (const { id } of await store.list({})) expectOrder(await entriesOf(store, id));
        const { length } = shop.paid;
        await expectPlaysBack(store, shop.program(TEXT), result);
        expect(shop.paid.length).toBe(length);
      }
    }
  });

  it("raises its error where it is awaited, and is joined where nobody does", async () => {
    const text = `
      workflow fails() -> Int { sleep (1ms); raise "no"; }
      workflow slow() { sleep (5ms); print "slow"; }
      spawn slow();
      try { await spawn fails(); } catch (e) { print e.message; }`;
    const whole = await runWithCrashes(() => new Shop().program(text), { lives: [], survives: 0 });
    expect(whole.lines).toEqual(["no"]);
    for (let at = 1; at < whole.commits; at++) {
      const { store, lines } = await runWithCrashes(() => new Shop().program(text), { lives: [at], survives: at % 4 });
      expect(lines).toEqual(["no"]);
      expect((await store.list({})).map(({ state }) => state).toSorted()).toEqual(["done", "done", "failed"]);
    }
  });

  it("is cancelled with its scope, cleans up once, and stays so", { timeout: 120_000 }, async () => {
    const text = `
      workflow child() { try { sleep (30d); } finally { pay(7); print "cleaned"; } }
      workflow parent() { spawn child(); sleep (1d); }
      try { timeout (3ms) { parent(); } } catch (e) { print e.code; }`;
    const whole = await runWithCrashes(() => new Shop().program(text), { lives: [], survives: 0 });
    expect(await printed(whole.store, new Shop().program(text))).toEqual([["cleaned"], ["timeout"]]);
    for (let at = 1; at < whole.commits; at++) {
      for (const survives of [0, 1, 9]) {
        const { store } = await runWithCrashes(() => new Shop().program(text), { lives: [at, 1], survives });
        expect(await printed(store, new Shop().program(text)), `${at} ${survives}`).toEqual([["cleaned"], ["timeout"]]);
        expect((await store.list({})).map(({ state }) => state).toSorted()).toEqual(["cancelled", "done"]);
      }
    }
  });

  it("stays where it is when the run that spawned it is stopped, and goes on with it", async () => {
    const shop = new Shop();
    const program = shop.program(TEXT);
    const memory = new MemoryStore({ hash: sha256, now: () => 0 });
    const seed = new Uint8Array(32);
    await beginRun(memory, program, {
      id: "r",
      name: "",
      source: "",
      function: 0,
      args: [],
      seed,
      grants: [],
      created: 0,
    });
    const stop = new AbortController();
    const still = portsOf(new VirtualClock());
    const running = resumeRun(memory, program, "r", still, { ...options, stop: stop.signal });
    for (let turns = 0; turns < 30; turns++) await new Promise((resolve) => void setImmediate(resolve));
    stop.abort();
    await expect(running).rejects.toMatchObject({ code: "stopped" });
    expect((await memory.list({})).map(({ state }) => state)).toEqual(["running", "running", "running"]);
    expect(await resumeRun(memory, program, "r", portsOf(), options)).toMatchObject({ state: "done" });
    expect((await memory.list({})).map(({ state }) => state)).toEqual(["done", "done", "done"]);
    expect(shop.paid.toSorted((a, b) => a - b)).toEqual([1, 2]);
  });
});
