import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { isLong } from "../long.ts";
import type { Fault } from "../../src/fault.ts";
import type { Instance, InstanceOptions, Plugin } from "../../src/host/plugin.ts";
import { processAdmission } from "../../src/host/python/admission.node.ts";
import { GRACE } from "../../src/host/python/deadline.ts";
import { LEAST_START } from "../../src/host/python/limits.ts";
import { openPython } from "./python-opened.ts";
import { pythonPackage, surroundings } from "./python-package.ts";

const WIT = `package test:plugin;
interface things {
  resource thing { constructor(); }
}
world w {
  import ask: func() -> u32;
  export things;
  export fine: func() -> u32;
  export endless: func(way: string);
  export asks: func() -> u32;
  export background: func();
  export count: func() -> u32;
  export spin: func(turns: u32) -> u32;
}`;

const APP = `import asyncio, re, time
import wit_world

ticks = 0

def plain():
    while True: pass
def swallowing():
    while True:
        try:
            while True: pass
        except KeyboardInterrupt: pass
def catching():
    while True:
        try:
            while True: pass
        except BaseException: pass
def in_finally():
    try: 1 / 0
    finally:
        while True: pass
class Bomb:
    def __del__(self):
        while True:
            try: plain()
            except BaseException: pass
def in_del():
    Bomb()
def in_c(): sum(range(10**11))
def regex(): re.match("(a+)+b", "a" * 64)
def power(): 2 ** (10 ** 9)
def shuffle():
    it = iter(int, 1)
    sorted(it)
def recursion():
    def again():
        while True:
            try: again()
            except BaseException: pass
    again()
async def forever():
    global ticks
    while True:
        ticks += 1
        await asyncio.sleep(0)
async def hogging():
    while True: pass

class WitWorld(wit_world.WitWorld):
    def fine(self):
        return 7
    def endless(self, way):
        globals()[way]()
    def asks(self):
        return wit_world.ask()
    def background(self):
        asyncio.ensure_future(forever())
    def count(self):
        time.sleep(0.001)
        return ticks
    def spin(self, turns):
        for _ in range(turns): pass
        return 1
`;

const THING = `from wit_world.exports import things
class Thing(things.Thing):
    def __init__(self):
        pass
    def __del__(self):
        while True:
            try:
                while True: pass
            except BaseException: pass
`;

/** What a worker takes to end on a machine that does other things too, beside the grace of 100 ms. */
const SLACK = 1500;
const LIMIT = 300;
/** For what spins until then: less of it proves the same. */
const SHORT = 100;

const never = (): Promise<never> => new Promise(() => {});

describe("a deadline of calls into Python", () => {
  let plugin: Plugin;
  const files = { "app.py": APP, "things.py": THING, "world.wit": WIT };
  const ask = { colour: "async", call: never } as const;
  /** For calls that do not end it. */
  let lasting: Instance;
  const fresh = (options: Partial<InstanceOptions> = {}): Promise<Instance> =>
    plugin.instantiate(surroundings({ ask }, options));
  beforeAll(async () => {
    plugin = await openPython(pythonPackage(files, { limits: { deadline: LIMIT } }));
    lasting = await fresh();
  });
  afterAll(async () => {
    await plugin[Symbol.asyncDispose]();
    expect(processAdmission.living).toBe(0);
  });

  const failed = async (work: () => unknown): Promise<Fault> => {
    try {
      await work();
    } catch (thrown) {
      return thrown as Fault;
    }
    return expect.fail("it did not fail");
  };

  const others = ["swallowing", "in_finally", "regex"]; // of `catching` the weaker form; test/attack plays the other two
  const ways = ["plain", "catching", "in_del", "in_c", "power", "shuffle", "recursion"];
  if (isLong(`deadlines of ${others.join(", ")}`, "stronger forms and test/attack/python-deadline.ts are tried"))
    ways.push(...others);
  it.each(ways)("ends what never ends: %s", async (way) => {
    await using python = await fresh({ limits: { deadline: SHORT } });
    const began = performance.now();
    const [call, queued] = [failed(() => python.call("endless", [way])), failed(() => python.call("fine", []))];
    expect(await call).toMatchObject({ code: "deadline-exceeded", source: "test:plugin" });
    const took = performance.now() - began;
    expect(took).toBeGreaterThanOrEqual(SHORT - 1);
    expect(took).toBeLessThan(SHORT + 100 + SLACK);
    expect(await queued).toMatchObject({ code: "plugin-lost" });
    expect(python.alive).toBe(false);
    expect(() => python.call("fine", [])).toThrow(expect.objectContaining({ code: "plugin-lost" }));
  });

  it("says where Python was, when it lets itself be interrupted", async () => {
    // On a busy machine the answer to the interrupt may come after the grace, and the worker is gone by then.
    const frames = [
      { function: "plain", file: "app.py" },
      { function: "endless", file: "app.py" },
    ];
    for (let left = 10; ; left--) {
      await using python = await fresh();
      const fault = await failed(() => python.call("endless", ["plain"]));
      if (left > 1 && fault.frames.length === 0) continue;
      expect(fault).toMatchObject({ message: "test:plugin: endless: it took longer than 300 ms", frames });
      break;
    }
  });

  it("counts what the host takes for an import, and a sleep", async () => {
    await using python = await fresh();
    expect(await failed(() => python.call("asks", []))).toMatchObject({ code: "deadline-exceeded" });
    await using sleeper = await fresh({ sleep: never });
    expect(await failed(() => sleeper.call("count", []))).toMatchObject({ code: "deadline-exceeded" });
  });

  it("is each call's own, also of many in one message", async () => {
    const turns = await turnsOf(lasting, LIMIT / 3);
    const calls = Array.from({ length: 4 }, () => [turns]);
    expect(await Promise.all(calls.map(async (args) => lasting.call("spin", args)))).toEqual([1, 1, 1, 1]);
    const stop = new AbortController().signal;
    const answers = await lasting.callMany?.("spin", calls, { untilErr: false, stop });
    expect(answers).toEqual(calls.map(() => ({ value: 1 })));
  });

  it("ends the one of many that is late, after the answers of those before it", async () => {
    // On a busy machine those answers, which come with that to the interrupt, may come after the grace as well.
    const stop = new AbortController().signal;
    const calls = [[10], [10], [1e9], [10]];
    for (let left = 10; ; left--) {
      await using python = await fresh();
      const answers = await python.callMany?.("spin", calls, { untilErr: false, stop });
      if (left > 1 && answers?.length === 1) continue;
      expect(answers).toMatchObject([{ value: 1 }, { value: 1 }, { thrown: { code: "deadline-exceeded" } }]);
      expect(python.alive).toBe(false);
      break;
    }
  });

  it("is what whoever makes the instance says, also none", async () => {
    await using python = await fresh({ limits: { deadline: 20_000 } });
    await using unlimited = await fresh({ limits: { deadline: Number.POSITIVE_INFINITY } });
    const turns = await turnsOf(python, 1.5 * LIMIT);
    expect(await python.call("spin", [turns])).toBe(1);
    expect(await unlimited.call("spin", [turns])).toBe(1);
  });

  it("ends what a dropped object goes on with", async () => {
    await using python = await fresh();
    const thing = (await python.call("test:plugin/things#[constructor]thing", [])) as { readonly id: number };
    await python.drop(thing.id);
    await gone(python);
    expect(() => python.call("fine", [])).toThrow(/it went on after its calls/);
  });

  it("lets Python run during calls only", async () => {
    await using python = await fresh();
    await python.call("background", []);
    const first = (await python.call("count", [])) as number;
    await new Promise((resolve) => setTimeout(resolve, 2 * LIMIT)); // time in which it would tick, and its sign of life is asked for
    const second = (await python.call("count", [])) as number;
    expect(second - first).toBeLessThan(100);
    expect(python.alive).toBe(true);
  });

  it("is not met by an instance that does nothing", async () => {
    expect(await lasting.call("fine", [])).toBe(7);
    await new Promise((resolve) => setTimeout(resolve, 3 * LIMIT));
    expect(await lasting.call("fine", [])).toBe(7);
  });

  /** Turns that take so many milliseconds here. */
  async function turnsOf(python: Instance, milliseconds: number): Promise<number> {
    const began = performance.now();
    await python.call("spin", [100_000]);
    return Math.floor((100_000 * milliseconds) / (performance.now() - began));
  }

  /** Until the instance has ended. */
  async function gone(python: Instance): Promise<void> {
    const began = performance.now();
    while (python.alive) {
      expect(performance.now() - began).toBeLessThan(2 * LIMIT + 100 + SLACK);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
});

describe("a Python plugin whose start never ends", () => {
  const pluginOf = (app: string): Promise<Plugin> => {
    const wit = "package test:plugin; world w { import spins: func(); export f: func(); }";
    return openPython(pythonPackage({ "app.py": app, "world.wit": wit }, { limits: { deadline: LIMIT } }));
  };
  const late = (message: RegExp): object => ({
    code: "deadline-exceeded",
    message: expect.stringMatching(message) as string,
  });
  const MODULES = "while True: pass\n";
  const OBJECTS = `import wit_world
class WitWorld:
    def __init__(self):
        wit_world.spins()
        while True: pass
    def f(self): pass
`;

  it("is ended when it has a deadline: its objects", async () => {
    await using plugin = await pluginOf(OBJECTS);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    try {
      const begins = Promise.withResolvers<void>();
      const spins = { colour: "sync", call: () => (begins.resolve(), null) } as const;
      const starting = expect(plugin.instantiate(surroundings({ spins }))).rejects.toMatchObject(
        late(/cannot start: it took longer/),
      );
      await begins.promise;
      vi.advanceTimersByTime(LEAST_START - 1);
      expect(processAdmission.living).toBe(1);
      vi.advanceTimersByTime(GRACE + 1);
      await starting;
    } finally {
      vi.useRealTimers();
    }
    expect(processAdmission.living).toBe(0);
  });

  it.runIf(isLong("Python modules that never end", "five seconds, and objects that never end are tried"))(
    "is ended when it has a deadline: its modules",
    async () => {
      await using plugin = await pluginOf(MODULES);
      const spins = { colour: "sync", call: () => null } as const;
      await expect(plugin.instantiate(surroundings({ spins }))).rejects.toMatchObject(
        late(/its modules took longer than 5000 ms/),
      );
      expect(processAdmission.living).toBe(0);
    },
  );
});
