/** `limits.memory` of a Lua plugin, wherever it runs out: an error inside, or the end of the instance as a fault (M2 of machine.ts). */
import { describe, expect, it } from "vitest";

import { Fault } from "../../src/fault.ts";
import type { Instance, Plugin } from "../../src/host/plugin.ts";
import type { Value } from "../../src/wit/value.ts";
import { faultFrom, lua, settings } from "./lua-package.ts";

const MIB = 2 ** 20;

const BOMBS = `
  local function grow(step) local held = {}; while true do held[#held + 1] = step(#held) end end
  return {
    text = function() return grow(function(n) return ("x"):rep(100000) .. n end) end,
    doubling = function() local s = "x"; while true do s = s .. s end end,
    tables = function() return grow(function() return {} end) end,
    array = function() local t = {}; for i = 1, 1 << 40 do t[i] = i end end,
    keys = function() local t = {}; for i = 1, 1 << 40 do t[i * 2^20] = true end end,
    closures = function() return grow(function(n) return function() return n end end) end,
    threads = function() return grow(function() return coroutine.create(print) end) end,
    arguments = function() return select("#", table.unpack({}, 1, 10000000)) end,
    joined = function() local t = {}; for i = 1, 1 << 20 do t[i] = "0123456789" end; return table.concat(t, ("y"):rep(1000)) end,
    formatted = function() local s = ("x"):rep(1000000); return #("%s%s%s%s"):rep(2):format(s, s, s, s, s, s, s, s) end,
    replaced = function() return ("x"):rep(100000):gsub("x", ("y"):rep(100000)) end,
    one = function() return 1 end,
  }`;
const NAMES = "text doubling tables array keys closures threads arguments joined formatted replaced".split(" ");
const BOMB_WIT = `world w { ${[...NAMES, "one"].map((name) => `export ${name}: func() -> u32;`).join(" ")} }`;

describe("a Lua plugin that takes more than its memory", () => {
  it.each(NAMES)("by %s fails as it does so, and the next instance has all of it", async (name) => {
    await using plugin = await lua(BOMB_WIT, BOMBS, { limits: { memory: 4 * MIB } });
    await using instance = await plugin.instantiate(settings());
    const before = process.memoryUsage().arrayBuffers;

    const fault = await faultFrom(() => instance.call(name, []));

    if (fault.code === "memory-limit") {
      expect(fault.message).toBe(`acme:sample failed in ${name}: not enough memory, of which it has 4 MiB`);
      expect(fault.hint).toContain('`"acme:sample" = { memory = … }` under [limits]');
    } else {
      expect(fault.code).toBe("plugin-trapped");
      expect(fault.message).toMatch(/resulting string too large|too many results|stack overflow/);
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * MIB);
    expect((await faultFrom(() => instance.call("one", []))).code).toBe("plugin-lost");
    await using next = await plugin.instantiate(settings());
    expect(await next.call("one", [])).toBe(1);
  });
});

const WORLD = `world w {
  import take: func(xs: list<string>) -> list<string>;
  import later: func(xs: list<string>) -> list<string>;
  export echo: func(xs: list<string>) -> list<string>;
  export twice: func(xs: list<string>) -> list<string>;
  export slow: func(xs: list<string>) -> list<string>;
  export fails: func(xs: list<string>) -> result<list<string>, list<string>>;
}`;

const GUEST = `
  local sennit = require("sennit")
  return {
    echo = function(xs) return xs end,
    twice = function(xs) local ok, ys = pcall(sennit.imports.take, xs); return ok and ys or {} end,
    slow = function(xs) return sennit.imports.later(xs) end,
    fails = function(xs) error(sennit.err(xs)) end,
  }`;

/** How a plugin comes to its end that is given more and more: by the code of its fault. */
async function used(plugin: Plugin, name: string): Promise<readonly [string, Instance | null]> {
  const take = { colour: "sync", call: ([xs]: readonly Value[]) => xs as Value } as const;
  const later = { colour: "async", call: async ([xs]: readonly Value[]) => xs as Value } as const;
  let instance: Instance | null = null;
  try {
    instance = await plugin.instantiate(settings({ imports: { take, later } }));
    for (let length = 1; length < 200_000; length *= 3) {
      const xs = Array.from({ length: Math.ceil(length / 50) }, () => "y".repeat(50));
      await instance.call(name, [xs]);
    }
    return ["answered", instance];
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown;
    return [instance === null ? `at start: ${thrown.code}` : thrown.code, instance];
  } finally {
    await instance?.[Symbol.asyncDispose]();
  }
}

describe("a Lua machine with next to no memory", () => {
  it("answers, or fails with a fault and is gone: at whatever point it runs out", { timeout: 60_000 }, async () => {
    const ends = new Set<string>();
    for (let kib = 40; kib < 800; kib += 16) {
      await using plugin = await lua(WORLD, GUEST, { limits: { memory: kib * 1024 } });
      for (const name of ["echo", "twice", "slow", "fails"]) {
        const [end, instance] = await used(plugin, name);
        ends.add(end);
        if (end === "memory-limit") expect(instance?.alive).toBe(false);
      }
    }

    expect([...ends].toSorted()).toEqual(["answered", "at start: memory-limit", "memory-limit"]);
  });
});
