import { pathToFileURL } from "node:url";
import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { openPlugin } from "../../src/host/open.node.ts";
import { readPackage } from "../../src/host/package/package.node.ts";
import type { LogLine } from "../../src/host/plugin.ts";
import type { Limits } from "../../src/host/manifest.ts";
import { type CoreCallOptions, type CorePackage, CorePool } from "../../src/host/worker/core-pool.node.ts";
import type { Value } from "../../src/wit/value.ts";
import { ADD, BOOM, COUNTER, faultOf } from "./component-fixtures.ts";
import { packageOf as luaPackage } from "./lua-package.ts";
import { pythonPackage } from "./python-package.ts";
import { temporaryFolder, type TemporaryFolder } from "./temporary.ts";

const SPINNER = `(component
  (core module $m (func (export "spin") (loop $again (br $again))))
  (core instance $i (instantiate $m))
  (func (export "spin") (canon lift (core func $i "spin"))))`;

const options: CoreCallOptions = { seed: new Uint8Array(32), now: 0 };

interface Prepared extends AsyncDisposable {
  readonly counter: CorePackage;
  readonly spinner: CorePackage;
  readonly folder: TemporaryFolder;
}

async function prepared(): Promise<Prepared> {
  const folder = await temporaryFolder({ "counter.wasm": await parse(COUNTER), "spinner.wasm": await parse(SPINNER) });
  const refOf = async (file: string): Promise<CorePackage> => {
    return packageFor(await readPackage(`${folder.path}/${file}`), folder.path);
  };
  return {
    counter: await refOf("counter.wasm"),
    spinner: await refOf("spinner.wasm"),
    folder,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

async function packageFor(files: CorePackage["files"], cacheFolder: string): Promise<CorePackage> {
  await using plugin = await openPlugin(files, { cacheFolder });
  return { files, digest: plugin.digest };
}

function limited({ files, digest }: CorePackage, limits: Limits): CorePackage {
  return { files: { ...files, manifest: { ...files.manifest, limits } }, digest };
}

let ready: Prepared;
beforeAll(async () => {
  ready = await prepared();
});
afterAll(() => ready[Symbol.asyncDispose]());

function poolFor(size: number, idle = 60_000): CorePool {
  return new CorePool({ size, idle, cacheFolder: ready.folder.path });
}

describe("CorePool", () => {
  it("runs every call in a fresh instance", async () => {
    await using pool = poolFor(2);

    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, n) => pool.call(ready.counter, ADD, [n], options)),
    );

    expect(answers).toEqual(Array.from({ length: 12 }, (_, n) => n));
    expect(pool.threads).toBe(2);
  });

  it("brings a guest's failure home with its code and stack, and goes on", async () => {
    await using pool = poolFor(1);

    const fault = await faultOf(() => pool.call(ready.counter, BOOM, [], options));

    expect(fault).toMatchObject({ code: "plugin-trapped", source: "local:counter" });
    expect(fault.frames[0]).toMatchObject({ function: "inner" });
    expect(await pool.call(ready.counter, ADD, [4], options)).toBe(4);
  });

  it("stops an endless loop when its signal says so, and replaces the thread (Q4)", async () => {
    await using pool = poolFor(1);
    const stop = new AbortController();
    const reason = new Error("enough");

    const spinning = pool.call(ready.spinner, "spin", [], { ...options, signal: stop.signal });
    const next = pool.call(ready.counter, ADD, [1], options);
    stop.abort(reason);

    await expect(spinning).rejects.toBe(reason);
    expect(await next).toBe(1);
  });

  it("a call that is stopped while it waits for a thread never runs", async () => {
    await using pool = poolFor(1);
    const stop = new AbortController();

    const first = pool.call(ready.counter, ADD, [1], options);
    const second = pool.call(ready.counter, ADD, [2], { ...options, signal: stop.signal });
    stop.abort(new Error("not needed"));

    await expect(second).rejects.toThrow("not needed");
    expect(await first).toBe(1);
  });

  it("dispose ends the threads, also in the middle of an endless loop (Q3)", async () => {
    const pool = poolFor(1);
    const spinning = faultOf(() => pool.call(ready.spinner, "spin", [], options));
    const waiting = faultOf(() => pool.call(ready.counter, ADD, [1], options));

    await pool[Symbol.asyncDispose]();

    expect(await spinning).toMatchObject({ code: "plugin-lost" });
    expect(await waiting).toMatchObject({ code: "plugin-lost" });
    expect(pool.threads).toBe(0);
    expect(await faultOf(() => pool.call(ready.counter, ADD, [1], options))).toMatchObject({ code: "plugin-lost" });
  });

  it("an idle thread ends by itself", async () => {
    await using pool = poolFor(1, 1);
    await pool.call(ready.counter, ADD, [1], options);

    await expect.poll(() => pool.threads).toBe(0);
    expect(await pool.call(ready.counter, ADD, [2], options)).toBe(2);
  });

  it("refuses a package that changed, what it has not, and what is not of its type", async () => {
    await using pool = poolFor(1);

    expect(await faultOf(() => pool.call({ ...ready.counter, digest: "0" }, ADD, [1], options))).toMatchObject({
      code: "package-changed",
    });
    expect(await faultOf(() => pool.call(ready.counter, ADD, [-1], options))).toMatchObject({ code: "out-of-range" });
    expect(await faultOf(() => pool.call(ready.counter, "nothing", [], options))).toMatchObject({
      code: "unknown-function",
    });
  });

  it("ends what takes too much, by the limits that hold for the package, and the thread goes on", async () => {
    await using pool = poolFor(1);
    const spin = (limits: Limits): Promise<unknown> =>
      faultOf(() => pool.call(limited(ready.spinner, limits), "spin", [], options));

    expect(await spin({ fuel: 10_000 })).toMatchObject({ code: "fuel-exhausted", source: "local:spinner" });
    expect(await spin({ deadline: 30 })).toMatchObject({ code: "deadline-exceeded", source: "local:spinner" });
    expect(await spin({ fuel: Infinity, deadline: 30 })).toMatchObject({ code: "deadline-exceeded" });
    expect(await pool.call(ready.counter, ADD, [1], options)).toBe(1);
  });

  it("takes values of Lua, and its lines in order before the answer", async () => {
    const wit =
      "package acme:sample@1.0.0; world w { export twice: func(words: list<string>) -> result<list<string>, string>; }";
    const main = `return { twice = function(words)
      for _, word in ipairs(words) do print(word) end
      local out = {} for i, word in ipairs(words) do out[i] = word .. word end return out end }`;
    const pack = await packageFor(luaPackage({ wit, files: { "main.lua": main } }), ready.folder.path);
    const lines: LogLine[] = [];
    await using pool = poolFor(1);
    const words = ["a", "\u{1F600}", ""];

    const answer = (await pool.call(pack, "twice", [words], { ...options, log: (line) => lines.push(line) })) as {
      payload: Value;
    };

    expect(answer.payload).toEqual(["aa", "\u{1F600}\u{1F600}", ""]);
    expect(lines.map(({ text }) => text)).toEqual(words);
  });

  it("takes Python, in threads of its own", { timeout: 120_000 }, async () => {
    const wit = "package acme:sample@1.0.0; world w { export half: func(n: f64) -> f64; }";
    const files = pythonPackage({
      "world.wit": wit,
      "app.py": "class WitWorld:\n    def half(self, n: float) -> float:\n        return n / 2\n",
    });
    const pack = await packageFor(files, ready.folder.path);
    await using pool = poolFor(1);

    expect(await pool.call(ready.counter, ADD, [1], options)).toBe(1);
    expect(await pool.call(pack, "half", [3], options)).toBe(1.5);
    expect(await pool.call(ready.counter, ADD, [2], options)).toBe(2);
    expect(pool.threads).toBe(1);
  });

  it("calls run at the same time: one that never ends does not keep another from its core (Q1)", async () => {
    await using pool = poolFor(2);
    const spinning = faultOf(() => pool.call(ready.spinner, "spin", [], options));

    for (let n = 0; n < 3; n++) expect(await pool.call(ready.counter, ADD, [n], options)).toBe(n);

    await pool[Symbol.asyncDispose]();
    expect(await spinning).toMatchObject({ code: "plugin-lost" });
  });
});

/** Threads that do what a guest could only do after it broke out of WebAssembly. */
describe("a thread that lies", () => {
  const called = async (code: string, act: (pool: CorePool) => Promise<void>): Promise<void> => {
    await using folder = await temporaryFolder({
      "entry.mjs": `
        import { workerData } from "node:worker_threads";
        import { readFileSync } from "node:fs";
        const { port } = workerData.keeper;
        const frame = (...bytes) => port.postMessage(Uint8Array.from(bytes).buffer);
        let asked = 0;
        port.on("message", () => { asked++; ${code} });`,
    });
    const entry = pathToFileURL(`${folder.path}/entry.mjs`);
    await using pool = new CorePool({ size: 1, cacheFolder: ready.folder.path, entry });
    await act(pool);
  };
  /** The first message opens the package, the second is the call. */
  const LIES: Readonly<Record<string, string>> = {
    "that sends an object": "if (asked === 2) port.postMessage({ kind: 'answer', value: 1 });",
    "that answers nothing that was asked": "if (asked === 2) frame(4, 9, 0, 0, 0, 0);",
    "whose answer is too short": "if (asked === 2) frame(4, 1, 0, 0, 0, 0, 1);",
    "whose answer is too long": "if (asked === 2) frame(4, 1, 0, 0, 0, 0, 1, 0, 0, 0, 1);",
    "that starts twice": "if (asked === 2) { frame(3, 1, 0, 0, 0); frame(3, 1, 0, 0, 0); }",
    "that claims a kind of message": "if (asked === 2) frame(77, 1, 0, 0, 0);",
    "that speaks before it is asked": "if (asked === 1) frame(4, 0, 0, 0, 0, 0);",
    "that logs without end": "if (asked === 2) for (;;) frame(10, 0, 0, 0, 0, 0, 0, 0, 0);",
    "whose fault has no code": "if (asked === 2) frame(4, 1, 0, 0, 0, 1, 0, 0, 0, 0);",
    "that sends without end": "for (;;) frame(1);",
  };

  it.each(Object.entries(LIES))("%s is ended, and costs that call", async (_, code) => {
    await called(code, async (pool) => {
      expect(await faultOf(() => pool.call(ready.counter, ADD, [1], options))).toMatchObject({
        code: "plugin-trapped",
        source: "local:counter",
      });
      expect(pool.threads).toBe(0);
    });
  });

  it("has the walls of L1", async () => {
    const look = `
      const seen = [];
      for (const path of ["/etc/hostname", process.cwd() + "/package.json"])
        try { readFileSync(path); seen.push("read"); } catch (error) { seen.push(error.code); }
      seen.push(String(Object.keys(process.env).length), String(process.argv.length));
      const text = new TextEncoder().encode(seen.join(" "));
      const code = new TextEncoder().encode("seen");
      const empty = [0, 0, 0, 0];
      if (asked === 2) frame(4, 1, 0, 0, 0, 1, 4, 0, 0, 0, ...code, ...empty, text.length, 0, 0, 0, ...text, ...empty, 0);`;
    await called(look, async (pool) => {
      const fault = await faultOf(() => pool.call(ready.counter, ADD, [1], options));

      expect([fault.code, fault.message]).toEqual(["seen", "ERR_ACCESS_DENIED ERR_ACCESS_DENIED 0 2"]);
    });
  });
});
