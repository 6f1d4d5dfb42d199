/** Instances of Python plugins that can say their state, saved and taken up again (T1–T3 of sennit_saved.py, S1, S2). */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { userCacheFolder } from "../../../src/host/cache.node.ts";
import { type Connect, pythonOver } from "../../../src/host/python/over.node.ts";
import type { Instance } from "../../../src/host/plugin.ts";
import { pythonPlugin, type PythonPlugin } from "../../../src/host/python/plugin.node.ts";
import { savedAs } from "../../../src/host/state/saved-as.ts";
import type { Handle } from "../../../src/wit/value.ts";
import { pythonPackage, surroundings } from "../python-package.ts";
import { answersOf, type Call, refusalOf, stateOf } from "./continued.ts";

const WIT = `package test:plugin;
interface things { resource thing { constructor(n: u32); } }
world w {
  import twice: func(n: u32) -> u32;
  export things;
  export add: func(n: u32) -> u32;
  export draw: func() -> f64;
  export seed: func(n: u32);
  export mode: func(mode: string);
  export begin: func();
  export size: func(count: u32) -> u32;
}`;
const APP = `import asyncio, random, time
import wit_world
total, mode, bulk, tasks = 0, "", b"", []

def save_state():
    if mode == "raises": raise ValueError("no state today")
    if mode == "text": return "text"
    if mode == "asks": return bytes([wit_world.twice(1)])
    if mode == "sleeps": time.sleep(1)
    return total.to_bytes(4, "little") + bulk

def load_state(state):
    global total, bulk
    if mode or len(state) < 4: raise ValueError("no such state")
    total, bulk = int.from_bytes(state[:4], "little"), state[4:]

class WitWorld(wit_world.WitWorld):
    def add(self, n):
        global total
        total += n
        return total
    def draw(self): return random.random()
    def seed(self, n): random.seed(n)
    def mode(self, value):
        global mode
        mode = value
    def begin(self):
        tasks.append(asyncio.ensure_future(asyncio.sleep(1000)))
    def size(self, count):
        global bulk
        bulk = bytes(count)
        return len(bulk)
`;
const THINGS = `from wit_world.exports import things
class Thing(things.Thing):
    def __init__(self, n): pass
`;

const twice = { colour: "async", call: async ([n]: readonly unknown[]) => 2 * Number(n) } as const;
const options = (more = {}): ReturnType<typeof surroundings> =>
  surroundings({ twice }, { sleep: () => new Promise(() => {}), ...more });

/** Images of the runtime are kept there, as for everybody. */
const cacheFolder = join(userCacheFolder(), "python");
let plugin: PythonPlugin;
/** What does not end it, and asks only how it goes on from where it is, may be asked of this one. */
let lasting: Instance;
beforeAll(async () => {
  plugin = await pythonPlugin(pythonPackage({ "app.py": APP, "things.py": THINGS, "world.wit": WIT }), { cacheFolder });
  lasting = await plugin.instantiate(options());
});
afterAll(() => plugin[Symbol.asyncDispose]());

describe("an instance", () => {
  it("goes on where it was: what it keeps, and the numbers that it draws", async () => {
    const ask: readonly Call[] = [
      ["draw", []],
      ["add", [3]],
      ["draw", []],
    ];
    await answersOf(lasting, ask);
    const state = await stateOf(lasting);
    await using restored = await plugin.instantiate(options({ state }));
    expect(await stateOf(restored)).toEqual(state);
    expect(await answersOf(restored, ask)).toEqual(await answersOf(lasting, ask));
  });

  it("goes on with a seed of its own (T3), and with as much as it keeps", async () => {
    await using original = await plugin.instantiate(options());
    await answersOf(original, [
      ["seed", [5]],
      ["draw", []],
      ["size", [300_000]],
    ]);
    const state = await stateOf(original);
    expect(state.length).toBeGreaterThan(300_000);
    await using restored = await plugin.instantiate(options({ state }));
    const ask: readonly Call[] = [
      ["draw", []],
      ["draw", []],
    ];
    expect(await answersOf(restored, ask)).toEqual(await answersOf(original, ask));
  });

  it("that cannot say its state goes on without, and says why (T1, T2)", async () => {
    const given = options();
    await using instance = await plugin.instantiate(given);
    for (const mode of ["raises", "text", "asks", "sleeps"]) {
      given.lines.length = 0;
      await instance.call("mode", [mode]);
      expect(await instance.save?.()).toBeNull();
      expect(given.lines.map(({ text }) => text)).toEqual([expect.stringMatching(/^save_state failed: \w+Error: /)]);
    }
    await instance.call("mode", [""]);
    expect(await instance.call("add", [1])).toBe(1);
    expect(await instance.save?.()).toBeInstanceOf(Uint8Array);
  });

  it("is not saved while somebody holds a thing of it, a task goes on, or a call", async () => {
    await using instance = await plugin.instantiate(options());
    const thing = (await instance.call("test:plugin/things#[constructor]thing", [1])) as Handle;
    expect(await instance.save?.()).toBeNull();
    await instance.drop(thing.id);
    await using restored = await plugin.instantiate(options({ state: await stateOf(instance) }));
    const next = (await restored.call("test:plugin/things#[constructor]thing", [1])) as Handle;
    expect(next.id).toBe(thing.id + 1);
    const call = instance.call("add", [1]);
    expect(await instance.save?.()).toBeNull();
    await call;
    await instance.call("begin", []);
    expect(await instance.save?.()).toBeNull();
  });

  it.skipIf(process.env.SENNIT_LONG === undefined)(
    "has spent what its last call has, whatever saving costs",
    async () => {
      await using instance = await plugin.instantiate(options({ limits: { fuel: 1e9 } }));
      await instance.call("add", [1]);
      const { spent } = instance;
      expect(spent).toBeGreaterThan(0);
      await stateOf(instance);
      expect(instance.spent).toBe(spent);
    },
  );

  it("over a connection is saved and taken up as here", async () => {
    const connect: Connect = (together, limits) => plugin.connect(together, limits);
    await using over = pythonOver(plugin, connect);
    await using here = await plugin.instantiate(options());
    await here.call("add", [4]);
    await using there = await over.instantiate(options({ state: await stateOf(here) }));
    expect(await there.call("add", [1])).toBe(5);
    await using back = await plugin.instantiate(options({ state: await stateOf(there) }));
    expect(await back.call("add", [1])).toBe(6);
  });
});

describe("a state", () => {
  it("that the plugin does not take is none", async () => {
    const state = await stateOf(lasting);
    const short = state.slice(0, -4);
    new DataView(short.buffer).setUint32(short.length - 4, 0, true);
    expect(await refusalOf(plugin, options({ state: short }))).toBe("state-invalid");
  });

  it("of other bytes is refused before anything runs", async () => {
    const state = await stateOf(lasting);
    for (let end = 0; end < state.length; end += 7) {
      expect(await refusalOf(plugin, options({ state: state.subarray(0, end) }))).toBe("state-invalid");
    }
  }, 20_000);
});

it("whether a plugin can say its state stands in its main module's text", async () => {
  const of = (app: string, more: Readonly<Record<string, string>> = {}): Promise<PythonPlugin> =>
    pythonPlugin(pythonPackage({ "app.py": app, "world.wit": "package test:plugin; world w {}", ...more }), {
      cacheFolder,
    });
  const both = "def save_state(): return b''\ndef load_state(state): pass\n";
  await using said = await of(both);
  await using half = await of("def save_state(): return b''\n");
  await using inside = await of(`class A:\n    ${both.replaceAll("\n", "\n    ")}\n`);
  await using elsewhere = await of("from other import save_state, load_state\n", { "other.py": both });
  expect([said, half, inside, elsewhere].map((each) => savedAs(each).how)).toEqual([
    "functions",
    "calls",
    "calls",
    "calls",
  ]);
  await using instance = await half.instantiate(surroundings());
  expect(instance.save).toBeUndefined();
  expect(await refusalOf(half, surroundings({}, { state: new Uint8Array(9) }))).toBe("state-invalid");
});
