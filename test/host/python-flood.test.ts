import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { pythonOver } from "../../src/host/python/over.node.ts";
import type { Instance, LogLine } from "../../src/host/plugin.ts";
import type { PythonPlugin } from "../../src/host/python/plugin.node.ts";
import { openPython } from "./python-opened.ts";
import { processAdmission } from "../../src/host/python/admission.node.ts";
import * as frames from "../../src/host/python/worker/frame.ts";
import { pythonPackage, surroundings } from "./python-package.ts";

const WIT = `package test:plugin;
world w {
  import ask: func() -> u32;
  export lines: func(count: u32, length: u32);
  export endless: func();
  export both: func() -> u32;
  export many: func() -> u32;
}`;

const APP = `import wit_world

class WitWorld(wit_world.WitWorld):
    def lines(self, count, length):
        for i in range(count): print(str(i).ljust(length, "x"))
    def endless(self):
        while True: print("x" * 100)
    def both(self):
        print("before")
        answer = wit_world.ask()
        print("after")
        return answer
    def many(self):
        return sum(wit_world.ask() for _ in range(3000))
`;

const ask = { colour: "sync", call: () => 1 } as const;

describe("what a Python plugin prints", () => {
  let plugin: PythonPlugin;
  /** For calls that do not end it. */
  let python: Instance;
  /** What it printed since the test began, and where it asked. */
  let seen: string[] = [];
  beforeAll(async () => {
    plugin = await openPython(pythonPackage({ "app.py": APP, "world.wit": WIT }));
    const log = ({ level, text }: LogLine): void => void seen.push(level === "info" ? text : `${text} (${level})`);
    const asked = { colour: "sync", call: () => (seen.push("asked"), 1) } as const;
    python = await plugin.instantiate(surroundings({ ask: asked }, { log }));
  });
  beforeEach(() => void (seen = []));
  afterAll(async () => {
    await plugin[Symbol.asyncDispose]();
    expect(processAdmission.living).toBe(0);
  });

  it("comes whole and in order, however fast it prints", async () => {
    await python.call("lines", [20_000, 10]);
    expect(seen).toEqual(Array.from({ length: 20_000 }, (_, i) => String(i).padEnd(10, "x")));
  });

  it("comes before what the call asks for or answers next (N1)", async () => {
    await python.call("both", []);
    expect(seen).toEqual(["before", "asked", "after"]);
  });

  it("is bounded for each call, and says what was left out (N3)", async () => {
    await python.call("lines", [3000, 1000]);
    const [last, ...kept] = seen.toReversed();
    expect(kept.length).toBe(Math.floor(frames.LINES_OF_CALL / 1004));
    expect(last).toBe(
      `${3000 - kept.length} more lines were left out: a call may print ${frames.LINES_OF_CALL} bytes (warn)`,
    );
    await python.call("lines", [1, 5]);
    expect(seen.at(-1)).toBe("0xxxx");
  });

  it("is bounded also while a call never ends", async () => {
    const options = surroundings({ ask }, { limits: { deadline: 500 } });
    await using python = await plugin.instantiate(options);
    await expect(python.call("endless", [])).rejects.toMatchObject({ code: "deadline-exceeded" });
    expect(options.lines.length).toBeLessThanOrEqual(frames.LINES_OF_CALL / 104 + 1);
  });

  it("many imports of one call are no breach", async () => {
    expect(await python.call("many", [])).toBe(3000);
  });

  /** A worker that broke out: it answers its binding as an honest one would, and then says this for ever. */
  const flooding = (message: string) => `
    import { workerData } from "node:worker_threads";
    const frame = (kind, a, b, c, d, body = new Uint8Array(0)) => {
      const buffer = new ArrayBuffer(32 + body.length);
      const view = new DataView(buffer);
      [kind, a, b, d].forEach((word, i) => view.setUint32(4 * i, word, true));
      view.setFloat64(16, c, true);
      view.setUint32(24, body.length, true);
      new Uint8Array(buffer, 32).set(body);
      return buffer;
    };
    const { port } = workerData;
    port.on("message", (received) => {
      const view = new DataView(received);
      if (view.getUint32(0, true) !== 1) return;
      if (view.getUint32(4, true) === 1) port.postMessage(frame(5, 1, 1, 0, 0, Uint8Array.of(1, 0, 0, 0, 78)));
      else for (;;) port.postMessage(${message});
    });`;

  it.each([
    ["lines", "frame(9, 1, 0, 0, 0, Uint8Array.of(1, 0, 0, 0, 120))"],
    ["handles it lets go of", "frame(9, 0, 1, 0, 0, Uint8Array.of(1, 0, 0, 0))"],
    ["imports", "frame(7, 1, 0, 0, 2, Uint8Array.of(40, 0, 0, 0, 0))"],
    ["sleeps", "frame(8, 1, 0, 0, 2)"],
    ["results of nothing", "frame(5, 2, 0, 0, 1)"],
    ["signs of life", "frame(13, 0, 0, 0, 0)"],
    ["messages that are no frames", "new ArrayBuffer(4)"],
    ["objects", "{ some: 'object' }"],
  ])("a flood of %s ends the worker soon, and does not keep this thread", async (_, message) => {
    const { port1, port2 } = new MessageChannel();
    const stops = new Int32Array(new SharedArrayBuffer(4 * frames.WORDS));
    const url = new URL(`data:text/javascript,${encodeURIComponent(flooding(message))}`);
    const worker = new Worker(url, { workerData: { port: port2 }, transferList: [port2] });
    const gone = new Promise<null>((resolve) => worker.once("exit", () => resolve(null)));
    const terminate = async (): Promise<void> => void (await worker.terminate());
    await using over = pythonOver(plugin, async () => ({ port: port1, stops, gone, terminate }));
    let lines = 0;
    const options = surroundings(
      { ask: { colour: "async", call: () => new Promise(() => {}) } },
      { log: () => lines++ },
    );
    const python = await over.instantiate({ ...options, sleep: () => new Promise(() => {}) });
    const longest = longestPause();
    await expect(python.call("endless", [])).rejects.toMatchObject({ code: "plugin-trapped" });
    await gone;
    expect(longest()).toBeLessThan(500); // 20 ms on a machine that has nothing else to do
    expect(lines).toBeLessThanOrEqual(20 * frames.NOTES_CREDIT); // so many for each turn of this thread
  });

  /** The longest time that this thread was busy, in milliseconds. */
  function longestPause(): () => number {
    let [longest, last] = [0, performance.now()];
    const timer = setInterval(() => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
    }, 1);
    return () => {
      clearInterval(timer);
      return Math.max(longest, performance.now() - last);
    };
  }
});
