import { describe, expect, it } from "vitest";
import type { ImportedFunction } from "../../src/host/plugin.ts";
import type { Value } from "../../src/wit/value.ts";
import { faultFrom, logBook, lua, settings } from "./lua-package.ts";

const sync = (call: ImportedFunction["call"]): ImportedFunction => ({ colour: "sync", call });

describe("the walls of a Lua plugin", () => {
  async function evaluate(expression: string, memory?: number): Promise<Value> {
    await using plugin = await lua(
      "world w { export f: func() -> string; }",
      `return { f = function() return tostring(${expression}) end }`,
      memory === undefined ? {} : { limits: { memory } },
    );
    await using instance = await plugin.instantiate(settings());
    return instance.call("f", []);
  }

  it.each([
    "io",
    "debug",
    "package",
    "dofile",
    "loadfile",
    "os.execute",
    "os.exit",
    "os.getenv",
    "os.remove",
    "os.tmpname",
    "loadstring",
    "jit",
    "js",
  ])("%s is not there", async (name) => {
    expect(await evaluate(name)).toBe("nil");
  });

  it.each([
    ["load(string.dump(function() return 1 end))", "nil"],
    ["load(string.dump(function() return 1 end), 'x', 'b')", "nil"],
    ["load('return 1', 'x', 'bt')()", "1"],
    ["load('return a', 'x', 't', { a = 2 })()", "2"],
    ["pcall(require, 'io')", "false"],
    ["pcall(setmetatable, require('sennit').err(1), {})", "false"],
    ["getmetatable(require('sennit').err(1))", "sennit.err"],
    ["select('#', coroutine.resume(coroutine.create(function() end)))", "1"],
    ["type(require('sennit').null)", "userdata"],
  ])("%s is %s", async (expression, result) => {
    expect(await evaluate(expression)).toBe(result);
  });

  it("memory stops at the limit: an error inside, and the end when it is not caught (M2)", async () => {
    const eat = "local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(1000) .. i end";
    expect(await evaluate(`(function() local ok, e = pcall(function() ${eat} end) return e end)()`, 8_000_000)).toBe(
      "not enough memory",
    );
    const fault = await faultFrom(() => evaluate(`(function() ${eat} end)()`, 8_000_000));
    expect(fault).toMatchObject({ code: "memory-limit", source: "acme:sample" });
    expect(fault.hint).toContain("memory");
    expect(await evaluate("#('x'):rep(2000000)", 8_000_000)).toBe("2000000");
    expect((await faultFrom(() => evaluate("#('x'):rep(50000000)", 8_000_000))).message).toContain("not enough memory");
    expect(await evaluate("#('x'):rep(50000000)", 120_000_000)).toBe("50000000");
  });

  it("an argument larger than the memory ends the instance", async () => {
    await using plugin = await lua("world w { export f: func(b: list<u8>); }", "return { f = function() end }", {
      limits: { memory: 4_000_000 },
    });
    await using instance = await plugin.instantiate(settings());
    const fault = await faultFrom(() => instance.call("f", [new Uint8Array(10_000_000)]));
    expect(fault).toMatchObject({ code: "memory-limit" });
    expect(fault.message).toContain("not enough memory");
    expect(instance.alive).toBe(false);
  });

  it("deep recursion through C is an error like any other", async () => {
    expect(await evaluate("(function() local function f(n) return pcall(f, n + 1) end return f(0) end)()")).toMatch(
      /true|false/,
    );
    expect(await evaluate("pcall(string.rep, 'x', 1 << 40)")).toBe("false");
    expect(
      await evaluate(
        "(function() local t = setmetatable({}, {}) getmetatable(t).__index = function(s, k) return s[k] end return pcall(function() return t.x end) end)()",
      ),
    ).toBe("false");
  });

  it("clock and randomness are the host's (D8)", async () => {
    const program = `local t = {} for i = 1, 3 do t[i] = math.random(1 << 40) end
      local keys = {} for k in pairs { alpha = 1, beta = 2, gamma = 3, delta = 4, epsilon = 5, zeta = 6 } do keys[#keys + 1] = k end
      return { f = function() return table.concat(t, ",") .. table.concat(keys, ",") .. os.time() .. os.date("!%Y-%m-%dT%H:%M:%S") .. os.date("*t").hour .. tostring({}) end }`;
    await using plugin = await lua("world w { export f: func() -> string; }", program);
    const answers = [];
    for (const seed of [1, 1, 2]) {
      await using instance = await plugin.instantiate(settings({ seed: new Uint8Array(32).fill(seed) }));
      answers.push(instance.call("f", []));
    }
    expect(answers[0]).toBe(answers[1]);
    expect(answers[0]).not.toBe(answers[2]);
    expect(answers[0]).toContain("17673230452026-01-02T03:04:053table");
  });

  it("the clock is asked once for each delivery, and stands still between them (HAZARDS 22)", async () => {
    let asked = 0;
    const now = (): number => 1000 * (1_700_000_000 + asked++);
    await using plugin = await lua(
      "world w { import wait: func(); export f: func() -> list<s64>; }",
      `local wait = require("sennit").imports.wait
       return { f = function() local a, b = os.time(), os.time() wait() wait() return { a, b, os.time() } end }`,
    );
    await using instance = await plugin.instantiate(settings({ now, imports: { wait: sync(() => null) } }));
    asked = 0;
    expect(instance.call("f", [])).toEqual(BigInt64Array.of(1_700_000_000n, 1_700_000_000n, 1_700_000_001n));
    expect(asked).toBe(2);
  });

  it("print goes to the log by lines", async () => {
    const book = logBook();
    await using plugin = await lua(
      "world w { import sennit:host/log@0.1.0; export f: func(); }",
      `print("loaded") local log = require "sennit:host/log"
       return { f = function() print("a", 1, nil, 2.0) print("b\\nc") log.write("warn", "careful") end }`,
    );
    await using instance = await plugin.instantiate(settings({ log: book.log }));
    void instance.call("f", []);
    expect(book.lines).toEqual([
      { level: "info", text: "loaded" },
      { level: "info", text: "a\t1\tnil\t2.0" },
      { level: "info", text: "b" },
      { level: "info", text: "c" },
      { level: "warn", text: "careful" },
    ]);
  });
});
