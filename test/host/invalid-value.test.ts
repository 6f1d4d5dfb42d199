/** Whose mistake a wrong value is, told alike by every language (H5): the caller's, or the plugin's. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { javascriptPlugin } from "../../src/host/javascript/plugin.ts";
import type { Instance, Plugin } from "../../src/host/plugin.ts";
import { openPython } from "./python-opened.ts";
import { pluginFromText } from "./component-fixtures.ts";
import { faultFrom, lua, settings } from "./lua-package.ts";
import { pythonPackage } from "./python-package.ts";

const TAKE = "export take: func(x: u8) -> char;";
const WORLD = `world w { import sennit:host/progress@0.1.0; ${TAKE} export pass: func(); }`;

/** `take` gives back a surrogate, `pass` a text that is not UTF-8. */
const COMPONENT = `(component
  (import "sennit:host/progress@0.1.0" (instance $progress
    (export "report" (func (param "done" u64) (param "total" (option u64)) (param "text" string)))))
  (alias export $progress "report" (func $report))
  (core module $memory (memory (export "memory") 1) (data (i32.const 8) "\\ff\\fe"))
  (core instance $memory (instantiate $memory))
  (alias core export $memory "memory" (core memory $mem))
  (core func $report (canon lower (func $report) (memory $mem)))
  (core module $guest
    (import "host" "report" (func $report (param i64 i32 i64 i32 i32)))
    (func (export "take") (param i32) (result i32) (i32.const 0xd800))
    (func (export "pass") (call $report (i64.const 0) (i32.const 0) (i64.const 0) (i32.const 8) (i32.const 2))))
  (core instance $i (instantiate $guest (with "host" (instance (export "report" (func $report))))))
  (func (export "take") (param "x" u8) (result char) (canon lift (core func $i "take")))
  (func (export "pass") (canon lift (core func $i "pass"))))`;

const LUA = `local progress = require "sennit:host/progress"
return { take = function(x) return "ab" end, pass = function() progress.report("x", nil, "") end }`;

const PYTHON = `import wit_world
from wit_world.imports import progress
class WitWorld(wit_world.WitWorld):
    def take(self, x):
        return "ab"
    def pass_(self):
        progress.report(-1, None, "")
`;

interface Guest {
  readonly name: string;
  readonly open: () => Promise<Plugin>;
  /** Functions of the program have no instance that could be lost, and import nothing. */
  readonly embedded?: true;
}

const guests: readonly Guest[] = [
  { name: "a component", open: () => pluginFromText(COMPONENT) },
  { name: "Lua", open: () => lua(WORLD, LUA, { name: "test:plugin" }) },
  {
    name: "Python",
    open: () => openPython(pythonPackage({ "app.py": PYTHON, "world.wit": `package test:plugin;\n${WORLD}` })),
  },
  {
    name: "a function of the program",
    open: () =>
      javascriptPlugin({ take: () => "ab" }, { wit: `package test:plugin; world w { ${TAKE} }`, name: "test:plugin" }),
    embedded: true,
  },
];

describe.each(guests)("a wrong value, with $name", { timeout: 60_000 }, ({ open, embedded = false }) => {
  let plugin: Plugin;
  /** A call that has not happened leaves its instance as it was. */
  let lasting: Instance;
  beforeAll(async () => {
    plugin = await open();
    lasting = await plugin.instantiate(settings());
  });
  afterAll(() => plugin[Symbol.asyncDispose]());

  it.each([
    [[256], "out-of-range"],
    [["1"], "type-mismatch"],
    [[], "type-mismatch"],
  ])("given as the arguments %j is the caller's mistake: nothing has happened", async (args, code) => {
    expect(await faultFrom(() => lasting.call("take", args))).toMatchObject({ code, source: "sennit" });
    expect(lasting.alive).toBe(true);
  });

  it("returned is the plugin's", async () => {
    await using instance = await plugin.instantiate(settings());
    const fault = await faultFrom(async () => await instance.call("take", [1]));
    expect(fault).toMatchObject({ code: "plugin-invalid-value", source: "test:plugin" });
    expect(fault.message).toContain("take");
    expect(instance.alive).toBe(embedded);
  });

  // Functions of the embedding program import nothing.
  if (embedded) return;
  it("passed to an import is the plugin's", async () => {
    await using instance = await plugin.instantiate(settings());
    const fault = await faultFrom(async () => await instance.call("pass", []));
    expect(fault).toMatchObject({ code: "plugin-invalid-value", source: "test:plugin" });
    expect(instance.alive).toBe(false);
  });
});
