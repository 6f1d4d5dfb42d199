import { it } from "vitest";
import { Chance } from "./chance.ts";
import { compiled } from "./guests.ts";
import { programText } from "./program-text.ts";
import { World, RUN } from "./world.ts";
import { expectSound, logsOf } from "./claims.ts";
import { expectConsequences, expectSameState } from "./prefixes.ts";
const FROM = Number(process.env.FROM ?? 1), TO = Number(process.env.TO ?? 200);
let C: World | null = null;
it("x", { timeout: 3600000 }, async () => {
  const t0 = performance.now();
  const ends: Record<string, number> = {};
  const kinds: Record<string, number> = {};
  let bad = 0, same = 0, diff = 0;
  for (let seed = FROM; seed < TO; seed++) {
    const chance = new Chance(seed);
    const text = programText(chance);
    const ir = compiled(text);
    const t1 = performance.now();
    let what = "whole";
    try {
      const how = { snapshotAfter: chance.one([undefined, 0, 0, 300]), ...(chance.pick(4) === 0 ? { cancelAt: chance.pick(60) } : {}), ...(chance.pick(3) === 0 ? { sleepAfter: 0 } : {}) };
      const world = C = new World({ ir, seed, lives: [], ...how });
      const r = await world.live();
      ends[r.state] = (ends[r.state] ?? 0) + 1;
      const logs = await expectSound(world, r, text);
      for (const log of logs.values()) for (const e of log) kinds[e.kind] = (kinds[e.kind] ?? 0) + 1;
      what = "prefix";
      for (const [id, entries] of logs) await expectConsequences(world.program(), id, entries, Math.max(1, Math.floor(entries.length / 4)));
      what = "same";
      const log = (await world.logs()).get(RUN)!;
      const snaps = logs.get(RUN)!.flatMap((e, at) => (e.kind === "SNAP" ? [at] : []));
      if (snaps.length > 0) { (await expectSameState(ir, log, chance.one(snaps), seed + 1)) ? same++ : diff++; }
      what = "cut";
      const lives = [1 + chance.pick(world.steps), ...(chance.pick(3) === 0 ? [1 + chance.pick(20)] : [])];
      const cut = C = new World({ ir, seed, lives, ...how });
      what = "cut " + lives;
      const r2 = await cut.live();
      what = "cut sound " + lives;
      await expectSound(cut, r2, text);
    } catch (e) { if (process.env.LOG && C) console.log([...(await logsOf(C))].map(([id, l]) => id + '\n' + l.map((x, i) => `${i + 1} ${x.kind} ${(x as any).eff?.slice(0, 6)} ${(x as any).attempt} g${(x as any).group} s${(x as any).seq} ${(x as any).function ?? ''} ${(x as any).outcome ?? ''} ${(x as any).what ?? ''} n${(x as any).n}`).join('\n')).join('\n')); console.log(seed, what, bad < 2 ? text : "", String((e as Error).stack).slice(0, 1500)); if (++bad > Number(process.env.BAD ?? 3)) throw e; }
    if (performance.now() - t1 > 3000) console.log("slow", seed, performance.now() - t1);
  }
  console.log(ends, kinds, { same, diff, bad }, performance.now() - t0);
});
