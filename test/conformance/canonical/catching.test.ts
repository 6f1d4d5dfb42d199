/**
 * Guests that catch: `catch_all` of wasm sees what JavaScript throws through it. Whatever ended the instance, ended it: the
 * guest may go on to its end, but nothing more enters or leaves, and its call fails with the first cause (HAZARDS 2).
 */
import { describe, expect, it } from "vitest";

import { Fault } from "../../../src/fault.ts";
import type { Value } from "../../../src/wit/value.ts";
import { faultOf, start, waiting } from "../../host/component-fixtures.ts";
import { guestText, hostKey, type GuestText } from "./guest.ts";
import { open, PATHS } from "./harness.ts";
import { BUILTINS, RESOURCE } from "./resource-text.ts";

const HOST = `(export "tell" (func (param "x" u32) (result u32))) (export "say" (func (param "c" char)))
  (export "ask" (func (result (list u32))))`;
const IMPORTS = { tell: "(param i32) (result i32)", say: "(param i32)", ask: "(param i32)" };

/** `f` tries this, catches whatever comes of it, asks `tell` again, and answers 9. */
function catcher(body: string, more: Partial<GuestText> = {}): string {
  return guestText({
    host: HOST,
    imports: IMPORTS,
    before: RESOURCE,
    builtins: BUILTINS,
    core: `(func (export "f") (result i32)
      (block $caught (try_table (catch_all $caught) ${body}))
      (block $again (try_table (catch_all $again) (drop (call $tell (i32.const 2)))))
      (i32.const 9))`,
    exports: { f: "(result u32)" },
    ...more,
  });
}

const LISTED = { realloc: "(i32.const -4)" };

describe.each(PATHS)("guests that catch, %s", (path) => {
  it.each<readonly [string, string, string, Partial<GuestText>]>([
    ["an import that fails", "(drop (call $tell (i32.const 1)))", "no-answer", {}],
    ["an argument that is no char", "(call $say (i32.const 0xd800))", "plugin-invalid-value", {}],
    ["an answer's place beyond memory", "(call $ask (i32.const -4))", "plugin-trapped", {}],
    ["an answer that realloc has no memory for", "(call $ask (i32.const 64))", "plugin-trapped", LISTED],
  ])("%s", async (_, body, code, more) => {
    await using plugin = await open(catcher(body, more), path);
    const told: Value[] = [];
    const tell = ([x]: readonly Value[]): Value => {
      told.push(x ?? null);
      throw new Fault("no-answer", "closed");
    };
    await using instance = await start(plugin, {
      [hostKey("tell")]: tell,
      [hostKey("say")]: () => null,
      [hostKey("ask")]: () => [1, 2, 3],
    });

    const fault = await faultOf(() => instance.call("f", []));

    expect(fault.code).toBe(code);
    expect(told).toEqual(code === "no-answer" ? [1] : []);
    expect(instance.alive).toBe(false);
    expect(await faultOf(() => instance.call("ok", []))).toMatchObject({ code: "plugin-lost" });
  });

  it.each([
    ["a handle that it never had", "(call $drop (i32.const 7))"],
    ["a handle of another resource", "(drop (call $rep-s (call $new (i32.const 7))))"],
  ])("%s", async (_, body) => {
    await using plugin = await open(catcher(body), path);
    await using instance = await start(plugin, {
      [hostKey("tell")]: () => 1,
      [hostKey("say")]: () => null,
      [hostKey("ask")]: () => [],
    });

    expect(await faultOf(() => instance.call("f", []))).toMatchObject({ code: "plugin-trapped" });
    expect(instance.alive).toBe(false);
  });

  it("traps of wasm itself are not caught", async () => {
    await using plugin = await open(catcher("(unreachable)"), path);
    await using instance = await start(plugin, {
      [hostKey("tell")]: () => 1,
      [hostKey("say")]: () => null,
      [hostKey("ask")]: () => [],
    });

    expect(await faultOf(() => instance.call("f", []))).toMatchObject({ code: "plugin-trapped" });
  });

  it("an import that fails after it waited", async () => {
    await using plugin = await open(catcher("(drop (call $tell (i32.const 1)))"), path);
    let asked = 0;
    const failing = waiting(() => {
      asked++;
      throw new Fault("no-answer", "closed");
    });
    await using instance = await start(plugin, {
      [hostKey("tell")]: failing,
      [hostKey("say")]: () => null,
      [hostKey("ask")]: () => [],
    });

    expect(await faultOf(() => instance.call("f", []))).toMatchObject({ code: "no-answer" });
    expect(asked).toBe(1);
    expect(instance.alive).toBe(false);
  });
});
