import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Instance } from "../../src/host/plugin.ts";
import { processAdmission } from "../../src/host/python/admission.node.ts";
import type { PythonPlugin } from "../../src/host/python/plugin.node.ts";
import { openPython } from "./python-opened.ts";
import { faultFrom } from "./lua-package.ts";
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
  /** The one that works after the one before it has ended: it is the next to end. */
  let next: Instance | undefined;
  beforeAll(async () => {
    const files = { "app.py": APP, "world.wit": WIT };
    plugin = await openPython(pythonPackage(files, { limits: { memory: 96 << 20 } }));
  });
  afterAll(async () => {
    await plugin[Symbol.asyncDispose]();
    expect(processAdmission.living).toBe(0);
  });

  it.each([
    ["bytes_at_once", /^memory-limit: .*MemoryError .*: not enough memory, of which it has 96 MiB$/],
    ["too_many_bytes", /^plugin-trapped: .*OverflowError/],
    ["small_objects", /^memory-limit: .*MemoryError .*: not enough memory, of which it has 96 MiB$/],
    ["text", /^memory-limit: .*MemoryError/],
    ["recursion", /^plugin-trapped: .*RecursionError/],
    ["nested", /^plugin-trapped: .*(RecursionError|call stack)|^memory-limit: .*MemoryError/],
    ["outside", /^memory-limit: .*it ran out of memory/],
  ])("is not had without end: %s costs that instance, and the next one works", async (way, told) => {
    const python = next ?? (await plugin.instantiate(surroundings()));
    next = undefined;
    const fault = await faultFrom(() => python.call("take", [way]));
    expect(`${fault.code}: ${fault.message}`).toMatch(told);
    if (fault.message.includes("MemoryError"))
      expect(fault.hint).toContain('`"test:plugin" = { memory = … }` under [limits]');
    expect(python.alive).toBe(false);
    next = await plugin.instantiate(surroundings());
    expect(await next.call("fine", [])).toBe(7);
  });
});
