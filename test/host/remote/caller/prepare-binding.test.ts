/**
 * Components that need jco's binding, where they run outside of this thread: the tools make it here, it travels with the
 * package, and it fits or is refused.
 */
import { componentEmbed, componentNew, parse, print } from "@bytecodealliance/jco-transpile/wasm-tools";
import { describe, expect, it } from "vitest";

import type { CodeRequest, ToolRequest } from "../../../../src/host/component/jco/code.ts";
import { packedKey, packedLoader } from "../../../../src/host/component/jco/load-packed.node.ts";
import { packTranspiled } from "../../../../src/host/component/jco/transpiled.ts";
import { transpile } from "../../../../src/host/component/jco/transpile.ts";
import type { Manifest, PackageFiles } from "../../../../src/host/manifest.ts";
import { openPlugin } from "../../../../src/host/open.node.ts";
import type { Plugin } from "../../../../src/host/plugin.ts";
import { filesOf, packParcel, unpackParcel } from "../../../../src/host/remote/frames/parcel.ts";
import { prepare } from "../../../../src/host/remote/caller/prepare.node.ts";
import { openParcel } from "../../../../src/host/remote/server/realm.node.ts";
import type { Handle, Value } from "../../../../src/wit/value.ts";
import { guestText, type GuestText, hostKey } from "../../../conformance/canonical/guest.ts";
import { faultOf, isGone, packageOf, start, waiting } from "../../component-fixtures.ts";
import { temporaryFolder } from "../../temporary.ts";
import { lua, samplePackage } from "../realms.ts";

const EVERYWHERE = ["L0", "L1", "L2"] as const;

/** The guest, and beside it a component that does nothing: what is composed has no plan. */
async function composed(guest: GuestText, manifest: Partial<Manifest> = {}): Promise<PackageFiles> {
  const after = `(component $other (core module)) (instance (instantiate $other))`;
  return packageOf(await parse(guestText({ ...guest, after })), manifest);
}

const ASKING: GuestText = {
  host: `(export "ask" (func (param "x" u32) (result u32)))`,
  imports: { ask: "(param i32) (result i32)" },
  core: `(func (export "f") (param i32) (result i32) (i32.add (call $ask (local.get 0)) (i32.const 1)))`,
  exports: { f: `(param "x" u32) (result u32)` },
};
const ASK = hostKey("ask");

/** A shop whose tills ask when they are made, and when they go. */
async function shop(): Promise<PackageFiles> {
  const core = `(module
    (import "test:t/env" "ask" (func $ask (param i32) (result i32)))
    (import "[export]test:t/shop" "[resource-new]till" (func $new (param i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
    (func (export "test:t/shop#[constructor]till") (param i32) (result i32) (call $new (call $ask (local.get 0))))
    (func (export "test:t/shop#[method]till.total") (param i32) (result i32) (local.get 0))
    (func (export "test:t/shop#[dtor]till") (param i32) (drop (call $ask (local.get 0)))))`;
  const witSource = `package test:t; interface env { ask: func(x: u32) -> u32; }
    interface shop { resource till { constructor(n: u32); total: func() -> u32; } }
    world w { import env; export shop; }`;
  const text = await print(await componentNew(await componentEmbed({ binary: await parse(core), witSource })));
  const other = "(component $other (core module)) (instance (instantiate $other))";
  return packageOf(await parse(text.replace(/\)\s*$/, `${other})`)));
}

const SPINNING: GuestText = {
  core: `(func (export "f") (loop $again (br $again)))`,
  exports: { f: "" },
};

/** As `Plugin`s of the run worker are: from a parcel, beside others in one thread. */
async function fromParcel(files: PackageFiles): Promise<Plugin> {
  const { parcel } = await prepare(files, undefined);
  return openParcel(filesOf(unpackParcel(packParcel(parcel))));
}

describe.each(EVERYWHERE)("jco's binding at %s", (isolation) => {
  it("imports wait, fail with the error of who answers, and are missed by name", async () => {
    await using plugin = await openPlugin(await composed(ASKING), { isolation });
    const failure = new RangeError("the very one");
    const ask = waiting(([x]) => {
      if (x === 13) throw failure;
      return Number(x) * 2;
    });
    await using instance = await start(plugin, { [ASK]: ask });
    expect(await Promise.all([1, 2, 3].map(async (x) => instance.call("f", [x])))).toEqual([3, 5, 7]);
    await expect(async () => instance.call("f", [13])).rejects.toBe(failure);
    expect(await isGone(instance, "ok")).toBe(true);
    const missing = await faultOf(() => start(plugin));
    expect(missing.code).toBe("link-failed");
    expect(missing.message).toContain(ASK);
  });

  it("constructors wait for imports, and objects are used as any; a destructor that has to is told so", async () => {
    const [make, total, ask] = [
      "test:t/shop#[constructor]till",
      "test:t/shop#[method]till.total",
      "test:t/env#ask",
    ] as const;
    await using plugin = await openPlugin(await shop(), { isolation });
    await using instance = await start(plugin, { [ask]: waiting(([x]) => Number(x) * 10) });
    const tills = (await Promise.all([1, 2].map(async (n) => instance.call(make, [n])))) as Handle[];
    expect(await Promise.all(tills.map(async (till) => instance.call(total, [till])))).toEqual([10, 20]);
    const fault = await faultOf(async () => instance.drop(tills[0]?.id ?? 0));
    expect(fault).toMatchObject({ code: "plugin-trapped", hint: expect.stringContaining("destructor") as string });
    expect(await isGone(instance, total)).toBe(true);
    await using failing = await start(plugin, {
      [ask]: waiting(() => {
        throw new RangeError("the very one");
      }),
    });
    await expect(async () => failing.call(make, [1])).rejects.toThrow("the very one");
    expect(await isGone(failing, total)).toBe(true);
  });

  it.each([false, true])("functions that WIT says are async (overlap %s)", async (overlap) => {
    await using plugin = await openPlugin(packageOf(await parse(ASYNC), { overlap }), { isolation });
    await using instance = await start(plugin, { "t:host/oracle@1.0.0#ask": waiting(([x]) => Number(x) * 10) });
    expect(await Promise.all([3, 4, 5].map(async (x) => instance.call("f", [x])))).toEqual([30, 40, 50]);
  });

  it("fuel and the deadline end a loop", async () => {
    await using plugin = await openPlugin(await composed(SPINNING, { limits: { fuel: 100_000 } }), { isolation });
    await using burning = await start(plugin);
    expect(await faultOf(() => burning.call("f", []))).toMatchObject({ code: "fuel-exhausted" });
    await using timed = await start(plugin, {}, { limits: { fuel: Number.POSITIVE_INFINITY, deadline: 100 } });
    expect(await timed.call("ok", [])).toBe(42);
    expect(await faultOf(() => timed.call("f", []))).toMatchObject({ code: "deadline-exceeded" });
  });

  it("its memory has the package's limit", async () => {
    const guest = {
      core: `(func (export "f") (param i32) (result i32) (memory.grow (local.get 0)))`,
      exports: { f: `(param "pages" u32) (result s32)` },
    };
    await using plugin = await openPlugin(await composed(guest, { limits: { memory: 2 ** 20 } }), { isolation });
    await using instance = await start(plugin);
    expect([await instance.call("f", [1000]), await instance.call("f", [1])]).toEqual([-1, 1]);
  });

  it("lists that are one list many times are too large", { timeout: 120_000 }, async () => {
    const guest = {
      core: `(func (export "f") (result i32) (local $i i32)
        (loop $all (i32.store offset=4 (local.get $i) (i32.const 8000))
          (br_if $all (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 8))) (i32.const 64000))))
        (i32.const 0))`,
      exports: { f: "(result (list (list (list (list u8)))))" },
    };
    await using plugin = await openPlugin(await composed(guest), { isolation });
    await using instance = await start(plugin, {}, { id: 1 });
    expect(await faultOf(() => instance.call("f", []))).toMatchObject({ code: "value-too-large" });
    expect(await isGone(instance, "ok")).toBe(true);
    await using other = await start(plugin, {}, { id: 2 });
    expect(await other.call("ok", [])).toBe(42);
  });

  it("arguments that are too large end a guest that catches what is thrown", { timeout: 120_000 }, async () => {
    const guest = {
      host: `(export "take" (func (param "x" (list (list (list (list u8)))))))`,
      imports: { take: "(param i32 i32)" },
      core: `(func (export "f") (result i32) (local $i i32)
        (loop $all (i32.store offset=4 (local.get $i) (i32.const 8000))
          (br_if $all (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 8))) (i32.const 64000))))
        (block $caught (try_table (catch_all $caught) (call $take (i32.const 0) (i32.const 8000))))
        (i32.const 9))`,
      exports: { f: "(result u32)" },
    };
    await using plugin = await openPlugin(await composed(guest), { isolation });
    let asked = 0;
    await using instance = await start(plugin, { [hostKey("take")]: () => ((asked += 1), null) });
    expect(await faultOf(() => instance.call("f", []))).toMatchObject({ code: "value-too-large" });
    expect(asked).toBe(0);
    expect(await isGone(instance, "ok")).toBe(true);
  });

  it("an answer has no more than the package may give", async () => {
    const guest = {
      core: `(func (export "f") (param i32) (result i32) (i32.store offset=4 (i32.const 0) (local.get 0)) (i32.const 0))`,
      exports: { f: `(param "length" u32) (result (list (tuple u8 u8)))` },
    };
    const files = await composed(guest, { limits: { resultNodes: 40 } });
    await using plugin = await openPlugin(files, { isolation });
    await using instance = await start(plugin);
    expect(await instance.call("f", [10])).toHaveLength(10);
    expect(await faultOf(() => instance.call("f", [14]))).toMatchObject({ code: "value-too-large" });
  });

  it("streams are refused by name", async () => {
    const fault = await faultOf(async () => openPlugin(packageOf(await parse(STREAMING)), { isolation }));
    expect(fault.code).toMatch(/^(component|plugin)-unsupported$/);
    expect(fault.message).toContain("stream");
  });

  it("a core whose names would become code is refused, and none of it runs", async () => {
    const plugin = openPlugin(packageOf(await parse(INJECTING)), { isolation });
    expect(await faultOf(() => plugin)).toMatchObject({ code: "component-unsupported" });
    expect(Object.hasOwn(globalThis, "injected")).toBe(false);
  });
});

describe("a parcel", () => {
  it.each([
    ["a component", () => samplePackage("counter-c")],
    ["a component with jco's binding", () => samplePackage("counter-js")],
    ["Lua", () => samplePackage("counter-lua")],
  ])("of %s opens where there are no tools", async (_, files) => {
    await using plugin = await fromParcel(await files());
    await using instance = await start(plugin);
    expect([await instance.call("increment", []), await instance.call("increment", [])]).toEqual([1, 2]);
  });

  it("serves whoever provides its imports, those who answer at once too", async () => {
    await using plugin = await fromParcel(await composed(ASKING));
    for (const ask of [([x]: readonly Value[]) => Number(x) * 2, waiting(([x]) => Number(x) * 2)]) {
      await using instance = await start(plugin, { [ASK]: ask });
      expect(instance.colour).toBe("async");
      expect(await instance.call("f", [4])).toBe(9);
    }
  });

  it("has the digest, the types and the refusals of the package itself", async () => {
    const files = await composed(ASKING);
    await using here = await openPlugin(files);
    const { digest, world } = await prepare(files, undefined);
    expect(digest).toBe(here.digest);
    expect([...world.exports.functions.keys()]).toEqual([...here.world.exports.functions.keys()]);
    const broken = lua("world w { export f: func(); }", "return {");
    expect(await faultOf(() => fromParcel(broken))).toMatchObject({ code: "plugin-invalid" });
  });

  it("is made once: the tools are not asked again", async () => {
    await using folder = await temporaryFolder();
    const files = await composed(ASKING);
    const first = await prepare(files, folder.path);
    const again = await prepare(files, folder.path);
    expect(again.parcel.kept).toEqual(first.parcel.kept);
    expect(again.parcel.kept.size).toBe(1);
  });
});

describe("a binding that came with a component", () => {
  const options = { interfaces: [], asyncImports: [], asyncExports: [] };

  async function requested(): Promise<readonly [CodeRequest, ReadonlyMap<string, Uint8Array>]> {
    const bytes = await (await composed({ core: "", exports: {} })).read("plugin.wasm");
    const tool: ToolRequest = { bytes, digest: "d1", options };
    const packed = packTranspiled(await transpile(bytes, options), tool);
    const caps = { memory: 2 ** 20, tables: 100, source: "test:plugin" };
    return [{ ...tool, caps }, new Map([[packedKey("d1"), packed]])];
  }

  const load = async (request: CodeRequest, kept: ReadonlyMap<string, Uint8Array>): Promise<number> => {
    const cache = { get: async (key: string) => kept.get(key), put: async () => {} };
    const code = await packedLoader(cache)(request);
    return (await code.binding()).cores.size;
  };

  it("is taken when it fits", async () => {
    const [request, kept] = await requested();
    expect(await load(request, kept)).toBeGreaterThan(0);
  });

  it("is refused when it is of another component, made with other options, or not there", async () => {
    const [request, kept] = await requested();
    const [bytes = new Uint8Array()] = kept.values();
    const wrong: readonly (readonly [CodeRequest, ReadonlyMap<string, Uint8Array>])[] = [
      [{ ...request, digest: "d2" }, new Map([[packedKey("d2"), bytes]])],
      [{ ...request, options: { ...options, asyncImports: ["a:b/c#d"] } }, kept],
      [{ ...request, options: { ...options, interfaces: ["a:b/c"] } }, kept],
      [request, new Map()],
    ];
    for (const [other, entries] of wrong) {
      expect(await faultOf(() => load(other, entries))).toMatchObject({ code: "component-unsupported" });
    }
  });
});

/** A WIT async function that imports one. */
const ASYNC = `(component
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

const STREAMING = `(component
  (core func $return (canon task.return (result (stream u8))))
  (core module $m
    (import "" "return" (func $return (param i32)))
    (func (export "f") (result i32) unreachable)
    (func (export "callback") (param i32 i32 i32) (result i32) unreachable))
  (core instance $i (instantiate $m (with "" (instance (export "return" (func $return))))))
  (func (export "f") async (result (stream u8))
    (canon lift (core func $i "f") async (callback (core func $i "callback")))))`;

/** jco writes the name of a core's export between quotes as it is. */
const INJECTED = `f'];(() => {}).constructor('globalThis.injected = 1')();//`;
const INJECTING = `(component
  (core module $m (func (export "${INJECTED}") (result i32) (i32.const 1)))
  (core instance $i (instantiate $m))
  (component $other (core module)) (instance (instantiate $other))
  (func (export "f") (result u32) (canon lift (core func $i "${INJECTED}"))))`;
