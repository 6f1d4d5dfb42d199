/** What a hostile component tries with WASI's handles, linked either way. */
import { describe, expect, it } from "vitest";

import type { Plugin } from "../../../../src/host/plugin.ts";
import { faultOf, PATHS, pluginFromText, start } from "../../component-fixtures.ts";
import { MemoryFiles } from "./memory-files.ts";

const CODES = Array.from({ length: 37 }, (_, n) => `"c${n}"`).join(" ");

/**
 * `forge` uses a number for a descriptor; `dead` one that it has dropped; `confuse` a stream for a descriptor; `hoard` opens the
 * same stream again and again; `root` answers how many folders it sees.
 */
const HOSTILE = `(component
  (import "wasi:io/error@0.2.3" (instance $error (export "error" (type (sub resource)))))
  (import "wasi:io/streams@0.2.3" (instance $streams (export "input-stream" (type (sub resource)))))
  (alias export $streams "input-stream" (type $stream))
  (import "wasi:filesystem/types@0.2.3" (instance $fs
    (export "descriptor" (type $d (sub resource)))
    (export "directory-entry-stream" (type $e (sub resource)))
    (type $c0 (enum ${CODES})) (export "error-code" (type $c (eq $c0)))
    (export "[method]descriptor.sync" (func (param "self" (borrow $d)) (result (result (error $c)))))
    (export "[method]descriptor.read-directory" (func (param "self" (borrow $d)) (result (result (own $e) (error $c)))))))
  (alias export $fs "descriptor" (type $descriptor))
  (alias export $fs "directory-entry-stream" (type $entries))
  (import "wasi:filesystem/preopens@0.2.3" (instance $preopens
    (alias outer 1 $descriptor (type $d0)) (export "descriptor" (type $d (eq $d0)))
    (export "get-directories" (func (result (list (tuple (own $d) string)))))))
  (core module $memory
    (memory (export "memory") 1)
    (global $top (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
      (global.set $top (i32.add (local.get $at) (local.get 3)))
      (local.get $at)))
  (core instance $mem (instantiate $memory))
  (core func $sync (canon lower (func $fs "[method]descriptor.sync") (memory (core memory $mem "memory"))))
  (core func $list (canon lower (func $fs "[method]descriptor.read-directory") (memory (core memory $mem "memory"))))
  (core func $dirs (canon lower (func $preopens "get-directories")
    (memory (core memory $mem "memory")) (realloc (core func $mem "realloc"))))
  (core func $drop (canon resource.drop $descriptor))
  (core func $drop-entries (canon resource.drop $entries))
  (core module $m
    (import "mem" "memory" (memory 1))
    (import "" "sync" (func $sync (param i32 i32)))
    (import "" "list" (func $list (param i32 i32)))
    (import "" "dirs" (func $dirs (param i32)))
    (import "" "drop" (func $drop (param i32)))
    (import "" "drop-entries" (func $drop-entries (param i32)))
    (func $first (result i32)
      (call $dirs (i32.const 16))
      (i32.load (i32.load (i32.const 16))))
    (func (export "count") (result i32) (call $dirs (i32.const 16)) (i32.load (i32.const 20)))
    (func (export "forge") (param i32) (call $sync (local.get 0) (i32.const 32)))
    (func (export "dead")
      (local $d i32)
      (local.set $d (call $first))
      (call $drop (local.get $d))
      (call $sync (local.get $d) (i32.const 32)))
    (func (export "twice")
      (local $d i32)
      (local.set $d (call $first))
      (call $drop (local.get $d))
      (call $drop (local.get $d)))
    (func (export "confuse")
      (call $list (call $first) (i32.const 32))
      (call $sync (i32.load (i32.const 36)) (i32.const 48)))
    (func (export "churn") (param i32)
      (local $d i32)
      (local.set $d (call $first))
      (loop $again
        (call $list (local.get $d) (i32.const 32))
        (call $drop-entries (i32.load (i32.const 36)))
        (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
        (br_if $again (local.get 0))))
    (func (export "hoard")
      (local $d i32)
      (local.set $d (call $first))
      (loop $again (call $list (local.get $d) (i32.const 32)) (br $again))))
  (core instance $i (instantiate $m
    (with "mem" (instance $mem))
    (with "" (instance (export "sync" (func $sync)) (export "list" (func $list)) (export "dirs" (func $dirs))
      (export "drop" (func $drop)) (export "drop-entries" (func $drop-entries))))))
  (func (export "count") (result u32) (canon lift (core func $i "count")))
  (func (export "forge") (param "d" u32) (canon lift (core func $i "forge")))
  (func (export "dead") (canon lift (core func $i "dead")))
  (func (export "twice") (canon lift (core func $i "twice")))
  (func (export "confuse") (canon lift (core func $i "confuse")))
  (func (export "churn") (param "n" u32) (canon lift (core func $i "churn")))
  (func (export "hoard") (canon lift (core func $i "hoard"))))`;

describe.each(PATHS)("a hostile component, linked by way of %s", (path) => {
  const open = (): Promise<Plugin> => pluginFromText(HOSTILE, { wants: ["fs:data"] }, { path });
  const granted = (): MemoryFiles => new MemoryFiles([["data", true]]).put("data/a.txt", "x");

  it.each([
    ["a number for a descriptor", "forge", [7]],
    ["zero for a descriptor", "forge", [0]],
    ["a descriptor that it has dropped", "dead", []],
    ["a drop for the second time", "twice", []],
  ])("that uses %s ends, and the engine hears nothing of it", async (_, name, args) => {
    const files = granted();
    await using plugin = await open();
    await using instance = await start(plugin, files.imports());

    expect(await instance.call("count", [])).toBe(1);
    const fault = await faultOf(() => instance.call(name, args));

    expect(["plugin-trapped", "plugin-invalid-value"]).toContain(fault.code);
    expect(instance.alive).toBe(false);
    expect(files.asked.filter((each) => each.startsWith("sync"))).toEqual([]);
  });

  it("that hoards what it opens ends", async () => {
    await using plugin = await open();
    await using instance = await start(plugin, granted().imports());

    expect(await faultOf(() => instance.call("hoard", []))).toMatchObject({ code: "memory-limit" });
    expect(instance.alive).toBe(false);
  });

  it("may open and close as often as it likes", async () => {
    await using plugin = await open();
    await using instance = await start(plugin, granted().imports());

    await instance.call("churn", [5_000]);

    expect(instance.alive).toBe(true);
  });

  it("that was granted nothing sees no folder, and does not wait for the answer", async () => {
    await using plugin = await open();
    await using instance = await start(plugin);

    expect(instance.colour).toBe("sync");
    expect(instance.call("count", [])).toBe(0);
  });

  it("that wants nothing has nothing, whatever is given", async () => {
    const files = granted();
    await using plugin = await pluginFromText(HOSTILE, {}, { path });
    await using instance = await start(plugin, files.imports());

    expect(instance.call("count", [])).toBe(0);
    expect(files.asked).toEqual([]);
  });
});

it("a component that passes another resource for a descriptor ends: it has one numbering for all (jco has one for each)", async () => {
  const files = new MemoryFiles([["data", true]]);
  await using plugin = await pluginFromText(HOSTILE, { wants: ["fs:data"] }, { path: "direct" });
  await using instance = await start(plugin, files.imports());

  expect(await faultOf(() => instance.call("confuse", []))).toMatchObject({ code: "plugin-trapped" });
  expect(files.asked).not.toContain("sync data");
});
