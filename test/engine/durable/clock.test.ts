import { describe, expect, it } from "vitest";

import type { LoadedProgram } from "../../../src/engine/load/loaded.ts";
import type { InstanceOptions } from "../../../src/host/plugin.ts";
import { S32, witFunction } from "../../lang/vm/run-foreign.ts";
import { directInstance, DistantInstance, stubProgram } from "../stub-program.ts";
import { runWithCrashes } from "./crash.ts";
import { expectPlaysBack } from "./history.ts";

const FUNCTIONS = [witFunction("time", [S32], S32), witFunction("busy", [S32], S32)];

/**
 * `time(n)` gives what the guest's clock shows, and sleeps n milliseconds before, while others' time passes; it adds n times
 * all it has ever seen, so that a clock which shows something else when its calls are made again is found out. `busy` asks a
 * server first.
 */
function telling(text: string, way: "distant" | "stateless", passed: { time: number }): LoadedProgram {
  const outside = stubProgram("", [], () => directInstance(() => (passed.time += 7)), {
    manifest: { language: "javascript", effects: { ask: "read" } },
  }).packages[0]!;
  const guest = stubProgram(text, FUNCTIONS, () => directInstance(() => null), {
    manifest: way === "distant" ? { language: "python" } : { language: "component", stateless: true },
  });
  const [pack] = guest.packages;
  const instantiate = async ({ now, sleep, imports }: InstanceOptions) => {
    let seen = 0;
    if (way === "stateless") return directInstance(() => now());
    return new DistantInstance(async (fn, [n]) => {
      if (fn === "busy") await imports.get("ask")?.call([]);
      else await sleep(Number(n));
      const shown = now();
      seen += shown;
      return shown + Number(n) * seen;
    });
  };
  const imports = way === "stateless" ? new Map() : new Map([["ask", { package: 1, function: "ask" }]]);
  return {
    ...guest,
    packages: [
      { ...pack!, imports, plugin: { ...pack!.plugin, instantiate } },
      { ...outside, name: "server" },
    ],
  };
}

describe("the clock of a guest", () => {
  it("shows again what it showed, when its calls are made again", async () => {
    const text = `require time; require busy;
      for n in [0, 3, 0, 5, 1] { print time(n); sleep (10ms * n); print busy(n); }`;
    const loaded = (): LoadedProgram => telling(text, "distant", { time: 0 });
    const whole = await runWithCrashes(loaded, { lives: [], survives: 0 });
    expect(new Set(whole.lines).size).toBeGreaterThan(5);
    for (let at = 1; at < whole.commits; at++) {
      const cut = await runWithCrashes(loaded, { lives: [at, 2], survives: at % 3 });
      expect(cut.lines).toEqual(whole.lines); // `state-diverged` otherwise
      await expectPlaysBack(cut.store, loaded(), cut.result);
    }
  });

  it("goes on with what the guest waits for", async () => {
    const text = `require time; a = time(0); sleep (50ms); b = time(0); print b - a; print time(5) > b + 5;`;
    const { lines } = await runWithCrashes(() => telling(text, "distant", { time: 0 }), { lives: [], survives: 0 });
    expect(lines).toEqual(["50", "true"]);
  });

  it("of a package without state shows the time of the last delivery, in a replay too", async () => {
    const text = `require time; a = time(0); sleep (50ms); b = time(0); print b - a; print if (a == 0) { "a" } else { "b" };`;
    const loaded = (): LoadedProgram => telling(text, "stateless", { time: 0 });
    const whole = await runWithCrashes(loaded, { lives: [], survives: 0 });
    expect(whole.lines).toEqual(["50", "a"]);
    for (let at = 1; at < whole.commits; at++) {
      const cut = await runWithCrashes(loaded, { lives: [at, 1], survives: at % 3 });
      expect(cut.lines).toEqual(whole.lines);
      await expectPlaysBack(cut.store, loaded(), cut.result);
    }
  });
});
