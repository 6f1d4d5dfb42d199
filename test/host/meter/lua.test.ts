/** Limits of Lua: also what no hook of the interpreter's would stop. */
import { describe, expect, it } from "vitest";

import type { Limits } from "../../../src/host/manifest.ts";
import type { Plugin } from "../../../src/host/plugin.ts";
import { faultFrom, lua, settings } from "../lua-package.ts";

const WIT = "world w { export f: func() -> u32; export ok: func() -> u32; }";

function guest(body: string, limits: Limits): Promise<Plugin> {
  return lua(WIT, `return { f = function() ${body} end, ok = function() return 7 end }`, { limits });
}

const ENDLESS: [string, string][] = [
  ["a loop", "while true do end"],
  ["a loop in pcall", "while true do pcall(function() while true do end end) end"],
  ["pcall of pcall", "local function f() pcall(f) return f() end f()"],
  ["tail calls", "local function f() return f() end f()"],
  ["a coroutine", "coroutine.wrap(function() while true do end end)()"],
  ["coroutines without end", "while true do coroutine.wrap(function() coroutine.yield() end)() end"],
  ["a catastrophic pattern", "local s = ('a'):rep(40) return #(s:find(('a*'):rep(30) .. 'b') or 'xx')"],
  ["string.rep in a loop", "while true do local s = ('x'):rep(1000000) end"],
  [
    "a sort that never agrees",
    "local t = {} for i = 1, 200000 do t[i] = i % 7 end while true do table.sort(t, function(a, b) return a > b end) end",
  ],
  ["an iterator that never ends", "for _ in setmetatable({}, { __call = function() return 1 end }) do end"],
  ["a metamethod", "local t = setmetatable({}, { __index = function(t, k) while true do end end }) return t.x"],
  ["garbage", "while true do local t = {} for i = 1, 100 do t[i] = {} end end"],
];

describe.each<[string, Limits]>([
  ["fuel-exhausted", { fuel: 30_000_000 }],
  ["deadline-exceeded", { deadline: 100 }],
])("%s", (code, limits) => {
  it.each(ENDLESS)("%s: ends its instance only", async (_, body) => {
    await using plugin = await guest(body, limits);
    await using instance = await plugin.instantiate(settings());
    expect(instance.call("ok", [])).toBe(7);

    expect(await faultFrom(() => instance.call("f", []))).toMatchObject({ code, source: "acme:sample" });
    expect(await faultFrom(() => instance.call("ok", []))).toMatchObject({ code: "plugin-lost" });
    await using next = await plugin.instantiate(settings());
    expect(next.call("ok", [])).toBe(7);
  });

  it("while its files load", async () => {
    await using plugin = await lua(WIT, "while true do end", { limits });

    expect(await faultFrom(() => plugin.instantiate(settings()))).toMatchObject({ code });
  });
});

it("a call costs the same each time, and in each instance", async () => {
  await using plugin = await guest("local n = 0 for i = 1, 1000 do n = n + i end return n", { fuel: 1e9 });
  const costs = async (): Promise<(number | undefined)[]> => {
    await using instance = await plugin.instantiate(settings());
    return [1, 2, 3].map(() => (instance.call("f", []), instance.spent));
  };
  const first = await costs();

  expect(await costs()).toEqual(first);
  expect(first[0]).toBeGreaterThan(1000);
});

it("without limits nothing is counted", async () => {
  await using plugin = await guest("return 1", {});
  await using instance = await plugin.instantiate(settings());

  expect(await instance.call("f", [])).toBe(1);
  expect(instance.spent).toBeUndefined();
});

describe("waiting", () => {
  const sleeper = (limits: Limits): Promise<Plugin> =>
    lua(WIT, `return { f = function() require("sennit").sleep(1) return 1 end, ok = function() return 7 end }`, {
      limits,
    });

  it("ends at the deadline", async () => {
    await using plugin = await sleeper({ deadline: 100 });
    await using instance = await plugin.instantiate(settings({ sleep: () => new Promise(() => {}) }));

    expect(await faultFrom(() => instance.call("f", []))).toMatchObject({ code: "deadline-exceeded" });
    expect(await faultFrom(() => instance.call("ok", []))).toMatchObject({ code: "plugin-lost" });
  });

  it("costs no fuel", async () => {
    await using plugin = await sleeper({ fuel: 1_000_000 });
    await using instance = await plugin.instantiate(settings());

    expect(await instance.call("f", [])).toBe(1);
    expect(instance.spent).toBeLessThan(100_000);
  });
});
