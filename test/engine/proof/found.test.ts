/** What the seeds have found, each as small as it can be. */
import { describe, expect, it } from "vitest";

import type { LoadedProgram } from "../../../src/engine/load/loaded.ts";
import { decodeEntry } from "../../../src/journal/entry/entry-codec.ts";
import { MemoryStore } from "../../../src/journal/memory-store.ts";
import { irDigest } from "../../../src/lang/ir/ir-codec.ts";
import type { Value } from "../../../src/wit/value.ts";
import { sha256 } from "../../journal/stores.ts";
import { S32, witFunction } from "../../lang/vm/run-foreign.ts";
import { runWithCrashes } from "../durable/crash.ts";
import { directInstance, DistantInstance, stubProgram } from "../stub-program.ts";
import { expectSound } from "./claims.ts";
import { compiled } from "./guests.ts";
import { RUN, World } from "./world.ts";

const turns = async (count: number): Promise<void> => {
  for (let at = 0; at < count; at++) await new Promise((resolve) => void setImmediate(resolve));
};

/** A guest that adds up, and takes long to. */
function adding(text: string): LoadedProgram {
  let total = 0;
  const add = async (_: string, [by]: readonly Value[]): Promise<Value> => {
    await turns(30);
    return (total += Number(by));
  };
  return stubProgram(`require add; ${text}`, [witFunction("add", [S32], S32)], () => new DistantInstance(add), {
    manifest: { language: "python" },
  });
}

describe("a call that was cut off, and given up in the next life before it was made again", () => {
  it("leaves no trace in the state that a later life rebuilds", async () => {
    const text = `add(1); try { timeout (1ms) { add(100); } } catch (e) { print e.code; } print add(10); print add(10);`;
    const whole = await runWithCrashes(() => adding(text), { lives: [], survives: 0 });
    const ends = new Set<string>();
    for (let at = 1; at < whole.commits; at++) {
      for (let then = 1; then < whole.commits; then++) {
        const cut = await runWithCrashes(() => adding(text), { lives: [at, then], survives: 9 });
        ends.add(cut.result.state === "failed" ? cut.result.error.code : cut.lines.join());
      }
    }
    // The call was made, or it was not: what comes after follows from that.
    expect([...ends].toSorted()).toEqual(["timeout,11,21", "timeout,111,121"]);
  });
});

describe("a program that still computes when what was delivered to it ends", () => {
  it("writes no snapshot before it has passed what it did then", async () => {
    const text = `require ship; sleep (1ms); t = 0; for i in range(9000) { t = t + i % 7; } print t;
      for n in [1, 2] { try { print ship(n); } catch (e) { print e.code; } }`;
    const shipped = new Map<number, number>();
    const program = (): LoadedProgram => {
      const ship = (_: string, [n]: readonly Value[]): Value => {
        shipped.set(Number(n), (shipped.get(Number(n)) ?? 0) + 1);
        return n ?? null;
      };
      return stubProgram(text, [witFunction("ship", [S32], S32)], () => directInstance(ship), {
        manifest: { language: "javascript", effects: { ship: "once" } },
      });
    };
    const whole = await runWithCrashes(program, { lives: [], survives: 0 });
    for (let at = 1; at < whole.commits; at++) {
      for (const then of [1, 2, 3]) {
        shipped.clear();
        const cut = await runWithCrashes(program, { lives: [at, then, then], survives: 9, snapshotAfter: 0 });
        expect(cut.lines[0]).toBe(whole.lines[0]);
        expect(cut.lines).toHaveLength(3);
        expect([...shipped.values()]).not.toContain(2);
      }
    }
  });
});

describe("a workflow that was spawned while its parent computed", () => {
  it("is run in the next life, which comes to that by computing", async () => {
    const text = `require "test:near" as near; require "test:far" as far; require "test:shop" as shop;
      workflow child(n: Int) -> Int { print shop.pay(n); n }
      sleep (1ms); t = 0; for i in range(9000) { t = t + i % 7; }
      a = spawn child(1); b = spawn child(2); print shop.look(1) > 0; await a;`;
    const ir = compiled(text);
    for (const seed of [1, 2, 3, 4]) {
      for (let step = 2; step < 24; step++) {
        const world = new World({ ir, seed, lives: [step], snapshotAfter: seed % 2 === 0 ? 0 : undefined });
        const result = await world.live();
        expect(result).toMatchObject({ state: "done", value: 1 });
        await expectSound(world, result, text);
      }
    }
  });
});

describe("a workflow that is given up while it is being spawned", () => {
  const HEAD = `require "test:near" as near; require "test:far" as far; require "test:shop" as shop;
    workflow child(n: Int) -> Int { try { sleep (1h); n } finally { print shop.look(n); } }\n`;

  it.each([
    ["in time", `try { timeout (1ms) { t = spawn child(1); await t; } } catch (e) { print e.code; } "end";`],
    ["by another branch", `print race { seq { t = spawn child(1); await t } seq { shop.look(1) } }; "end";`],
  ])("has ended when its parent has: %s", async (_, text) => {
    const ir = compiled(HEAD + text);
    for (let seed = 1; seed <= 6; seed++) {
      for (const cancelAt of [3, 5, 7, Infinity]) {
        for (const lives of [[], [2], [4], [6]]) {
          const world = new World({ ir, seed, lives, cancelAt });
          await expectSound(world, await world.live(), text);
          const states = (await world.store.list({})).map(({ state }) => state);
          for (const state of states) expect(["done", "cancelled"]).toContain(state);
        }
      }
    }
  });
});

describe("answers that had arrived, and were not taken", () => {
  it("are taken in the order in which they came", async () => {
    const text = `require "test:shop" as shop; para { seq { print shop.look(1); } seq { print shop.look(2); } } "end";`;
    const ir = compiled(text);
    const world = new World({ ir, seed: 1, lives: [] });
    await world.live();
    const log = (await world.logs()).get(RUN) ?? [];
    const of = (kind: string): readonly Uint8Array[] => log.filter((bytes) => decodeEntry(bytes).kind === kind);
    for (const done of [of("DONE"), of("DONE").toReversed()]) {
      const store = new MemoryStore({ hash: sha256, now: () => 0 });
      const entries = [...of("START"), ...of("REQ"), ...done];
      await store.create({ id: RUN, name: "", created: 0, ir: irDigest(ir), queue: "", priority: 0, entries });
      const again = new World({ ir, seed: 2, lives: [] }, new MemoryStore({ hash: sha256, held: true }, store));
      await again.live();
      const effects = (kind: string, all: readonly Uint8Array[]): readonly unknown[] =>
        all.flatMap((bytes) => {
          const entry = decodeEntry(bytes);
          return entry.kind === kind && "eff" in entry ? [entry.eff] : [];
        });
      const now = (await again.logs()).get(RUN) ?? [];
      expect(effects("DLV", now)).toEqual(effects("DONE", done));
    }
  });
});
