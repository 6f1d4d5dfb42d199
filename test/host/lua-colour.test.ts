import { describe, expect, it } from "vitest";
import { Fault } from "../../src/fault.ts";
import type { ImportedFunction, Instance } from "../../src/host/plugin.ts";
import { CaseValue, ERR, OK, type Value } from "../../src/wit/value.ts";
import { faultFrom, logBook, lua, settings, type Settings } from "./lua-package.ts";

type Colour = ImportedFunction["colour"];

const coloured = (colour: Colour, call: ImportedFunction["call"]): ImportedFunction => ({ colour, call });

async function instance(wit: string, source: string, given: Settings = {}): Promise<Instance & AsyncDisposable> {
  return (await lua(wit, source)).instantiate(settings(given));
}

describe("the colour of a Lua instance", () => {
  const plain = "world w { export f: func(); }";
  const one = "world w { import give: func() -> u32; export f: func(); }";
  const callback = `world w { use sennit:host/callback@0.1.0.{callback}; export f: func(c: borrow<callback>); }`;
  const f = "return { f = function() end }";

  it.each([
    ["sync", "nothing is imported", plain, f, undefined],
    ["sync", "each import is", one, f, "sync"],
    ["async", "an import is async", one, f, "async"],
    ["async", "it may be lent callbacks", callback, f, undefined],
    ["async", "a file mentions sleep", plain, `local sleep = require("sennit").sleep ${f}`, undefined],
    ["sync", "the host's log is imported", "world w { import sennit:host/log@0.1.0; export f: func(); }", f, undefined],
  ] as const)("is %s when %s", async (colour, _, wit, source, given) => {
    const imports = given === undefined ? {} : { give: coloured(given, () => 1) };
    await using made = await instance(wit, source, { imports });
    expect(made.colour).toBe(colour);
  });

  it("is kept: where sleep is not mentioned, there is none", async () => {
    await using made = await instance(
      "world w { export f: func() -> string; }",
      `return { f = function() return type(require("sennit")["sl" .. "eep"]) end }`,
    );
    expect([made.colour, made.call("f", [])]).toEqual(["sync", "nil"]);
  });
});

describe("an import of either colour", () => {
  const wit = `
    interface shop { price: func(name: string) -> result<u32, string>; twice: func(n: u32) -> u32; break: func(); }
    world w { import shop; export f: func() -> string; }`;
  const fault = new Fault("no-entry", "the door is shut", { source: "host" });
  const functions: Readonly<Record<string, ImportedFunction["call"]>> = {
    price: ([name]) => (name === "tea" ? new CaseValue(OK, 3) : new CaseValue(ERR, `no ${String(name)}`)),
    twice: ([n]) => (n as number) * 2,
    break: () => {
      throw fault;
    },
  };

  async function outcome(colour: Colour, body: string, later: boolean): Promise<unknown> {
    const imports: Record<string, ImportedFunction> = {};
    for (const [name, call] of Object.entries(functions)) {
      const answer: ImportedFunction["call"] = later ? async (args) => await call(args) : call;
      imports[`acme:sample/shop@1.0.0#${name}`] = coloured(colour, answer);
    }
    const head = `local sennit, shop = require "sennit", require "acme:sample/shop"`;
    await using made = await instance(wit, `${head} return { f = function() ${body} end }`, { imports });
    try {
      return await made.call("f", []);
    } catch (thrown) {
      const { code, message } = thrown as Fault;
      return { code, message, alive: made.alive };
    }
  }

  it.each([
    "return tostring(shop.twice(4))",
    "local s = 0 for i = 1, 20 do s = s + shop.twice(i) end return tostring(s)",
    "return tostring(shop.price('tea'))",
    "return select(2, pcall(shop.price, 'milk')).value",
    "shop.price('milk') return ''",
    "return tostring(select('#', shop['break'] and shop.twice(1)))",
    "local ok, e = pcall(shop['break']) return e.code .. e.source .. e.message",
    "shop['break']() return ''",
    "local ok, e = pcall(shop['break']) error(e, 0)",
    "return select(2, pcall(shop.twice, 'a')).message",
    "return select(2, pcall(shop.twice, 1, 2)).message",
    "return select(2, pcall(shop.twice)).message",
    "shop.twice(-1) return ''",
    "local t = { 3, 1, 2 } table.sort(t, function(a, b) return shop.twice(a) < shop.twice(b) end) return ''",
    "return (('a'):gsub('a', function() return shop.twice(1) end))",
    "return (('a'):gsub('a', function() return coroutine.wrap(function() return shop.twice(1) end)() end))",
    "local ok, e = pcall(string.gsub, 'a', 'a', function() return coroutine.wrap(shop.twice)(1) end) return e.code .. shop.twice(2)",
    `local co = coroutine.wrap(function() coroutine.yield(shop.twice(1)) return shop.twice(2) end) return co() .. " " .. co()`,
    "local co = coroutine.create(function() return shop['break']() end) local ok, e = coroutine.resume(co) return e.code .. coroutine.status(co)",
    "return tostring(setmetatable({}, { __index = function(_, k) return shop.twice(k) end })[21])",
    "for v in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(shop.twice(i)) end end) do if v == 6 then return 'six' end end",
    "local t = setmetatable({}, { __close = function() shop.twice(1) end }) do local x <close> = t end return 'closed'",
    "return tostring(coroutine.isyieldable()) .. tostring(select(2, coroutine.running()))",
    "local function deep(n) if n == 0 then return shop.twice(1) end return 1 + deep(n - 1) end return tostring(deep(150))",
  ])("looks the same to the guest: %s", async (body) => {
    const yielded = await outcome("async", body, false);
    expect(await outcome("sync", body, false)).toEqual(yielded);
    expect(await outcome("async", body, true)).toEqual(yielded);
    expect(yielded).toBeDefined();
  });
});

describe("an import that answers at once", () => {
  const wit = "world w { import give: func(text: string) -> string; export f: func(text: string) -> string; }";
  const through = `local give = require("sennit").imports.give return { f = function(text) return give(text) .. "!" end }`;

  it("is called without a promise", async () => {
    await using made = await instance(wit, through, {
      imports: { give: coloured("sync", ([text]) => `${String(text)}?`) },
    });
    expect(made.call("f", ["a"])).toBe("a?!");
  });

  it("ends in plugin-lost when the instance is disposed meanwhile, and the guest does not go on (H6)", async () => {
    const book = logBook();
    const give = coloured("sync", ([text]) => {
      void made[Symbol.asyncDispose]();
      return text as Value;
    });
    const source = `local give = require("sennit").imports.give
      return { f = function(text) pcall(give, text) print("went on") return text end }`;
    const made = await instance(wit, source, { imports: { give }, log: book.log });
    expect((await faultFrom(() => made.call("f", ["a"]))).code).toBe("plugin-lost");
    expect((await faultFrom(() => made.call("f", ["a"]))).code).toBe("plugin-lost");
    expect([book.lines, made.alive]).toEqual([[], false]);
  });

  it.each([
    ["one large string", "string", "x".repeat(10_000_000)],
    ["many small ones", "list<string>", Array.from({ length: 200_000 }, (_, i) => `text ${i}`)],
  ])("ends the instance when it gives more than the memory holds: %s (M2)", async (_, type, value) => {
    const source = `local give = require("sennit").imports.give return { f = function() pcall(give) return "caught" end }`;
    for (const colour of ["sync", "async"] as const) {
      await using plugin = await lua(
        `world w { import give: func() -> ${type}; export f: func() -> string; }`,
        source,
        {
          limits: { memory: 4_000_000 },
        },
      );
      await using made = await plugin.instantiate(settings({ imports: { give: coloured(colour, () => value) } }));
      const fault = await faultFrom(() => made.call("f", []));
      expect(fault.code).toBe("memory-limit");
      expect(fault.message).toContain("not enough memory");
      expect(made.alive).toBe(false);
    }
  });

  it("may call into other instances that import in turn", async () => {
    const end: ImportedFunction = coloured("sync", ([text]) => `${String(text)}.`);
    await using third = await instance(wit, through, { imports: { give: end } });
    const toThird = coloured("sync", (args) => third.call("f", args));
    await using second = await instance(wit, through, { imports: { give: toThird } });
    const toSecond = coloured("sync", (args) => second.call("f", args));
    await using first = await instance(wit, through, { imports: { give: toSecond } });
    expect([first.colour, first.call("f", ["a"])]).toEqual(["sync", "a.!!!"]);
    expect(first.call("f", ["b"])).toBe("b.!!!");
  });

  it("may fail in another instance, and that one alone is gone (H3)", async () => {
    await using far = await instance(wit, "return { f = function(text) error('far ' .. text) end }", {
      imports: { give: coloured("sync", () => "") },
    });
    const source = `local give = require("sennit").imports.give
      return { f = function(text) local ok, e = pcall(give, text) return e.code end }`;
    await using near = await instance(wit, source, {
      imports: { give: coloured("sync", (args) => far.call("f", args)) },
    });
    expect([near.call("f", ["a"]), near.call("f", ["a"])]).toEqual(["plugin-trapped", "plugin-lost"]);
    expect([near.alive, far.alive]).toEqual([true, false]);
  });

  it("refuses a call back into the instance that waits (H2)", async () => {
    const give = coloured("sync", (args) => made.call("f", args));
    const made = await instance(wit, through, { imports: { give } });
    expect((await faultFrom(() => made.call("f", ["a"]))).code).toBe("re-entrant");
    await made[Symbol.asyncDispose]();
  });
});
