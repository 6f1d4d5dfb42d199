import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { processAdmission } from "../../src/host/python/admission.node.ts";
import { pythonPlugin, type PythonPlugin } from "../../src/host/python/plugin.node.ts";
import { pythonPackage, surroundings } from "./python-package.ts";

const WIT = "package test:plugin; world w { export fine: func() -> u32; export take: func(way: string); }";
const APP = `
def bytes_at_once(): return bytearray(2**31 - 1)
def too_many_bytes(): return bytearray(2**31)
def small_objects():
    hoard = []
    while True: hoard.append((len(hoard), str(len(hoard))))
def text(): return "x" * 10**9
def recursion():
    def again(n): return again(n + 1)
    return again(0)
def nested():
    x = []
    for _ in range(10**7): x = [x]
    return repr(x)
def outside():
    from pyodide.ffi import to_js
    data = bytearray(20 << 20)
    kept = []
    while True: kept.append(to_js(data))
class WitWorld:
    def fine(self): return 7
    def take(self, way): globals()[way]()
`;

describe("memory of a Python plugin", () => {
  let plugin: PythonPlugin;
  beforeAll(async () => {
    const files = { "app.py": APP, "world.wit": WIT };
    plugin = await pythonPlugin(pythonPackage(files, { limits: { memory: 96 << 20 } }), {});
  });
  afterAll(async () => {
    await plugin[Symbol.asyncDispose]();
    expect(processAdmission.living).toBe(0);
  });

  it.each([
    ["bytes_at_once", /MemoryError/],
    ["too_many_bytes", /OverflowError/],
    ["small_objects", /MemoryError/],
    ["text", /MemoryError/],
    ["recursion", /RecursionError/],
    ["nested", /RecursionError|MemoryError|call stack/],
    ["outside", /it ran out of memory/],
  ])("is not had without end: %s costs that instance, and the next one works", async (way, message) => {
    await using python = await plugin.instantiate(surroundings());
    await expect(python.call("take", [way])).rejects.toMatchObject({
      code: "plugin-trapped",
      message: expect.stringMatching(message) as string,
    });
    expect(python.alive).toBe(false);
    await using next = await plugin.instantiate(surroundings());
    expect(await next.call("fine", [])).toBe(7);
  });
});
