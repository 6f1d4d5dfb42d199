/**
 * Guests that would have the host hold more than it can: lists that are one list many times (HAZARDS 15), things that weigh
 * nothing in the guest's memory, handles without end, types without end. Each is refused in time; nobody else notices.
 */
import { describe, expect, it } from "vitest";

import type { Instance } from "../../../src/host/plugin.ts";
import { Handle, type Value } from "../../../src/wit/value.ts";
import { faultOf, start } from "../../host/component-fixtures.ts";
import { guestText, hostKey } from "./guest.ts";
import { open, PATHS } from "./harness.ts";
import { BUILTINS, foreign, RESOURCE } from "./resource-text.ts";

function expectDead(instance: Instance): void {
  expect(instance.alive).toBe(false);
  expect(() => instance.call("ok", [])).toThrow(expect.objectContaining({ code: "plugin-lost" }) as Error);
}

/** Where the pair of the outermost list lies. */
const PAIR = 65528;

/** Lists of this depth: at `n * 4096` so many pairs, each of the next level with so many elements. */
function levels(depth: number, width: number): string {
  return Array.from({ length: depth }, (_, level) => pairs(level * 4096, (level + 1) * 4096, width, width)).join("\n");
}

/** `count` pairs from `at` on, each of this address and length. */
function pairs(at: number, address: number, length: number, count: number): string {
  return `(local.set $i (i32.const 0))
    (loop $all
      (i32.store (i32.add (i32.const ${at}) (local.get $i)) (i32.const ${address}))
      (i32.store offset=4 (i32.add (i32.const ${at}) (local.get $i)) (i32.const ${length}))
      (br_if $all (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 8))) (i32.const ${8 * count}))))`;
}

function outermost(at: number, length: number): string {
  return `(i32.store (i32.const ${PAIR}) (i32.const ${at})) (i32.store offset=4 (i32.const ${PAIR}) (i32.const ${length}))`;
}

/** A guest whose `f` answers with a list of this type, laid out by this body. */
function answering(type: string, body: string, pages = 4): string {
  return guestText({
    pages,
    core: `(func (export "f") (result i32) (local $i i32) ${body} (i32.const ${PAIR}))`,
    exports: { f: `(result ${type})` },
  });
}

function nested(depth: number, leaf: string): string {
  return `${"(list ".repeat(depth)}${leaf}${")".repeat(depth)}`;
}

/** `filled`: so many levels are pairs. What lies below them is zero. */
function bomb(depth: number, width: number, leaf: string, filled = depth): string {
  return answering(nested(depth, leaf), `${levels(filled, width)} ${outermost(0, width)}`);
}

const BOMBS: readonly (readonly [string, string])[] = [
  ["bools, 64 wide and 5 deep", bomb(5, 64, "bool", 4)],
  ["bytes, 512 wide and 4 deep", bomb(4, 512, "u8")],
  ["strings, 256 wide and 4 deep", bomb(4, 256, "string")],
  ["options, 256 wide and 4 deep", bomb(4, 256, "(option bool)")],
  [
    "large strings, 6,000 of one",
    answering("(list string)", `${pairs(131072, 0, 65536, 6000)} ${outermost(131072, 6000)}`),
  ],
  [
    "lists of fixed length, 16 of 64 KiB, 400 times",
    answering("(list (list (list u8 65536)))", `${pairs(1_114_112, 0, 16, 400)} ${outermost(1_114_112, 400)}`, 20),
  ],
  [
    "empty maps, 1,000 of them 2,500 times",
    answering(
      "(list (list (map u8 u8)))",
      `${pairs(131072, 65536, 1000, 2500)} ${pairs(65536, 0, 0, 1000)} ${outermost(131072, 2500)}`,
    ),
  ],
];

describe.each(PATHS)("one list many times, %s", (path) => {
  it.each(BOMBS)("%s: too large, soon and in bounded memory", async (_, text) => {
    await using plugin = await open(text, path);
    await using instance = await start(plugin);
    const before = process.memoryUsage().rss;
    const begun = process.cpuUsage();

    const fault = await faultOf(() => instance.call("f", []));

    expect(fault.code).toBe("value-too-large");
    expect(process.cpuUsage(begun).user / 1e6).toBeLessThan(10);
    expect(process.memoryUsage().rss - before).toBeLessThan(1.5 * 2 ** 30);
    expectDead(instance);
    await using fresh = await start(plugin);
    expect(fresh.call("ok", [])).toBe(42);
  });

  it("as an import's argument: the import never sees it", async () => {
    const type = nested(5, "bool");
    const text = guestText({
      host: `(export "take" (func (param "x" ${type})))`,
      imports: { take: "(param i32 i32)" },
      core: `(func (export "f") (local $i i32) ${levels(4, 64)} (call $take (i32.const 0) (i32.const 64)))`,
      exports: { f: "" },
    });
    await using plugin = await open(text, path);
    let asked = 0;
    const take = (): Value => {
      asked++;
      return null;
    };
    await using instance = await start(plugin, { [hostKey("take")]: take });

    expect(await faultOf(() => instance.call("f", []))).toMatchObject({ code: "value-too-large" });
    expect(asked).toBe(0);
    expectDead(instance);
  });

  it("one handle lent three million times", async () => {
    const text = foreign(
      `(func (export "f") (param i32) (local $i i32)
        (loop $all (i32.store (i32.add (i32.const 8192) (local.get $i)) (local.get 0))
          (br_if $all (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 4000))))
        ${pairs(32768, 8192, 1000, 3000)} (call $look-all (i32.const 32768) (i32.const 3000)) (call $drop-r (local.get 0)))`,
      `(param "x" (borrow $r))`,
    );
    await using plugin = await open(text, path);
    const nothing = (): Value => null;
    const names = ["make", "look", "take", "both", "both-ways", "look-all"];
    await using instance = await start(plugin, Object.fromEntries(names.map((name) => [hostKey(name), nothing])));

    expect(await faultOf(() => instance.call("f", [new Handle(77, 5)]))).toMatchObject({ code: "value-too-large" });
    expectDead(instance);
  });
});

describe("one list many times, answered by an asynchronous function", () => {
  const type = nested(4, "u8");
  const text = `(component
    (core module $libc (memory (export "memory") 4))
    (core instance $libc (instantiate $libc))
    (alias core export $libc "memory" (core memory $memory))
    (core func $return (canon task.return (result ${type}) (memory $memory)))
    (core module $m
      (import "" "memory" (memory 4)) (import "" "return" (func $return (param i32 i32)))
      (func (export "f") (param i32) (result i32) (local $i i32)
        ${pairs(0, 0, 8000, 8000)} (call $return (i32.const 0) (local.get 0)) (i32.const 0))
      (func (export "callback") (param i32 i32 i32) (result i32) unreachable))
    (core instance $i (instantiate $m (with "" (instance (export "memory" (memory $memory)) (export "return" (func $return))))))
    (func (export "f") async (param "length" u32) (result ${type})
      (canon lift (core func $i "f") async (memory $memory) (callback (core func $i "callback")))))`;

  it("is too large, and nothing when it is empty", async () => {
    await using plugin = await open(text, "jco");
    await using instance = await start(plugin);
    expect(await instance.call("f", [0])).toEqual([]);
    expect(await faultOf(() => instance.call("f", [8000]))).toMatchObject({ code: "value-too-large" });
    expect(instance.alive).toBe(false);
  });
});

describe.each(PATHS)("handles without end, %s", (path) => {
  it("end in a trap before they are three million", async () => {
    const text = guestText({
      before: RESOURCE,
      builtins: BUILTINS,
      core: `(func (export "f") (result i32) (local $i i32)
        (loop $all (drop (call $new (local.get $i)))
          (br_if $all (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 3000000))))
        (local.get $i))`,
      exports: { f: "(result u32)" },
    });
    await using plugin = await open(text, path);
    await using instance = await start(plugin);

    expect(await faultOf(() => instance.call("f", []))).toMatchObject({ code: "plugin-trapped" });
    expectDead(instance);
  });
});

describe.each(PATHS)("deep types, %s", (path) => {
  const DEPTH = 60;

  it("a list of lists of lists, each of one", async () => {
    // Every level is the one pair at 0: itself.
    const type = `${"(list ".repeat(DEPTH)}u8${")".repeat(DEPTH)}`;
    const text = guestText({
      core: `(func (export "f") (result i32) (i32.store (i32.const 4) (i32.const 1)) (i32.const 0))`,
      exports: { f: `(result ${type})` },
    });
    await using plugin = await open(text, path);
    await using instance = await start(plugin);

    let value = instance.call("f", []) as Value;
    for (let level = 1; level < DEPTH; level++) [value] = value as [Value];
    expect(value).toEqual(Uint8Array.of(0));
  });

  it("a type deeper than any that people write is refused when the component is opened", async () => {
    const levels = Array.from({ length: 1000 }, (_, at) => `(type $l${at + 1} (list $l${at}))`);
    const text = guestText({
      before: `(type $l0 (list u8)) ${levels.join(" ")}`,
      core: `(func (export "f") (result i32) unreachable)`,
      exports: { f: `(result $l1000)` },
    });

    expect((await faultOf(() => open(text, path))).code).toMatch(/^component-(invalid|unsupported)$/);
  });
});
