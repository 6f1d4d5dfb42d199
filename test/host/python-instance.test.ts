import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Instance, Plugin } from "../../src/host/plugin.ts";
import { processAdmission } from "../../src/host/python/admission.node.ts";
import { openPython } from "./python-opened.ts";
import { pythonPackage, surroundings } from "./python-package.ts";

const WIT = `package test:plugin;
world naps {
  export inc: func(by: u32) -> u64;
  export nap: func(seconds: f64) -> f64;
  export doze: func(seconds: f64) -> f64;
  export wait-for: func(seconds: f64) -> bool;
  export wait-for-ever: func();
  export set: func();
  export clocks: func() -> list<f64>;
  export draw: func() -> list<string>;
}`;

const APP = `import asyncio, os, random, secrets, threading, time, uuid
from datetime import datetime, timezone
import wit_world

class WitWorld(wit_world.WitWorld):
    def __init__(self):
        self.count = 0
        self.event = threading.Event()

    def inc(self, by):
        self.count += by
        return self.count

    def nap(self, seconds):
        before = time.monotonic()
        time.sleep(seconds)
        return time.monotonic() - before

    async def doze(self, seconds):
        await asyncio.gather(asyncio.sleep(seconds), asyncio.sleep(seconds))
        return time.time()

    def wait_for(self, seconds):
        return self.event.wait(seconds)

    def wait_for_ever(self):
        self.event.wait()

    def set(self):
        self.event.set()

    def clocks(self):
        first = time.time()
        for _ in range(100_000):
            pass
        return [first, time.time(), datetime.now(timezone.utc).timestamp()]

    def draw(self):
        return [str(random.random()), os.urandom(8).hex(), str(uuid.uuid4()), secrets.token_hex(8)]
`;

/** A sleep that the test ends by hand. */
class ManualSleep {
  readonly lengths: number[] = [];
  #ends: (() => void)[] = [];
  #watcher: { readonly count: number; readonly tell: () => void } | undefined;

  /** Forgets the sleeps of the test before. */
  begin(): void {
    this.lengths.length = 0;
    this.#ends = [];
    this.#watcher = undefined;
  }

  readonly sleep = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => {
      this.lengths.push(milliseconds);
      this.#ends.push(resolve);
      if (this.#watcher !== undefined && this.lengths.length >= this.#watcher.count) this.#watcher.tell();
    });

  /** Until so many sleeps have begun in all. */
  begun(count: number): Promise<void> {
    if (this.lengths.length >= count) return Promise.resolve();
    return new Promise((tell) => (this.#watcher = { count, tell }));
  }

  endAll(): void {
    for (const end of this.#ends.splice(0)) end();
  }
}

describe("an instance of a Python plugin", () => {
  let plugin: Plugin;
  let overlapping: Plugin;
  /** Instances that many tests use, whose sleeps and time they make. */
  let first: Instance;
  let second: Instance;
  let overlap: Instance;
  const manual = new ManualSleep();
  let now = 0;
  beforeAll(async () => {
    const files = { "app.py": APP, "world.wit": WIT };
    plugin = await openPython(pythonPackage(files));
    overlapping = await openPython(pythonPackage(files, { overlap: true }));
    const options = { sleep: manual.sleep, now: () => now };
    first = await plugin.instantiate(surroundings({}, options));
    second = await plugin.instantiate(surroundings({}, options));
    overlap = await overlapping.instantiate(surroundings({}, options));
  });
  beforeEach(() => manual.begin());
  afterAll(async () => {
    await plugin[Symbol.asyncDispose]();
    await overlapping[Symbol.asyncDispose]();
    expect(processAdmission.living).toBe(0);
  });

  it("keeps its state from call to call, and shares it with no other (I2)", async () => {
    const before = processAdmission.living;
    await using third = await plugin.instantiate(surroundings());

    expect(await first.call("inc", [2])).toBe(2);
    expect(await second.call("inc", [40])).toBe(40);
    expect(await first.call("inc", [3])).toBe(5);
    expect(await third.call("inc", [1])).toBe(1);
    expect(await second.call("inc", [0])).toBe(40);
    expect(processAdmission.living).toBe(before + 1);
  });

  it("sleeps of two instances overlap", async () => {
    const calls = [first.call("nap", [0.3]), second.call("nap", [0.5])];
    await manual.begun(2);
    expect(manual.lengths.toSorted((a, b) => a - b)).toEqual([300, 500]);
    manual.endAll();
    for (const call of calls) expect(await call).toBe(0);
  });

  it("calls into one instance wait for each other's sleep (I1)", async () => {
    const calls = [first.call("nap", [0.3]), first.call("nap", [0.5])];
    await manual.begun(1);
    expect(manual.lengths).toEqual([300]);
    manual.endAll();
    await calls[0];
    await manual.begun(2);
    manual.endAll();
    expect(await calls[1]).toBe(0);
  });

  it("unless its manifest says that they may overlap", async () => {
    const calls = [overlap.call("nap", [0.3]), overlap.call("nap", [0.5]), overlap.call("clocks", [])];
    await manual.begun(2);
    await calls[2];
    expect(manual.lengths).toEqual([300, 500]);
    manual.endAll();
    for (const call of calls.slice(0, 2)) expect(await call).toBe(0);
  });

  it("asyncio sleeps through the host too, and tasks of one call overlap", async () => {
    now = 5000;
    const call = first.call("doze", [2]);
    await manual.begun(2);
    expect(manual.lengths).toEqual([2000, 2000]);
    manual.endAll();
    expect(await call).toBe(5);
  });

  it("a timed wait for another thread ends, though there are no threads", async () => {
    const alone = overlap.call("wait-for", [0.5]);
    await manual.begun(1);
    manual.endAll();
    expect(await alone).toBe(false);
    const helped = overlap.call("wait-for", [0.25]);
    await manual.begun(2);
    await overlap.call("set", []);
    manual.endAll();
    expect(await helped).toBe(true);
    expect(manual.lengths).toEqual([500, 250]);
  });

  it("a wait without a limit is refused", async () => {
    await using python = await plugin.instantiate(surroundings());
    const message = expect.stringMatching(/no threads here/) as string;
    await expect(python.call("wait-for-ever", [])).rejects.toMatchObject({ code: "plugin-trapped", message });
  });

  it("the clock stands still during a call and moves at each delivery", async () => {
    now = 1_000_000;
    expect(await first.call("clocks", [])).toEqual(Float64Array.of(1000, 1000, 1000));
    now = 2_000_000;
    expect(await first.call("clocks", [])).toEqual(Float64Array.of(2000, 2000, 2000));
    const nap = first.call("nap", [0.25]);
    await manual.begun(1);
    now += 250;
    manual.endAll();
    expect(await nap).toBe(0.25);
  });

  it("one seed draws the same numbers in every instance, another one others (D8)", async () => {
    const draw = async (seed: number): Promise<unknown> => {
      await using python = await plugin.instantiate(surroundings({}, { seed: new Uint8Array(32).fill(seed) }));
      return [await python.call("draw", []), await python.call("draw", [])];
    };
    const [first, again, other] = [await draw(1), await draw(1), await draw(2)] as string[][][];
    expect(again).toEqual(first);
    const drawn = [...(first ?? []), ...(other ?? [])].flat();
    expect(new Set(drawn).size).toBe(drawn.length);
  });
});
