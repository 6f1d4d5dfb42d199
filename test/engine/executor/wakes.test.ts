import { expect, it } from "vitest";

import fc from "../../fast-check.ts";
import { Wakes } from "../../../src/engine/executor/wakes.ts";
import { Timers } from "../../../src/engine/loop/timers.ts";
import { MemoryStore } from "../../../src/journal/memory-store.ts";
import { newRun, note, sha256 } from "../../journal/stores.ts";
import { turn } from "./world.ts";

/** Time goes on to the next timer. */
class Clock {
  time = 0;
  #armed: { readonly at: number; readonly work: () => void } | null = null;
  readonly now = (): number => this.time;
  readonly after = (milliseconds: number, work: () => void): (() => void) => {
    this.#armed = { at: this.time + milliseconds, work };
    return () => (this.#armed = null);
  };
  pass(): boolean {
    const armed = this.#armed;
    this.#armed = null;
    if (armed === null) return false;
    this.time = Math.max(this.time, armed.at);
    armed.work();
    return true;
  }
}

async function sleep(store: MemoryStore, id: string, wake: number | null): Promise<void> {
  await store.open(id);
  await store.flushed(id, store.append(id, [note("waits")], { state: "waiting", wake }));
  await store.close(id);
}

it(
  "every sleeper is told once, in the order of their times, with few timers at a time (W1)",
  { timeout: 60_000 },
  async () => {
    const times = fc.array(fc.nat(50), { minLength: 1, maxLength: 4000, size: "max" });
    await fc.assert(
      fc.asyncProperty(times, fc.nat(4000), async (all, late) => {
        const clock = new Clock();
        using timers = new Timers(clock);
        const store = new MemoryStore({ hash: sha256, now: clock.now });
        const told: { readonly id: string; readonly at: number }[] = [];
        const wakes = new Wakes(timers, {
          list: (query) => store.list(query),
          due: (id) => told.push({ id, at: clock.time }),
          failed: (why) => {
            throw why;
          },
        });
        await Promise.all(all.map((_, n) => store.create(newRun(`r${n}`))));
        for (const [n, wake] of all.entries()) if (n < late) await sleep(store, `r${n}`, wake * 1000);
        await wakes.load();
        for (const [n, wake] of all.entries()) {
          if (n < late) continue;
          await sleep(store, `r${n}`, wake * 1000);
          wakes.slept(`r${n}`, wake * 1000);
        }
        for (let idle = 0; idle < 6 && told.length < all.length; idle++) {
          expect(wakes.size).toBeLessThanOrEqual(3001);
          await turn();
          if (clock.pass()) idle = 0;
        }
        expect(told.map(({ id }) => id).toSorted()).toEqual(all.map((_, n) => `r${n}`).toSorted());
        expect(told.every(({ id, at }) => at === (all[Number(id.slice(1))] ?? 0) * 1000)).toBe(true);
        wakes.close();
        expect(timers.size).toBe(0);
      }),
      { numRuns: 12 },
    );
  },
);
