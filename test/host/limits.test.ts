/** Limits of one instance: what it is refused, by which code, and the line of sennit.toml that would raise it. */
import { describe, expect, it } from "vitest";

import { Fault } from "../../src/fault.ts";
import type { Limits } from "../../src/host/manifest.ts";
import type { Instance, InstanceOptions } from "../../src/host/plugin.ts";
import { openPython } from "./python-opened.ts";
import { pluginFromWit, start } from "./component-fixtures.ts";
import { faultFrom, lua, settings } from "./lua-package.ts";
import { pythonPackage } from "./python-package.ts";

const WIT = `import take: func(xs: list<string>) -> u32;
  export texts: func(count: u32, length: u32) -> list<string>;
  export text: func(length: u32) -> string;
  export give: func(count: u32) -> u32;
  export spin: func();`;

/** A list of as many texts as it is asked for, all of them the same bytes of memory (HAZARDS 15). */
const CORE = `(module
  (import "$root" "take" (func $take (param i32 i32) (result i32)))
  (memory (export "memory") 64)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4000000))
  (func $list (param $count i32) (param $length i32) (result i32) (local $at i32)
    (local.set $at (i32.const 1000000))
    (loop $next
      (i32.store (local.get $at) (i32.const 64))
      (i32.store offset=4 (local.get $at) (local.get $length))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $next (i32.lt_u (local.get $at)
        (i32.add (i32.const 1000000) (i32.mul (i32.const 8) (local.get $count))))))
    (i32.store (i32.const 0) (i32.const 1000000))
    (i32.store (i32.const 4) (local.get $count))
    (i32.const 0))
  (func (export "texts") (param i32 i32) (result i32) (call $list (local.get 0) (local.get 1)))
  (func (export "text") (param $length i32) (result i32)
    (i32.store (i32.const 0) (i32.const 64))
    (i32.store (i32.const 4) (local.get $length))
    (i32.const 0))
  (func (export "give") (param $count i32) (result i32)
    (call $take (i32.load (call $list (local.get $count) (i32.const 1))) (local.get $count)))
  (func (export "spin") (loop $next (br $next))))`;

const LUA = `local take = require("sennit").imports.take
  local function texts(count, length)
    local list = {}
    for i = 1, count do list[i] = string.rep("a", length) end
    return list
  end
  return { texts = texts, text = function(length) return string.rep("a", length) end,
    give = function(count) return take(texts(count, 1)) end,
    spin = function() while true do end end }`;

const TAKE = { colour: "sync", call: () => 7 } as const;

type Guest = "component linked directly" | "component linked by jco" | "Lua plugin";

async function guest(language: Guest, limits: Limits, options: Partial<InstanceOptions> = {}): Promise<Instance> {
  const manifest = { name: "acme:guest", limits };
  if (language !== "Lua plugin") {
    const path = language.endsWith("jco") ? "jco" : "direct";
    const world = `world w { ${WIT} }`;
    return start(await pluginFromWit(world, CORE, manifest, { path }), { take: TAKE }, options);
  }
  const plugin = await lua(`world w { ${WIT} }`, LUA, manifest);
  return plugin.instantiate(settings({ imports: { take: TAKE } }));
}

describe.each<Guest>(["component linked directly", "component linked by jco", "Lua plugin"])("a %s", (language) => {
  it.each([
    ["texts", [400, 1]],
    ["give", [400]],
  ])("may not exceed `result-nodes` in %s", async (fn, args) => {
    await using instance = await guest(language, { resultNodes: 300 });

    expect(await instance.call(fn, fn === "texts" ? [290, 1] : [290])).toBeDefined();
    const fault = await faultFrom(() => instance.call(fn, args));

    expect(fault).toMatchObject({ code: "value-too-large", source: "acme:guest" });
    expect(fault.message).toContain("more than 300 nodes");
    expect(fault.hint).toContain('`"acme:guest" = { result-nodes = … }` under [limits] of the project\'s sennit.toml');
    expect(instance.alive).toBe(false);
  });

  it.each([
    ["texts", [100, 100]],
    ["text", [10_000]],
  ])("may not exceed `result-bytes` in %s", async (fn, args) => {
    await using instance = await guest(language, { resultBytes: 5000 });

    expect(await instance.call("text", [4000])).toHaveLength(4000);
    const fault = await faultFrom(() => instance.call(fn, args));

    expect(fault).toMatchObject({ code: "value-too-large", source: "acme:guest" });
    expect(fault.message).toContain("more than 5000 bytes");
    expect(fault.hint).toContain("result-bytes = …");
    expect(instance.alive).toBe(false);
    expect((await faultFrom(() => instance.call("text", [1]))).code).toBe("plugin-lost");
  });

  it("has the budget anew in each call", async () => {
    await using instance = await guest(language, { resultNodes: 300, resultBytes: 5000 });

    for (let call = 0; call < 50; call++) expect(await instance.call("texts", [200, 10])).toHaveLength(200);
  });

  it.each([
    [{ fuel: 1_000_000 }, "fuel-exhausted", "1000000 units", "fuel"],
    [{ deadline: 100 }, "deadline-exceeded", "100 ms", "deadline"],
  ])("says with %o which line raises it", async (limits, code, value, key) => {
    await using instance = await guest(language, limits);

    const fault = await faultFrom(() => instance.call("spin", []));

    expect(fault).toMatchObject({ code, source: "acme:guest" });
    expect(fault.message).toContain(value);
    expect(fault.hint).toContain(`{ ${key} = … }\` under [limits]`);
    expect(fault).toBeInstanceOf(Fault);
  });
});

describe("a Python plugin", () => {
  const PYTHON = `import wit_world
class WitWorld(wit_world.WitWorld):
    def texts(self, count, length):
        return ["a" * length] * count
`;
  const world = "package acme:guest; world w { export texts: func(count: u32, length: u32) -> list<string>; }";

  it.each([
    [{ resultNodes: 300 }, [400, 1], "300 nodes"],
    [{ resultBytes: 5000 }, [100, 100], "5000 bytes"],
  ])("may not exceed %o", { timeout: 120_000 }, async (limits, args, text) => {
    const files = pythonPackage({ "app.py": PYTHON, "world.wit": world }, { name: "acme:guest", limits });
    await using plugin = await openPython(files);
    await using instance = await plugin.instantiate(settings());

    expect(await instance.call("texts", [10, 10])).toHaveLength(10);
    const fault = await faultFrom(() => instance.call("texts", args));

    expect(fault).toMatchObject({ code: "value-too-large", source: "acme:guest" });
    expect(fault.message).toContain(text);
    expect(fault.hint).toContain('`"acme:guest" = { result-');
    expect(instance.alive).toBe(false);
  });
});
