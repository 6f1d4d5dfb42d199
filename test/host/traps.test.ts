/**
 * What was found to go wrong in the runtimes below the host, and the test that holds each shut. The index is itself tested:
 * a test that is renamed or removed must be replaced here. Traps that had no better place are tested below the index.
 */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { Plugin } from "../../src/host/plugin.ts";
import { openPython } from "./python-opened.ts";
import { ASKER, faultOf, ORACLE_ASK, pluginFromText, pluginFromWit, start, waiting } from "./component-fixtures.ts";
import { faultFrom, lua, settings } from "./lua-package.ts";
import { pythonPackage, surroundings } from "./python-package.ts";

/** The trap; the file below `test/`; a part of the test's name there. */
type Trap = readonly [what: string, file: string, test: string];

const jco: readonly Trap[] = [
  [
    "two versions of one imported interface become one",
    "host/component-traps",
    "two versions of one imported interface",
  ],
  ["the printed world leaves out the bodies of interfaces", "wit/decoder", "reads every type"],
  ["the binary is decoded before anybody has validated it", "wit/decoder-hostile", "survives each byte changed"],
  ["an import that rejects, and has no `result`, hangs its caller for ever", "host/component", "an import that fails"],
  ["it hangs also when the import throws at once", "host/component-traps", "does not hang"],
  [
    "a WIT async import declared as suspending answers wrongly",
    "host/component-traps",
    "WIT async function that imports",
  ],
  ["a promise where none is expected is a zero", "host/traps", "an import that was said not to wait"],
  ["a constructor cannot suspend", "host/component-traps", "guest whose imports are %s"],
  ["streams and futures cross halfway", "host/traps", "streams and futures are refused"],
  ["texts become numbers, a missing number NaN", "host/component-traps", "nothing is coerced"],
  ["an import's wrong answer is coerced", "host/component", "of the wrong type is a fault, not a coerced value"],
  ["error payloads are thrown bare, or lose fields", "host/component-traps", "arrives whole"],
  ["what a guest gives is not of its type", "host/component-traps", "fails its call and is gone"],
  ["a leading U+FEFF is dropped, nested options fall together", "host/component-traps", "a leading U+FEFF stays"],
  ["typed arrays of another type are copied as bytes", "host/component-values", "come back bit for bit"],
  ["names that are keywords, or `then`", "host/component-traps", "named like keywords"],
  ["names that the script itself needs", "host/component-traps", "would shadow"],
  ["a guest on the stack can be entered again", "host/component", "is re-entrant (H2)"],
  ["a call that waits for itself waits for ever", "host/component", "instead of waiting for itself"],
  ["calls into a suspended guest run in between", "host/component", "take turns (H2)"],
  ["after a trap the guest can still be reached", "host/component", "a trap ends its instance only"],
  ["after a stack overflow it goes on", "host/component", "although V8 would let it go on"],
  ["there is no memory limit", "host/component", "to the package's limit and no further"],
  ["nothing stops an endless loop", "host/worker", "stops an endless loop"],
  [
    "transpiling blocks its thread, and takes long",
    "host/component-cache",
    "a component is worked on once, and that is kept",
  ],
  ["a damaged cache entry is used", "host/component-cache", "are made again (K1)"],
  ["WASI shows environment, arguments and files", "host/component-wasi", "shows nothing of the host"],
  ["WASI's exit ends the host", "host/component-wasi", "ends itself only"],
  ["a WASI import that is missing is a TypeError", "host/component-wasi", "nor one that is not there"],
  ["C code without `cabi_post` leaks what it returns", "samples/counter", "gives its memory back"],
  ["QuickJS rounds integers beyond 2^53", "samples/quickjs-limits", "larger ones are rounded"],
  ["QuickJS cannot take back a resource", "samples/quickjs-limits", "but not given back"],
  ["behaviour changes from version to version", "host/traps", "are pinned exactly"],
];

const python: readonly Trap[] = [
  ["5.0 becomes an int, -0 becomes 0, 2^53 a float", "host/python-values", "keep -0, NaN, infinities"],
  ["values come out as proxies", "host/python-values", "come back bit for bit equal"],
  ["a view of its memory detaches when that grows", "host/python-values", "may be large"],
  ["marshal bytes can be forged", "host/python-marshal", "refuses any other bytes"],
  ["`os.system` is a shell of the host", "host/python-escape", "touches nothing outside"],
  ["`import js`, `.constructor`, `run_js` lead to Node", "host/python-escape", "is refused"],
  ["objects reachable in the realm lead to Node", "host/python-escape", "leads to Node"],
  ["`os._exit` and aborts take the instance along", "host/python-escape", "ends its own instance only"],
  ["an instance starts in seconds without an image", "host/python-image", "are made once and read from disk"],
  ["files are not in an image", "host/python-image", "modules still load late"],
  ["an image of another build, or a damaged one", "host/python-image", "replaced by a cold start"],
  ["`random` starts where the image left it", "host/python-instance", "draws the same numbers"],
  ["the order of sets depends on a hidden seed", "host/traps", "the order of a set is the same"],
  ["the clock is the host's, unasked", "host/python-instance", "the clock stands still"],
  ["synchronous code cannot wait for a promise", "host/python-imports", "answers at once or later"],
  ["`time.sleep` holds up the thread", "host/python-instance", "sleeps of two instances overlap"],
  ["there are no threads, and waiting for one never ends", "host/python-instance", "a wait without a limit is refused"],
  ["C code cannot be interrupted", "host/python-failure", "disposed in the middle of a call"],
  ["memory has no limit", "host/python-failure", "may survive its memory limit"],
  ["an exception is a text without frames", "host/python-failure", "says where, innermost first"],
  ["an import's failure can be swallowed", "host/python-imports", "which Python cannot swallow"],
  ["packages that are not in the box", "host/python-failure", "says so: %s"],
  ["only `Err` itself is an err, no class derived from it", "host/traps", "a class derived from Err"],
  ["the worker takes 90 MB", "host/python-failure", "admits by memory and in order"],
];

const luaTraps: readonly Trap[] = [
  ["5.0 becomes an integer, 64 bits a double", "host/lua-codec", "keeps integers exact and floats floats"],
  ["strings end at NUL and are decoded", "host/traps", "bytes cross whole"],
  ["an empty table is no list, or no map", "host/lua-resources", "untyped values come back as they went"],
  ["of several returned values only one counts", "host/traps", "what is returned beyond"],
  ["tables that share parts stand for terabytes", "host/lua-hostile", "ends the instance for %s"],
  ["an import cannot wait inside a C function", "host/lua-imports", "say import-in-callback"],
  ["it must be able to inside `pcall` and iterators", "host/lua-imports", "wait for a promise, through pcall"],
  ["memory has no limit", "host/lua-walls", "memory stops at the limit"],
  ["recursion through C overflows the stack", "host/lua-walls", "deep recursion through C"],
  ["`io`, `os.execute`, `package` are there", "host/lua-walls", "%s is not there"],
  ["`load` takes bytecode", "host/lua-walls", "%s is %s"],
  [
    "the order of `pairs` and `math.random` depend on the time",
    "host/lua-walls",
    "clock and randomness are the host's",
  ],
  ["the traceback is gone once the coroutine is closed", "host/lua-errors", "carry the message and the guest's stack"],
  ["handles can be forged", "host/lua-resources", "cannot be forged"],
  ["there is no Julia for WebAssembly", "host/julia", "says what is missing at its first call"],
];

describe("every trap has its test", () => {
  it.each([...jco, ...python, ...luaTraps])("%s: %s", async (_, file, test) => {
    const text = await readFile(new URL(`../${file}.test.ts`, import.meta.url), "utf8");
    const titles = text.matchAll(/(?:^|\s)(?:it|\](?: as const)?\))(?:\.each\([^\n]*\))?\(\s*(["'`])(.*?)\1,/gm);
    expect([...titles].map(([, , title]) => title).some((title) => title?.includes(test))).toBe(true);
  });
});

it("the runtimes whose inner workings the host relies on are pinned exactly", async () => {
  const manifest: unknown = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8"));
  const exact = expect.stringMatching(/^\d+\.\d+\.\d+$/) as string;
  expect(manifest).toMatchObject({
    dependencies: { "@bytecodealliance/jco-transpile": exact, pyodide: exact, wasmoon: exact },
  });
});

describe("components", () => {
  it("an import that was said not to wait, and does, is a fault and no zero", async () => {
    await using plugin = await pluginFromText(ASKER);
    const { call } = waiting(() => 5);
    await using instance = await start(plugin, {
      [ORACLE_ASK]: { colour: "sync", call },
      "t:host/oracle@1.0.0#try": { colour: "sync", call },
    });
    expect(await faultOf(() => instance.call("ask", [1]))).toMatchObject({ code: "import-failed" });
    expect(instance.alive).toBe(false);
  });

  it.each(["stream<u8>", "future<u8>"])("streams and futures are refused: %s", async (type) => {
    const core = `(module (memory (export "memory") 1) (func (export "f") (param i32)))`;
    const open = (): Promise<Plugin> => pluginFromWit(`world w { export f: func(x: ${type}); }`, core);
    expect(await faultOf(open)).toMatchObject({ code: "component-unsupported" });
  });
});

describe("Lua", () => {
  const world = "world w { export text: func(s: string) -> string; export bytes: func(b: list<u8>) -> list<u8>; }";

  it("bytes cross whole: NUL in texts, and bytes that are no text", async () => {
    await using plugin = await lua(
      world,
      "return { text = function(s) return s .. #s end, bytes = function(b) return b end }",
    );
    await using instance = await plugin.instantiate(settings());
    expect(instance.call("text", ["a\0b"])).toBe("a\0b3");
    expect(instance.call("bytes", [Uint8Array.of(0, 255, 254, 0)])).toEqual(Uint8Array.of(0, 255, 254, 0));
  });

  it("what is returned beyond the first value is ignored, and nothing is nil", async () => {
    await using plugin = await lua(
      world,
      "return { text = function(s) return s, 2, nil, 4 end, bytes = function() end }",
    );
    await using instance = await plugin.instantiate(settings());
    expect(instance.call("text", ["a"])).toBe("a");
    expect((await faultFrom(() => instance.call("bytes", [Uint8Array.of()]))).message).toContain("nil");
  });
});

describe("Python", { timeout: 120_000 }, () => {
  const wit = `package test:plugin; world w { export order: func() -> string; export fail: func() -> result<u8, string>; }`;
  const app = `import wit_world
from componentize_py_types import Err
class Mine(Err):
    pass
class WitWorld(wit_world.WitWorld):
    def order(self):
        return " ".join({"alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"})
    def fail(self):
        raise Mine("no")
`;
  let plugin: Plugin;
  beforeAll(async () => {
    plugin = await openPython(pythonPackage({ "app.py": app, "world.wit": wit }));
  });
  afterAll(() => plugin[Symbol.asyncDispose]());

  it("the order of a set is the same in every instance", async () => {
    const orders: unknown[] = [];
    for (const seed of [1, 2]) {
      await using instance = await plugin.instantiate(surroundings({}, { seed: new Uint8Array(32).fill(seed) }));
      orders.push(await instance.call("order", []));
    }
    expect(orders[0]).toBe(orders[1]);
  });

  it("a class derived from Err is an exception like any other, as it is in a compiled component", async () => {
    await using instance = await plugin.instantiate(surroundings());
    await expect(instance.call("fail", [])).rejects.toMatchObject({ code: "plugin-trapped" });
  });
});
