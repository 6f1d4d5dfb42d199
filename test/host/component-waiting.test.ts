/**
 * Waiting (JSPI) and destructors in components that are linked directly.
 */
import { describe, expect, it } from "vitest";

import type { ImportedFunction, Plugin } from "../../src/host/plugin.ts";
import { Callback, type Handle, type Value } from "../../src/wit/value.ts";
import {
  ASKER,
  BURN,
  faultOf,
  isGone,
  LOOK,
  MAKE,
  ORACLE_ASK,
  ORACLE_TRY,
  pluginFromText,
  pluginFromWit,
  start,
  storePlugin,
  SWALLOWER,
  waiting,
} from "./component-fixtures.ts";

function directly(wat: string): Promise<Plugin> {
  return pluginFromText(wat, {}, { path: "direct" });
}

describe("destructors", () => {
  it("run when the host drops a handle, and when the guest does; not when the instance is closed", async () => {
    await using plugin = await storePlugin();
    const noted: Value[] = [];
    const instance = await start(plugin, { note: ([n]) => (noted.push(n as Value), null) });
    const [one] = [await instance.call(MAKE, [1]), await instance.call(MAKE, [2])] as Handle[];

    await instance.drop(one?.id ?? 0);
    await instance.call(BURN, [3]);
    expect(noted).toEqual([1, 3]);
    expect(instance.call(LOOK, [await instance.call(MAKE, [4])])).toBe(4);
    await instance[Symbol.asyncDispose]();
    expect(noted).toEqual([1, 3]);
  });

  it("may wait where imports may", async () => {
    await using plugin = await storePlugin();
    const noted: Value[] = [];
    await using instance = await start(plugin, { note: waiting(([n]) => (noted.push(n as Value), null)) });

    const made = (await instance.call(MAKE, [1])) as Handle;
    await instance.drop(made.id);
    await instance.call(BURN, [2]);
    expect(noted).toEqual([1, 2]);
    expect(instance.alive).toBe(true);
  });

  it("one whose import fails ends the instance", async () => {
    await using plugin = await storePlugin();
    const broken = new Error("closed");
    const note = (): never => {
      throw broken;
    };
    for (const way of [note, waiting(note)]) {
      await using instance = await start(plugin, { note: way });
      const made = (await instance.call(MAKE, [1])) as Handle;

      await expect(async () => instance.drop(made.id)).rejects.toBe(broken);
      expect(instance.alive).toBe(false);
    }
  });
});

describe("waiting (JSPI)", () => {
  it("an import that rejects ends the call, and those that wait for it", async () => {
    await using plugin = await directly(ASKER);
    const broken = new Error("closed");
    const ask = waiting(() => {
      throw broken;
    });
    await using instance = await start(plugin, { [ORACLE_ASK]: ask, [ORACLE_TRY]: ask });
    const running = Promise.resolve(instance.call("ask", [1])).catch((thrown: unknown) => thrown);
    const queued = faultOf(() => instance.call("calls", []));

    expect(await running).toBe(broken);
    expect(await queued).toMatchObject({ code: "plugin-lost" });
  });

  it("one import waits and another does not: each as it is coloured", async () => {
    await using plugin = await directly(SWALLOWER);
    const order: string[] = [];
    await using instance = await start(plugin, {
      first: waiting(() => (order.push("first"), null)),
      second: () => (order.push("second"), null),
    });

    expect(await instance.call("f", [])).toBe(7);
    expect(order).toEqual(["first", "second"]);
  });

  it("an import that may wait and does not is no different", async () => {
    await using plugin = await directly(ASKER);
    const ask: ImportedFunction = { colour: "async", call: ([x]) => Number(x) + 1 };
    await using instance = await start(plugin, { [ORACLE_ASK]: ask, [ORACLE_TRY]: ask });

    expect(await Promise.all([1, 2, 3].map(async (x) => instance.call("ask", [x])))).toEqual([2, 3, 4]);
  });

  it("a guest that swallows the rejection of its import is gone all the same", async () => {
    await using plugin = await directly(SWALLOWER);
    const broken = new Error("closed");
    let called = 0;
    await using instance = await start(plugin, {
      first: waiting(() => {
        throw broken;
      }),
      second: () => ((called += 1), null),
    });

    await expect(async () => instance.call("f", [])).rejects.toBe(broken);
    expect(await isGone(instance, "f")).toBe(true);
    expect(called).toBe(0);
  });

  it("a constructor may wait", async () => {
    const core = `(module
      (import "[export]test:t/api" "[resource-new]c" (func $new (param i32) (result i32)))
      (import "$root" "ask" (func $ask (param i32) (result i32)))
      (func (export "test:t/api#[constructor]c") (param i32) (result i32) (call $new (call $ask (local.get 0))))
      (func (export "test:t/api#[method]c.get") (param i32) (result i32) (local.get 0)))`;
    const wit = `interface api { resource c { constructor(n: u32); get: func() -> u32; } }
      world w { import ask: func(x: u32) -> u32; export api; }`;
    await using plugin = await pluginFromWit(wit, core, {}, { path: "direct" });
    await using instance = await start(plugin, { ask: waiting(([n]) => Number(n) + 1) });

    const made = await Promise.all([1, 5].map(async (n) => instance.call("test:t/api#[constructor]c", [n])));
    expect(await Promise.all(made.map(async (c) => instance.call("test:t/api#[method]c.get", [c])))).toEqual([2, 6]);
  });

  it("start code cannot wait: it traps", async () => {
    await using plugin = await directly(`(component
      (import "ask" (func $host)) (core func $ask (canon lower (func $host)))
      (core module $m (import "" "ask" (func $ask)) (start $ask))
      (core instance (instantiate $m (with "" (instance (export "ask" (func $ask)))))))`);

    expect(await faultOf(() => start(plugin, { ask: waiting(() => null) }))).toMatchObject({ code: "plugin-trapped" });
    await using instance = await start(plugin, { ask: () => null });
    expect(instance.alive).toBe(true);
  });

  it("a callback waits for the workflow", async () => {
    await using plugin = await directly(`(component
      (import "sennit:host/callback@0.1.0" (instance $cb
        (export "callback" (type $c (sub resource)))
        (type $error (record (field "code" string) (field "source" string) (field "message" string) (field "data" (list u8))))
        (export "error" (type $e (eq $error)))
        (export "[method]callback.call" (func (param "self" (borrow $c)) (param "args" (list (list u8))) (result (result (list u8) (error $e)))))))
      (alias export $cb "callback" (type $callback))
      (core module $mem (memory (export "memory") 1) (global $next (mut i32) (i32.const 1024))
        (func (export "realloc") (param i32 i32 i32 i32) (result i32)
          (global.set $next (i32.add (global.get $next) (local.get 3)))
          (i32.sub (global.get $next) (local.get 3))))
      (core instance $mem (instantiate $mem))
      (core func $call (canon lower (func $cb "[method]callback.call") (memory (core memory $mem "memory")) (realloc (core func $mem "realloc"))))
      (core func $drop (canon resource.drop $callback))
      (core module $m (import "" "call" (func $call (param i32 i32 i32 i32))) (import "" "drop" (func $drop (param i32)))
        (import "mem" "memory" (memory 1))
        (func (export "f") (param i32) (result i32)
          (call $call (local.get 0) (i32.const 0) (i32.const 0) (i32.const 64))
          (call $drop (local.get 0))
          (i32.load8_u (i32.load (i32.const 68)))))
      (core instance $i (instantiate $m (with "mem" (instance $mem))
        (with "" (instance (export "call" (func $call)) (export "drop" (func $drop))))))
      (func (export "f") (param "c" (borrow $callback)) (result u32) (canon lift (core func $i "f"))))`);
    await using instance = await start(plugin);

    expect(await instance.call("f", [new Callback(() => Promise.resolve(Uint8Array.of(24, 5)))])).toBe(24);
  });
});
