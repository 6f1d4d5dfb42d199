/** The same claims of packages as people write them: Lua that remembers, and that calls functions of the workflow. */
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

import { beginRun, resumeRun } from "../../../src/engine/durable/durable-run.ts";
import { sendSignal } from "../../../src/engine/durable/effects/send.ts";
import { loadProgram } from "../../../src/engine/load/load.node.ts";
import type { LoadedProgram } from "../../../src/engine/load/loaded.ts";
import { MemoryStore } from "../../../src/journal/memory-store.ts";
import { sha256 } from "../../journal/stores.ts";
import { portsOf, runWithCrashes, VirtualClock } from "../durable/crash.ts";
import { entriesOf, expectOrder, expectPlaysBack } from "../durable/history.ts";
import { Chance } from "./chance.ts";

const LONG = process.env["SENNIT_LONG"] !== undefined;
const FILE = fileURLToPath(new URL("../program.sennit", import.meta.url));
const HEAD = `require "../../plugins/samples/counter-lua" as counter; require "./fixtures/callbacks-lua" as lua;\n`;

async function loaded(text: string, isolation: "L0" | "L1"): Promise<LoadedProgram> {
  const request = { file: FILE, text, grants: [], besideVm: false, isolation };
  const found = await loadProgram({ ...request, warn: () => {} });
  if (!found.ok) throw new Error(found.diagnostics.map(({ title }) => title).join("\n"));
  return found.program;
}

/** Branches that count, some of them in a function that Lua calls; what they count does not depend on who is first. */
function counting(chance: Chance): string {
  const nap = (): string => `sleep (${chance.pick(4)}ms);`;
  const count = (): string => `print $"c{counter.increment()}";`;
  const called = (): string => `lua.each(|j| seq { ${count()} j }, ${1 + chance.pick(2)});`;
  const one = (): string => chance.one([count, nap, called])();
  const branch = (): string => `seq { ${nap()} ${count()} ${one()} ${one()} nil; }`;
  return `${HEAD}para { ${branch()} ${branch()} ${branch()} } ${called()} counter.increment();`;
}

describe("a run over Lua that remembers", () => {
  it("counts on wherever it is cut off, in whatever order its branches end", { timeout: 600_000 }, async () => {
    for (let seed = 1; seed <= (LONG ? 20 : 1); seed++) {
      const chance = new Chance(seed);
      const text = counting(chance);
      await using program = await loaded(text, "L0");
      const whole = await runWithCrashes(() => program, { lives: [], survives: 0 });
      const counted = Array.from(whole.lines, (_, at) => `c${at + 1}`).toSorted();
      expect(whole.lines.toSorted()).toEqual(counted);
      for (let cuts = 0; cuts < (LONG ? 8 : 2); cuts++) {
        const lives = [1 + chance.pick(whole.commits - 1), ...(cuts % 2 === 1 ? [1 + chance.pick(6)] : [])];
        const cut = await runWithCrashes(() => program, {
          lives,
          survives: chance.pick(4),
          snapshotAfter: chance.one([0, undefined]),
        });
        expect(cut.lines.toSorted(), text).toEqual(counted);
        expect(cut.result).toEqual(whole.result);
        expectOrder(await entriesOf(cut.store));
        await expectPlaysBack(cut.store, program, cut.result);
      }
    }
  });

  it("sleeps while it waits for a signal or 30 days, and wakes as it was", { timeout: 60_000 }, async () => {
    const text = `${HEAD}counter.increment(); print wait signal("go") timeout 30d; print counter.increment();`;
    await using program = await loaded(text, "L1");
    const store = new MemoryStore({ hash: sha256, now: () => 0 });
    const seed = new Uint8Array(32);
    const run = { id: "run", name: "", source: "", function: 0, args: [], seed, grants: [], created: 0 };
    await beginRun(store, program, run);
    const clock = new VirtualClock();
    const options = { grants: { allowsCommand: () => false }, sleepAfter: 0 };
    expect(await resumeRun(store, program, "run", portsOf(clock), options)).toEqual({
      state: "asleep",
      wake: 30 * 86_400_000,
    });
    await sendSignal(store, "run", { name: "go", value: "now", sender: "me" });
    expect(await resumeRun(store, program, "run", portsOf(clock), options)).toMatchObject({ state: "done" });
    const kinds = (await entriesOf(store)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === "CALL")).toHaveLength(2);
  });
});
