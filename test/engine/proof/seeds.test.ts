import { describe, expect, it } from "vitest";

import type { Ir } from "../../../src/lang/ir/ir.ts";
import { Chance } from "./chance.ts";
import { expectSound } from "./claims.ts";
import type { Logs } from "./claims.ts";
import { compiled } from "./guests.ts";
import { expectConsequences, expectSameState } from "./prefixes.ts";
import { programText } from "./program-text.ts";
import { RUN, World } from "./world.ts";
import type { Plan } from "./world.ts";

const LONG = process.env["SENNIT_LONG"] !== undefined;
const TIMEOUT = LONG ? 3_600_000 : 120_000;

/** Computing takes turns of its own: where a log ends in the middle of that, what came after it is not awaited. */
const COMPUTES = "busy(4000)";

/** Seeds that have found something. */
const FOUND = [353, 7565, 7771, 8604];

interface Seeded {
  readonly seed: number;
  readonly chance: Chance;
  readonly text: string;
  readonly ir: Ir;
  /** As a run of it goes, but for its lives. */
  readonly plan: Omit<Plan, "lives">;
}

function seeded(seed: number): Seeded {
  const chance = new Chance(seed);
  const text = programText(chance);
  const ir = compiled(text);
  const cancelAt = chance.pick(4) === 0 ? { cancelAt: chance.pick(60) } : {};
  const sleepAfter = chance.pick(3) === 0 ? 0 : undefined;
  return {
    seed,
    chance,
    text,
    ir,
    plan: { ir, seed, snapshotAfter: chance.one([undefined, 0, 0, 300]), sleepAfter, ...cancelAt },
  };
}

/** The failure of one seed says which it was. */
async function ofSeed<T>({ seed, text }: Seeded, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (failure) {
    throw new Error(`seed ${seed}: ${String(failure)}\n${text}`, { cause: failure });
  }
}

const count = (kinds: Map<string, number>, logs: Logs): void => {
  for (const entries of logs.values()) {
    for (const { kind } of entries) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
};

/** The log of a run that nothing happens to: what of it is a consequence of each of its beginnings. */
async function whole(one: Seeded): Promise<{ readonly world: World; readonly logs: Logs; readonly isSame: boolean }> {
  const { ir, seed, text, plan, chance } = one;
  const world = new World({ ...plan, lives: [] });
  const logs = await expectSound(world, await world.live(), text);
  const isComputing = text.includes(COMPUTES);
  for (const [id, entries] of logs) {
    await expectConsequences(world.program(), id, entries, { step: Math.ceil(entries.length / 4), isComputing });
  }
  const snapshots = (logs.get(RUN) ?? []).flatMap(({ kind }, at, all) =>
    kind === "SNAP" && all[at + 1]?.kind === "DLV" ? [at] : [],
  );
  if (isComputing || snapshots.length === 0) return { world, logs, isSame: false };
  return { world, logs, isSame: await expectSameState(ir, world.store, chance.one(snapshots), seed + 1) };
}

describe("programs whose branches end in an order that a seed decides", () => {
  it(
    "play back whatever comes in which order then, and go on from any cut to what follows from their logs",
    { timeout: TIMEOUT },
    async () => {
      const kinds = new Map<string, number>();
      const ends = new Map<string, number>();
      let same = 0;
      const seeds = Array.from({ length: LONG ? 10_000 : 36 }, (_, at) => at + 1);
      for (const seed of LONG ? seeds : [...seeds, ...FOUND]) {
        const one = seeded(seed);
        await ofSeed(one, async () => {
          const { world, logs, isSame } = await whole(one);
          if (isSame) same += 1;
          const { chance, plan, text } = one;
          const lives = [1 + chance.pick(world.steps), ...(chance.pick(3) === 0 ? [1 + chance.pick(20)] : [])];
          const cut = new World({ ...plan, lives });
          const result = await cut.live();
          count(kinds, logs);
          count(kinds, await expectSound(cut, result, text));
          ends.set(result.state, (ends.get(result.state) ?? 0) + 1);
        });
      }
      // All that is claimed was looked at.
      const needed = "START CALL DONE DLV OUT REQ ARM DEC SIG CB CBRET GEN SNAP ABANDON CANCEL NOTE END".split(" ");
      expect([...kinds.keys()]).toEqual(expect.arrayContaining(needed));
      expect([...ends.keys()].toSorted()).toEqual(["cancelled", "done", "failed"]);
      expect(same).toBeGreaterThan(10);
    },
  );
});

describe("a run that is cut off", () => {
  it(
    "after any step, with any of what was under way, keeps what was seen and goes on",
    { timeout: TIMEOUT },
    async () => {
      let cuts = 0;
      for (let seed = 20_001; seed <= (LONG ? 20_150 : 20_002); seed++) {
        const one = seeded(seed);
        const { plan, text } = one;
        await ofSeed(one, async () => {
          const world = new World({ ...plan, lives: [] });
          await world.live();
          for (let step = 1; step < world.steps; step++) {
            for (const survives of LONG ? [0, 1, 2, 99] : [[0, 1, 2, 99][step % 4] as number]) {
              const cut = new World({ ...plan, lives: [step], survives });
              await expectSound(cut, await cut.live(), text);
              cuts += 1;
            }
          }
        });
      }
      expect(cuts).toBeGreaterThan(30);
    },
  );

  it("has at every position of its log only what follows from that", { timeout: TIMEOUT }, async () => {
    let prefixes = 0;
    for (let seed = 30_001; seed <= (LONG ? 30_200 : 30_004); seed++) {
      const one = seeded(seed);
      await ofSeed(one, async () => {
        const world = new World({ ...one.plan, lives: [] });
        const logs = await expectSound(world, await world.live(), one.text);
        const isComputing = one.text.includes(COMPUTES);
        for (const [id, entries] of logs)
          prefixes += await expectConsequences(world.program(), id, entries, { isComputing });
      });
    }
    expect(prefixes).toBeGreaterThan(100);
  });

  it("is cancelled at any step, and cleans up once", { timeout: TIMEOUT }, async () => {
    const ends = new Set<string>();
    for (let seed = 40_001; seed <= (LONG ? 40_100 : 40_003); seed++) {
      const one = seeded(seed);
      await ofSeed(one, async () => {
        const { cancelAt: _, ...plan } = one.plan;
        const steps = new World({ ...plan, lives: [] });
        await steps.live();
        for (let step = 1; step < steps.steps; step += 2) {
          const lives = step % 4 === 1 ? [] : [step + (step % 5) - 1];
          const world = new World({ ...plan, lives, cancelAt: step });
          const result = await world.live();
          await expectSound(world, result, one.text);
          ends.add(result.state);
        }
      });
    }
    expect(ends).toContain("cancelled");
  });
});
