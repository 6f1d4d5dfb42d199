/**
 * Each trap that was found in jco, held shut: an upgrade that opens one fails here. Our own path is held to the same.
 */
import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";
import { describe, expect, it } from "vitest";

import { Fault } from "../../src/fault.ts";
import type { Plugin } from "../../src/host/plugin.ts";
import { CaseValue, ERR, Some, type Value } from "../../src/wit/value.ts";
import {
  ASKER,
  faultOf,
  PATHS,
  pluginFromBytes,
  pluginFromText,
  pluginFromWit,
  start,
  waiting,
} from "./component-fixtures.ts";
import { FILLING, identityComponent } from "./component-identity.ts";

/** One function of a core module, exported from a component as `f`. `core` may use `$i` and `$mem`. */
function single(type: string, body: string, options = ""): string {
  return `(component
    (core module $m (memory (export "memory") 1) ${body}
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096)))
    (core instance $i (instantiate $m))
    (alias core export $i "memory" (core memory $mem))
    (func (export "f") ${type} (canon lift (core func $i "f") ${options})))`;
}

describe.each(PATHS)("names (%s)", (path) => {
  it("functions may be named like keywords", async () => {
    const names = ["delete", "new", "default", "await", "enum", "eval", "to-string", "then", "null"];
    const exports = names.map(
      (name, at) => `(func (export "${name}") (result u32) (canon lift (core func $i "f${at}")))`,
    );
    const core = names.map((_, at) => `(func (export "f${at}") (result i32) (i32.const ${at}))`);
    await using plugin = await pluginFromText(
      `(component (core module $m ${core.join("")}) (core instance $i (instantiate $m)) ${exports.join("")})`,
      {},
      { path },
    );
    await using instance = await start(plugin);

    expect(names.map((name) => instance.call(name, []))).toEqual(names.map((_, at) => at));
  });

  it("a name that would shadow what the script needs is refused where there is a script", async () => {
    const wat = `(component (core module $m (func (export "f"))) (core instance $i (instantiate $m))
      (func (export "undefined") (canon lift (core func $i "f"))))`;

    if (path === "jco") {
      expect(await faultOf(() => pluginFromText(wat, {}, { path }))).toMatchObject({ code: "component-unsupported" });
    } else {
      await using plugin = await pluginFromText(wat, {}, { path });
      await using instance = await start(plugin);
      expect(instance.call("undefined", [])).toBeNull();
    }
  });

  it("two names that are one in JavaScript do not validate", async () => {
    const wat = `(component (core module $m (func (export "f"))) (core instance $i (instantiate $m))
      (func (export "a-1") (canon lift (core func $i "f"))) (func (export "a1") (canon lift (core func $i "f"))))`;

    expect(await faultOf(() => pluginFromText(wat, {}, { path }))).toMatchObject({ code: "component-invalid" });
  });

  it("two versions of one imported interface stay two", async () => {
    const lower = (version: number): string => `
      (import "t:host/clock@${version}.0.0" (instance $clock${version} (export "now" (func (result u32)))))
      (alias export $clock${version} "now" (func $now${version}))
      (core func $now${version} (canon lower (func $now${version})))`;
    const wat = `(component ${lower(1)} ${lower(2)}
      (core module $m (import "c" "one" (func $one (result i32))) (import "c" "two" (func $two (result i32)))
        (func (export "f") (result i32) (i32.add (i32.mul (call $one) (i32.const 100)) (call $two))))
      (core instance $i (instantiate $m
        (with "c" (instance (export "one" (func $now1)) (export "two" (func $now2))))))
      (func (export "f") (result u32) (canon lift (core func $i "f"))))`;
    await using plugin = await pluginFromText(wat, {}, { path });
    await using instance = await start(plugin, {
      "t:host/clock@1.0.0#now": () => 1,
      "t:host/clock@2.0.0#now": () => 2,
    });

    expect(instance.call("f", [])).toBe(102);
  });
});

describe.each(PATHS)("values (%s)", (path) => {
  it("a leading U+FEFF stays, and three options in one another keep their layers", async () => {
    const u32 = { kind: "u32" } as const;
    const option = { kind: "option", some: { kind: "option", some: { kind: "option", some: u32 } } } as const;
    await using plugin = await pluginFromBytes(await identityComponent([{ kind: "string" }, option]), {}, { path });
    await using instance = await start(plugin);
    const echo = (at: number, value: Value): Value =>
      (instance.call(`test:identity/api#f${at}`, [[value, FILLING]]) as readonly Value[])[0] as Value;

    expect(echo(0, "\uFEFFbom")).toBe("\uFEFFbom");
    for (const value of [null, new Some(null), new Some(new Some(null)), new Some(new Some(5))])
      expect(echo(1, value)).toEqual(value);
  });

  it("nothing is coerced: a missing number is not NaN, a text is not a number", async () => {
    await using plugin = await pluginFromText(
      single(`(param "x" (tuple f64)) (result f64)`, `(func (export "f") (param f64) (result f64) (local.get 0))`),
      {},
      { path },
    );
    await using instance = await start(plugin);

    for (const wrong of [[undefined], [], ["1"], [null], 1]) {
      expect(await faultOf(() => instance.call("f", [wrong as unknown as Value]))).toMatchObject({
        code: "type-mismatch",
      });
    }
    expect(instance.call("f", [[-0]])).toBe(-0);
  });

  it.each([
    [
      "text that is not UTF-8",
      `(result string)`,
      `(data (i32.const 32) "\\ff\\fe")`,
      `(i32.store (i32.const 0) (i32.const 32)) (i32.store (i32.const 4) (i32.const 2)) (i32.const 0)`,
    ],
    [
      "a case that does not exist",
      `(result (option u32))`,
      ``,
      `(i32.store (i32.const 0) (i32.const 7)) (i32.const 0)`,
    ],
    ["a char that is a surrogate", `(result char)`, ``, `(i32.const 0xd800)`],
  ])("a guest that gives %s fails its call and is gone", async (_, type, data, body) => {
    const wat = single(type, `${data} (func (export "f") (result i32) ${body})`, `(memory $mem)`);
    await using plugin = await pluginFromText(wat, {}, { path });
    await using instance = await start(plugin);

    const fault = await faultOf(() => instance.call("f", []));

    expect(fault).toMatchObject({ code: "plugin-invalid-value", source: "test:plugin" });
    expect(instance.alive).toBe(false);
  });

  it("a bool that is neither 0 nor 1 is true, as the canonical ABI has it; jco is stricter", async () => {
    const wat = single(`(result bool)`, `(func (export "f") (result i32) (i32.const 2))`);
    await using plugin = await pluginFromText(wat, {}, { path });
    await using instance = await start(plugin);

    if (path === "direct") expect(instance.call("f", [])).toBe(true);
    else expect(await faultOf(() => instance.call("f", []))).toMatchObject({ code: "plugin-invalid-value" });
  });

  it.each([
    ["out of its memory", `(result (list u8))`, 65530, 100],
    ["out of its memory to a list of anything", `(result (list (tuple u8 string)))`, 65530, 100],
    ["out of its memory to a text", `(result string)`, 65530, 100],
    ["between the places where a number may lie", `(result (list u32))`, 1001, 2],
    ["between the places where a list may lie", `(result (list (list u8)))`, 1002, 1],
  ])("a guest whose answer points %s traps", async (_, type, at, length) => {
    const body = `(i32.store (i32.const 0) (i32.const ${at})) (i32.store (i32.const 4) (i32.const ${length})) (i32.const 0)`;
    const wat = single(type, `(func (export "f") (result i32) ${body})`, `(memory $mem)`);
    await using plugin = await pluginFromText(wat, {}, { path });
    await using instance = await start(plugin);

    expect(await faultOf(() => instance.call("f", []))).toMatchObject({ code: "plugin-trapped" });
    expect(instance.alive).toBe(false);
  });

  it("an error record whose fields are named like methods of objects arrives whole", async () => {
    const core = `(module (memory (export "memory") 1)
      (func (export "test:t/api#f") (result i32)
        (i32.store (i32.const 0) (i32.const 1)) (i32.store (i32.const 4) (i32.const 5)) (i32.store (i32.const 8) (i32.const 6))
        (i32.const 0)))`;
    const wit = `interface api { record failure { to-string: u32, value-of: u32 } f: func() -> result<_, failure>; } world w { export api; }`;
    await using plugin = await pluginFromWit(wit, core, {}, { path });
    await using instance = await start(plugin);

    expect(instance.call("test:t/api#f", [])).toEqual(new CaseValue(ERR, [5, 6]));
    expect(instance.alive).toBe(true);
  });
});

describe("waiting", () => {
  const P3 = `(component
    (import "t:host/oracle@1.0.0" (instance $oracle (export "ask" (func async (param "x" u32) (result u32)))))
    (alias export $oracle "ask" (func $ask))
    (core func $ask (canon lower (func $ask)))
    (core func $return (canon task.return (result u32)))
    (core module $m
      (import "" "ask" (func $ask (param i32) (result i32)))
      (import "" "return" (func $return (param i32)))
      (func (export "f") (param i32) (result i32) (call $return (call $ask (local.get 0))) (i32.const 0))
      (func (export "callback") (param i32 i32 i32) (result i32) unreachable))
    (core instance $i (instantiate $m (with "" (instance (export "ask" (func $ask)) (export "return" (func $return))))))
    (func (export "f") async (param "x" u32) (result u32)
      (canon lift (core func $i "f") async (callback (core func $i "callback")))))`;

  it.each([false, true])(
    "a WIT async function that imports one answers rightly, also three at once (overlap %s)",
    async (overlap) => {
      await using plugin = await pluginFromText(P3, { overlap });
      await using instance = await start(plugin, { "t:host/oracle@1.0.0#ask": waiting(([x]) => Number(x) * 10) });

      expect(instance.colour).toBe("async");
      expect(await Promise.all([3, 4, 5].map(async (x) => instance.call("f", [x])))).toEqual([30, 40, 50]);
    },
  );

  const MAKER = `(module
    (import "[export]test:t/api" "[resource-new]c" (func $new (param i32) (result i32)))
    (import "[export]test:t/api" "[resource-rep]c" (func $rep (param i32) (result i32)))
    (import "$root" "ask" (func $ask (param i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "test:t/api#[constructor]c") (param i32) (result i32) (call $new (local.get 0)))
    (func (export "test:t/api#[static]c.make") (param i32) (result i32) (call $new (call $ask (local.get 0))))
    (func (export "test:t/api#[method]c.get") (param i32) (result i32) (call $ask (local.get 0)))
    (func (export "test:t/api#look") (param i32) (result i32) (call $ask (local.get 0)))
    (func (export "test:t/api#take") (param i32) (result i32) (call $ask (call $rep (local.get 0)))))`;
  const MAKER_WIT = `interface api {
      resource c { constructor(n: u32); get: func() -> u32; make: static func(n: u32) -> c; }
      look: func(x: borrow<c>) -> u32; take: func(x: c) -> u32;
    }
    world w { import ask: func(x: u32) -> u32; export api; }`;

  it.each(["sync", "async"].flatMap((colour) => PATHS.map((path) => [colour, path] as const)))(
    "methods, static functions and handles of a guest whose imports are %s (%s)",
    async (colour, path) => {
      await using plugin = await pluginFromWit(MAKER_WIT, MAKER, {}, { path });
      const next = ([x]: readonly Value[]): Value => Number(x) + 1;
      await using instance = await start(plugin, { ask: colour === "sync" ? next : waiting(next) });
      const call = async (name: string, ...args: Value[]): Promise<Value> => instance.call(`test:t/api#${name}`, args);

      const made = await call("[static]c.make", 5);
      expect(await call("[method]c.get", made)).toBe(7);
      expect(await call("look", made)).toBe(7);
      expect(await call("take", made)).toBe(7);
      expect(await call("[method]c.get", await call("[constructor]c", 10))).toBe(11);
    },
  );

  it.each(PATHS)(
    "an import that fails at once, where one that waits was promised, does not hang (%s)",
    async (path) => {
      await using plugin = await pluginFromText(ASKER, {}, { path });
      const broken = {
        colour: "async" as const,
        call: (): never => {
          throw new Fault("no-answer", "closed");
        },
      };
      await using instance = await start(plugin, {
        "t:host/oracle@1.0.0#ask": broken,
        "t:host/oracle@1.0.0#try": broken,
      });

      expect(await faultOf(() => instance.call("ask", [1]))).toMatchObject({ code: "no-answer" });
    },
  );
});

describe("files", () => {
  it("a component cut off anywhere is a fault that names the file", async () => {
    const whole = await parse(ASKER);
    for (let length = 0; length < whole.length; length += 7) {
      const cut = await pluginFromBytes(whole.slice(0, length)).catch((fault: unknown) => fault);
      if (cut instanceof Fault) {
        expect(["not-a-component", "component-invalid"]).toContain(cut.code);
        expect(cut.message).toContain("test-package/plugin.wasm");
      } else {
        // Between two sections, what is left is a smaller component: it just offers nothing.
        expect((cut as Plugin).world.exports.functions.size).toBeLessThan(3);
      }
    }
  });

  it.each([
    ["a core module", "(module)"],
    ["an empty file", ""],
    ["WebAssembly text", "text"],
    ["not WebAssembly", "\u007fELF"],
  ])("%s is told by its name", async (what, content) => {
    const bytes =
      content === "(module)"
        ? await parse(content)
        : new TextEncoder().encode(content === "text" ? "(component)" : content);

    const fault = await faultOf(() => pluginFromBytes(bytes));

    expect(fault.code).toBe("not-a-component");
    expect(fault.message).toContain(what);
    expect(fault.hint).toBeDefined();
  });

  it("a component whose core is invalid is a fault with the validator's words", async () => {
    const bytes = await parse(single(`(result u32)`, `(func (export "f") (result i32) (i32.const 77))`));
    const at = bytes.findIndex((_, i) => bytes[i] === 0x41 && bytes[i + 1] === 0xcd); // i32.const 77
    const broken = bytes.with(at, 0x01); // nop: the stack is then empty

    expect(at).toBeGreaterThan(0);
    expect(await faultOf(() => pluginFromBytes(broken))).toMatchObject({ code: "component-invalid" });
  });

  it.each(PATHS)("start code that traps is a fault of instantiate() (%s)", async (path) => {
    await using plugin = await pluginFromText(
      `(component (core module $m (func $s unreachable) (start $s)) (core instance (instantiate $m)))`,
      {},
      { path },
    );

    expect(await faultOf(() => start(plugin))).toMatchObject({ code: "plugin-trapped" });
  });
});
