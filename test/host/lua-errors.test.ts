import { describe, expect, it } from "vitest";
import { faultFrom, lua, settings } from "./lua-package.ts";

describe("errors of a Lua plugin", () => {
  const wit = "world w { export f: func(n: u8); export g: func() -> u8; }";

  it("carry the message and the guest's stack, and end the instance (H3)", async () => {
    await using plugin = await lua(
      wit,
      `local function inner(t)
  return t.field
end
local function outer(n)
  inner(nil)
  return n
end
return { f = function(n) return (outer(n)) end, g = function() return 1 end }`,
    );
    await using instance = await plugin.instantiate(settings());
    const fault = await faultFrom(() => instance.call("f", [1]));
    expect(fault).toMatchObject({ code: "plugin-trapped", source: "acme:sample" });
    expect(fault.message).toContain("acme:sample failed in f: main.lua:2: attempt to index a nil value (local 't')");
    expect(fault.frames).toEqual([
      { function: "inner", file: "main.lua", line: 2 },
      { function: "outer", file: "main.lua", line: 5 },
      { function: "f", file: "main.lua", line: 8 },
    ]);
    expect(instance.alive).toBe(false);
    const later = await faultFrom(() => instance.call("g", []));
    expect(later.code).toBe("plugin-lost");
    expect(later.cause).toBe(fault);
  });

  it.each([
    ["error('boom')", "main.lua:1: boom"],
    ["error('boom', 0)", "f: boom"],
    ["error({ code = 'bad-input', message = 'no rows' })", "bad-input: no rows"],
    ["error({ message = 'no rows' })", "f: no rows"],
    ["error({})", "the error value is a table without a message"],
    ["error()", "error(nil)"],
    ["error(5)", "f: 5"],
    [
      "error(setmetatable({}, { __index = function() while true do end end, __tostring = function() while true do end end }))",
      "a table without",
    ],
    ["error(require('sennit').err('not in the WIT'))", "the error value is a table"],
    ["coroutine.yield(1)", "coroutine.yield was called outside"],
    ["local function r() return r() + 1 end r()", "stack overflow"],
    ["local s = '' ; s = s .. nil", "attempt to concatenate a nil value"],
    ["string.rep('x', -1):bad()", "attempt to call a nil value (method 'bad')"],
  ])("are told: %s", async (body, text) => {
    await using plugin = await lua(wit, `return { f = function() ${body} end, g = function() return 1 end }`);
    await using instance = await plugin.instantiate(settings());
    const fault = await faultFrom(() => instance.call("f", [1]));
    expect(fault.code).toBe("plugin-trapped");
    expect(fault.message).toContain(text);
  });

  it("in the syntax are found when the package is opened, with file and line", async () => {
    const fault = await faultFrom(() => lua(wit, "local a = 1\nlocal b = = 2\n"));
    expect(fault).toMatchObject({ code: "plugin-invalid", frames: [{ file: "main.lua", line: 2 }] });
    expect(fault.message).toContain("sample/main.lua:2: unexpected symbol near '='");
    const bytecode = await faultFrom(() => lua(wit, "\u001bLua"));
    expect(bytecode.message).toContain("attempt to load a binary chunk");
  });

  it("in the returned table are told by name", async () => {
    await using plugin = await lua(wit, "return { f = function() end, G = function() end }");
    const fault = await faultFrom(() => plugin.instantiate(settings()));
    expect(fault.message).toContain("main.lua does not return what its world exports: g");
    await using nothing = await lua(wit, "f = 1");
    expect((await faultFrom(() => nothing.instantiate(settings()))).message).toContain("main.lua returned nil");
    await using failing = await lua(wit, "error('no')");
    expect(await faultFrom(() => failing.instantiate(settings()))).toMatchObject({ code: "plugin-trapped" });
  });

  it("in types that Lua cannot take are found when the package is opened", async () => {
    const fault = await faultFrom(() => lua("world w { export f: func(s: list<stream<u8>>); }", "return {}"));
    expect(fault.code).toBe("plugin-unsupported");
  });
});
