/** What a plugin sees of time and chance without a grant (HAZARDS 22), in every language. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openPlugin } from "../../src/host/open.node.ts";
import { readPackage } from "../../src/host/package/package.node.ts";
import type { Plugin } from "../../src/host/plugin.ts";
import type { Value } from "../../src/wit/value.ts";
import { pluginFromText } from "../host/component-fixtures.ts";

const made: string[] = [];
afterAll(() => {
  for (const each of made) rmSync(each, { recursive: true, force: true });
});

/** `times` looks twice, waits for the import, and looks again: whole seconds. `draws` draws two numbers. */
const WIT = `package t:p; world p {
  import wait: func();
  export times: func() -> list<u64>;
  export draws: func() -> list<u64>;
}`;

const LUA = `local wait = require("sennit").imports.wait
local function spin() local x = 0 for i = 1, 200000 do x = x + i end return x end
return {
  times = function()
    local a = os.time() spin() local b = os.time() wait() return { a, b, os.time() }
  end,
  draws = function() return { math.random(0, 1 << 40), math.random(0, 1 << 40) } end,
}`;

const PYTHON = `import os, time
import wit_world

class WitWorld(wit_world.WitWorld):
    def times(self):
        a = int(time.time())
        sum(range(200000))
        b = int(time.time())
        wit_world.wait()
        return [a, b, int(time.time())]

    def draws(self):
        return [int.from_bytes(os.urandom(5), "big"), int.from_bytes(os.urandom(5), "big")]
`;

const COMPONENT = `(component
  (import "wait" (func $wait))
  (import "wasi:clocks/wall-clock@0.2.6" (instance $clock
    (type $t0 (record (field "seconds" u64) (field "nanoseconds" u32)))
    (export "datetime" (type $t (eq $t0)))
    (export "now" (func (result $t)))))
  (import "wasi:random/random@0.2.6" (instance $random (export "get-random-u64" (func (result u64)))))
  (core module $memory (memory (export "memory") 1))
  (core instance $mem (instantiate $memory))
  (core func $wait (canon lower (func $wait)))
  (core func $now (canon lower (func $clock "now") (memory (core memory $mem "memory"))))
  (core func $random (canon lower (func $random "get-random-u64")))
  (core module $m
    (import "mem" "memory" (memory 1))
    (import "" "wait" (func $wait))
    (import "" "now" (func $now (param i32)))
    (import "" "random" (func $random (result i64)))
    (func $pair (param i32) (result i32)
      (i32.store (i32.const 0) (i32.const 64))
      (i32.store (i32.const 4) (local.get 0))
      (i32.const 0))
    (func (export "times") (result i32) (local $i i32)
      (call $now (i32.const 64))
      (loop $spin
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $spin (i32.lt_u (local.get $i) (i32.const 1000000))))
      (call $now (i32.const 96)) (i64.store (i32.const 72) (i64.load (i32.const 96)))
      (call $wait)
      (call $now (i32.const 96)) (i64.store (i32.const 80) (i64.load (i32.const 96)))
      (call $pair (i32.const 3)))
    (func (export "draws") (result i32)
      (i64.store (i32.const 64) (i64.shr_u (call $random) (i64.const 24)))
      (i64.store (i32.const 72) (i64.shr_u (call $random) (i64.const 24)))
      (call $pair (i32.const 2))))
  (core instance $i (instantiate $m
    (with "mem" (instance $mem))
    (with "" (instance (export "wait" (func $wait)) (export "now" (func $now)) (export "random" (func $random))))))
  (func (export "times") (result (list u64)) (canon lift (core func $i "times") (memory (core memory $mem "memory"))))
  (func (export "draws") (result (list u64)) (canon lift (core func $i "draws") (memory (core memory $mem "memory")))))`;

async function open(language: string): Promise<Plugin> {
  if (language === "component") return await pluginFromText(COMPONENT);
  const folder = mkdtempSync(join(tmpdir(), "sennit-clock-"));
  made.push(folder);
  const said = `name = "t:p"\nversion = "1.0.0"\nlanguage = "${language}"\nsource = "p.x"\nwit = "p.wit"\n`;
  const ending = language === "lua" ? "lua" : "py";
  writeFileSync(join(folder, "sennit.toml"), `[package]\n${said.replace("p.x", `p.${ending}`)}`);
  writeFileSync(join(folder, "p.wit"), WIT);
  writeFileSync(join(folder, `p.${ending}`), language === "lua" ? LUA : PYTHON);
  return await openPlugin(await readPackage(folder), { warn: () => {} });
}

/** Calls in turn of a fresh instance whose clock goes a second further each time it is read, and with each import. */
async function calls(plugin: Plugin, names: readonly string[], seed = 0): Promise<readonly (readonly number[])[]> {
  let seconds = 1_000_000;
  await using instance = await plugin.instantiate({
    id: 1,
    imports: new Map([
      ["wait", { colour: "async" as const, call: (): Promise<Value> => Promise.resolve(((seconds += 1000), null)) }],
    ]),
    seed: new Uint8Array(32).fill(seed),
    now: () => ++seconds * 1000,
    sleep: () => Promise.resolve(),
    log: () => {},
  });
  const answers: (readonly number[])[] = [];
  for (const name of names)
    answers.push([...((await instance.call(name, [])) as Iterable<number | bigint>)].map(Number));
  return answers;
}

describe.each(["component", "lua", "python"])("a plugin in %s", (language) => {
  it("sees a clock that stands still while it computes, and goes on where it waited", async () => {
    await using plugin = await open(language);

    const [first = [], second = []] = await calls(plugin, ["times", "times"]);

    for (const [before, after, waited] of [first, second] as readonly (readonly number[])[]) {
      expect(after).toBe(before);
      expect((waited ?? 0) - (before ?? 0)).toBeGreaterThanOrEqual(1000);
    }
    expect(second[0]).toBeGreaterThanOrEqual(first[2] ?? 0);
  });

  it("draws what its seed gives, the same every time", async () => {
    await using plugin = await open(language);

    const [once, again, other] = [
      await calls(plugin, ["draws", "draws"], 1),
      await calls(plugin, ["draws", "draws"], 1),
      await calls(plugin, ["draws", "draws"], 2),
    ];
    expect(again).toEqual(once);
    expect(new Set([...once.flat(), ...other.flat()]).size).toBe(8);
  });
});

describe("a component", () => {
  it("draws in each call what that call gives, whatever others drew before", async () => {
    await using plugin = await open("component");

    const [, , third] = await calls(plugin, ["draws", "draws", "draws"]);
    const [, , after] = await calls(plugin, ["times", "times", "draws"]);

    expect(after).toEqual(third);
  });
});
