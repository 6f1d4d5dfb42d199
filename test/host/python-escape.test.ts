import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isLong } from "../long.ts";
import type { CallLimits } from "../../src/host/meter/meter.ts";
import type { Instance, Plugin } from "../../src/host/plugin.ts";
import { processAdmission } from "../../src/host/python/admission.node.ts";
import { openPython } from "./python-opened.ts";
import { pythonPackage, surroundings } from "./python-package.ts";

/** A plugin that runs any Python it is given: what a hostile one could do. `answer` is what it says. */
const WIT = `package test:plugin;
world hostile {
  import host: func(x: u32) -> u32;
  export attempt: func(code: string) -> string;
}`;

const APP = `import wit_world, walk
class WitWorld(wit_world.WitWorld):
    def attempt(self, code):
        scope = {}
        try:
            exec(code, scope)
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        return str(scope.get("answer"))
`;

/** Goes from every JavaScript object that Python holds to every other that its properties lead to. */
const WALK = `import sys
from pyodide.ffi import JsProxy, to_js

FORBIDDEN = set("""getBuiltinModule mainModule binding dlopen execSync require parentPort postMessage SharedArrayBuffer
MessageChannel Worker setImmediate XMLHttpRequest indexedDB caches importScripts Atomics Event AbortSignal""".split())

def walk():
    roots = [to_js([1]), to_js({}), getattr(sys, "_sennit_kept", [])]
    for module in list(sys.modules.values()):
        roots.extend(vars(module).values() if hasattr(module, "__dict__") else ())
    flat = [one for root in roots for one in (root if isinstance(root, list) else [root])]
    queue = [one for one in flat if isinstance(one, JsProxy)]
    seen, bad = set(), set()
    while queue and len(seen) < 3000:
        one = queue.pop()
        if one.js_id in seen:
            continue
        seen.add(one.js_id)
        try:
            names = set(dir(one)) | {"constructor", "prototype", "__proto__", "globalThis", "self"}
        except BaseException:
            names = {"constructor", "prototype", "__proto__"}
        for name in names:
            try:
                member = getattr(one, name)
            except BaseException:
                continue
            if name in FORBIDDEN and member is not None:
                bad.add(name)
            if isinstance(member, JsProxy):
                queue.append(member)
    return f"{len(seen)} objects, forbidden: {sorted(bad)}"

first = walk()
`;

/** Ways to a JavaScript object from Python, for the attempts that need one. */
const PROXY = `
import gc
from pyodide.ffi import to_js, JsProxy
array = to_js([1])
function = array.push
constructor = function.constructor
`;

const isWanted = isLong("python-escape.test.ts", "test/attack plays the same ways out");

describe.runIf(isWanted)("a hostile Python plugin", () => {
  let plugin: Plugin;
  let folder: string;
  let secret: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sennit-escape-"));
    secret = join(folder, "secret");
    await writeFile(secret, "the secret");
    plugin = await openPython(pythonPackage({ "app.py": APP, "walk.py": WALK, "world.wit": WIT }));
  });
  afterAll(async () => {
    await plugin[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
    expect(processAdmission.living).toBe(0);
  });

  const host = { host: { colour: "sync", call: () => 1 } } as const;
  const python = (limits: CallLimits = {}): Promise<Instance> => plugin.instantiate(surroundings(host, { limits }));
  const touch = (): string => join(folder, "touched");

  /** What the attempt says; a trap is an answer as well, since it fails closed. */
  async function attempt(code: string, limits?: CallLimits): Promise<string> {
    await using instance = await python(limits);
    try {
      return String(await instance.call("attempt", [code]));
    } catch (error) {
      expect(error).toMatchObject({ code: expect.stringMatching(/^plugin-(trapped|invalid-value)$/) as string });
      return "trapped";
    }
  }

  it.each([
    ["a shell", () => `import os\nanswer = os.system("touch ${touch()}")`],
    ["a subprocess", () => `import subprocess\nanswer = subprocess.run(["touch", "${touch()}"])`],
    ["posix_spawn", () => `import os\nanswer = os.posix_spawn("/bin/touch", ["touch", "${touch()}"], {})`],
    ["a file", () => `open("${touch()}", "w").write("x")`],
    [
      "a script of the C library",
      () => `import ctypes\nctypes.CDLL(None).emscripten_run_script(b"globalThis.touched = 1; process.exit(9)")`,
    ],
    [
      "a script with an answer",
      () =>
        `import ctypes\nf = ctypes.CDLL(None).emscripten_run_script_string\nf.restype = ctypes.c_char_p\nanswer = f(b"process.version")`,
    ],
  ])("%s touches nothing outside", async (_, code) => {
    const said = await attempt(code());
    expect(existsSync(touch())).toBe(false);
    expect(said).not.toMatch(/v2\d\./);
  });

  it.each([
    ["import js", "import js\nanswer = js.process.version", /ModuleNotFoundError/],
    ["import pyodide_js", "import pyodide_js\nanswer = pyodide_js", /ModuleNotFoundError/],
    ["run_js", `from pyodide.code import run_js\nanswer = run_js("1+1")`, /Error/],
    ["the constructor of a function", `${PROXY}\nanswer = constructor("return 1+1")()`, /text cannot become code/],
    [
      "an async function's",
      `${PROXY}\nfrom pyodide.ffi import create_proxy\nanswer = array.constructor.constructor("return process")()`,
      /text cannot become code/,
    ],
    [
      "the import function's",
      `import sennit_calls\nanswer = sennit_calls._host.constructor("return this")()`,
      /text cannot become code/,
    ],
    ["a new function", `${PROXY}\nanswer = constructor.new("return 1+1")()`, /text cannot become code|Error/],
    ["a file read", "answer = open('SECRET').read()", /FileNotFoundError/],
    ["the real environment", "import os\nanswer = sorted(os.environ)", /^(?!.*PATH'\]).*HOME/],
    ["a socket", "import socket\nsocket.create_connection(('127.0.0.1', 1))\nanswer = 'connected'", /Error/],
    [
      "a module of one's own",
      `import ctypes
open("/tmp/own.so", "wb").write(bytes([0, 97, 115, 109, 1, 0, 0, 0, 0, 14, 8]) + b"dylink.0" + bytes([1, 4, 0, 0, 0, 0]))
answer = ctypes.CDLL("/tmp/own.so")`,
      /^(?!<CDLL)/,
    ],
    ["a thread", "import threading\nthreading.Thread(target=print).start()\nanswer = 'started'", /RuntimeError/],
    [
      "fetch",
      "from pyodide.http import pyfetch\nfrom pyodide.ffi import run_sync\nanswer = run_sync(pyfetch('http://localhost/'))",
      /Error/,
    ],
  ])("%s is refused", async (_, code, said) => {
    expect(await attempt(code.replace("SECRET", secret))).toMatch(said);
  });

  it.each([
    ["as it is", {}],
    ["that can be interrupted", { deadline: 60_000 }],
  ])(
    "nothing that can be reached in a realm %s leads to Node, neither while modules load nor later",
    async (_, limits) => {
      const code = "import walk\nanswer = f'{walk.first};{walk.walk()}'";
      const [whileLoading, later] = (await attempt(code, limits)).split(";");
      expect(whileLoading).toMatch(/^\d{3,} objects, forbidden: \[\]$/);
      expect(later).toMatch(/^\d{3,} objects, forbidden: \[\]$/);
    },
  );

  it.each([
    ["exits", "import os; os._exit(0)"],
    ["aborts", "import os; os.abort()"],
    ["kills itself", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"],
    ["recurses without a limit", "import sys; sys.setrecursionlimit(10**9)\ndef f(): return f()\nf()"],
    ["recurses in C", "x = []\nfor _ in range(10**6): x = [x]\nrepr(x)"],
    ["reads outside its memory", "import ctypes; ctypes.string_at(0xfffffff0, 100)"],
    ["asks for an import that there is not", "import sennit_calls; sennit_calls._host(5, 0, 1)"],
    ["sends broken arguments", "import sennit_calls; sennit_calls._host(0, sennit_calls.put(b'i'), 1)"],
    ["leaves no result", "import sennit_calls; sennit_calls.results = {}"],
    [
      "leaves another's result",
      "import sennit_calls; sennit_calls.exports[1:] = [lambda _: (1, 2)]; sennit_calls.results = 1",
    ],
    ["leaves no record", "import sennit_failure; sennit_failure.record = lambda _: 5; raise BaseException"],
    ["forges a failed import", "import sennit_calls; raise sennit_calls.HostFault(5, 'a', 'b')"],
  ])("one that %s ends its own instance only", async (_, code) => {
    await using other = await python();
    expect(await attempt(code)).toBe("trapped");
    expect(await other.call("attempt", ["answer = 'well'"])).toBe("well");
  });
});
