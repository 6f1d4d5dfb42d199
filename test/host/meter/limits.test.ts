/** Limits of components (H3): the same fault whichever way they are linked, the instance is dead, the next one works. */
import { describe, expect, it } from "vitest";

import type { Limits } from "../../../src/host/manifest.ts";
import type { Instance, Plugin } from "../../../src/host/plugin.ts";
import {
  COUNTER,
  DEEP,
  ADD,
  faultOf,
  isGone,
  PATHS,
  pluginFromText,
  pluginFromWit,
  start,
  waiting,
  ORACLE_ASK,
  ORACLE_TRY,
  ASKER,
  SWALLOWER,
} from "../component-fixtures.ts";

const FUEL: Limits = { fuel: 1_000_000 };
const TIME: Limits = { deadline: 30 };
const CAUSES: [string, Limits][] = [
  ["fuel-exhausted", FUEL],
  ["deadline-exceeded", TIME],
];
const ways = PATHS.flatMap((path) => CAUSES.map(([code, limits]) => [path, code, limits] as const));

/** One core function `f`, with imports of nothing. */
const alone = (body: string): string => `(component
  (core module $m (memory 1) ${body} (func (export "ok") (result i32) (i32.const 7)))
  (core instance $i (instantiate $m))
  (func (export "f") (result u32) (canon lift (core func $i "f")))
  (func (export "ok") (result u32) (canon lift (core func $i "ok"))))`;

const SPIN = `(func (export "f") (result i32) (loop $l (br $l)) (i32.const 1))`;
const CATCHING = `(func $spin (loop $l (br $l)))
  (func (export "f") (result i32) (loop $again (block $c (try_table (catch_all $c) (call $spin))) (br $again)) (i32.const 1))`;
const TAIL = `(func $g (export "f") (result i32) (return_call $g))`;
const FILLS = `(func (export "f") (result i32)
  (loop $l (memory.fill (i32.const 0) (i32.const 0) (i32.const 65536)) (br $l)) (i32.const 1))`;

describe.each(ways)("linked %s, with %s", (path, code, limits) => {
  it.each([
    ["a loop", SPIN],
    ["a loop in catch_all", CATCHING],
    ["tail calls", TAIL],
    ["bulk memory operations", FILLS],
  ])("%s: ends its instance only", async (_, body) => {
    await using plugin = await pluginFromText(alone(body), { limits }, { path });
    await using instance = await start(plugin);
    expect(instance.call("ok", [])).toBe(7);

    expect(await faultOf(() => instance.call("f", []))).toMatchObject({ code, source: "test:plugin" });
    expect(await isGone(instance, "ok")).toBe(true);
    await using next = await start(plugin);
    expect(next.call("ok", [])).toBe(7);
  });

  it("start code", async () => {
    const wat = `(component (core module $m (func $f (loop $l (br $l))) (start $f) (func (export "ok")))
      (core instance $i (instantiate $m)) (func (export "ok") (canon lift (core func $i "ok"))))`;
    await using plugin = await pluginFromText(wat, { limits }, { path });

    expect(await faultOf(() => start(plugin))).toMatchObject({ code });
  });

  it("realloc, for arguments", async () => {
    const wit = `world w { export f: func(s: string) -> u32; export ok: func() -> u32; }`;
    const core = `(module (memory (export "memory") 1)
      (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (loop $l (br $l)) (i32.const 8))
      (func (export "f") (param i32 i32) (result i32) (i32.const 1)) (func (export "ok") (result i32) (i32.const 7)))`;
    await using plugin = await pluginFromWit(wit, core, { limits }, { path });
    await using instance = await start(plugin);

    expect(await faultOf(() => instance.call("f", ["x"]))).toMatchObject({ code });
    expect(await isGone(instance, "ok")).toBe(true);
  });

  it("realloc, for an import's answer, although the guest catches what comes of it", async () => {
    const wit = `world w { import ask: func() -> string; export f: func() -> u32; export ok: func() -> u32; }`;
    const core = `(module (import "$root" "ask" (func $ask (param i32))) (memory (export "memory") 1)
      (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (loop $l (br $l)) (i32.const 8))
      (func (export "f") (result i32) (block $c (try_table (catch_all $c) (call $ask (i32.const 8)))) (i32.const 1))
      (func (export "ok") (result i32) (i32.const 7)))`;
    await using plugin = await pluginFromWit(wit, core, { limits }, { path });
    await using instance = await start(plugin, { ask: () => "x" });

    expect(await faultOf(() => instance.call("f", []))).toMatchObject({ code });
    expect(await isGone(instance, "ok")).toBe(true);
  });

  it("a destructor", async () => {
    const wit = `interface api { resource thing; make: func() -> thing; } world w { export api; export ok: func() -> u32; }`;
    const core = `(module (import "[export]test:t/api" "[resource-new]thing" (func $new (param i32) (result i32)))
      (func (export "test:t/api#[dtor]thing") (param i32) (loop $l (br $l)))
      (func (export "test:t/api#make") (result i32) (call $new (i32.const 1)))
      (func (export "ok") (result i32) (i32.const 7)))`;
    await using plugin = await pluginFromWit(wit, core, { limits }, { path });
    await using instance = await start(plugin);
    const thing = (await instance.call("test:t/api#make", [])) as unknown as { id: number };

    expect(await faultOf(() => instance.drop(thing.id))).toMatchObject({ code });
    expect(await isGone(instance, "ok")).toBe(true);
  });
});

describe.each(PATHS)("linked %s", (path) => {
  it("recursion without end is what it was: a stack that overflowed, or fuel that ran out first", async () => {
    await using deep = await pluginFromText(COUNTER, { limits: { fuel: 1e9 } }, { path });
    await using shallow = await pluginFromText(COUNTER, { limits: { fuel: 1000 } }, { path });
    await using one = await start(deep);
    await using other = await start(shallow);

    expect(await faultOf(() => one.call(DEEP, []))).toMatchObject({ code: "plugin-trapped" });
    expect(await faultOf(() => other.call(DEEP, []))).toMatchObject({ code: "fuel-exhausted" });
  });

  it("a call costs the same each time, and has all of its fuel each time", async () => {
    await using plugin = await pluginFromText(COUNTER, { limits: { fuel: 100 } }, { path });
    await using instance = await start(plugin);
    const costs = Array.from({ length: 50 }, () => (instance.call(ADD, [1]), instance.spent));

    expect(new Set(costs)).toEqual(new Set([costs[0]]));
    expect(costs[0]).toBeGreaterThan(0);
  });

  it("without limits nothing is counted", async () => {
    await using plugin = await pluginFromText(COUNTER, {}, { path });
    await using instance = await start(plugin);

    expect(await instance.call(ADD, [1])).toBe(1);
    expect(instance.spent).toBeUndefined();
  });

  it("the caller's limits take the place of the manifest's", async () => {
    await using plugin = await pluginFromText(alone(SPIN), { limits: { deadline: 60_000 } }, { path });
    await using lowered = await start(plugin, {}, { limits: { deadline: 10 } });
    await using fuelled = await start(plugin, {}, { limits: { fuel: 1000 } });
    await using lifted = await start(plugin, {}, { limits: { deadline: Infinity } });

    expect(await faultOf(() => lowered.call("f", []))).toMatchObject({ code: "deadline-exceeded" });
    expect(await faultOf(() => fuelled.call("f", []))).toMatchObject({ code: "fuel-exhausted" });
    expect(lifted.call("ok", [])).toBe(7);
    expect(lifted.spent).toBeUndefined();
  });

  it("another thread's flag stops it", async () => {
    const stop = new Int32Array(new SharedArrayBuffer(4));
    await using plugin = await pluginFromText(alone(SPIN), {}, { path });
    await using instance = await start(plugin, {}, { limits: { stop } });
    expect(instance.call("ok", [])).toBe(7);
    stop[0] = 1;

    expect(await faultOf(() => instance.call("f", []))).toMatchObject({ code: "cancelled" });
  });

  it("waiting costs no fuel, and ends at the deadline", async () => {
    await using plugin = await pluginFromText(ASKER, { limits: { deadline: 20, fuel: 10_000 } }, { path });
    const never = waiting(() => new Promise<never>(() => {}));
    await using instance = await start(plugin, { [ORACLE_ASK]: never, [ORACLE_TRY]: never });

    expect(await faultOf(() => instance.call("ask", [1]))).toMatchObject({ code: "deadline-exceeded" });
    expect(await isGone(instance, "calls")).toBe(true);
  });

  it("a guest that waited and spins then is stopped", async () => {
    const wat = `(component (import "wait" (func $wait)) (core func $wait (canon lower (func $wait)))
      (core module $m (import "" "wait" (func $wait)) (func (export "f") (loop $l (call $wait) (loop $m (br $m)))))
      (core instance $i (instantiate $m (with "" (instance (export "wait" (func $wait))))))
      (func (export "f") (canon lift (core func $i "f"))))`;
    for (const [code, limits] of CAUSES) {
      await using plugin = await pluginFromText(wat, { limits }, { path });
      await using instance = await start(plugin, { wait: waiting(() => null) });

      expect(await faultOf(() => instance.call("f", []))).toMatchObject({ code });
      expect(await isGone(instance, "f")).toBe(true);
    }
  });

  it("a guest that is stopped in an import imports nothing any more", async () => {
    await using plugin = await pluginFromText(SWALLOWER, {}, { path });
    const stop = Int32Array.of(0);
    const called: string[] = [];
    const first = (): null => {
      called.push("first");
      stop[0] = 1;
      return null;
    };
    const second = (): null => (called.push("second"), null);
    await using instance = await start(plugin, { first, second }, { limits: { stop } });

    expect(await faultOf(() => instance.call("f", []))).toMatchObject({ code: "cancelled" });
    expect(called).toEqual(["first"]);
  });

  it("says where it was", async () => {
    await using plugin = await pluginFromText(
      alone(SPIN.replace("(func", "(func $spinning")),
      { limits: FUEL },
      { path },
    );
    await using instance = await start(plugin);

    const { frames } = await faultOf(() => instance.call("f", []));
    expect(frames.map((frame) => frame.function)).toContain("spinning");
  });
});

it("a component that waits and is closed leaves no timer behind", async () => {
  await using plugin = await pluginFromText(ASKER, { limits: { deadline: 100_000_000 } });
  const never = waiting(() => new Promise<never>(() => {}));
  const timers = (): number => process.getActiveResourcesInfo().filter((each) => each === "Timeout").length;
  const before = timers();
  const instance: Instance = await start(plugin as Plugin, { [ORACLE_ASK]: never, [ORACLE_TRY]: never });
  const call = faultOf(() => instance.call("ask", [1]));
  await instance[Symbol.asyncDispose]();

  expect(await call).toMatchObject({ code: "plugin-lost" });
  expect(timers()).toBe(before);
});
