/** Instances in threads (L1) and in processes (L2): what a user of them sees, and what it costs others when one goes wrong. */
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PackageFiles } from "../../../src/host/manifest.ts";
import { openPlugin } from "../../../src/host/open.node.ts";
import type { Instance, LogLine, Plugin } from "../../../src/host/plugin.ts";
import type { Channel } from "../../../src/host/remote/ways/channel.ts";
import { remotePlugin } from "../../../src/host/remote/caller/plugin.node.ts";
import { startProcess } from "../../../src/host/remote/ways/process.node.ts";
import { startThread } from "../../../src/host/remote/ways/thread.node.ts";
import { Callback, CaseValue, type Handle } from "../../../src/wit/value.ts";
import { decodeAny, encodeAny } from "../../../src/wit/cbor.ts";
import { faultOf, isGone, start } from "../component-fixtures.ts";
import { brokenOut, component, LEVELS, lua, sample, samplePackage } from "./realms.ts";

/** Ways in which a guest in wasm does not come back. */
const SPINS: Readonly<Record<string, () => PackageFiles | Promise<PackageFiles>>> = {
  "a component": () =>
    component(
      "world w { export f: func(); }",
      `(module (func (export "f") (loop $again (br $again))) (memory (export "memory") 1))`,
      { limits: { deadline: 200 } },
    ),
  Lua: () =>
    lua("world w { export f: func(); }", "return { f = function() while true do pcall(string.rep, 'x', 10) end end }", {
      limits: { deadline: 200 },
    }),
};

describe.each(LEVELS)("at %s", (level) => {
  describe.each(["counter-rust", "counter-lua"])("%s", (name) => {
    let plugin: Plugin;
    let here: Plugin;
    /** Each lives until one of the tests ends it. */
    let one: Instance;
    let two: Instance;
    beforeAll(async () => {
      [plugin, here] = await Promise.all([sample(name, level), sample(name, "L0")]);
      [one, two] = [await start(plugin, {}, { id: 1 }), await start(plugin, {}, { id: 2 })];
    });
    afterAll(() => Promise.all([plugin, here].map((each) => each[Symbol.asyncDispose]())));

    it("is the plugin that it is in this thread", () => {
      expect(plugin.digest).toBe(here.digest);
      expect(plugin.manifest).toEqual(here.manifest);
      expect([...plugin.world.exports.functions.keys()]).toEqual([...here.world.exports.functions.keys()]);
    });

    it("keeps the state of each instance to itself", async () => {
      const calls = [one, one, one, two].map(async (each) => each.call("increment", []));
      expect(await Promise.all(calls)).toEqual([1, 2, 3, 1]);
    });

    it("fails in the words that it fails with in this thread, with the guest's frames", async () => {
      await using near = await start(here);
      const [wanted, found] = [await faultOf(() => near.call("trap", [])), await faultOf(() => one.call("trap", []))];
      expect({ ...found, stack: "" }).toEqual({ ...wanted, stack: "" });
      expect(found.message).toBe(wanted.message);
      expect(found.frames.length).toBeGreaterThan(0);
      expect(await isGone(one, "increment")).toBe(true);
      expect(await faultOf(() => one.call("nothing", []))).toMatchObject({ code: "unknown-function" });
    });

    it("fails a call in progress when it is disposed", async () => {
      const calls = [1, 2].map(async () => two.call("increment", []));
      const ended = Promise.allSettled(calls);
      await two[Symbol.asyncDispose]();
      for (const each of await ended) {
        expect(each).toMatchObject({ status: "rejected", reason: { code: "plugin-lost" } });
      }
      expect(two.alive).toBe(false);
    });
  });

  describe("beside others", () => {
    let other: Plugin;
    /** Of it, for all of these tests. */
    let innocent: Instance;
    beforeAll(async () => {
      other = await brokenOut(level);
      innocent = await start(other, {}, { id: 2 });
    });
    afterAll(() => other[Symbol.asyncDispose]());

    it.each(Object.keys(SPINS))(
      "an endless loop in %s costs that instance only, soon after its deadline",
      async (kind) => {
        await using plugin = await openPlugin(await SPINS[kind]!(), { isolation: level });
        await using spinning = await start(plugin);
        const began = performance.now();
        const spin = faultOf(() => spinning.call("f", []));
        const longest = await longestPause(async () => {
          expect(await innocent.call("add", [1, 2])).toBe(3);
          expect(await spin).toMatchObject({ code: "deadline-exceeded" });
        });
        expect(performance.now() - began).toBeLessThan(200 + 100 + SLACK);
        expect(longest).toBeLessThan(100);
        expect(await isGone(spinning, "f")).toBe(true);
        expect(await innocent.call("add", [2, 2])).toBe(4);
      },
    );

    it("what no meter reaches is ended from here", async () => {
      await using plugin = await brokenOut(level, { deadline: 150 });
      await using spinning = await start(plugin);
      expect(await spinning.call("add", [1, 2])).toBe(3);
      const began = performance.now();
      const waiting = faultOf(() => spinning.call("trap", []));
      const queued = faultOf(() => spinning.call("add", [1, 2]));
      expect(await waiting).toMatchObject({ code: "deadline-exceeded", source: "sample:counter-rust" });
      expect(performance.now() - began).toBeLessThan(150 + 100 + SLACK);
      expect(await queued).toMatchObject({ code: "plugin-lost" });
    });

    it("a full heap costs that instance only", { timeout: 60_000 }, async () => {
      await using bomb = await start(other, {}, { id: 1 });
      expect(await faultOf(() => bomb.call("increment", []))).toMatchObject({ code: "memory-limit" });
      expect(bomb.alive).toBe(false);
      expect(await innocent.call("add", [1, 2])).toBe(3);
    });

    it("sees no environment, arguments or files, and starts nothing", async () => {
      const seen = (await innocent.call("fail", [new URL(import.meta.url).pathname])) as CaseValue;
      const denied = "ERR_ACCESS_DENIED";
      expect(JSON.parse(String(seen.payload))).toEqual({
        env: [],
        argv: [],
        read: denied,
        write: denied,
        spawn: denied,
        thread: denied,
        connect: denied,
        eval: level === "L2" ? expect.stringContaining("EvalError") : "done",
      });
    });
  });

  it("a start that never ends is ended", async () => {
    const files = lua("world w { export f: func(); }", "while true do end");
    const begin = level === "L1" ? (): Channel => startThread("lua") : (): Channel => startProcess("lua");
    const options = { start: begin, startDeadline: 30_000 };
    await using plugin = await remotePlugin(files, options);
    options.startDeadline = 300; // for what spins: to open the package may take its time
    expect(await faultOf(() => start(plugin))).toMatchObject({ code: "deadline-exceeded" });
  });

  it("a guest gets no more memory than its package may have", async () => {
    const files = await component(
      "world w { export f: func(pages: s32) -> s32; }",
      `(module (memory (export "memory") 1) (func (export "f") (param i32) (result i32) (memory.grow (local.get 0))))`,
      { limits: { memory: 2 ** 20 } },
    );
    await using plugin = await openPlugin(files, { isolation: level });
    await using instance = await start(plugin);
    expect(await instance.call("f", [1000])).toBe(-1);
    expect(await instance.call("f", [1])).toBe(1);
  });

  it("imports wait, and fail with the error of who answers", async () => {
    const wit = "interface host { get: func(n: u32) -> u32; } world w { import host; export f: func(n: u32) -> u32; }";
    const files = lua(wit, "local h = require('acme:sample/host') return { f = function(n) return h.get(n) + 1 end }");
    await using plugin = await openPlugin(files, { isolation: level });
    const failure = new RangeError("the very one");
    const call = async ([n]: readonly unknown[]): Promise<number> => {
      await delay(1);
      if (n === 13) throw failure;
      return Number(n) * 2;
    };
    await using instance = await start(plugin, { "acme:sample/host@1.0.0#get": { colour: "async", call } });
    expect(await Promise.all([1, 2, 3].map(async (n) => instance.call("f", [n])))).toEqual([3, 5, 7]);
    await expect(instance.call("f", [13])).rejects.toBe(failure);
    await using wrong = await start(plugin, { "acme:sample/host@1.0.0#get": () => 2 ** 40 });
    expect(await faultOf(() => wrong.call("f", [1]))).toMatchObject({ code: "out-of-range" });
    expect(await faultOf(() => start(plugin))).toMatchObject({ code: "link-failed" });
  });

  it("a call from its own import is re-entrant", async () => {
    const wit = "interface host { get: func(n: u32) -> u32; } world w { import host; export f: func(n: u32) -> u32; }";
    const files = lua(wit, "local h = require('acme:sample/host') return { f = function(n) return h.get(n) + 1 end }");
    await using plugin = await openPlugin(files, { isolation: level });
    const self: { instance?: Instance } = {};
    const call = async (): Promise<number> => Number(await self.instance?.call("f", [1]));
    await using instance = await start(plugin, { "acme:sample/host@1.0.0#get": { colour: "async", call } });
    self.instance = instance;
    expect(await faultOf(() => instance.call("f", [1]))).toMatchObject({ code: "re-entrant" });
  });

  it("functions of the workflow cross as tickets that end with their call", async () => {
    await using plugin = await sample("callback-rust", level);
    await using instance = await start(plugin);
    const key = "apply";
    const doubled = new Callback(async ([bytes]) => encodeAny(2 * Number(decodeAny(bytes ?? new Uint8Array()))));
    const answer = (await instance.call(key, [doubled, 3])) as CaseValue;
    expect(answer).toBeInstanceOf(CaseValue);
    expect((answer.payload as readonly Uint8Array[]).map((each) => decodeAny(each))).toEqual([0, 2, 4]);
  });

  it("handles are of their instance", async () => {
    const wit = `interface made { resource thing { constructor(n: u32); value: func() -> u32; } }
      world w { export made; }`;
    const source = `local Thing = {}; Thing.__index = Thing
      function Thing.new(n) return setmetatable({ n = n }, Thing) end
      function Thing:value() return self.n end
      return { made = { thing = Thing } }`;
    await using plugin = await openPlugin(lua(wit, source), { isolation: level });
    await using one = await start(plugin, {}, { id: 1 });
    await using two = await start(plugin, {}, { id: 2 });
    const [make, value] = ["constructor]thing", "method]thing.value"].map((at) => `acme:sample/made@1.0.0#[${at}`);
    const made = (await one.call(make!, [7])) as Handle;
    expect(made).toMatchObject({ instance: 1 });
    expect(await one.call(value!, [made])).toBe(7);
    expect(await faultOf(() => two.call(value!, [made]))).toMatchObject({ code: "type-mismatch" });
    await one.drop(made.id);
    expect(await faultOf(() => one.call(value!, [made]))).toMatchObject({ code: "moved" });
  });

  it("lines arrive in order and before the answer; too many are left out and counted", async () => {
    const source = "return { f = function(n) for i = 1, n do print(i) end end }";
    await using plugin = await openPlugin(lua("world w { export f: func(n: u32); }", source), { isolation: level });
    const lines: LogLine[] = [];
    const leftOut = Promise.withResolvers<void>();
    const log = (line: LogLine): void => {
      lines.push(line);
      if (/^\d+ lines were left out here$/.test(line.text)) leftOut.resolve();
    };
    await using instance = await start(plugin, {}, { log });
    await instance.call("f", [5000]);
    expect(lines.map(({ text }) => Number(text))).toEqual(Array.from({ length: 5000 }, (_, at) => at + 1));
    lines.length = 0;
    await instance.call("f", [400_000]);
    await leftOut.promise;
    expect(lines.length).toBeLessThan(200_000);
  });

  it("leaves nothing behind, also when it is disposed in the middle of a call", async () => {
    const channels: Channel[] = [];
    const begin = (): Channel => {
      const channel = level === "L1" ? startThread("component") : startProcess("component");
      channels.push(channel);
      return channel;
    };
    const plugin = await remotePlugin(await samplePackage("counter-rust"), { start: begin });
    const instances = [await start(plugin, {}, { id: 1 }), await start(plugin, {}, { id: 2 })];
    const calls = instances.map(async (each) => each.call("increment", []));
    const ended = Promise.allSettled(calls);
    await plugin[Symbol.asyncDispose]();
    await Promise.all(channels.map((channel) => channel.gone));
    expect(channels).toHaveLength(2);
    for (const each of await ended) expect(each).toMatchObject({ status: "rejected" });
    expect(await faultOf(() => start(plugin))).toMatchObject({ code: "plugin-lost" });
  });

  it("a package that does not compile is refused when it is opened", async () => {
    const broken = lua("world w { export f: func(); }", "return {");
    expect(await faultOf(() => openPlugin(broken, { isolation: level }))).toMatchObject({ code: "plugin-invalid" });
  });
});

describe("Python", () => {
  it("at L2 is in the process, and fails in its own words", { timeout: 240_000 }, async () => {
    await using here = await sample("counter-python", "L1");
    await using plugin = await sample("counter-python", "L2");
    expect(plugin.digest).toBe(here.digest);
    await using instance = await start(plugin);
    expect([await instance.call("increment", []), await instance.call("increment", [])]).toEqual([1, 2]);
    const fault = await faultOf(() => instance.call("trap", []));
    expect(fault).toMatchObject({ code: "plugin-trapped", source: "sample:counter-python" });
    expect(fault.frames[0]).toMatchObject({ file: "app.py" });
    expect(await isGone(instance, "increment")).toBe(true);
  });
});

/** Other tests share the machine. */
const SLACK = 400;

/** The longest time in which nothing else of this thread ran. */
async function longestPause(work: () => Promise<void>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }, 5);
  try {
    await work();
    return longest;
  } finally {
    clearInterval(timer);
  }
}
