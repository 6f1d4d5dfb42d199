import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Instance, Plugin } from "../../src/host/plugin.ts";
import { Admission, processAdmission } from "../../src/host/python/admission.node.ts";
import { openPython } from "./python-opened.ts";
import { pythonPackage, surroundings } from "./python-package.ts";

/** What is no list of floats, and what is said about it. */
const MADE: readonly (readonly [string, RegExp])[] = [
  ["[1.0, Decimal(2)]", /it returned a wrong value: there is Decimal in it/],
  ["(1.0, 2.0)", /expected list, found tuple/],
  ["[1.0, [2.0]]", /expected f64 in the list, found list/],
  ["[1.0, b'2']", /expected f64 in the list, found bytes/],
  ["[1.0, 10**400]", /too large|more than/],
  ["endless()", /there is something endless in it/],
  ["array('d', [1.0])", /expected list, found bytes/],
];

const WIT = `package test:plugin;
interface shapes {
  record point { x: f64, y: f64 }
  origin: func() -> point;
}
world failing {
  export shapes;
  export fine: func() -> u32;
  export divide: func(by: s32) -> s32;
  export wrong-type: func() -> u32;
  export out-of-range: func() -> list<u8>;
  export surrogate: func() -> string;
  export in-list: func() -> list<f64>;
  export exit: func();
  export hard-exit: func();
  export recurse: func();
  export hog: func();
  export hog-caught: func() -> string;
  export wait: func();
  export chained: func() -> result<_, string>;
  export odd-error: func();
  export nones: func(n: u32) -> list<option<u8>>;
  export floats: func(at: u32) -> list<f64>;
}`;

const APP = `import os, sys, time
import wit_world
from componentize_py_types import Err
from wit_world import exports
from helper.deep import divide

class Shapes(exports.Shapes):
    def origin(self):
        return (0.0, 0.0)

class Odd(Exception):
    def __str__(self):
        raise ValueError

class WitWorld(wit_world.WitWorld):
    def fine(self):
        return 7
    def divide(self, by):
        return divide(by)
    def wrong_type(self):
        return "seven"
    def out_of_range(self):
        return [300]
    def surrogate(self):
        return "\\ud800"
    def in_list(self):
        return [1.0, None]
    def exit(self):
        sys.exit(3)
    def hard_exit(self):
        os._exit(3)
    def recurse(self):
        self.recurse()
    def hog(self):
        hoard = []
        while True:
            hoard.append(bytearray(1 << 20))
    def hog_caught(self):
        try:
            self.hog()
        except MemoryError:
            return "caught"
    def wait(self):
        time.sleep(1)
    def chained(self):
        try:
            divide(0)
        except ZeroDivisionError as error:
            raise ValueError("no good") from error
    def odd_error(self):
        raise Odd
    def nones(self, n):
        return [None] * n
    def floats(self, at):
        return MADE[at]()

from array import array
from decimal import Decimal
def endless():
    x = [1.0]
    x.append(x)
    return x
MADE = [${MADE.map(([made]) => `lambda: ${made}`).join(", ")}]
`;

const HELPER = `
def divide(by):
    def inner():
        return 7 // by
    return inner()
`;

const FILES = { "app.py": APP, "helper/__init__.py": "", "helper/deep.py": HELPER, "world.wit": WIT };

const never = (): Promise<void> => new Promise(() => {});

describe("a Python plugin that fails", () => {
  let plugin: Plugin;
  const fresh = (): Promise<Instance> => plugin.instantiate(surroundings({}, { sleep: never }));
  beforeAll(async () => {
    plugin = await openPython(pythonPackage(FILES, { limits: { memory: 96 << 20 } }));
  });
  afterAll(async () => {
    await plugin[Symbol.asyncDispose]();
    expect(processAdmission.living).toBe(0);
  });

  it("says where, innermost first, in its own files; and is lost from then on (H3)", async () => {
    await using python = await fresh();
    expect(await python.call("divide", [2])).toBe(3);
    await expect(python.call("divide", [0])).rejects.toMatchObject({
      code: "plugin-trapped",
      source: "test:plugin",
      message: "test:plugin: divide: ZeroDivisionError: division by zero (helper/deep.py:4)",
      frames: [
        { function: "inner", file: "helper/deep.py", line: 4, column: 16 },
        { function: "divide", file: "helper/deep.py", line: 5, column: 12 },
        { function: "divide", file: "app.py", line: 19, column: 16 },
      ],
    });
    expect(python.alive).toBe(false);
    expect(() => python.call("fine", [])).toThrow(expect.objectContaining({ code: "plugin-lost" }));
  });

  it.each([
    ["exit", [], /SystemExit: 3/],
    ["hard-exit", [], /test:plugin/],
    ["recurse", [], /RecursionError: maximum recursion depth/],
    ["chained", [], /ValueError: no good \(caused by ZeroDivisionError: .*app\.py:49/],
    ["odd-error", [], /Odd/],
  ])("%s traps", async (name, args, message) => {
    await using python = await fresh();
    await expect(python.call(name, args)).rejects.toMatchObject({
      code: "plugin-trapped",
      message: expect.stringMatching(message) as string,
    });
    expect(python.alive).toBe(false);
  });

  it.each([
    ["wrong-type", [], /wrong_type returned a wrong value: expected u32, found str 'seven'/],
    ["out-of-range", [], /out_of_range returned a wrong value: expected bytes, found list/],
    ["surrogate", [], /surrogate: it returned a wrong value: .*lone surrogate/],
    ["in-list", [], /in-list: it returned a wrong value: expected f64 in the list, found None/],
    ["test:plugin/shapes#origin", [], /shapes.origin returned a wrong value: expected Point, found tuple/],
  ])("%s is the plugin's mistake, not the caller's (H5)", async (name, args, message) => {
    await using python = await fresh();
    await expect(python.call(name, args)).rejects.toMatchObject({
      code: "plugin-invalid-value",
      source: "test:plugin",
      message: expect.stringMatching(message) as string,
    });
    expect(python.alive).toBe(false);
  });

  it("may survive its memory limit when it handles the MemoryError", async () => {
    await using python = await fresh();
    expect(await python.call("hog-caught", [])).toBe("caught");
    expect(await python.call("fine", [])).toBe(7);
  });

  it("ends with a value that is too large to take (HAZARDS 15)", async () => {
    await using python = await fresh();
    expect(await python.call("nones", [3])).toEqual([null, null, null]);
    await expect(python.call("nones", [(1 << 23) + 1])).rejects.toMatchObject({ code: "value-too-large" });
    expect(python.alive).toBe(false);
  });

  it.each(MADE.map(([made, message], at) => ({ made, message, at })))(
    "gives no list of floats by $made",
    async ({ message, at }) => {
      await using python = await fresh();
      await expect(python.call("floats", [at])).rejects.toMatchObject({
        code: "plugin-invalid-value",
        message: expect.stringMatching(message) as string,
      });
    },
  );

  it("is gone at once when disposed in the middle of a call (H6)", async () => {
    const python = await fresh();
    const calls = Promise.allSettled([python.call("wait", []), python.call("fine", [])]);
    await python[Symbol.asyncDispose]();
    expect(await calls).toMatchObject([{ reason: { code: "plugin-lost" } }, { reason: { code: "plugin-lost" } }]);
    expect(processAdmission.living).toBe(0);
    await python[Symbol.asyncDispose]();
  });
});

describe("a Python plugin that is closed", () => {
  it("while an instance starts leaves nothing behind (H6)", async () => {
    const plugin = await openPython(pythonPackage(FILES));
    const starting = Promise.allSettled([plugin.instantiate(surroundings()), plugin.instantiate(surroundings())]);
    await plugin[Symbol.asyncDispose]();
    expect(await starting).toMatchObject([{ reason: { code: "plugin-lost" } }, { reason: { code: "plugin-lost" } }]);
    expect(processAdmission.living).toBe(0);
  });
});

describe("a Python package that cannot load", () => {
  const broken = (app: string, wit = "package test:plugin; world w { export f: func() -> u32; }"): Promise<Plugin> =>
    openPython(pythonPackage({ "app.py": app, "world.wit": wit }));

  it.each([
    ["an exception", "import wit_world\n1 / 0\n", "plugin-trapped", /ZeroDivisionError: .*app\.py:2/],
    ["a missing module", "import numpy\n", "plugin-trapped", /ModuleNotFoundError: No module named 'numpy'.*app\.py:1/],
    ["a missing class", "x = 1\n", "plugin-invalid", /app\.py should define class WitWorld/],
    [
      "a missing method",
      "import wit_world\nclass WitWorld(wit_world.WitWorld):\n    pass\n",
      "plugin-invalid",
      /class WitWorld of app\.py does not define f/,
    ],
    [
      "a missing method of a plain class",
      "class WitWorld:\n    pass\n",
      "plugin-invalid",
      /class WitWorld of app\.py does not define f/,
    ],
    [
      "an import called too early",
      "import time\ntime.sleep(1)\n",
      "plugin-trapped",
      /cannot sleep while the plugin's modules load/,
    ],
  ])("says so: %s", async (_, app, code, message) => {
    await using plugin = await broken(app);
    await expect(plugin.instantiate(surroundings())).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    });
    expect(processAdmission.living).toBe(0);
  });

  it("says so, and names the file and line of a frame: a syntax error", async () => {
    await using plugin = await broken("x = 1\ndef f(:\n    pass\n");
    await expect(plugin.instantiate(surroundings())).rejects.toMatchObject({
      code: "plugin-invalid",
      message: expect.stringMatching(/SyntaxError: .*app\.py:2/) as string,
      frames: [{ function: "<module>", file: "app.py", line: 2, column: 7 }],
    });
    expect(processAdmission.living).toBe(0);
  });

  it("is refused when opened: no such source, broken WIT, a type that Python cannot take", async () => {
    const wit = "package test:plugin; world w { export f: func(); }";
    await expect(openPython(pythonPackage({ "world.wit": wit }))).rejects.toMatchObject({
      code: "package-invalid",
    });
    await expect(broken("", "package test:plugin; world {")).rejects.toMatchObject({ code: "wit-invalid" });
    await expect(
      broken("", "package test:plugin; world w { export f: async func(x: stream<u8>); }"),
    ).rejects.toMatchObject({ code: "plugin-unsupported" });
  });
});

describe("Admission", () => {
  it("admits by memory and in order, and says who waits (A1)", async () => {
    const admission = new Admission(() => 450_000_000);
    const lines: string[] = [];
    const order: string[] = [];
    const enter = async (name: string) => {
      const place = await admission.enter(name, (line) => lines.push(line));
      order.push(name);
      return place;
    };
    const [a, b] = [await enter("a"), await enter("b")];
    const c = enter("c");
    const d = enter("d");
    expect(lines).toEqual([
      expect.stringMatching(/^waiting for memory: c /),
      expect.stringMatching(/^waiting for memory: d /),
    ]);
    expect(admission.living).toBe(2);
    a.release();
    a.release();
    const placeC = await c;
    expect(order).toEqual(["a", "b", "c"]);
    b.release();
    placeC.release();
    (await d).release();
    expect(order).toEqual(["a", "b", "c", "d"]);
    expect(admission.living).toBe(0);
  });

  it("admits the instances of one run together, so that two runs never wait for each other (A3)", async () => {
    const admission = new Admission(() => 450_000_000); // two places
    const [one, two] = [{ count: { python: 2 } }, { count: { python: 2 } }];
    const first = await admission.enter("a", () => {}, one);
    const other = admission.enter("b", () => {}, two);
    const second = await admission.enter("c", () => {}, one);
    expect(admission.living).toBe(2);
    first.release();
    expect(admission.living).toBe(2); // kept for the run while one of its instances lives
    second.release();
    (await other).release();
    expect(admission.living).toBe(0);
  });

  it("gives a run that needs more than there is all there is", async () => {
    const admission = new Admission(() => 0);
    const run = { count: { python: 3 } };
    const places = await Promise.all(["a", "b", "c"].map((name) => admission.enter(name, () => {}, run)));
    expect(admission.living).toBe(1);
    for (const place of places) place.release();
    expect(admission.living).toBe(0);
  });

  it("holds back an instance until another one has ended, whatever ended it", async () => {
    const admission = new Admission(() => 0);
    const lines: string[] = [];
    const options = { admission, warn: (line: string) => void lines.push(line) };
    await using plugin = await openPython(pythonPackage(FILES), options);
    await using first = await plugin.instantiate(surroundings());
    const waiting = plugin.instantiate(surroundings());
    expect(lines).toEqual([expect.stringMatching(/^waiting for memory: test:plugin /)]);
    await expect(first.call("divide", [0])).rejects.toMatchObject({ code: "plugin-trapped" });
    await using second = await waiting;
    expect(second.alive).toBe(true);
    expect(admission.living).toBe(1);
  });

  it("admits one at least", async () => {
    const admission = new Admission(() => 0);
    const place = await admission.enter("only", () => expect.fail("nobody should wait"));
    expect(admission.living).toBe(1);
    place.release();
  });
});
