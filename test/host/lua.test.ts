import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { luaPlugin } from "../../src/host/lua/plugin.ts";
import type { ImportedFunction } from "../../src/host/plugin.ts";
import { CaseValue, ERR, OK, type Value } from "../../src/wit/value.ts";
import { faultFrom, lua, packageOf, settings } from "./lua-package.ts";

describe("a Lua plugin", () => {
  it("answers a call synchronously when nothing waits (N2)", async () => {
    await using plugin = await lua(
      "world w { export add: func(a: s64, b: s64) -> s64; }",
      "return { add = function(a, b) return a + b end }",
    );
    await using instance = await plugin.instantiate(settings());
    expect(instance.call("add", [2, 3])).toBe(5);
    expect(plugin.digest).toMatch(/^[0-9a-f]{64}$/);
  });

  it("keeps state from call to call and never shares it (I2)", async () => {
    await using plugin = await lua(
      "world w { export next: func() -> u32; }",
      "local n = 0 return { next = function() n = n + 1 count = (count or 0) + 1 assert(count == n) return n end }",
    );
    const instances = await Promise.all(Array.from({ length: 100 }, (_, id) => plugin.instantiate(settings({ id }))));
    for (const [index, instance] of instances.entries()) {
      for (let i = 0; i < index % 5; i++) void instance.call("next", []);
    }
    expect(instances.map((instance) => instance.call("next", []))).toEqual(
      instances.map((_, index) => (index % 5) + 1),
    );
  });

  it("finds functions of interfaces, by short name and by id", async () => {
    const wit = "interface geometry { area: func(r: f64) -> f64; } world w { export geometry; }";
    for (const name of ["geometry", '["acme:sample/geometry@1.0.0"]']) {
      await using plugin = await lua(wit, `return { ${name} = { area = function(r) return r * r end } }`);
      await using instance = await plugin.instantiate(settings());
      expect(instance.call("acme:sample/geometry@1.0.0#area", [3])).toBe(9);
    }
  });

  it("reaches names that are keywords", async () => {
    await using plugin = await lua(
      "world w { record r { end: u8 } export %end: func(r: r) -> r; }",
      'return { ["end"] = function(r) return { ["end"] = r["end"] + 1 } end }',
    );
    await using instance = await plugin.instantiate(settings());
    expect(instance.call("end", [[1]])).toEqual([2]);
  });

  it("takes no function for one that is further down the path", async () => {
    const wit = "interface self { q: func() -> u8; } world w { export self; export %self: func() -> u8; }";
    const full = '["acme:sample/self@1.0.0"] = { q = function() return 2 end }';
    await using plugin = await lua(wit, `return { self = function() return 1 end, ${full} }`);
    await using instance = await plugin.instantiate(settings());
    expect([instance.call("self", []), instance.call("acme:sample/self@1.0.0#q", [])]).toEqual([1, 2]);
    await using lacking = await lua(wit, "return { self = function() return 1 end }");
    expect((await faultFrom(() => lacking.instantiate(settings()))).message).toContain("self.q");
  });

  it("tells a method named new from the constructor, on both sides", async () => {
    const resource = "resource r { constructor(n: u8); new: static func() -> r; get: func() -> u8; }";
    const wit = `interface things { ${resource} } world w { export things; } world user { import things; export f: func() -> u8; }`;
    const source = `local R = {} R.__index = R
      local function make(n) return setmetatable({ n = n }, R) end
      R.new = make function R.new_() return make(7) end function R:get() return self.n end
      return { things = { r = R } }`;
    await using plugin = await lua(wit, source, { world: "w" });
    await using things = await plugin.instantiate(settings());
    const id = "acme:sample/things@1.0.0";
    const all = ["[constructor]r", "[static]r.new", "[method]r.get"].map((name) => `${id}#${name}`);
    const made = [things.call(all[0] as string, [3]), things.call(all[1] as string, [])] as Value[];
    expect(made.map((handle) => things.call(all[2] as string, [handle]))).toEqual([3, 7]);
    const use = `local r = require("acme:sample/things").r return { f = function() return r.new(3):get() * 10 + r.new_():get() end }`;
    await using client = await lua(wit, use, { world: "user" });
    const imports = Object.fromEntries(
      all.map((key): [string, ImportedFunction] => [key, { colour: "sync", call: (args) => things.call(key, args) }]),
    );
    await using user = await client.instantiate(settings({ id: 2, imports }));
    expect(user.call("f", [])).toBe(37);
  });

  it("keeps its own module beside an import of that name", async () => {
    await using plugin = await lua(
      "world w { import sennit: interface { twice: func(n: u8) -> u8; } export f: func(n: u8) -> u8; }",
      `return { f = function(n) return require("sennit").imports.sennit.twice(n) end }`,
    );
    const twice: ImportedFunction = { colour: "sync", call: ([n]) => (n as number) * 2 };
    await using instance = await plugin.instantiate(settings({ imports: { "sennit#twice": twice } }));
    expect(instance.call("f", [4])).toBe(8);
  });

  it("loads files beside the main one by require, once", async () => {
    const files = {
      "src/main.lua":
        'local a, b = require "util.text", require "util.text"\nreturn { f = function() return a.hello() .. tostring(a == b) end }',
      "src/util/text.lua": 'return { hello = function() return "hello " end }',
      "other.lua": "not lua at all",
    };
    await using plugin = await luaPlugin(
      packageOf({ wit: "package a:b; world w { export f: func() -> string; }", files }),
    );
    await using instance = await plugin.instantiate(settings());
    expect(instance.call("f", [])).toBe("hello true");
  });

  it("returns an err by error(sennit.err(…)) and goes on", async () => {
    await using plugin = await lua(
      "world w { variant e { not-found(string), busy } export f: func(n: u8) -> result<u8, e>; export g: func(n: u8) -> result; }",
      `local sennit = require "sennit"
       local function fail(v) error(sennit.err(v)) end
       return {
         f = function(n) if n == 0 then fail { tag = "not_found", value = "zero" } end return n end,
         g = function(n) if n == 0 then fail() end end,
       }`,
    );
    await using instance = await plugin.instantiate(settings());
    expect(instance.call("f", [0])).toEqual(new CaseValue(ERR, new CaseValue(0, "zero")));
    expect(instance.call("f", [4])).toEqual(new CaseValue(OK, 4));
    expect(instance.call("g", [0])).toEqual(new CaseValue(ERR, null));
    expect(instance.call("g", [1])).toEqual(new CaseValue(OK, null));
    expect(instance.alive).toBe(true);
  });

  it("runs the example of plugins/lua/README.md", async () => {
    const readme = readFileSync(new URL("../../plugins/lua/README.md", import.meta.url), "utf8");
    const block = (language: string): string => readme.split(`\`\`\`${language}\n`)[1]?.split("```")[0] ?? "";
    await using plugin = await luaPlugin(packageOf({ wit: block("wit"), files: { "tally.lua": block("lua") } }));
    const loud: ImportedFunction = { colour: "sync", call: ([text]) => `${text as string}!` };
    await using instance = await plugin.instantiate(settings({ imports: { "acme:tally/shout@1.0.0#loud": loud } }));
    expect(instance.call("add", [1, 2])).toBe(3);
    expect(instance.call("shift", [[1, 5], 2])).toEqual([3, 5]);
    expect(instance.call("lookup", ["ada"])).toEqual(new CaseValue(OK, 36));
    expect(instance.call("lookup", ["eve"])).toEqual(new CaseValue(ERR, new CaseValue(0, "eve")));
    expect(instance.call("greet", [null])).toBe("hello stranger!");
  });
});
