import { describe, expect, it } from "vitest";

import type { LoadedProgram } from "../../../../src/engine/load/loaded.ts";
import { DEFAULT_RUN_LIMITS } from "../../../../src/host/package/limits.ts";
import { Fault } from "../../../../src/fault.ts";
import type { Instance, Plugin } from "../../../../src/host/plugin.ts";
import type { EntryOf } from "../../../../src/journal/entry/entry.ts";
import { S32, witFunction } from "../../../lang/vm/run-foreign.ts";
import { DistantInstance, stubProgram } from "../../stub-program.ts";
import { runWithCrashes } from "../crash.ts";
import { entriesOf, expectPlaysBack } from "../history.ts";

const FUNCTIONS = [witFunction("add", [S32], S32)];

/** `add(n)` adds n up; at 13 it ends. `life` is how many instances there were before. */
function adder(made: number[] = []): Instance {
  let total = 0;
  let alive = true;
  const life = made.push(0) - 1;
  const instance = new DistantInstance((_, [by]) => {
    if (!alive) throw new Fault("plugin-lost", "It is gone");
    made[life] = (made[life] ?? 0) + 1;
    alive = Number(by) !== 13;
    if (!alive) throw new Fault("plugin-trapped", "Thirteen");
    return (total += Number(by));
  });
  return Object.defineProperty(instance, "alive", { get: () => alive });
}

type Change = Partial<Plugin["manifest"]>;

function program(text: string, manifest: Change = {}, instantiate: () => Instance = adder): LoadedProgram {
  return stubProgram(text, FUNCTIONS, instantiate, { manifest: { language: "python", ...manifest } });
}

const TEXT = `require add;
  for n in [1, 2, 13, 4, 13, 8] { try { print add(n); } catch (e) { print e.code; } }`;

describe("a group of instances that a call ended", () => {
  it.each([
    ["lost", ["1", "3", "plugin-trapped", "7", "plugin-trapped", "15"], [0, 0]],
    ["fresh", ["1", "3", "plugin-trapped", "4", "plugin-trapped", "8"], [3, 5]],
  ] as const)(
    "whose manifest says %s begins its next generation so, wherever the run is cut off",
    async (onFailure, lines, from) => {
      const whole = await runWithCrashes(() => program(TEXT, { onFailure }), { lives: [], survives: 0 });
      expect(whole.lines).toEqual(lines);
      const generations = (await entriesOf(whole.store)).filter(
        (entry): entry is EntryOf<"GEN"> => entry.kind === "GEN",
      );
      expect(generations.map(({ gen, upto, from }) => [gen, upto, from])).toEqual([
        [2, 3, from[0]],
        [3, 5, from[1]],
      ]);
      for (let at = 1; at < whole.commits; at++) {
        const cut = await runWithCrashes(() => program(TEXT, { onFailure }), { lives: [at, 3], survives: at % 4 });
        expect(cut.lines).toEqual(lines);
        await expectPlaysBack(cut.store, program(TEXT, { onFailure }), cut.result);
      }
    },
  );
});

describe("a group of instances that does not do again what it did", () => {
  /** Every instance begins with another number. */
  function changing(manifest: Change): () => LoadedProgram {
    let instances = 0;
    const text = `require add; for n in [1, 2, 3] { try { print add(n); } catch (e) { print e.code; } sleep (1ms); }`;
    return () =>
      program(text, manifest, () => {
        let total = 100 * instances++;
        return new DistantInstance((_, [by]) => (total += Number(by)));
      });
  }

  it.each([
    ["fail", ["1", "state-diverged", "state-diverged"]],
    ["accept", ["1", "103", "106"]],
    ["fresh", ["1", "202", "205"]],
  ] as const)("with the manifest's %s", async (onDivergence, expected) => {
    const seen = new Set<string>();
    for (let at = 1; at < 9; at++) {
      const { lines, store } = await runWithCrashes(changing({ onDivergence }), { lives: [at], survives: 0 });
      seen.add(lines.join());
      await expectPlaysBack(store, changing({})(), { state: "done", value: null });
    }
    expect(seen).toContain(expected.join());
  });
});

describe("bringing a group of instances to where it was", () => {
  it("is refused when it takes more calls than the manifest allows", async () => {
    const text = `require add; for n in [1, 2, 3, 13, 5] { try { print add(n); } catch (e) { print e.code; } }`;
    const lines = async (maxRebuildCalls: number): Promise<readonly string[]> =>
      (await runWithCrashes(() => program(text, { maxRebuildCalls }), { lives: [], survives: 0 })).lines;
    expect((await lines(2)).at(-1)).toBe("rebuild-limit");
    expect((await lines(3)).at(-1)).toBe("11");
  });

  it("ends when it takes too long, and is tried again by the next call", async () => {
    const text = `require add; for n in [1, 13, 2, 3] { try { print add(n); } catch (e) { print e.code; } }`;
    let made = 0;
    const instantiate = (): Instance => {
      const isStuck = ++made === 2;
      const inner = adder();
      if (!isStuck) return inner;
      return Object.assign(inner, { call: () => new Promise<never>(() => {}) });
    };
    const limits = { ...DEFAULT_RUN_LIMITS, rebuild: 20 };
    const loaded = (): LoadedProgram => ({ ...program(text, {}, instantiate), limits });
    const { lines } = await runWithCrashes(loaded, { lives: [], survives: 0 });
    expect(lines).toEqual(["1", "plugin-trapped", "deadline-exceeded", "4"]);
  });

  it("makes no call again that ended its group", async () => {
    const made: number[] = [];
    await runWithCrashes(() => program(TEXT, {}, () => adder(made)), { lives: [], survives: 0 });
    expect(made).toEqual([3, 4, 4]); // 1 2 13 | 1 2, 4 13 | 1 2 4, 8
  });
});
