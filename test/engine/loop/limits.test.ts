/** What a run may have, and how much a package may start and show in it (limits.ts, G4 of instances.ts). */
import { describe, expect, it } from "vitest";
import fc from "../../fast-check.ts";
import { Volume } from "../../../src/engine/loop/limits.ts";
import { InstanceGroup } from "../../../src/engine/guests/instances.ts";
import type { LoadedProgram } from "../../../src/engine/load/loaded.ts";
import { Fault } from "../../../src/fault.ts";
import { DEFAULT_RUN_LIMITS, type RunLimits } from "../../../src/host/package/limits.ts";
import type { Limits } from "../../../src/host/manifest.ts";
import type { Instance, InstanceOptions, LogLine } from "../../../src/host/plugin.ts";
import { directInstance, runStub, stubProgram } from "../stub-program.ts";

async function printed(source: string, limits: Partial<RunLimits>): Promise<readonly string[]> {
  const program: LoadedProgram = {
    // Spawned workflows are waited for where the program ends, and cancelled where it fails.
    ...stubProgram(`${source} raise "over";`, [], () => directInstance(() => null)),
    limits: { ...DEFAULT_RUN_LIMITS, ...limits },
  };
  const { lines, result } = await runStub(program);
  expect(result).toMatchObject({ state: "failed", error: { message: "over" } });
  return lines;
}

const TELL = "catch (e) { print e.code; print e.message; }";
const RAISE = (limit: string): string =>
  `(If the program really needs more, write \`run = { ${limit} = … }\` under [limits] of its sennit.toml.)`;

describe("spawned workflows", () => {
  it("are so many at once, which the program can catch; when one has ended, there is room again", async () => {
    const source = `workflow w(n: Int) -> Int { sleep(2h); n }
      workflow short() -> Int { 1 }
      spawn w(1); t = spawn short(); print await t; spawn w(2);
      try { spawn w(3); } ${TELL}`;

    expect(await printed(source, { children: 2 })).toEqual([
      "1",
      "limit-exceeded",
      `More than 2 spawned workflows at once ${RAISE("children")}`,
    ]);
  });

  it("are counted with those that they spawn: a workflow that spawns itself comes to an end", async () => {
    const source = `workflow w(n: Int) -> Int { t = spawn w(n + 1); await t }
      t = spawn w(1); try { await t; } ${TELL}`;

    expect((await printed(source, { children: 20 }))[0]).toBe("limit-exceeded");
  });

  it("are so many in all, however few there are at once", async () => {
    const source = `workflow w() -> Int { 1 }
      try { for i in range(10) { t = spawn w(); await t; print i; } } catch (e) { print e.code; print e.message; }`;

    expect(await printed(source, { childrenTotal: 3 })).toEqual([
      "0",
      "1",
      "2",
      "limit-exceeded",
      `More than 3 workflows spawned by one run ${RAISE("children-total")}`,
    ]);
  });
});

describe("timers", () => {
  it("are so many at once; those that were waited for, and those given up, leave room", async () => {
    const source = `for i in range(5) { sleep(1ms); }
      race { sleep(2h); 1 }
      try { para { sleep(2h); sleep(2h); sleep(2h) }; } ${TELL}`;

    expect(await printed(source, { timers: 2 })).toEqual([
      "limit-exceeded",
      `More than 2 sleeps and timeouts at once ${RAISE("timers")}`,
    ]);
  });

  it("of the workflows that a run spawned count with its own", async () => {
    const source = `workflow w() { sleep(2h); } spawn w(); spawn w();
      sleep(1ms); print "slept"; try { para { sleep(2h); sleep(2h) }; } catch (e) { print e.code; }`;

    expect(await printed(source, { timers: 3 })).toEqual(["slept", "limit-exceeded"]);
  });

  it("are not needed to go on: a timeout that cannot have one is over at once", async () => {
    const source = `workflow w() { sleep(2h); } spawn w(); now();
      try { timeout (1h) { sleep(2h); } } catch (e) { print e.code; }`;

    expect(await printed(source, { timers: 1 })).toEqual(["timeout"]);
  });
});

describe("branches", () => {
  it("are so many at once", async () => {
    const source = "try { para for i in range(50) { sleep(1ms) }; } catch (e) { print e.code; print e.message; }";

    expect(await printed(source, { branches: 20 })).toEqual([
      "out-of-range",
      "More than 20 branches at once (Give `para for` a `limit`)",
    ]);
  });
});

/** A group over one package whose instances are a test's own. */
function group(
  limits: Limits,
  instantiate: (options: InstanceOptions) => Instance,
  lines: LogLine[] = [],
): InstanceGroup {
  const program = stubProgram("1;", [], () => directInstance(() => null), { manifest: { limits, onFailure: "fresh" } });
  const packages = program.packages.map((pack) => ({
    ...pack,
    granted: { log: true },
    plugin: { ...pack.plugin, instantiate: async (options: InstanceOptions) => instantiate(options) },
  }));
  return new InstanceGroup(
    { ...program, packages },
    {
      seed: new Uint8Array(32),
      clock: { now: () => 0, sleep: async () => {} },
      log: (_source, line) => lines.push(line),
      progress: (done, total, text) => lines.push({ level: "info", text: `${done}/${total} ${text}` }),
    },
  );
}

describe("instances of a package", () => {
  it("that fail at every call are replaced so many times in a run, and no more (G4)", async () => {
    let started = 0;
    const failing = (): Instance => {
      started++;
      return { ...directInstance(() => null), alive: false };
    };
    await using instances = group({ instances: 5 }, failing);
    const codes: string[] = [];
    for (let call = 0; call < 12; call++) {
      try {
        await instances.call(0, "f", []);
        codes.push("answered");
      } catch (thrown) {
        if (!(thrown instanceof Fault)) throw thrown;
        codes.push(thrown.code);
        expect(thrown.message).toBe("program was started 5 times in this run, and may not be again");
        expect(thrown.hint).toContain('`"program" = { instances = … }` under [limits]');
      }
    }

    expect(started).toBe(5);
    expect(codes).toEqual([...Array(5).fill("answered"), ...Array(7).fill("limit-exceeded")]);
  });

  it("that do not even start count, too (G4)", async () => {
    let tries = 0;
    await using instances = group({ instances: 3 }, () => {
      tries++;
      throw new Fault("plugin-trapped", "no");
    });
    for (let call = 0; call < 6; call++) await expect(instances.call(0, "f", [])).rejects.toThrow();

    expect(tries).toBe(3);
  });
});

describe("what a package logs", () => {
  it("is shown up to its limit; then a line says so, and the instance lives on (G4)", async () => {
    const lines: LogLine[] = [];
    const talking = (options: InstanceOptions): Instance =>
      directInstance(() => {
        for (let at = 0; at < 1000; at++) options.log({ level: "info", text: "four" });
        options.progress?.(1, null, "half");
        return null;
      });
    await using instances = group({ log: 200 }, talking, lines);
    await instances.call(0, "f", []);
    await instances.call(0, "f", []);

    expect(lines.map(({ text }) => text)).toEqual([
      ...Array(10).fill("four"),
      expect.stringMatching(
        /^program has logged more than the 200 bytes .* `"program" = \{ log = … \}` under \[limits\]/,
      ),
    ]);
  });

  it("and reports as progress is counted together, at the length that it has as UTF-8", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme" })), fc.integer({ min: 1, max: 2000 }), (texts, most) => {
        const volume = new Volume(most);
        let used = 0;
        let silent = false;
        for (const text of texts) {
          used += 16 + Buffer.byteLength(text);
          expect(volume.take(text)).toBe(used <= most && !silent ? "fits" : silent ? "silent" : "over");
          silent ||= used > most;
        }
      }),
    );
  });
});
