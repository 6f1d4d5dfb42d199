/**
 * Components that are linked by their plan: order, the end of an instance, and what is asked of the guest's own functions.
 * What waits is in component-waiting.test.ts; what holds of both ways to link is in component.test.ts and its neighbours.
 */
import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";
import { describe, expect, it } from "vitest";

import { describeLinking } from "../../src/host/component/describe.ts";
import { faultOf as faultOfGuest } from "../../src/host/component/failure.ts";
import { loadHere } from "../../src/host/component/jco/load.node.ts";
import type { ImportedFunction, Plugin } from "../../src/host/plugin.ts";
import { Handle, type Value } from "../../src/wit/value.ts";
import {
  ADD,
  ASKER,
  COUNTER,
  faultOf,
  isGone,
  LOOK,
  MAKE,
  ORACLE_ASK,
  ORACLE_TRY,
  pluginFromBytes,
  pluginFromText,
  pluginFromWit,
  start,
  storePlugin,
  SWALLOWER,
  waiting,
} from "./component-fixtures.ts";

const direct = { path: "direct" } as const;

function directly(wat: string): Promise<Plugin> {
  return pluginFromText(wat, {}, direct);
}

describe("the way to link", () => {
  const P3 = `(component (core module $m (func (export "f") (result i32) (i32.const 0)) (func (export "cb") (param i32 i32 i32) (result i32) unreachable))
    (core instance $i (instantiate $m))
    (func (export "f") async (canon lift (core func $i "f") async (callback (core func $i "cb")))))`;

  it("is direct where it can be, and jco's binding is then never made", async () => {
    const load: typeof loadHere = async (request) => {
      const { valid } = await loadHere(request);
      return { valid, binding: () => Promise.reject(new Error("nobody needs it")) };
    };
    await using plugin = await pluginFromBytes(await parse(COUNTER), {}, { load });
    await using instance = await start(plugin);

    expect(describeLinking(plugin)).toEqual({ path: "direct", reason: null, imports: [] });
    expect(instance.call(ADD, [2])).toBe(2);
  });

  it("is jco's where it must be, with the reason; directly it is refused", async () => {
    await using plugin = await pluginFromText(P3);

    expect(describeLinking(plugin)).toMatchObject({ path: "jco", reason: "it has a function with the option async" });
    expect(await faultOf(() => directly(P3))).toMatchObject({
      code: "component-unsupported",
      message: expect.stringContaining("it has a function with the option async") as string,
    });
  });

  it("can be asked for", async () => {
    await using plugin = await pluginFromText(ASKER, {}, { path: "jco" });

    expect(describeLinking(plugin)).toEqual({
      path: "jco",
      reason: "it was asked for",
      imports: [
        { key: ORACLE_ASK, colour: "provider" },
        { key: ORACLE_TRY, colour: "provider" },
      ],
    });
  });

  it("is told with the colour of each import", async () => {
    await using plugin = await directly(`(component
      (import "sennit:host/log@0.1.0" (instance (export "write" (func))))
      (import "sennit:host/callback@0.1.0" (instance (export "callback" (type $c (sub resource)))
        (export "[method]callback.call" (func (param "self" (borrow $c))))))
      (import "wasi:clocks/monotonic-clock@0.2.6" (instance (export "now" (func (result u64)))))
      (import "wasi:io/poll@0.2.6" (instance (export "pollable" (type $p (sub resource)))
        (export "[method]pollable.block" (func (param "self" (borrow $p))))
        (export "[method]pollable.ready" (func (param "self" (borrow $p)) (result bool)))))
      (import "t:other/x@1.0.0" (instance (export "f" (func)))))`);

    expect(describeLinking(plugin)?.imports.map(({ key, colour }) => `${key} ${colour}`)).toEqual([
      "sennit:host/log@0.1.0#write sync",
      "sennit:host/callback@0.1.0#[method]callback.call async",
      "wasi:clocks/monotonic-clock@0.2.6#now sync",
      "wasi:io/poll@0.2.6#[method]pollable.block async",
      "wasi:io/poll@0.2.6#[method]pollable.ready sync",
      "t:other/x@1.0.0#f provider",
    ]);
  });

  it("a component that jco does not find valid is not linked directly either", async () => {
    // A lift without the memory that its result needs: every core is valid, and there is a plan.
    const wat = `(component (core module $m (memory (export "m") 1) (func (export "f") (result i32) (i32.const 0)))
      (core instance $i (instantiate $m))
      (func (export "f") (result u32) (canon lift (core func $i "f"))))`;
    const bytes = await parse(wat);
    const at = bytes.lastIndexOf(0x79); // u32
    bytes[at] = 0x77; // u64: not what the core function gives

    expect(await faultOf(() => pluginFromBytes(bytes, {}, direct))).toMatchObject({ code: "component-invalid" });
  });

  it("too many core instances are refused", async () => {
    const instances = "(core instance (instantiate $m))".repeat(65);

    expect(await faultOf(() => directly(`(component (core module $m) ${instances})`))).toMatchObject({
      code: "component-unsupported",
    });
  });
});

describe("cores", () => {
  it("are instantiated in order, each with what the earlier ones export", async () => {
    const text = (n: number): string => `(core module $m${n}
      (import "log" "note" (func $note (param i32))) (import "state" "mem" (memory 1)) (import "state" "g" (global $g i32))
      (func $start (call $note (i32.add (i32.const ${n}) (global.get $g)))) (start $start))`;
    const run = (n: number): string => `(core instance (instantiate $m${n})
      (with "state" (instance $state)) (with "log" (instance (export "note" (func $note)))))`;
    const fixed = (n: number): string => run(n).replace("(instantiate $m" + n + ")", `(instantiate $m${n}`) + ")";
    await using plugin = await directly(`(component
      (import "note" (func $host (param "n" u32)))
      (core module $state (memory (export "mem") 1) (global (export "g") i32 (i32.const 40)))
      ${text(1)} ${text(2)}
      (core instance $state (instantiate $state))
      (core func $note (canon lower (func $host)))
      ${fixed(2)} ${fixed(1)})`);
    const noted: Value[] = [];
    await using _ = await start(plugin, { note: ([n]) => (noted.push(n as Value), null) });

    expect(noted).toEqual([42, 41]);
  });

  it("a tool's shim and fixup let a core import what needs its own memory", async () => {
    const core = `(module
      (import "test:t/host" "name" (func $name (param i32)))
      (import "test:t/host" "say" (func $say (param i32 i32) (result i32)))
      (memory (export "memory") 1) (global $next (mut i32) (i32.const 1024))
      (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
        (global.set $next (i32.add (global.get $next) (local.get 3)))
        (i32.sub (global.get $next) (local.get 3)))
      (func (export "f") (result i32)
        (call $name (i32.const 16))
        (call $say (i32.load (i32.const 16)) (i32.load (i32.const 20)))))`;
    const wit = `interface host { name: func() -> string; say: func(s: string) -> u32; }
      world w { import host; export f: func() -> u32; }`;
    await using plugin = await pluginFromWit(wit, core, {}, direct);
    await using instance = await start(plugin, {
      "test:t/host#name": () => "Ada – é",
      "test:t/host#say": ([s]) => String(s).length,
    });

    expect(instance.call("f", [])).toBe(7);
  });

  it("each instance has its own functions, memory and globals", async () => {
    await using plugin = await directly(ASKER);
    const given = (n: number): Record<string, ImportedFunction["call"]> => ({
      [ORACLE_ASK]: () => n,
      [ORACLE_TRY]: () => n,
    });
    await using one = await start(plugin, given(1), { id: 1 });
    await using two = await start(plugin, given(2), { id: 2 });

    expect([one.call("ask", [0]), two.call("ask", [0]), one.call("ask", [0])]).toEqual([1, 2, 1]);
    expect([one.call("calls", []), two.call("calls", [])]).toEqual([2, 1]);
  });
});

describe("the end of an instance", () => {
  it("an import that fails ends it, also when the guest swallows that; nothing is imported any more", async () => {
    await using plugin = await directly(SWALLOWER);
    const broken = new Error("closed");
    let called = 0;
    const second = (): null => ((called += 1), null);
    await using instance = await start(plugin, {
      first: () => {
        throw broken;
      },
      second,
    });
    await using good = await start(plugin, { first: () => null, second });

    await expect(async () => instance.call("f", [])).rejects.toBe(broken);
    expect(called).toBe(0);
    expect(await isGone(instance, "f")).toBe(true);
    expect(good.call("f", [])).toBe(7);
    expect(called).toBe(1);
  });

  it("a forged handle that the guest swallows ends it too", async () => {
    await using plugin = await directly(`(component
      (type $r (resource (rep i32)))
      (core func $drop (canon resource.drop $r))
      (core module $m (import "" "drop" (func $drop (param i32)))
        (func (export "f") (result i32)
          (block $caught (try_table (catch_all $caught) (call $drop (i32.const 9))))
          (i32.const 7)))
      (core instance $i (instantiate $m (with "" (instance (export "drop" (func $drop))))))
      (func (export "f") (result u32) (canon lift (core func $i "f"))))`);
    await using instance = await start(plugin);

    expect(await faultOf(() => instance.call("f", []))).toMatchObject({
      code: "plugin-trapped",
      message: expect.stringContaining("resource.drop") as string,
    });
    expect(await isGone(instance, "f")).toBe(true);
  });

  it("an exception that nobody caught is a trap", async () => {
    const module = new WebAssembly.Module(
      new Uint8Array(await parse(`(module (tag $t) (func (export "f") (throw $t)))`)),
    );
    const throws = new WebAssembly.Instance(module).exports["f"] as () => void;

    expect(() => {
      try {
        throws();
      } catch (thrown) {
        throw faultOfGuest(thrown, "f", "test:plugin");
      }
    }).toThrow(expect.objectContaining({ code: "plugin-trapped", source: "test:plugin" }) as Error);
  });

  it("memory that the engine does not have is no mistake of the guest's", () => {
    const thrown = new RangeError(
      "WebAssembly.Instance(): Out of memory: Cannot allocate Wasm memory for new instance",
    );

    expect(faultOfGuest(thrown, "its start code", "test:plugin").code).toBe("memory-limit");
  });

  it("what a guest passes to an import that is not of its type is the guest's failure, by the import's name", async () => {
    await using plugin = await directly(`(component
      (import "take" (func $take (param "c" char)))
      (core func $take (canon lower (func $take)))
      (core module $m (import "" "take" (func $take (param i32))) (func (export "f") (call $take (i32.const 0xd800))))
      (core instance $i (instantiate $m (with "" (instance (export "take" (func $take))))))
      (func (export "f") (canon lift (core func $i "f"))))`);
    let called = 0;
    await using instance = await start(plugin, { take: () => ((called += 1), null) });

    expect(await faultOf(() => instance.call("f", []))).toMatchObject({
      code: "plugin-invalid-value",
      message: expect.stringContaining("passed what is not of its type in take") as string,
    });
    expect(called).toBe(0);
    expect(instance.alive).toBe(false);
  });

  it("a handle that is gone refuses the call and not the instance", async () => {
    await using plugin = await storePlugin();
    await using instance = await start(plugin, { note: () => null });
    const made = (await instance.call(MAKE, [5])) as Handle;

    await instance.drop(made.id);
    expect(await faultOf(() => instance.call(LOOK, [made]))).toMatchObject({ code: "moved" });
    expect(await faultOf(() => instance.call(LOOK, [new Handle(99, made.id)]))).toMatchObject({
      code: "type-mismatch",
    });
    expect(instance.alive).toBe(true);
  });
});

/** `f` gives a text; `realloc` and post-return are written by the test. */
function texts(realloc: string, post: string, body = "(i32.const 16)"): string {
  return `(component
    (import "note" (func $host (param "n" u32)))
    (core func $note (canon lower (func $host)))
    (core module $m (import "" "note" (func $note (param i32)))
      (memory (export "memory") 1) (data (i32.const 16) "\\20\\00\\00\\00\\02\\00\\00\\00") (data (i32.const 32) "ok")
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) ${realloc})
      (func (export "f") (param i32 i32) (result i32) ${body})
      (func (export "post") (param i32) ${post}))
    (core instance $i (instantiate $m (with "" (instance (export "note" (func $note))))))
    (func (export "f") (param "s" string) (result string) (canon lift (core func $i "f")
      (memory (core memory $i "memory")) (realloc (core func $i "realloc")) (post-return (core func $i "post")))))`;
}

describe("the guest's own functions (HAZARDS 16)", () => {
  const QUIET = "(i32.const 1024)";
  const noting = (): { noted: Value[]; note: ImportedFunction["call"] } => {
    const noted: Value[] = [];
    return { noted, note: ([n]) => (noted.push(n as Value), null) };
  };

  it("post-return runs once, after the answer was taken", async () => {
    // It overwrites the text; and counts where the next answer shows it.
    const post = `(i32.store8 (i32.const 32) (i32.add (i32.load8_u (i32.const 32)) (i32.const 1)))`;
    await using plugin = await directly(texts(QUIET, post));
    await using instance = await start(plugin, { note: () => null });

    expect([instance.call("f", ["x"]), instance.call("f", ["x"]), instance.call("f", ["x"])]).toEqual([
      "ok",
      "pk",
      "qk",
    ]);
  });

  it.each([
    ["a trap", "unreachable"],
    ["an answer that cannot be taken", "(i32.const 65534)"],
  ])("post-return does not run after %s", async (_, body) => {
    await using plugin = await directly(texts(QUIET, "(call $note (i32.const 1))", body));
    const { noted, note } = noting();
    await using instance = await start(plugin, { note });

    expect(await faultOf(() => instance.call("f", ["x"]))).toMatchObject({ code: "plugin-trapped" });
    expect(noted).toEqual([]);
    expect(instance.alive).toBe(false);
  });

  it.each([
    ["realloc", texts(`(call $note (i32.const 1)) ${QUIET}`, "")],
    ["post-return", texts(QUIET, "(call $note (i32.const 1))")],
  ])("%s may not import anything", async (_, wat) => {
    await using plugin = await directly(wat);
    const { noted, note } = noting();
    for (const way of [note, waiting(note)]) {
      await using instance = await start(plugin, { note: way });

      expect(await faultOf(() => instance.call("f", ["x"]))).toMatchObject({ code: "plugin-trapped" });
      expect(noted).toEqual([]);
      expect(instance.alive).toBe(false);
    }
  });

  it.each([
    ["outside the memory", "(i32.const 65536)"],
    ["at the very end", "(i32.const -1)"],
  ])("what realloc gives %s is a trap", async (_, at) => {
    await using plugin = await directly(texts(at, ""));
    await using instance = await start(plugin, { note: () => null });

    expect(await faultOf(() => instance.call("f", ["xy"]))).toMatchObject({ code: "plugin-trapped" });
    expect(instance.alive).toBe(false);
  });
});
