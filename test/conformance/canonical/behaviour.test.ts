/** Guests that call back, begin early, or fail late; what the host does while they are on the stack. */
import { describe, expect, it } from "vitest";

import { Fault } from "../../../src/fault.ts";
import type { ImportedFunction, Instance, Plugin } from "../../../src/host/plugin.ts";
import { Handle, type Value } from "../../../src/wit/value.ts";
import { faultOf, start } from "../../host/component-fixtures.ts";
import { guestText, hostKey } from "./guest.ts";
import { open, PATHS, type Path } from "./harness.ts";
import { API, exportingResource, RESOURCE } from "./resource-text.ts";

type Call = ImportedFunction["call"];

async function opened(text: string, path: Path): Promise<Plugin> {
  return open(text, path);
}

function expectDead(instance: Instance): void {
  expect(instance.alive).toBe(false);
  expect(() => instance.call("ok", [])).toThrow(expect.objectContaining({ code: "plugin-lost" }) as Error);
}

const TELLS = guestText({
  host: `(export "tell" (func (param "x" u32) (result u32)))`,
  imports: { tell: "(param i32) (result i32)" },
  core: `(global $told (mut i32) (i32.const 0))
    (func (export "f") (result i32) (i32.add (call $tell (i32.const 1)) (call $tell (i32.const 2))))
    (func (export "state") (result i32) (global.set $told (i32.add (global.get $told) (i32.const 1))) (global.get $told))`,
  exports: { f: "(result u32)", state: "(result u32)" },
});

describe.each(PATHS)("on the stack, %s", (path) => {
  it("a call back into the instance is refused, and the import that lets it through ends the call", async () => {
    await using plugin = await opened(TELLS, path);
    const inner: { instance?: Instance } = {};
    await using instance = await start(plugin, { [hostKey("tell")]: () => inner.instance?.call("state", []) ?? 0 });
    inner.instance = instance;

    expect(await faultOf(() => instance.call("f", []))).toMatchObject({ code: "re-entrant" });
    expectDead(instance);
  });

  it("a call back that the import catches leaves the guest as it was", async () => {
    await using plugin = await opened(TELLS, path);
    const inner: { instance?: Instance } = {};
    const codes: unknown[] = [];
    const tell: Call = ([x]) => {
      try {
        return inner.instance?.call("state", []) ?? 0;
      } catch (thrown) {
        codes.push((thrown as Fault).code);
        return x ?? 0;
      }
    };
    await using instance = await start(plugin, { [hostKey("tell")]: tell });
    inner.instance = instance;

    expect(instance.call("f", [])).toBe(3);
    expect(codes).toEqual(["re-entrant", "re-entrant"]);
    expect(instance.call("state", [])).toBe(1);
  });

  it("an import may call another instance of the same plugin", async () => {
    await using plugin = await opened(TELLS, path);
    await using other = await start(plugin, { [hostKey("tell")]: () => 0 }, { id: 2 });
    await using instance = await start(plugin, { [hostKey("tell")]: () => other.call("state", []) });

    expect(instance.call("f", [])).toBe(3);
    expect(other.call("state", [])).toBe(3);
    expect(instance.call("state", [])).toBe(1);
  });

  it.each([
    ["a fault", new Fault("no-answer", "closed")],
    ["an error", new TypeError("not for guests")],
    ["a number", 7],
  ])("an import that throws %s ends the call with it, and nothing more is asked", async (_, thrown) => {
    await using plugin = await opened(TELLS, path);
    let asked = 0;
    const tell: Call = () => {
      asked++;
      throw thrown;
    };
    await using instance = await start(plugin, { [hostKey("tell")]: tell });

    const got = await Promise.resolve()
      .then(() => instance.call("f", []))
      .catch((caught: unknown) => caught);

    expect(got instanceof Fault || got === thrown).toBe(true);
    if (thrown instanceof Fault) expect(got).toBe(thrown);
    expect(asked).toBe(1);
    expectDead(instance);
  });

  it.each([
    ["too large", 2 ** 32],
    ["of another kind", "x"],
    ["missing", undefined as unknown as Value],
  ])("an import whose answer is %s ends the call", async (_, answer) => {
    await using plugin = await opened(TELLS, path);
    await using instance = await start(plugin, { [hostKey("tell")]: () => answer });

    expect((await faultOf(() => instance.call("f", []))).code).toMatch(/^(out-of-range|type-mismatch)$/);
    expectDead(instance);
  });
});

/** Its destructor asks an import, or traps; its start code asks an import, or traps. */
const DTOR = `(core module $dtor (import "" "" (table 1 funcref))
    (type $d (func (param i32))) (func (export "dtor") (param i32) (call_indirect (type $d) (local.get 0) (i32.const 0))))`;

function destroying(body: string): string {
  const before = `(core module $tables (table (export "") 1 funcref)) (core instance $tables (instantiate $tables))
    ${DTOR} (core instance $dtor (instantiate $dtor (with "" (instance $tables))))
    ${RESOURCE.replace("(type $r (resource (rep i32)))", `(type $r (resource (rep i32) (dtor (core func $dtor "dtor"))))`)}`;
  return exportingResource(
    `(global $gone (mut i32) (i32.const 0))
     (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
     (func (export "lose") (param i32) (call $drop (local.get 0)))
     (func (export "gone") (result i32) (global.get $gone))
     (func $destroy (param i32) ${body} (global.set $gone (i32.add (global.get $gone) (local.get 0))))
     (elem (i32.const 0) $destroy)`,
    { make: `(param "n" u32) (result (own $r))`, lose: `(param "x" (own $r))`, gone: "(result u32)" },
    {
      before,
      host: `(export "tell" (func (param "x" u32) (result u32)))`,
      imports: { tell: "(param i32) (result i32)" },
    },
  )
    .replace(`(import "libc" "memory"`, `(import "tables" "" (table $t 1 funcref)) (import "libc" "memory"`)
    .replace(`(with "libc" (instance $libc))`, `(with "libc" (instance $libc)) (with "tables" (instance $tables))`);
}

describe.each(PATHS)("destructors, %s", (path) => {
  const key = (name: string): string => `${API}#${name}`;

  it("run once, when the guest drops, and when the host does", async () => {
    await using plugin = await opened(destroying("(drop (call $tell (local.get 0)))"), path);
    const told: Value[] = [];
    await using instance = await start(plugin, { [hostKey("tell")]: ([x]) => told.push(x ?? null) });
    const [one, two] = [5, 9].map((each) => instance.call(key("make"), [each]) as Handle);

    await instance.call(key("lose"), [one ?? null]);
    await instance.drop(two?.id ?? 0);
    await instance.drop(two?.id ?? 0);

    expect(told).toEqual([5, 9]);
    expect(instance.call(key("gone"), [])).toBe(14);
    expect(await faultOf(() => instance.call(key("lose"), [two ?? null]))).toMatchObject({ code: "moved" });
    expect(instance.alive).toBe(true);
  });

  it.each(["drop", "call"])("that trap end the instance, by %s", async (how) => {
    await using plugin = await opened(destroying("unreachable"), path);
    await using instance = await start(plugin, { [hostKey("tell")]: () => 0 });
    const one = instance.call(key("make"), [5]) as Handle;

    const fault = await faultOf(() => (how === "drop" ? instance.drop(one.id) : instance.call(key("lose"), [one])));

    expect(fault.code).toBe("plugin-trapped");
    expectDead(instance);
  });

  it("a handle of another instance, or of nobody, never comes to the guest", async () => {
    await using plugin = await opened(destroying(""), path);
    await using first = await start(plugin, { [hostKey("tell")]: () => 0 }, { id: 1 });
    await using second = await start(plugin, { [hostKey("tell")]: () => 0 }, { id: 2 });
    const mine = first.call(key("make"), [5]) as Handle;
    await second.call(key("make"), [6]);

    expect(await faultOf(() => second.call(key("lose"), [mine]))).toMatchObject({ code: "type-mismatch" });
    for (const forged of [new Handle(2, 99), new Handle(2, -1), new Handle(2, 0.5)])
      expect((await faultOf(() => second.call(key("lose"), [forged]))).code).toMatch(/^(moved|type-mismatch)$/);
    expect(second.alive).toBe(true);
    expect(second.call(key("gone"), [])).toBe(0);
  });
});

describe.each(PATHS)("start code, %s", (path) => {
  const starting = (body: string): string =>
    guestText({
      host: `(export "tell" (func (param "x" u32) (result u32)))`,
      imports: { tell: "(param i32) (result i32)" },
      core: `(global $told (mut i32) (i32.const 0)) (func $begin ${body}) (start $begin)
        (func (export "told") (result i32) (global.get $told))`,
      exports: { told: "(result u32)" },
    });

  it("may ask an import", async () => {
    await using plugin = await opened(starting("(global.set $told (call $tell (i32.const 4)))"), path);
    await using instance = await start(plugin, { [hostKey("tell")]: ([x]) => Number(x) * 10 });

    expect(instance.call("told", [])).toBe(40);
  });

  it.each([
    ["traps", "unreachable", "plugin-trapped"],
    ["recurses endlessly", "(call $begin)", "plugin-trapped"],
    ["asks an import that fails", "(drop (call $tell (i32.const 4)))", "no-answer"],
  ])("that %s is a fault of starting", async (_, body, code) => {
    await using plugin = await opened(starting(body), path);
    const tell: Call = () => {
      throw new Fault("no-answer", "closed");
    };

    expect(await faultOf(() => start(plugin, { [hostKey("tell")]: tell }))).toMatchObject({ code });
    expect(await faultOf(() => start(plugin, { [hostKey("tell")]: tell }))).toMatchObject({ code });
  });
});
