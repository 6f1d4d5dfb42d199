import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";
import { describe, expect, it } from "vitest";

import { DiskCache, userCacheFolder } from "../../src/host/cache.node.ts";
import { nodeLoader } from "../../src/host/component/jco/load.node.ts";
import { componentPlugin } from "../../src/host/component/plugin.ts";
import { transpile } from "../../src/host/component/jco/transpile.ts";
import { validate } from "../../src/host/component/validate.ts";
import { ADD, COUNTER, faultOf, packageOf, start } from "./component-fixtures.ts";
import { temporaryFolder } from "./temporary.ts";

type Path = "direct" | "jco";

/** Loads the counter through this cache and says how often it was validated or transpiled for that. */
async function workOf(path: Path, cacheFolder: string): Promise<number> {
  let count = 0;
  const load = nodeLoader({
    cacheFolder,
    transpile: (bytes, options) => ((count += 1), transpile(bytes, options)),
    validate: (bytes) => ((count += 1), validate(bytes)),
  });
  await using plugin = await componentPlugin(packageOf(await parse(COUNTER)), { load, path });
  await using instance = await start(plugin);
  expect(instance.call(ADD, [3])).toBe(3);
  return count;
}

async function spoil(folder: string, damage: (entry: Uint8Array) => Uint8Array): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    await writeFile(path, damage(new Uint8Array(await readFile(path))));
  }
}

describe.each<Path>(["direct", "jco"])("on the way that is %s", (path) => {
  it("a component is worked on once, and that is kept", async () => {
    await using folder = await temporaryFolder();

    expect([await workOf(path, folder.path), await workOf(path, folder.path)]).toEqual([1, 0]);
  });

  it.each([
    ["cut off", (entry: Uint8Array) => entry.subarray(0, entry.length / 2)],
    ["empty", () => new Uint8Array()],
    ["changed in one bit", (entry: Uint8Array) => entry.with(entry.length - 9, (entry.at(-9) ?? 0) ^ 1)],
    ["something else", () => new TextEncoder().encode("x".repeat(500))],
  ])("entries that are %s are made again (K1)", async (_, damage) => {
    await using folder = await temporaryFolder();
    await workOf(path, folder.path);
    await spoil(folder.path, damage);

    expect([await workOf(path, folder.path), await workOf(path, folder.path)]).toEqual([1, 0]);
  });

  it("without a place to keep anything all still works (K3)", async () => {
    await using folder = await temporaryFolder({ file: "not a folder" });

    expect(await workOf(path, join(folder.path, "file", "cache"))).toBe(1);
  });
});

it("an invalid component is a fault from the thread of the tools, and the thread is gone", async () => {
  await using folder = await temporaryFolder();
  const bytes = await parse(`(component (core module (func (result i32) (i32.const 77))))`);
  const broken = bytes.with(bytes.lastIndexOf(0x41), 0x01); // nop instead of i32.const: the stack is then empty

  const fault = await faultOf(() =>
    componentPlugin(packageOf(broken), { load: nodeLoader({ cacheFolder: folder.path }) }),
  );

  expect(fault.code).toBe("component-invalid");
});

it("an entry appears whole, however many write it at once (K2)", async () => {
  await using folder = await temporaryFolder();
  const cache = new DiskCache(folder.path);
  const written = Array.from({ length: 8 }, (_, n) => new Uint8Array(50_000).fill(n));

  await Promise.all(written.map((bytes) => cache.put("entry", bytes)));

  const read = await cache.get("entry");
  expect(written.some((bytes) => Buffer.compare(bytes, read ?? new Uint8Array()) === 0)).toBe(true);
  expect(await readdir(folder.path)).toEqual(["entry"]);
});

it("userCacheFolder() is told by the environment", () => {
  expect(userCacheFolder({ SENNIT_CACHE: "/a/b" })).toBe("/a/b");
});
