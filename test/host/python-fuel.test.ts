import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isLong } from "../long.ts";
import { processAdmission } from "../../src/host/python/admission.node.ts";
import { StartImages } from "../../src/host/python/image.node.ts";
import { meteredRuntime } from "../../src/host/python/metered.node.ts";
import { pythonPlugin, type PythonPlugin } from "../../src/host/python/plugin.node.ts";
import { pythonRuntime } from "../../src/host/python/runtime.node.ts";
import { copyMetered, copyPlain } from "./python-opened.ts";
import { pythonPackage, surroundings } from "./python-package.ts";

const WIT = `package test:plugin;
world w {
  import ask: func() -> u32;
  export add: func(a: u32, b: u32) -> u32;
  export work: func(turns: u32) -> u32;
  export asks: func() -> u32;
  export total: func(to: u64) -> u64;
  export caught: func();
  export regex: func();
}`;

const APP = `import re
import wit_world

class WitWorld(wit_world.WitWorld):
    def add(self, a, b):
        return a + b
    def work(self, turns):
        words = {}
        for i in range(turns):
            words[str(i)] = [object() for _ in range(3)]
        return len(words)
    def asks(self):
        return wit_world.ask() + wit_world.ask()
    def total(self, to):
        return sum(range(to))
    def caught(self):
        while True:
            try:
                sum(range(10**11))
            except BaseException:
                pass
    def regex(self):
        re.match("(a+)+b", "a" * 64)
`;

const FUEL = 50_000_000;
const stop = new AbortController().signal;

describe("fuel of calls into Python", () => {
  let plugin: PythonPlugin;
  let cacheFolder: string;
  beforeAll(async () => {
    cacheFolder = await mkdtemp(join(tmpdir(), "sennit-fuel-"));
    const files = pythonPackage({ "app.py": APP, "world.wit": WIT }, { limits: { fuel: FUEL } });
    const why = "remote/python.test.ts starts it cold, python-image.test.ts makes images";
    await copyPlain(cacheFolder);
    if (!isLong("making the start image of the rewritten Python", why)) await copyMetered(cacheFolder);
    plugin = await pythonPlugin(files, { cacheFolder, images: new StartImages() });
  });
  afterAll(async () => {
    await plugin[Symbol.asyncDispose]();
    await rm(cacheFolder, { recursive: true });
    expect(processAdmission.living).toBe(0);
  });
  const ask = { colour: "sync", call: () => 4 } as const;

  it("is spent the same in every fresh instance, call by call", { timeout: 240_000 }, async () => {
    const costs = [];
    for (const _ of [1, 2]) {
      await using python = await plugin.instantiate(surroundings({ ask }));
      const spent: (number | undefined)[] = [];
      for (const [key, args] of [
        ["add", [1, 2]],
        ["work", [300]],
        ["asks", []],
        ["work", [300]],
        ["total", [10_000n]],
      ] as const) {
        await python.call(key, args);
        spent.push(python.spent);
      }
      costs.push(spent);
    }
    expect(costs[0]).toEqual(costs[1]);
    for (const cost of costs[0] ?? []) expect(cost).toBeGreaterThan(1000);
  });

  it.each([
    ["a loop in C", "total", [10n ** 14n]],
    ["what catches everything", "caught", []],
    ["a pattern that backtracks", "regex", []],
  ])("that is spent ends the call: %s", async (_, key, args) => {
    await using python = await plugin.instantiate(surroundings({ ask }));
    expect(await python.call("add", [1, 2])).toBe(3);
    await expect(python.call(key, args)).rejects.toMatchObject({ code: "fuel-exhausted", source: "test:plugin" });
    expect(python.alive).toBe(false);
    expect(() => python.call("add", [1, 2])).toThrow(expect.objectContaining({ code: "plugin-lost" }));
  });

  it("is each call's own", async () => {
    await using python = await plugin.instantiate(surroundings({ ask }));
    await python.call("work", [1000]);
    const turns = Math.floor((0.4 * 1000 * FUEL) / (python.spent ?? 1));
    const calls = [[turns], [turns], [turns], [turns]];
    expect(await python.callMany?.("work", calls, { untilErr: false, stop })).toEqual(
      calls.map(() => ({ value: turns })),
    );
  });

  it("is what whoever makes the instance says, also none at all", { timeout: 240_000 }, async () => {
    const limits = { fuel: Number.POSITIVE_INFINITY };
    await using free = await plugin.instantiate(surroundings({ ask }, { limits }));
    expect(await free.call("total", [1_000_000n])).toBe(499_999_500_000);
    expect(free.spent).toBeUndefined();
    await using poor = await plugin.instantiate(surroundings({ ask }, { limits: { fuel: 1000 } }));
    await expect(poor.call("add", [1, 2])).rejects.toMatchObject({ code: "fuel-exhausted" });
  });

  it("keeps the rewritten module, and its own start images (F1-F3)", async () => {
    const names = await readdir(cacheFolder);
    const [metered] = names.filter((name) => name.endsWith(".metered"));
    expect(names.filter((name) => name.endsWith(".pyimage"))).toHaveLength(4); // of each kind the runtime's and the plugin's
    const plain = await pythonRuntime();
    const here = await meteredRuntime(plain, cacheFolder);
    expect(here.identity).not.toBe(plain.identity);
    const file = join(cacheFolder, metered ?? "");
    const bytes = await readFile(file);
    await writeFile(file, bytes.with(bytes.length - 1, (bytes.at(-1) ?? 0) ^ 1));
    expect((await meteredRuntime(plain, cacheFolder, "anew")).identity).toBe(here.identity);
    expect((await readFile(file)).equals(bytes)).toBe(true);
  });
});
