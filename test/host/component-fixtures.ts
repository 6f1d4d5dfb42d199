/**
 * Components for tests: written as text here, made plugins in memory, with nothing of the host around them.
 */
import { componentEmbed, componentNew, parse } from "@bytecodealliance/jco-transpile/wasm-tools";

import { Fault } from "../../src/fault.ts";
import type { Path } from "../../src/host/component/describe.ts";
import { loadHere } from "../../src/host/component/jco/load.node.ts";
import { componentPlugin, type ComponentOptions } from "../../src/host/component/plugin.ts";
import type { Manifest, PackageFiles } from "../../src/host/manifest.ts";
import type { ImportedFunction, Instance, InstanceOptions, Plugin } from "../../src/host/plugin.ts";

export function packageOf(bytes: Uint8Array, manifest: Partial<Manifest> = {}): PackageFiles {
  return {
    manifest: {
      name: "test:plugin",
      version: "1.0.0",
      language: "component",
      source: "plugin.wasm",
      wants: [],
      limits: {},
      stateless: false,
      overlap: false,
      onFailure: "lost",
      effects: {},
      ...manifest,
    },
    place: "test-package",
    read: () => Promise.resolve(bytes),
    list: () => Promise.resolve(["plugin.wasm"]),
  };
}

/** Both ways to link: what holds of one holds of the other. */
export const PATHS: readonly Path[] = ["direct", "jco"];

type Options = Partial<ComponentOptions>;

export async function pluginFromText(
  wat: string,
  manifest: Partial<Manifest> = {},
  options: Options = {},
): Promise<Plugin> {
  return pluginFromBytes(await parse(wat), manifest, options);
}

export function pluginFromBytes(
  bytes: Uint8Array,
  manifest: Partial<Manifest> = {},
  options: Options = {},
): Promise<Plugin> {
  return componentPlugin(packageOf(bytes, manifest), { load: loadHere, ...options });
}

/** `wit` is the body of a package `test:t`; the core names its exports as wit-component wants them. */
export async function pluginFromWit(
  wit: string,
  core: string,
  manifest: Partial<Manifest> = {},
  options: Options = {},
): Promise<Plugin> {
  const embedded = await componentEmbed({
    binary: await parse(core),
    witSource: `package test:t;\n${wit}`,
    features: { tag: "all" },
  });
  return pluginFromBytes(await componentNew(embedded), manifest, options);
}

/** Imports by key; a plain function is synchronous. */
export type Given = Readonly<Record<string, ImportedFunction | ImportedFunction["call"]>>;

export function start(plugin: Plugin, given: Given = {}, options: Partial<InstanceOptions> = {}): Promise<Instance> {
  const imports = Object.entries(given).map(([key, each]): [string, ImportedFunction] => [
    key,
    typeof each === "function" ? { colour: "sync", call: each } : each,
  ]);
  return plugin.instantiate({
    id: 1,
    imports: new Map(imports),
    seed: new Uint8Array(32),
    now: () => 0,
    log: () => {},
    sleep: () => Promise.resolve(),
    ...options,
  });
}

/** What an import that waits looks like: it answers after the caller has gone on. */
export function waiting(call: ImportedFunction["call"]): ImportedFunction {
  return { colour: "async", call: async (args) => (await Promise.resolve(), call(args)) };
}

/** The fault that a call throws or rejects with. */
export async function faultOf(act: () => unknown): Promise<Fault> {
  try {
    await act();
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown;
    throw thrown;
  }
  throw new Error("expected a fault, but the call succeeded");
}

/** Whether an instance is lost, and says so. */
export async function isGone(instance: Instance, key: string): Promise<boolean> {
  const fault = await faultOf(() => instance.call(key, []));
  return fault.code === "plugin-lost" && !instance.alive;
}

/** Counts, fails, traps, recurses and grows. */
export const COUNTER = `(component
  (core module $counter
    (memory 1)
    (global $count (mut i32) (i32.const 0))
    (func $add (export "add") (param i32) (result i32)
      (global.set $count (i32.add (global.get $count) (local.get 0)))
      (global.get $count))
    (func $inner unreachable)
    (func $boom (export "boom") (call $inner))
    (func $deep (export "deep") (result i32) (i32.add (call $deep) (i32.const 1)))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  )
  (core instance $i (instantiate $counter))
  (func $add (param "by" u32) (result u32) (canon lift (core func $i "add")))
  (func $boom (canon lift (core func $i "boom")))
  (func $deep (result u32) (canon lift (core func $i "deep")))
  (func $grow (param "pages" u32) (result s32) (canon lift (core func $i "grow")))
  (instance $api (export "add" (func $add)) (export "boom" (func $boom)) (export "deep" (func $deep)) (export "grow" (func $grow)))
  (export "test:counter/api@1.0.0" (instance $api))
  (export "add-one" (func $add)))`;

export const ADD = "test:counter/api@1.0.0#add";
export const BOOM = "test:counter/api@1.0.0#boom";
export const DEEP = "test:counter/api@1.0.0#deep";
export const GROW = "test:counter/api@1.0.0#grow";

/** \`ask\` passes a number to the import \`t:host/oracle#ask\`, \`try\` one to the import that may answer \`err\`. */
export const ASKER = `(component
  (import "t:host/oracle@1.0.0" (instance $oracle
    (export "ask" (func (param "x" u32) (result u32)))
    (export "try" (func (param "x" u32) (result (result u32 (error u32)))))))
  (alias export $oracle "ask" (func $ask))
  (alias export $oracle "try" (func $try))
  (core module $memory (memory (export "memory") 1))
  (core instance $memory (instantiate $memory))
  (alias core export $memory "memory" (core memory $mem))
  (core func $ask (canon lower (func $ask)))
  (core func $try (canon lower (func $try) (memory $mem)))
  (core module $asker
    (import "oracle" "ask" (func $ask (param i32) (result i32)))
    (import "oracle" "try" (func $try (param i32 i32)))
    (import "memory" "memory" (memory 1))
    (global $calls (mut i32) (i32.const 0))
    (func (export "ask") (param i32) (result i32)
      (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
      (call $ask (local.get 0)))
    (func (export "try") (param i32) (result i32) (call $try (local.get 0) (i32.const 64)) (i32.const 64))
    (func (export "calls") (result i32) (global.get $calls)))
  (core instance $i (instantiate $asker
    (with "oracle" (instance (export "ask" (func $ask)) (export "try" (func $try))))
    (with "memory" (instance $memory))))
  (func (export "ask") (param "x" u32) (result u32) (canon lift (core func $i "ask")))
  (func (export "try") (param "x" u32) (result (result u32 (error u32))) (canon lift (core func $i "try") (memory $mem)))
  (func (export "calls") (result u32) (canon lift (core func $i "calls"))))`;

export const ORACLE_ASK = "t:host/oracle@1.0.0#ask";
export const ORACLE_TRY = "t:host/oracle@1.0.0#try";

/** Calls its import, swallows whatever comes out of it, calls another, and answers. */
export const SWALLOWER = `(component
  (import "first" (func $first)) (import "second" (func $second))
  (core func $first (canon lower (func $first))) (core func $second (canon lower (func $second)))
  (core module $m (import "" "first" (func $first)) (import "" "second" (func $second))
    (func (export "f") (result i32)
      (block $caught (try_table (catch_all $caught) (call $first)))
      (block $again (try_table (catch_all $again) (call $second)))
      (i32.const 7)))
  (core instance $i (instantiate $m (with "" (instance (export "first" (func $first)) (export "second" (func $second))))))
  (func (export "f") (result u32) (canon lift (core func $i "f"))))`;

/** Makes things whose destructor tells the import `note`; `burn` makes one and lets it go. */
const STORE = `(module
  (import "[export]test:t/api" "[resource-new]thing" (func $new (param i32) (result i32)))
  (import "[export]test:t/api" "[resource-drop]thing" (func $drop (param i32)))
  (import "$root" "note" (func $note (param i32)))
  (func (export "test:t/api#[dtor]thing") (param i32) (call $note (local.get 0)))
  (func (export "test:t/api#make") (param i32) (result i32) (call $new (local.get 0)))
  (func (export "test:t/api#look") (param i32) (result i32) (local.get 0))
  (func (export "test:t/api#burn") (param i32) (call $drop (call $new (local.get 0)))))`;
const STORE_WIT = `interface api { resource thing; make: func(n: u32) -> thing; look: func(x: borrow<thing>) -> u32; burn: func(n: u32); }
  world w { import note: func(n: u32); export api; }`;
export const MAKE = "test:t/api#make";
export const LOOK = "test:t/api#look";
export const BURN = "test:t/api#burn";

/** Linked directly. */
export function storePlugin(): Promise<Plugin> {
  return pluginFromWit(STORE_WIT, STORE, {}, { path: "direct" });
}
