import { describe, expect, it } from "vitest";
import fc from "../fast-check.ts";
import { Fault } from "../../src/fault.ts";
import { noChain } from "../../src/host/call-chain.ts";
import { nodePlatform } from "../../src/host/lua/platform.node.ts";
import { startInstance } from "../../src/host/lua/start.ts";
import type { WitType } from "../../src/wit/types.ts";
import { checkValue } from "../../src/wit/validate.ts";
import { CaseValue, ERR, OK, type Value } from "../../src/wit/value.ts";
import { arbitraryType } from "../wit/arbitrary.ts";
import { functionOf, started, taking } from "./lua-function.ts";
import { faultFrom, lua, packageOf, settings } from "./lua-package.ts";

const engine = await nodePlatform.engine();
const bool: WitType = { kind: "bool" };
const u8: WitType = { kind: "u8" };
const u32: WitType = { kind: "u32" };
const s64: WitType = { kind: "s64" };
const f64: WitType = { kind: "f64" };
const string: WitType = { kind: "string" };
const listOf = (element: WitType): WitType => ({ kind: "list", element });
const nested = (depth: number, leaf: WitType): WitType => (depth === 0 ? leaf : listOf(nested(depth - 1, leaf)));

/** An expression that is the value of a Lua block. */
const block = (body: string): string => `(function() ${body} end)()`;

describe("what a hostile Lua plugin returns", () => {
  it.each([
    [listOf(bool), "{ true, nil, true }", "[2]: nil"],
    [listOf(f64), "{ 1.5, nil, 2.5 }", "[2]: nil"],
    [listOf(string), "{ [0] = 'a' }", "not a list"],
    [listOf(string), "{ [-1] = 'a' }", "not a list"],
    [listOf(f64), "{ [2^53] = 1.0 }", "not a list"],
    [listOf(s64), "{ [math.maxinteger] = 1 }", "not a list"],
    [listOf(f64), block("local t = {} for i = 0, 20 do t[1 << i] = 1.0 end return t"), "[3]: nil"],
    [listOf(u32), "{ 1, '2' }", "[2]: a string is not an integer"],
    [listOf(u32), "{ 1, 2.0, 3.5 }", "[3]: 3.5"],
    [listOf(u32), "{ 1, 1 << 32 }", "[2]: 4294967296"],
    [listOf(u32), "{ 1, -1 }", "[2]: -1"],
    [listOf(s64), "{ 1, 2.0^63 }", "[2]: 9223372036854776000"],
    [listOf(f64), "{ 1, (1 << 53) + 1 }", "[2]: the integer 9007199254740993"],
    [listOf(f64), "{ 0.5, coroutine.create(print) }", "[2]: a coroutine"],
    [listOf(string), "{ require('sennit').null }", "[1]: a light userdata"],
    [u8, "coroutine.create(print)", "a coroutine"],
    [u8, "print", "a function"],
    [u8, "0/0", "NaN"],
    [u8, "1/0", "Infinity"],
    [string, "setmetatable({}, { __tostring = function() return 'x' end, __name = 'string' })", "a table"],
    [{ kind: "map", key: f64, value: u8 } as WitType, "{ [0.5] = 1 }", "not a list"],
    [{ kind: "flags", name: null, labels: ["a"] } as WitType, "{ [1] = true }", "the name of a flag"],
    [{ kind: "flags", name: null, labels: ["a"] } as WitType, "{ [('a'):rep(1e6)] = true }", "is no flag"],
    [{ kind: "enum", name: null, cases: ["a"] } as WitType, "'a\\0'", "is no case"],
    [{ kind: "char" } as WitType, "''", "one character"],
    [{ kind: "char" } as WitType, "utf8.char(0xd800)", "one character"],
    [{ kind: "char" } as WitType, "utf8.char(0x110000)", "one character"],
  ] as const)("%j: %s is refused", async (type, expression, text) => {
    const fault = await faultFrom(taking(type, expression));
    expect(fault).toMatchObject({ code: "plugin-invalid-value", source: "acme:sample" });
    expect(fault.message).toContain(text);
  });

  it.each([
    ["__index", "function() ran = true return 1 end"],
    ["__len", "function() ran = true return 5 end"],
    ["__pairs", "function() ran = true return next, {} end"],
    ["__eq", "function() ran = true return true end"],
    ["__newindex", "function() ran = true end"],
    ["__metatable", "false"],
  ])("no metamethod runs while it is read: %s (C2)", (name, handler) => {
    const type: WitType = { kind: "tuple", items: [listOf(u8), listOf(u32), { kind: "option", some: bool }] };
    const f = started(
      functionOf([], type),
      `local ran = false
       return { f = function() return setmetatable({ '', setmetatable({ 7 }, { ${name} = ${handler} }), ran }, { ${name} = ${handler} }) end }`,
    );
    const expected = [new Uint8Array(0), Uint32Array.of(7), false];
    expect([f.call("f", []), f.call("f", [])]).toEqual([expected, expected]);
  });

  it("finalizers run between values, never within one, and cannot import", () => {
    const text: WitType = { kind: "string" };
    const instance = started(
      functionOf([{ name: "n", type: u32 }], listOf(text)),
      `local import, kept, seen = require("sennit").imports.now, {}, "none"
       local function finalizer()
         kept[1] = nil
         local ok, e = pcall(coroutine.wrap(function() return import() end))
         seen = ok and "ran" or e.code
       end
       return { f = function(n)
         for i = 1, n do setmetatable({}, { __gc = finalizer }) kept = { ("x"):rep(i), ("y"):rep(i) } end
         collectgarbage()
         return { kept[1] or "gone", seen }
       end }`,
      {
        takes: new Map([["now", functionOf([], u32, "now")]]),
        imports: { now: { colour: "sync", call: () => 1 } },
      },
    );
    expect(instance.call("f", [50])).toEqual(["gone", "import-in-callback"]);
  });

  it.each(["sync", "async"] as const)("no import is called while the host works on the machine: %s", (colour) => {
    let calls = 0;
    const take = listOf(string);
    const instance = started(
      functionOf([{ name: "x", type: take }], { kind: "result", ok: string, err: string }),
      `local sennit, seen, n = require "sennit", {}, 0
       local function import() local ok, e = pcall(sennit.imports.now) seen[e.code or "none"] = true n = n + 1 end
       local function again() setmetatable({}, { __gc = function() import() coroutine.wrap(import)() again() end }) end
       collectgarbage("generational") again()
       return { f = function(x)
         if #x > 1 then local y <close> = setmetatable({}, { __close = import }) error(sennit.err("closed")) end
         local all = {} for code in pairs(seen) do all[#all + 1] = code end
         return n > 100 and table.concat(all) or "few"
       end }`,
      {
        takes: new Map([["now", functionOf([], u32, "now")]]),
        imports: { now: { colour, call: () => (calls += 1) } },
      },
    );
    const texts = Array.from({ length: 2000 }, (_, i) => `text number ${i}`);
    for (let i = 0; i < 30; i++) expect(instance.call("f", [texts])).toEqual(new CaseValue(ERR, "closed"));
    expect(instance.call("f", [[]])).toEqual(new CaseValue(OK, "import-in-callback"));
    expect(calls).toBe(0);
  });

  it("is a value of its type or a fault of these, whatever it is", () => {
    const leaf = fc.oneof(
      fc.constantFrom("nil", "true", "false", "0", "-1", "1.0", "0/0", "1/0", "-0.0", "2^53", "math.mininteger", "256"),
      fc.constantFrom("''", "'a'", "'5'", "'\\xff'", "'\\xed\\xa0\\x80'", "('x'):rep(100)"),
      fc.constantFrom("print", "coroutine.create(print)", "require('sennit').null", "require('sennit').err(1)"),
      fc.constantFrom("require('sennit').bytes('x')", "string", "_G"),
    );
    const keys = [
      "[1]",
      "[2]",
      "[3]",
      "[-1]",
      "[2^53]",
      "[0.5]",
      "tag",
      "value",
      "some",
      "ok",
      "err",
      "['end']",
      "a_b",
    ];
    const { value: anything } = fc.letrec<{ value: string }>((tie) => ({
      value: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        leaf,
        fc.array(tie("value"), { maxLength: 4 }).map((items) => `{ ${items.join(", ")} }`),
        fc
          .array(fc.tuple(fc.constantFrom(...keys), tie("value")), { maxLength: 4 })
          .map((fields) => `{ ${fields.map(([key, value]) => `${key} = ${value}`).join(", ")} }`),
        tie("value").map((value) => `setmetatable({ ${value} }, { __index = _G, __len = function() return 9 end })`),
        fc.constant(block("local t = {} t[1] = t t.value = t t.some = t t.ok = t return t")),
      ),
    }));
    fc.assert(
      fc.property(arbitraryType({ depth: 3 }), anything, (type, expression) => {
        const work = taking(type, expression);
        let value: Value;
        try {
          value = work();
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(Fault);
          expect(["plugin-invalid-value", "value-too-large"]).toContain((thrown as Fault).code);
          return;
        }
        checkValue(type, value, "what came");
      }),
      { numRuns: 250, seed: 11 },
    );
  });
});

describe("the budget of what is lifted from Lua (HAZARDS 15)", () => {
  /** A list of lists … of `leaf`, each of which holds one table many times. */
  const share = (depth: number, width: number, leaf: string): string =>
    block(
      `local t = ${leaf} for i = 1, ${depth} do local u = {} for j = 1, ${width} do u[j] = t end t = u end return t`,
    );
  const wide: WitType = { kind: "tuple", items: Array.from({ length: 100 }, () => bool) };
  /** Keys at powers of two in a constructor stay outside of the array, and Lua looks for the border by doubling. */
  const powers = Array.from({ length: 60 }, (_, i) => `[1 << ${i + 3}] = 1`).join(", ");
  const claims = `{ 1, 1, 1, 1, [5] = 1, [math.maxinteger] = 1, ${powers} }`;

  /** A sixteenth of the usual: to count up to the budget is what takes the time. Bytes at their usual budget: the last test here. */
  const LITTLE = { limits: { resultNodes: 2 ** 20, resultBytes: 2 ** 24 } };
  const nothing = { interfaces: new Map(), functions: new Map(), types: new Map() };

  /** As `taking`, of a package that may answer little. */
  function takingLittle(type: WitType, expression: string): () => Value {
    const { manifest } = packageOf({ wit: "", files: {}, manifest: LITTLE });
    const text = new TextEncoder().encode(`return { f = function() return { ${expression} } end }`);
    const f = functionOf([], { kind: "tuple", items: [type] });
    const world = { imports: nothing, exports: { ...nothing, functions: new Map([["f", f]]) } };
    const sources = { main: { path: "main.lua", module: "main", text }, modules: [] };
    const pack = { manifest, place: "sample", world, sources, engine, chain: noChain, digest: "none" };
    const instance = startInstance(pack, settings());
    return () => (instance.call("f", []) as readonly Value[])[0] as Value;
  }

  it("counts the usual budget of nodes when a package says nothing", async () => {
    const fault = await faultFrom(taking(nested(5, bool), share(5, 64, "true")));
    expect(fault).toMatchObject({
      code: "value-too-large",
      message: expect.stringMatching(/ 16777216 nodes$/) as string,
    });
  });

  it.each([
    ["aliased lists of booleans", nested(5, bool), share(5, 64, "true")],
    ["aliased lists of numbers", nested(2, f64), share(1, 100, share(1, 1_000_000, "1.5"))],
    ["aliased strings", nested(2, string), share(2, 40, "('x'):rep(1 << 20)")],
    ["aliased bytes", nested(3, u8), share(2, 40, "('x'):rep(1 << 20)")],
    ["aliased tuples", nested(2, wide), share(1, 3, share(1, 200_000, share(1, 100, "true")))],
    [
      "aliased maps",
      listOf({ kind: "map", key: u8, value: listOf(wide) }),
      share(1, 9, `{ { 1, ${share(1, 20_000, share(1, 100, "true"))} } }`),
    ],
    ["aliased lists of numbers that are empty", nested(3, f64), share(2, 2000, "{}")],
    ["aliased bytes that are empty", nested(3, u8), share(2, 2000, "''")],
    ["aliased maps that are empty", nested(2, { kind: "map", key: u8, value: u8 }), share(2, 2000, "{}")],
    ["a length that is a trick", listOf(u32), claims],
    ["a length that is a trick, of records", listOf(wide), claims],
  ] as const)("ends the instance for %s", async (_, type, expression) => {
    const work = takingLittle(type, expression);
    const fault = await faultFrom(work);
    expect(fault.code).toBe("value-too-large");
    expect((await faultFrom(work)).code).toBe("plugin-lost");
  });

  it("ends a list that holds itself at the depth of its type", async () => {
    const endless = block("local t = {} t[1] = t return t");
    expect((await faultFrom(taking(nested(6, string), endless))).code).toBe("plugin-invalid-value");
    const wide = block("local t = {} for i = 1, 50 do t[i] = t end return t");
    expect((await faultFrom(taking(nested(6, listOf(bool)), wide))).code).toMatch(
      /value-too-large|plugin-invalid-value/,
    );
  });

  it.each(["sync", "async"] as const)(
    "counts what is passed to an import too, and no pcall catches it: %s",
    async (colour) => {
      let calls = 0;
      const instance = started(
        functionOf([], u32),
        `local give = require("sennit").imports.give
       return { f = function() return pcall(give, ${share(2, 40, "('x'):rep(1 << 20)")}) and 1 or 2 end }`,
        {
          takes: new Map([["give", functionOf([{ name: "x", type: nested(2, string) }], null, "give")]]),
          imports: { give: { colour, call: () => ((calls += 1), null) } },
        },
      );
      const fault = await faultFrom(async () => instance.call("f", []));
      expect(fault.code).toBe("value-too-large");
      expect([calls, instance.alive]).toEqual([0, false]);
    },
  );

  it("ends the instance for one object that is given out a million times", async () => {
    const wit = "interface i { resource r; all: func() -> list<list<r>>; } world w { export i; }";
    const all = share(2, 2000, "{}");
    await using plugin = await lua(wit, `return { i = { r = {}, all = function() return ${all} end } }`, LITTLE);
    await using instance = await plugin.instantiate(settings());
    expect((await faultFrom(() => instance.call("acme:sample/i@1.0.0#all", []))).code).toBe("value-too-large");
    expect(instance.alive).toBe(false);
  });

  it("is fresh for every call", () => {
    const type = listOf(u8);
    const instance = started(
      functionOf([], type),
      "local s = ('x'):rep(100 << 20) return { f = function() return s end }",
    );
    for (let i = 0; i < 3; i++) expect((instance.call("f", []) as Uint8Array).length).toBe(100 * 2 ** 20); // 256 are too large
  });
});
