import { describe, expect, it } from "vitest";

import { GuestExit, LineWriter, WasiContext } from "../../src/host/component/wasi/context.ts";
import { OutputStream, Pollable } from "../../src/host/component/wasi/io.ts";
import { isWasi, wasiInterfaces } from "../../src/host/component/wasi/interfaces.ts";
import type { InstanceOptions } from "../../src/host/plugin.ts";
import { faultOf, pluginFromText, start } from "./component-fixtures.ts";

function options(more: Partial<InstanceOptions> = {}): InstanceOptions {
  const nothing = { log: () => {}, now: () => 1_000, sleep: () => Promise.resolve() };
  return { id: 1, imports: new Map(), seed: new Uint8Array(32), ...nothing, ...more };
}

/** A component that prints, exits, sleeps, and asks for time and randomness. */
const WASI = `(component
  (import "wasi:io/poll@0.2.6" (instance $poll (export "pollable" (type $p (sub resource)))
    (export "[method]pollable.block" (func (param "self" (borrow $p))))))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:clocks/monotonic-clock@0.2.6" (instance $clock
    (alias outer 1 $pollable (type $p)) (export "pollable" (type $q (eq $p)))
    (export "now" (func (result u64)))
    (export "subscribe-duration" (func (param "when" u64) (result (own $q))))))
  (import "wasi:random/random@0.2.6" (instance $random (export "get-random-u64" (func (result u64)))))
  (import "wasi:cli/exit@0.2.6" (instance $exit (export "exit" (func (param "status" (result))))))
  (core func $block (canon lower (func $poll "[method]pollable.block")))
  (core func $drop (canon resource.drop $pollable))
  (core func $now (canon lower (func $clock "now")))
  (core func $subscribe (canon lower (func $clock "subscribe-duration")))
  (core func $random (canon lower (func $random "get-random-u64")))
  (core func $exit (canon lower (func $exit "exit")))
  (core module $m
    (import "" "block" (func $block (param i32)))
    (import "" "drop" (func $drop (param i32)))
    (import "" "now" (func $now (result i64)))
    (import "" "subscribe" (func $subscribe (param i64) (result i32)))
    (import "" "random" (func $random (result i64)))
    (import "" "exit" (func $exit (param i32)))
    (func (export "now") (result i64) (call $now))
    (func (export "random") (result i64) (call $random))
    (func (export "exit") (call $exit (i32.const 1)))
    (func (export "nap") (param i64) (result i64)
      (local $p i32) (local $t i64)
      (local.set $t (call $now))
      (local.set $p (call $subscribe (local.get 0)))
      (call $block (local.get $p)) (call $drop (local.get $p))
      (i64.sub (call $now) (local.get $t))))
  (core instance $i (instantiate $m (with "" (instance
    (export "block" (func $block)) (export "drop" (func $drop)) (export "now" (func $now))
    (export "subscribe" (func $subscribe)) (export "random" (func $random)) (export "exit" (func $exit))))))
  (func (export "now") (result u64) (canon lift (core func $i "now")))
  (func (export "random") (result u64) (canon lift (core func $i "random")))
  (func (export "exit") (canon lift (core func $i "exit")))
  (func (export "nap") (param "d" u64) (result u64) (canon lift (core func $i "nap"))))`;

describe("a component that imports WASI", () => {
  it("has a clock that stands still in a call and shows the host's time at the next (W1)", async () => {
    await using plugin = await pluginFromText(WASI);
    let time = 5_000;
    await using instance = await start(plugin, {}, { now: () => time });

    expect(await instance.call("now", [])).toBe(0);
    time = 5_007;
    expect(await instance.call("now", [])).toBe(7_000_000);
    time = 1;
    expect(await instance.call("now", [])).toBe(7_000_000);
  });

  it("has random numbers that its seed decides (D8)", async () => {
    await using plugin = await pluginFromText(WASI);
    const draw = async (seed: number): Promise<unknown> => {
      await using instance = await start(plugin, {}, { seed: new Uint8Array(32).fill(seed) });
      return [await instance.call("random", []), await instance.call("random", [])];
    };

    expect(await draw(1)).toEqual(await draw(1));
    expect(await draw(1)).not.toEqual(await draw(2));
  });

  it("sleeps through the host, and its clock shows it", async () => {
    await using plugin = await pluginFromText(WASI);
    const slept: number[] = [];
    const sleep = (ms: number): Promise<void> => (slept.push(ms), Promise.resolve());
    await using instance = await start(plugin, {}, { sleep });

    expect(await instance.call("nap", [250_000_000])).toBe(250_000_000);
    expect(slept).toEqual([250]);
  });

  it("ends itself only, when it exits (W2)", async () => {
    await using plugin = await pluginFromText(WASI);
    await using instance = await start(plugin);

    const fault = await faultOf(() => instance.call("exit", []));

    expect(fault).toMatchObject({ code: "plugin-trapped" });
    expect(fault.message).toContain("exit status 1");
    expect(instance.alive).toBe(false);
  });

  it("does not link against another WASI than 0.2, nor one that is not there", async () => {
    const importing = (id: string): string => `(component (import "${id}" (instance (export "f" (func)))))`;
    for (const id of ["wasi:cli/exit@0.3.0", "wasi:http/types@0.2.6", "wasi:cli/exit@0.2.6"]) {
      await using plugin = await pluginFromText(importing(id));
      const fault = await faultOf(() => start(plugin));
      expect(fault.code).toBe("link-failed");
      expect(fault.message).toContain(`${id}#f`);
    }
  });
});

describe("wasiInterfaces()", () => {
  it("shows nothing of the host (W2)", () => {
    const wasi = wasiInterfaces(new WasiContext(options(), false));
    const call = (id: string, name: string, ...args: unknown[]): unknown =>
      (wasi[id]?.[name] as ((...all: unknown[]) => unknown) | undefined)?.(...args);

    expect(call("wasi:cli/environment", "getEnvironment")).toEqual([]);
    expect(call("wasi:cli/environment", "getArguments")).toEqual([]);
    expect(call("wasi:filesystem/preopens", "getDirectories")).toEqual([]);
    expect(call("wasi:sockets/tcp-create-socket", "createTcpSocket", "ipv4")).toEqual({
      tag: "err",
      val: "access-denied",
    });
    expect(call("wasi:clocks/wall-clock", "now")).toEqual({ seconds: 1n, nanoseconds: 0 });
    expect(() => call("wasi:cli/exit", "exitWithCode", 3)).toThrow(GuestExit);
  });

  it("knows its own by name and version", () => {
    expect(["wasi:cli/stdout@0.2.0", "wasi:io/poll@0.2.9"].map(isWasi)).toEqual([true, true]);
    expect(
      ["wasi:cli/stdout", "wasi:cli/stdout@0.20.0", "evil:cli/x@0.2.0", "wasi:keyvalue/store@0.2.0"].some(isWasi),
    ).toBe(false);
  });

  it("what cannot wait leaps: its clock moves, and nobody sleeps", () => {
    const context = new WasiContext(options({ sleep: () => Promise.reject(new Error("slept")) }), false);

    expect(new Pollable(context, 3_000_000n).block()).toBeUndefined();
    expect(context.monotonic).toBe(3_000_000n);
  });

  it("output becomes lines, whole characters and all", () => {
    const lines: string[] = [];
    const context = new WasiContext(options({ log: ({ level, text }) => void lines.push(`${level} ${text}`) }), false);
    const stdout = new OutputStream(context, context.stdout);
    const bytes = new TextEncoder().encode("one\ntwö\nrest");

    stdout.write(bytes.subarray(0, 7)); // in the middle of ö
    stdout.write(bytes.subarray(7));
    new OutputStream(context, context.stderr).write(new TextEncoder().encode("oops\n"));

    expect(lines).toEqual(["info one", "info twö", "warn oops"]);
    context.flush();
    expect(lines.at(-1)).toBe("info rest");
  });

  it("a line without end is cut, not kept", () => {
    const lines: string[] = [];
    const writer = new LineWriter((line) => lines.push(line));

    for (let n = 0; n < 5; n++) writer.write(new Uint8Array(40_000).fill(97));

    expect(lines.map((line) => line.length)).toEqual([65_536, 65_536, 65_536]);
  });
});
