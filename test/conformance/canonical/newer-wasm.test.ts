/** What wasm has and jco's binding refuses: exceptions with tags, several memories in a module. The direct path takes them. */
import { describe, expect, it } from "vitest";

import type { Value } from "../../../src/wit/value.ts";
import { faultOf, start } from "../../host/component-fixtures.ts";
import { guestText, hostKey } from "./guest.ts";
import { open, play } from "./harness.ts";

const TAG = `(core module $tag (tag (export "t") (param i32)))`;
const THROWER = `(core module $thrower (import "tag" "t" (tag $t (param i32)))
  (func (export "throw-if") (param i32) (if (local.get 0) (then (throw $t (local.get 0))))))`;
const CATCHER = `(core module $catcher (import "tag" "t" (tag $t (param i32))) (import "thrower" "throw-if" (func $throw (param i32)))
  (func (export "run") (param i32) (result i32)
    (block $other
      (block $mine (result i32)
        (try_table (catch $t $mine) (catch_all $other) (call $throw (local.get 0)))
        (return (i32.const 99)))
      (return))
    (i32.const 77)))`;

async function runs(text: string, ...args: readonly Value[]): Promise<readonly unknown[]> {
  await using plugin = await open(`(component ${text})`, "direct");
  const events = await play(plugin, { calls: args.map((each) => ({ key: "run", args: [each] })) });
  return events.map((each) => ("value" in each ? each.value : each));
}

const RUN = `(func (export "run") (param "x" u32) (result u32) (canon lift (core func $c "run")))`;

describe("exceptions, direct (tags.wast)", () => {
  it.each([
    ["a tag that is imported", `(with "tag" (instance $tag))`],
    ["a tag that was renamed on its way", `(with "tag" (instance (export "t" (tag $tag "t"))))`],
  ])("%s", async (_, given) => {
    const text = `${TAG} ${THROWER} ${CATCHER} (core instance $tag (instantiate $tag))
      (core instance $thrower (instantiate $thrower ${given}))
      (core instance $c (instantiate $catcher ${given} (with "thrower" (instance $thrower)))) ${RUN}`;

    expect(await runs(text, 42, 0)).toEqual([42, 99]);
  });

  it("two instances of one tag are two tags", async () => {
    const text = `${TAG} ${THROWER} ${CATCHER} (core instance $tag (instantiate $tag)) (core instance $tag2 (instantiate $tag))
      (core instance $thrower (instantiate $thrower (with "tag" (instance $tag2))))
      (core instance $c (instantiate $catcher (with "tag" (instance $tag)) (with "thrower" (instance $thrower)))) ${RUN}`;

    expect(await runs(text, 42)).toEqual([77]);
  });

  it.each([
    ["its function", `(func (export "f") (param i32 i32) (throw $e))`, "(i32.const 512)"],
    ["its post-return", `(func (export "f") (param i32 i32)) (func (export "post") (throw $e))`, "(i32.const 512)"],
  ])("one that leaves %s is a trap", async (where, core, realloc) => {
    const options = where === "its post-return" ? `(post-return (core func $main "post"))` : "";
    const text = guestText({
      realloc,
      core: `(tag $e) ${core}`,
      exports: { f: { type: `(param "x" (list u8))`, options } },
    });
    await using plugin = await open(text, "direct");
    await using instance = await start(plugin);

    expect(await faultOf(() => instance.call("f", [Uint8Array.of(1)]))).toMatchObject({ code: "plugin-trapped" });
    expect(instance.alive).toBe(false);
  });

  it("one that leaves start code is a trap", async () => {
    await using plugin = await open(
      guestText({ core: `(tag $e) (func $s (throw $e)) (start $s)`, exports: {} }),
      "direct",
    );

    expect(await faultOf(() => start(plugin))).toMatchObject({ code: "plugin-trapped" });
  });

  it("one around an import that answers changes nothing", async () => {
    const text = guestText({
      host: `(export "tell" (func (param "x" u32) (result u32)))`,
      imports: { tell: "(param i32) (result i32)" },
      core: `(tag $e) (func (export "f") (result i32)
        (block $h (try_table (catch $e $h) (drop (call $tell (i32.const 1))) (throw $e))) (call $tell (i32.const 2)))`,
      exports: { f: "(result u32)" },
    });
    await using plugin = await open(text, "direct");
    await using instance = await start(plugin, { [hostKey("tell")]: ([x]) => Number(x) * 10 });

    expect(instance.call("f", [])).toBe(20);
    expect(instance.alive).toBe(true);
  });
});

describe("several memories, direct (unit.wast)", () => {
  it("are the one that each lift names, and none outgrows its limit", async () => {
    const text = `(core module $m (memory (export "a") 1) (memory $b (export "b") 1)
        (data (i32.const 8) "left") (data (memory $b) (i32.const 8) "right")
        (func (export "left") (result i32) (i32.store (i32.const 0) (i32.const 8)) (i32.store (i32.const 4) (i32.const 4)) (i32.const 0))
        (func (export "right") (result i32) (i32.store $b (i32.const 0) (i32.const 8)) (i32.store $b (i32.const 4) (i32.const 5)) (i32.const 0))
        (func (export "grow") (result i32) (memory.grow $b (i32.const 65000))))
      (core instance $m (instantiate $m))
      (func (export "left") (result string) (canon lift (core func $m "left") (memory (core memory $m "a"))))
      (func (export "right") (result string) (canon lift (core func $m "right") (memory (core memory $m "b"))))
      (func (export "grow") (result s32) (canon lift (core func $m "grow")))`;
    await using plugin = await open(`(component ${text})`, "direct");
    const events = await play(plugin, { calls: [{ key: "left" }, { key: "right" }, { key: "grow" }] });

    expect(events.map((each) => ("value" in each ? each.value : each))).toEqual(["left", "right", -1]);
  });
});
