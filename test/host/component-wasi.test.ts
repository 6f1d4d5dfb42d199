import { describe, expect, it } from "vitest";

import { GuestExit, LineWriter, WasiContext } from "../../src/host/component/wasi/context.ts";
import { wasiFunctions } from "../../src/host/component/wasi/functions.ts";
import { isWasi } from "../../src/host/component/wasi/interfaces.ts";
import type { InstanceOptions } from "../../src/host/plugin.ts";
import { worldFromText } from "../../src/host/wit-source.ts";
import { functionsOf, type WitFunction } from "../../src/wit/types.ts";
import { CaseValue, ERR, OK, Opaque, type Value } from "../../src/wit/value.ts";
import { WASI_TEXT } from "./wasi-text.ts";
import { faultOf, PATHS, pluginFromText, start } from "./component-fixtures.ts";

function options(more: Partial<InstanceOptions> = {}): InstanceOptions {
  const nothing = { log: () => {}, now: () => 1_000, sleep: () => Promise.resolve() };
  return { id: 1, imports: new Map(), seed: new Uint8Array(32), ...nothing, ...more };
}

/** Calls WASI as a guest with these options does; `suspends` says whether it can be made to wait. */
function guest(more: Partial<InstanceOptions> = {}, suspends = false) {
  const context = new WasiContext(options(more), suspends);
  const functions = wasiFunctions(context);
  const wait = (key: string, ...args: Value[]): Value | Promise<Value> => {
    const found = functions(key);
    if (found === undefined) throw new Error(`no ${key}`);
    return found.call(args);
  };
  const call = (key: string, ...args: Value[]): Value => {
    const answer = wait(key, ...args);
    if (answer instanceof Promise) throw new Error(`${key} waits`);
    return answer;
  };
  return { context, functions, call, wait };
}

const STREAMS = "wasi:io/streams@0.2.3";
const CLOCK = "wasi:clocks/monotonic-clock@0.2.3";
const POLL = "wasi:io/poll@0.2.3";

function text(written: string): Uint8Array {
  return new TextEncoder().encode(written);
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

/** A component that writes, and that polls several things at once. */
const STREAMING = `(component
  (import "wasi:io/error@0.2.6" (instance $error (export "error" (type (sub resource)))))
  (alias export $error "error" (type $err))
  (import "wasi:io/streams@0.2.6" (instance $streams
    (alias outer 1 $err (type $e0)) (export "error" (type $e (eq $e0)))
    (export "output-stream" (type $s (sub resource)))
    (type $f0 (variant (case "last-operation-failed" (own $e)) (case "closed")))
    (export "stream-error" (type $f (eq $f0)))
    (export "[method]output-stream.write"
      (func (param "self" (borrow $s)) (param "contents" (list u8)) (result (result (error $f)))))))
  (alias export $streams "output-stream" (type $stream))
  (import "wasi:cli/stdout@0.2.6" (instance $stdout
    (alias outer 1 $stream (type $s0)) (export "output-stream" (type $s (eq $s0)))
    (export "get-stdout" (func (result (own $s))))))
  (import "wasi:io/poll@0.2.6" (instance $poll (export "pollable" (type $p (sub resource)))
    (export "poll" (func (param "in" (list (borrow $p))) (result (list u32))))))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:clocks/monotonic-clock@0.2.6" (instance $clock
    (alias outer 1 $pollable (type $p)) (export "pollable" (type $q (eq $p)))
    (export "subscribe-duration" (func (param "when" u64) (result (own $q))))))
  (core module $memory
    (memory (export "memory") 1)
    (global $top (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
      (global.set $top (i32.add (local.get $at) (local.get 3)))
      (local.get $at)))
  (core instance $mem (instantiate $memory))
  (core func $write (canon lower (func $streams "[method]output-stream.write") (memory (core memory $mem "memory"))))
  (core func $drop (canon resource.drop $stream))
  (core func $stdout (canon lower (func $stdout "get-stdout")))
  (core func $poll (canon lower (func $poll "poll") (memory (core memory $mem "memory")) (realloc (core func $mem "realloc"))))
  (core func $subscribe (canon lower (func $clock "subscribe-duration")))
  (core module $m
    (import "mem" "memory" (memory 1))
    (import "" "write" (func $write (param i32 i32 i32 i32)))
    (import "" "drop" (func $drop (param i32)))
    (import "" "stdout" (func $stdout (result i32)))
    (import "" "poll" (func $poll (param i32 i32 i32)))
    (import "" "subscribe" (func $subscribe (param i64) (result i32)))
    (func (export "say") (param i32 i32) (result i32)
      (local $s i32)
      (local.set $s (call $stdout))
      (call $write (local.get $s) (local.get 0) (local.get 1) (i32.const 64))
      (call $drop (local.get $s))
      (i32.load8_u (i32.const 64)))
    (func (export "first") (param i64 i64) (result i32)
      (i32.store (i32.const 80) (call $subscribe (local.get 0)))
      (i32.store (i32.const 84) (call $subscribe (local.get 1)))
      (call $poll (i32.const 80) (i32.const 2) (i32.const 96))
      (i32.load (i32.load (i32.const 96)))))
  (core instance $i (instantiate $m
    (with "mem" (instance $mem))
    (with "" (instance (export "write" (func $write)) (export "drop" (func $drop)) (export "stdout" (func $stdout))
      (export "poll" (func $poll)) (export "subscribe" (func $subscribe))))))
  (func (export "say") (param "text" string) (result u32)
    (canon lift (core func $i "say") (memory (core memory $mem "memory")) (realloc (core func $mem "realloc"))))
  (func (export "first") (param "a" u64) (param "b" u64) (result u32) (canon lift (core func $i "first"))))`;

describe.each(PATHS)("a component that imports WASI, linked by way of %s", (path) => {
  it("has a clock that stands still in a call and shows the host's time at the next (W1)", async () => {
    await using plugin = await pluginFromText(WASI, {}, { path });
    let time = 5_000;
    await using instance = await start(plugin, {}, { now: () => time });

    expect(await instance.call("now", [])).toBe(0);
    time = 5_007;
    expect(await instance.call("now", [])).toBe(7_000_000);
    time = 1;
    expect(await instance.call("now", [])).toBe(7_000_000);
  });

  it("has random numbers that its seed decides (D8)", async () => {
    await using plugin = await pluginFromText(WASI, {}, { path });
    const draw = async (seed: number): Promise<unknown> => {
      await using instance = await start(plugin, {}, { seed: new Uint8Array(32).fill(seed) });
      return [await instance.call("random", []), await instance.call("random", [])];
    };

    expect(await draw(1)).toEqual(await draw(1));
    expect(await draw(1)).not.toEqual(await draw(2));
  });

  it("sleeps through the host, and its clock shows it", async () => {
    await using plugin = await pluginFromText(WASI, {}, { path });
    const slept: number[] = [];
    const sleep = (ms: number): Promise<void> => (slept.push(ms), Promise.resolve());
    await using instance = await start(plugin, {}, { sleep });

    expect(await instance.call("nap", [250_000_000])).toBe(250_000_000);
    expect(slept).toEqual([250]);
  });

  it("writes lines, and waits for the first of several things", async () => {
    await using plugin = await pluginFromText(STREAMING, {}, { path });
    const lines: string[] = [];
    const slept: number[] = [];
    const sleep = (ms: number): Promise<void> => (slept.push(ms), Promise.resolve());
    await using instance = await start(plugin, {}, { sleep, log: ({ text: line }) => void lines.push(line) });

    expect(await instance.call("say", ["one\ntwo"])).toBe(0);
    expect(lines).toEqual(["one", "two"]);
    expect(await instance.call("first", [9_000_000, 4_000_000])).toBe(1);
    expect(slept).toEqual([4]);
  });

  it("ends itself only, when it exits (W2)", async () => {
    await using plugin = await pluginFromText(WASI, {}, { path });
    await using instance = await start(plugin);

    const fault = await faultOf(() => instance.call("exit", []));

    expect(fault).toMatchObject({ code: "plugin-trapped" });
    expect(fault.message).toContain("exit status 1");
    expect(instance.alive).toBe(false);
  });

  it("does not link against functions of other types than WASI's", async () => {
    const text = `(component (import "wasi:random/random@0.2.6" (instance (export "get-random-u64" (func (result string))))))`;
    await using plugin = await pluginFromText(text, {}, { path });

    const fault = await faultOf(() => start(plugin));

    expect(fault).toMatchObject({ code: "link-failed" });
    expect(fault.message).toContain("wasi:random/random@0.2.6#get-random-u64");
  });

  it("does not link against another WASI than 0.2, nor one that is not there", async () => {
    const importing = (id: string): string => `(component (import "${id}" (instance (export "f" (func)))))`;
    for (const id of ["wasi:cli/exit@0.3.0", "wasi:http/types@0.2.6", "wasi:cli/exit@0.2.6"]) {
      await using plugin = await pluginFromText(importing(id), {}, { path });
      const fault = await faultOf(() => start(plugin));
      expect(fault.code).toBe("link-failed");
      expect(fault.message).toContain(`${id}#f`);
    }
  });
});

describe("wasiFunctions()", () => {
  it("shows nothing of the host (W2)", () => {
    const { call } = guest();

    expect(call("wasi:cli/environment@0.2.0#get-environment")).toEqual([]);
    expect(call("wasi:cli/environment@0.2.0#get-arguments")).toEqual([]);
    expect(call("wasi:cli/environment@0.2.0#initial-cwd")).toBeNull();
    expect(call("wasi:cli/terminal-stdout@0.2.0#get-terminal-stdout")).toBeNull();
    expect(call("wasi:filesystem/preopens@0.2.0#get-directories")).toEqual([]);
    expect(call("wasi:sockets/tcp-create-socket@0.2.0#create-tcp-socket", 0)).toEqual(new CaseValue(ERR, 1));
    expect(call("wasi:sockets/instance-network@0.2.0#instance-network")).toBeInstanceOf(Opaque);
    expect(call("wasi:clocks/wall-clock@0.2.0#now")).toEqual([1, 0]);
    expect(call("wasi:clocks/timezone@0.2.0#display", [0, 0])).toEqual([0, "UTC", false]);
  });

  it("exit ends the instance, with its status", () => {
    const { call } = guest();
    const status = (work: () => unknown): unknown => {
      try {
        return work();
      } catch (thrown) {
        return thrown instanceof GuestExit ? thrown.status : thrown;
      }
    };

    expect(status(() => call("wasi:cli/exit@0.2.0#exit", new CaseValue(OK, null)))).toBe(0);
    expect(status(() => call("wasi:cli/exit@0.2.0#exit", new CaseValue(ERR, null)))).toBe(1);
    expect(status(() => call("wasi:cli/exit@0.2.0#exit-with-code", 3))).toBe(3);
    expect(status(() => call("wasi:random/random@0.2.0#get-random-bytes", 2 ** 21))).toBe(1);
  });

  it("knows its own by name and version", () => {
    expect(["wasi:cli/stdout@0.2.0", "wasi:io/poll@0.2.9"].map(isWasi)).toEqual([true, true]);
    expect(
      ["wasi:cli/stdout", "wasi:cli/stdout@0.20.0", "evil:cli/x@0.2.0", "wasi:keyvalue/store@0.2.0"].some(isWasi),
    ).toBe(false);
  });

  it.each([
    "wasi:cli/exit@0.3.0#exit",
    "wasi:cli/exit#exit",
    "wasi:cli/exit@0.2.0#constructor",
    "wasi:http/types@0.3.0#http-error-code",
    "wasi:http/incoming-handler@0.2.0#handle",
    "wasi:io/streams@0.2.0#[method]output-stream.close",
    "wasi:io/streams@0.2.0#[resource-drop]descriptor",
    "wasi:__proto__/x@0.2.0#toString",
  ])("has no %s", (key) => {
    expect(guest().functions(key)).toBeUndefined();
  });

  it("has every function as WASI types it, and none of another type: guests write the types down themselves", async () => {
    const { functions } = guest();
    const all = [...functionsOf((await worldFromText(WASI_TEXT)).imports)];

    expect(all.length).toBe(50);
    for (const [key, fn] of all) {
      expect(functions(key, fn), key).toBeDefined();
      const wrong: WitFunction[] = [
        { ...fn, async: true },
        { ...fn, result: { kind: "char" } },
        { ...fn, params: [...fn.params, { name: "more", type: { kind: "u8" } }] },
      ];
      for (const each of wrong) expect(functions(key, each), key).toBeUndefined();
    }
  });

  it("takes no resource of somebody else for its own", async () => {
    const text = `package test:probe; world w { import wasi:io/poll@0.2.3; }
      package evil:p@0.2.3 { interface i { resource pollable; } }
      package wasi:io@0.2.3 { interface poll { use evil:p/i@0.2.3.{pollable}; poll: func(all: list<borrow<pollable>>) -> list<u32>; } }`;
    const [[key, fn] = []] = [...functionsOf((await worldFromText(text)).imports)];

    expect(key).toBe("wasi:io/poll@0.2.3#poll");
    expect(guest().functions(key ?? "", fn)).toBeUndefined();
  });

  it.each([
    `${STREAMS}#[resource-drop]output-stream`,
    `${POLL}#[resource-drop]pollable`,
    "wasi:filesystem/types@0.2.3#[resource-drop]descriptor",
    "wasi:io/error@0.2.3#[resource-drop]error",
  ])("%s does nothing", (key) => {
    expect(guest().call(key, null)).toBeNull();
  });

  it("declares the methods of resources that nobody gets an object of", () => {
    const { functions } = guest();

    expect(functions("wasi:filesystem/types@0.2.3#[method]descriptor.read")?.colour).toBe("sync");
    expect(functions("wasi:io/error@0.2.3#[method]error.to-debug-string")?.colour).toBe("sync");
    expect(() => guest().call("wasi:filesystem/types@0.2.3#[method]descriptor.stat", null)).toThrow("another resource");
    expect(() => guest().call("wasi:sockets/tcp@0.2.3#[method]tcp-socket.start-listen", null)).toThrow("no objects");
  });

  it("an object of one resource is not taken for one of another", () => {
    const { call } = guest();
    const pollable = call(`${CLOCK}#subscribe-instant`, 5);

    expect(() => call(`${STREAMS}#[method]output-stream.write`, pollable, text("x"))).toThrow("another resource");
  });

  it("input has ended", () => {
    const { call } = guest();
    const stdin = call("wasi:cli/stdin@0.2.3#get-stdin");
    const closed = new CaseValue(ERR, new CaseValue(1, null));

    expect(call(`${STREAMS}#[method]input-stream.blocking-read`, stdin, 10)).toEqual(closed);
    expect(call(`${STREAMS}#[method]input-stream.skip`, stdin, 10)).toEqual(closed);
    const ready = call(`${STREAMS}#[method]input-stream.subscribe`, stdin);
    expect(call(`${POLL}#[method]pollable.ready`, ready)).toBe(true);
  });

  it("output becomes lines, whole characters and all", () => {
    const lines: string[] = [];
    const { call, context } = guest({ log: ({ level, text: line }) => void lines.push(`${level} ${line}`) });
    const stdout = call("wasi:cli/stdout@0.2.3#get-stdout");
    const stderr = call("wasi:cli/stderr@0.2.3#get-stderr");
    const bytes = text("one\ntwö\nrest");
    const write = `${STREAMS}#[method]output-stream.write`;

    expect(call(`${STREAMS}#[method]output-stream.check-write`, stdout)).toEqual(new CaseValue(OK, 1_048_576));
    expect(call(write, stdout, bytes.subarray(0, 7))).toEqual(new CaseValue(OK, null)); // in the middle of ö
    call(write, stdout, bytes.subarray(7));
    call(`${STREAMS}#[method]output-stream.blocking-write-and-flush`, stderr, text("oops\n"));

    expect(lines).toEqual(["info one", "info twö", "warn oops"]);
    context.flush();
    context.flush();
    expect(lines).toEqual(["info one", "info twö", "warn oops", "info rest"]);
  });

  it("zeros beyond what was offered are not written", () => {
    const lines: string[] = [];
    const { call } = guest({ log: ({ text: line }) => void lines.push(line) });
    const stdout = call("wasi:cli/stdout@0.2.3#get-stdout");

    call(`${STREAMS}#[method]output-stream.write-zeroes`, stdout, 2n ** 63n);

    expect(lines.reduce((sum, line) => sum + line.length, 0)).toBeLessThanOrEqual(1_048_576);
  });

  it("a line without end is cut, not kept", () => {
    const lines: string[] = [];
    const writer = new LineWriter((line) => lines.push(line));

    for (let n = 0; n < 5; n++) writer.write(new Uint8Array(40_000).fill(97));

    expect(lines.map((line) => line.length)).toEqual([65_536, 65_536, 65_536]);
  });

  it("random numbers are integers in their one form (V2)", () => {
    const { call } = guest();
    const drawn = Array.from({ length: 50 }, () => call("wasi:random/random@0.2.0#get-random-u64"));

    for (const each of drawn) expect(typeof each === "bigint").toBe(!Number.isSafeInteger(Number(each)));
    expect(call("wasi:random/insecure@0.2.0#get-insecure-random-bytes", 5)).toHaveLength(5);
    expect(call("wasi:random/insecure-seed@0.2.0#insecure-seed")).toHaveLength(2);
  });
});

describe("the clock of a guest (W1)", () => {
  it("is not asked for by calls that do not look at it, and once by one that does", () => {
    let asked = 0;
    const { call, context } = guest({ now: () => ++asked });
    const before = asked;

    for (let n = 0; n < 10; n++) context.readClock();
    expect(asked).toBe(before);
    const times = Array.from({ length: 10 }, () => call(`${CLOCK}#now`));
    call("wasi:clocks/wall-clock@0.2.3#now");

    expect(asked).toBe(before + 1);
    expect(new Set(times)).toEqual(new Set([1_000_000]));
  });

  it("never goes back", () => {
    let time = 100;
    const { call, context } = guest({ now: () => time });
    time = 160;
    context.readClock();
    expect(call(`${CLOCK}#now`)).toBe(60_000_000);
    time = 20;
    context.readClock();
    expect(call(`${CLOCK}#now`)).toBe(60_000_000);
  });

  it("leaps when a guest that cannot be made to wait waits", () => {
    const { call, context, functions } = guest({ sleep: () => Promise.reject(new Error("slept")) });
    const pollable = call(`${CLOCK}#subscribe-duration`, 3_000_000);

    expect(functions(`${POLL}#[method]pollable.block`)?.colour).toBe("sync");
    expect(call(`${POLL}#[method]pollable.ready`, pollable)).toBe(false);
    expect(call(`${POLL}#[method]pollable.block`, pollable)).toBeNull();
    expect(context.monotonic).toBe(3_000_000n);
  });

  it("leaps from the time of the call, also when nobody has looked yet", () => {
    let time = 0;
    const { call, context } = guest({ now: () => time });
    const pollable = call(`${CLOCK}#subscribe-instant`, 10_000_000n);
    time = 4;
    context.readClock();

    call(`${POLL}#[method]pollable.block`, pollable);

    expect(context.monotonic).toBe(10_000_000n);
  });

  it("poll() tells which are ready, and waits for the earliest when none is", async () => {
    const slept: number[] = [];
    const sleep = (ms: number): Promise<void> => (slept.push(ms), Promise.resolve());
    const { call, wait, functions } = guest({ sleep }, true);
    const after = (ms: number): Value => call(`${CLOCK}#subscribe-duration`, ms * 1_000_000);
    const now = after(0);

    expect(functions(`${POLL}#poll`)?.colour).toBe("async");
    expect(call(`${POLL}#poll`, [after(5), now, now])).toEqual(Uint32Array.of(1, 2));
    expect(await wait(`${POLL}#poll`, [after(50), after(20), after(30)])).toEqual(Uint32Array.of(1));
    expect(slept).toEqual([20]);
  });
});
