import { describe, expect, it } from "vitest";
import { Fault } from "../../src/fault.ts";
import type { ImportedFunction } from "../../src/host/plugin.ts";
import { CaseValue, ERR, OK, type Value } from "../../src/wit/value.ts";
import { faultFrom, lua, settings } from "./lua-package.ts";

const sync = (call: ImportedFunction["call"]): ImportedFunction => ({ colour: "sync", call });

describe("imports of a Lua plugin", () => {
  const wit = `
    interface shout { loud: func(text: string) -> string; pick: func(n: u8) -> result<u8, string>; }
    world w { import shout; import twice: func(n: u32) -> u32; export f: func(n: u8) -> string; }`;
  const shout = "acme:sample/shout@1.0.0";
  const imports = {
    [`${shout}#loud`]: sync(([text]) => (text as string).toUpperCase()),
    [`${shout}#pick`]: sync(([n]) => (n === 0 ? new CaseValue(ERR, "none") : new CaseValue(OK, n as number))),
    twice: sync(([n]) => (n as number) * 2),
  };

  async function run(body: string, given: Record<string, ImportedFunction> = imports): Promise<Value> {
    await using plugin = await lua(
      wit,
      `local sennit = require "sennit" local shout = require "acme:sample/shout" return { f = function(n) ${body} end }`,
    );
    await using instance = await plugin.instantiate(settings({ imports: given }));
    return await instance.call("f", [0]);
  }

  it("are modules of their interface's name, and sennit.imports", async () => {
    expect(await run("return shout.loud('a') .. sennit.imports.twice(21)")).toBe("A42");
    expect(await run("return require('acme:sample/shout@1.0.0').loud('b')")).toBe("B");
  });

  it("raise an err as an object that tells its value", async () => {
    expect(
      await run("local ok, e = pcall(shout.pick, 0) return tostring(ok) .. tostring(sennit.is_err(e)) .. e.value"),
    ).toBe("falsetruenone");
    expect(await run("return 'got ' .. shout.pick(7)")).toBe("got 7");
  });

  it("wait for a promise, through pcall, iterators, metamethods and coroutines of the guest's own (P2)", async () => {
    const later: ImportedFunction = {
      colour: "async",
      call: ([text]) => Promise.resolve((text as string).toUpperCase()),
    };
    const given = { ...imports, [`${shout}#loud`]: later };
    expect(await run("return select(2, pcall(shout.loud, 'a'))", given)).toBe("A");
    expect(
      await run(
        "local s = '' for c in (function() if #s < 3 then return shout.loud('x') end end) do s = s .. c end return s",
        given,
      ),
    ).toBe("XXX");
    expect(await run("return setmetatable({}, { __add = function() return shout.loud('m') end }) + 1", given)).toBe(
      "M",
    );
    const coroutine = `local co = coroutine.wrap(function() local a = shout.loud('a') local got = coroutine.yield(a) return shout.loud(got) end)
      return co() .. co('b')`;
    expect(await run(coroutine, given)).toBe("AB");
    const nested = `local function inner() coroutine.yield(shout.loud('i')) end
      local out = coroutine.create(function() local ok, v = coroutine.resume(coroutine.create(inner)) return v end)
      local ok, v = coroutine.resume(out) return v .. coroutine.status(out)`;
    expect(await run(nested, given)).toBe("Idead");
  });

  it("say import-in-callback where no yield is possible (P3)", async () => {
    const sorted = "table.sort({ 3, 1, 2 }, function(a, b) shout.loud('x') return a < b end) return ''";
    const inner =
      "return (('a'):gsub('a', function() return coroutine.wrap(function() return shout.loud('x') end)() end))";
    for (const body of [sorted, inner]) {
      const fault = await faultFrom(() => run(body));
      expect(fault).toMatchObject({ code: "import-in-callback", source: "acme:sample" });
      expect(fault.frames[0]).toMatchObject({ file: "main.lua", line: 1 });
    }
    expect(
      await run("local ok, e = pcall(table.sort, { 3, 1, 2 }, function() shout.loud('x') end) return e.code"),
    ).toBe("import-in-callback");
  });

  it("fail inside the guest as an object, and leave it as the same error when nobody catches it (N4)", async () => {
    const fault = new Fault("no-entry", "the door is shut", { source: "host" });
    const given = {
      ...imports,
      [`${shout}#loud`]: sync(() => {
        throw fault;
      }),
    };
    expect(
      await run(
        "local ok, e = pcall(shout.loud, 'a') return e.code .. '/' .. e.message .. '/' .. e.source .. '/' .. tostring(e)",
        given,
      ),
    ).toBe("no-entry/the door is shut/host/no-entry: the door is shut");
    expect(await faultFrom(() => run("return shout.loud('a')", given))).toBe(fault);
    expect(await faultFrom(() => run("local ok, e = pcall(shout.loud, 'a') error(e, 0)", given))).toBe(fault);
    const rejected = { ...imports, [`${shout}#loud`]: { colour: "async" as const, call: () => Promise.reject(fault) } };
    expect(await faultFrom(() => run("return shout.loud('a')", rejected))).toBe(fault);
  });

  it("check what the guest passes", async () => {
    for (const [call, text] of [
      ["shout.loud(5)", "argument text: a number is not a string"],
      ["shout.loud()", "argument text: nil is not a string"],
      ["shout.loud('a', 'b')", "1 arguments are taken, 2 were given"],
      ["shout.loud('\\xff')", "not UTF-8"],
      ["sennit.imports.twice(-1)", "argument n: -1 is not of type u32"],
    ]) {
      const message = await run(
        `local ok, e = pcall(function() return ${call} end) return e.code .. ': ' .. e.message`,
      );
      expect(message).toContain(text);
    }
    const forged = "local ok, e = pcall(shout.loud, 5) e.code = 'timeout' error(e, 0)";
    expect(await faultFrom(() => run(forged))).toMatchObject({ code: "plugin-invalid-value", source: "acme:sample" });
  });

  it("are all there, or the plugin does not start", async () => {
    await using plugin = await lua(wit, "return { f = function() return '' end }");
    const fault = await faultFrom(() => plugin.instantiate(settings({ imports: { twice: imports.twice } })));
    expect(fault.code).toBe("link-failed");
    expect(fault.message).toContain(`${shout}#loud, ${shout}#pick`);
  });

  it("cannot be called while the file loads", async () => {
    await using plugin = await lua(wit, "require('sennit').imports.twice(1) return { f = function() return '' end }");
    const fault = await faultFrom(() => plugin.instantiate(settings({ imports })));
    expect(fault.message).toContain("while main.lua loads");
  });
});
