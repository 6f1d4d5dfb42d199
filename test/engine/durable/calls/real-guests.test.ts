import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

import { loadProgram } from "../../../../src/engine/load/load.node.ts";
import type { LoadedProgram } from "../../../../src/engine/load/loaded.ts";
import type { EntryOf } from "../../../../src/journal/entry/entry.ts";
import { runWithCrashes } from "../crash.ts";
import { entriesOf, expectPlaysBack } from "../history.ts";

const FILE = fileURLToPath(new URL("../../program.sennit", import.meta.url));
const SAMPLES = "../../plugins/samples";

async function loaded(text: string): Promise<LoadedProgram> {
  const request = { file: FILE, text, grants: [], besideVm: false, warn: () => {} };
  const found = await loadProgram(request);
  if (!found.ok) throw new Error(found.diagnostics.map(({ code }) => code).join());
  return found.program;
}

describe("components and Lua in a durable run", () => {
  it("call functions of the workflow, which call each other's packages", { timeout: 60_000 }, async () => {
    const text = `require "${SAMPLES}/callback-rust" as rust; require "./fixtures/callbacks-lua" as lua;
      require "${SAMPLES}/counter-lua" as counter;
      counter.increment(); sleep (1ms);
      print rust.apply(|i| counter.increment(), 3); sleep (1ms);
      print rust.apply(|i| lua.each(|j| seq { print j; i + j }, 2), 2); sleep (1ms);
      try { print rust.apply(|i| rust.apply(|j| j, 2), 2); } catch (e) { print e.value.code; }
      print lua.failure(|i| lua.each(|j| j, 2)); sleep (1ms);
      print rust.iterate(|i| i + counter.increment(), 5, 4);`;
    await using program = await loaded(text);
    const whole = await runWithCrashes(() => program, { lives: [], survives: 0 });
    expect(whole.lines.slice(0, 6)).toEqual(["[2, 3, 4]", "0", "1", "0", "1", "[[0, 1], [1, 2]]"]);
    expect(whole.lines.at(6)).toBe("re-entrant");
    expect(whole.lines.at(7)).toMatch(/^re-entrant: /);
    expect(whole.lines.at(8)).toBe("31");
    // Lua takes long to start.
    for (const at of [24]) {
      const cut = await runWithCrashes(() => program, { lives: [at], survives: at % 3, snapshotAfter: 1 });
      expect(cut.lines).toEqual(whole.lines);
      await expectPlaysBack(cut.store, program, cut.result);
    }
  });

  it.each(["counter-rust", "counter-lua"])("are taken up as they were saved: %s", async (name) => {
    const text = `require "${SAMPLES}/${name}" as counter;
      for i in range(300) { counter.increment(); }
      try { counter.trap(); } catch (e) { print e.code; }
      print counter.increment();`;
    await using program = await loaded(text);
    const { lines, store, result } = await runWithCrashes(() => program, { lives: [], survives: 0 });
    expect(lines).toEqual(["plugin-trapped", "301"]);
    const entries = await entriesOf(store);
    const saved = entries.filter((entry): entry is EntryOf<"ISNAP"> => entry.kind === "ISNAP");
    expect(saved[0]?.seq).toBe(200);
    expect(entries.filter(({ kind }) => kind === "GEN")).toMatchObject([{ gen: 2, upto: 301, from: 0 }]);
    await expectPlaysBack(store, program, result);
  });
});
