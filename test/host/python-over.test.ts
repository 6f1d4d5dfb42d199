import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Instance, InstanceOptions, Plugin } from "../../src/host/plugin.ts";
import { processAdmission } from "../../src/host/python/admission.node.ts";
import type { PythonConnection } from "../../src/host/python/connection.node.ts";
import { type Connect, pythonOver } from "../../src/host/python/over.node.ts";
import type { PythonPlugin } from "../../src/host/python/plugin.node.ts";
import { meteredImage, openPython } from "./python-opened.ts";
import { frame, readFrame, RESULTS } from "../../src/host/python/worker/frame.ts";
import type { Handle } from "../../src/wit/value.ts";
import { pythonPackage, surroundings } from "./python-package.ts";

const WIT = `package test:plugin;
interface counters {
  resource counter { constructor(start: u32); next: func() -> u32; }
}
world w {
  import twice: func(x: u32) -> u32;
  import log: func(text: string);
  export counters;
  export echo: func(values: list<tuple<string, f64, option<s64>>>) -> list<tuple<string, f64, option<s64>>>;
  export divide: func(a: s32, b: s32) -> result<s32, string>;
  export fourfold: func(x: u32) -> u32;
  export says: func(text: string);
  export broken: func();
  export endless: func();
  export waits: func();
}`;

const APP = `import time
import wit_world
from componentize_py_types import Err

class WitWorld(wit_world.WitWorld):
    def echo(self, values):
        return values
    def divide(self, a, b):
        if b == 0: raise Err("by zero")
        return a // b
    def fourfold(self, x):
        return wit_world.twice(wit_world.twice(x))
    def says(self, text):
        print(text)
    def broken(self):
        raise ValueError("no good")
    def endless(self):
        while True: pass
    def waits(self):
        time.sleep(1)
`;

const COUNTERS = `from wit_world.exports import counters
class Counter(counters.Counter):
    def __init__(self, start):
        self.value = start
    def next(self):
        self.value += 1
        return self.value
`;

const FILES = { "app.py": APP, "counters.py": COUNTERS, "world.wit": WIT };

const twice = { colour: "async", call: async ([x]: readonly unknown[]) => 2 * Number(x) } as const;
const log = { colour: "sync", call: () => null } as const;
const never = (): Promise<never> => new Promise(() => {});

describe("Python at the end of a port", () => {
  let owner: PythonPlugin;
  let over: Plugin;
  const connections: PythonConnection[] = [];
  const connect: Connect = async (together, limits) => {
    const connection = await owner.connect(together, limits);
    connections.push(connection);
    return connection;
  };
  const fresh = (options: Partial<InstanceOptions> = {}, from: Plugin = over): Promise<Instance> =>
    from.instantiate(surroundings({ twice, log }, options));

  beforeAll(async () => {
    owner = await openPython(pythonPackage(FILES));
    over = pythonOver(owner, connect);
  });
  afterAll(async () => {
    await over[Symbol.asyncDispose]();
    await owner[Symbol.asyncDispose]();
    expect(processAdmission.living).toBe(0);
  });

  it("is the same plugin: values, imports, errors, resources, many calls", async () => {
    expect([over.digest, over.manifest, over.world]).toEqual([owner.digest, owner.manifest, owner.world]);
    const options = surroundings({ twice, log });
    await using python = await over.instantiate(options);
    const values = [
      ["a", -0, 5],
      ["ü", 1e300, null],
    ];
    expect(await python.call("echo", [values])).toEqual(values);
    expect(await python.call("fourfold", [3])).toBe(12);
    await python.call("says", ["hello"]);
    expect(options.lines).toEqual([{ level: "info", text: "hello" }]);
    const counter = (await python.call("test:plugin/counters#[constructor]counter", [4])) as Handle;
    expect(await python.call("test:plugin/counters#[method]counter.next", [counter])).toBe(5);
    await python.drop(counter.id);
    const calls = [
      [6, 3],
      [1, 0],
      [9, 3],
    ];
    const stop = new AbortController().signal;
    const answers = await python.callMany?.("divide", calls, { untilErr: true, stop });
    expect(answers).toMatchObject([{ value: { index: 0, payload: 2 } }, { value: { index: 1, payload: "by zero" } }]);
    await expect(python.call("broken", [])).rejects.toMatchObject({ code: "plugin-trapped", frames: [{ line: 16 }] });
    expect(() => python.call("says", [""])).toThrow(expect.objectContaining({ code: "plugin-lost" }));
  });

  it("has each instance's state to itself, and links what its world imports", async () => {
    await using one = await fresh();
    await using two = await fresh();
    expect(await Promise.all([one.call("fourfold", [1]), two.call("fourfold", [2])])).toEqual([4, 8]);
    await expect(over.instantiate(surroundings({ twice }))).rejects.toMatchObject({ code: "link-failed" });
  });

  it("ends with its worker, whoever ends that", async () => {
    await using python = await fresh();
    const call = Promise.allSettled([python.call("endless", [])]);
    await connections.at(-1)?.terminate();
    expect(await call).toMatchObject([{ reason: { code: "plugin-trapped" } }]);
    expect(python.alive).toBe(false);
  });

  it("is gone at once when disposed in the middle of a call (H6)", async () => {
    const python = await fresh();
    const calls = Promise.allSettled([python.call("endless", []), python.call("says", ["x"])]);
    await python[Symbol.asyncDispose]();
    expect(await calls).toMatchObject([{ reason: { code: "plugin-lost" } }, { reason: { code: "plugin-lost" } }]);
    expect(await connections.at(-1)?.gone).toBeNull();
    expect(processAdmission.living).toBe(0);
  });

  it("ends when the port's other end does, as when a run worker dies", async () => {
    const { port, gone } = await owner.connect();
    port.close();
    expect(await gone).toBeNull();
    expect(processAdmission.living).toBe(0);
  });

  it("has deadlines and fuel as everywhere", { timeout: 240_000 }, async () => {
    await meteredImage();
    await using late = await fresh({ limits: { deadline: 200 } });
    await expect(late.call("endless", [])).rejects.toMatchObject({ code: "deadline-exceeded" });
    await using waiting = await fresh({ limits: { deadline: 200 }, sleep: never });
    await expect(waiting.call("waits", [])).rejects.toMatchObject({ code: "deadline-exceeded" });
    await using spent = await fresh({ limits: { fuel: 1_000_000 } });
    expect(await spent.call("divide", [6, 3])).toMatchObject({ payload: 2 });
    expect(spent.spent).toBeGreaterThan(0);
    await expect(spent.call("endless", [])).rejects.toMatchObject({ code: "fuel-exhausted" });
  });

  it("believes nothing of what comes through the port", async () => {
    const { port1, port2 } = new MessageChannel();
    const { promise: gone, resolve } = Promise.withResolvers<null>();
    const terminate = async (): Promise<void> => resolve(null);
    port2.on("message", (message: unknown) => {
      const received = readFrame(message);
      if (received?.kind !== 1) return;
      port2.postMessage(frame({ kind: RESULTS, a: received.a + 1, b: 1 }, new Uint8Array(8)));
    });
    const stops = new Int32Array(new SharedArrayBuffer(1024));
    await using lying = pythonOver(owner, async () => ({ port: port1, stops, gone, terminate }));
    await expect(fresh({}, lying)).rejects.toMatchObject({ code: "plugin-trapped" });
    expect(await gone).toBeNull();
  });

  it("closing the owner ends what it has handed over", async () => {
    const other = await openPython(pythonPackage(FILES));
    await using plugin = pythonOver(other, (together, limits) => other.connect(together, limits));
    await using python = await fresh({}, plugin);
    expect(await python.call("fourfold", [1])).toBe(4);
    await other[Symbol.asyncDispose]();
    await expect(fresh({}, plugin)).rejects.toMatchObject({ code: "plugin-lost" });
    expect(() => python.call("fourfold", [1])).toThrow(expect.objectContaining({ code: "plugin-lost" }));
  });

  it("is loaded without Pyodide, and without files", () => {
    const entry = new URL("../../src/host/python/over.node.ts", import.meta.url).href;
    const script = `
      import { registerHooks } from "node:module";
      const loaded = [];
      registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
      await import(${JSON.stringify(entry)});
      console.log(JSON.stringify(loaded));`;
    const printed = execFileSync(process.execPath, ["--input-type=module", "--eval", script], { encoding: "utf8" });
    const loaded = JSON.parse(printed) as readonly string[];
    const own = new URL("../../src/", import.meta.url).href;
    expect(loaded.filter((url) => !url.startsWith("node:") && !url.startsWith(own))).toEqual([]);
    expect(loaded.filter((url) => url.startsWith("node:")).toSorted()).toEqual(["node:async_hooks"]);
  });
});
