import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import fc from "../fast-check.ts";
import type { Instance, Plugin } from "../../src/host/plugin.ts";
import { processAdmission } from "../../src/host/python/admission.node.ts";
import { openPython } from "./python-opened.ts";
import { equalValues } from "../../src/wit/equal.ts";
import { CaseValue, ERR, type Handle, OK, type Value } from "../../src/wit/value.ts";
import { arbitraryValue } from "../wit/arbitrary.ts";
import { pythonPackage, surroundings } from "./python-package.ts";

const SAMPLE = new URL("../../plugins/samples/conformance-python/", import.meta.url);

async function sample(): Promise<Record<string, string>> {
  const text = (name: string): Promise<string> => readFile(new URL(name, SAMPLE), "utf8");
  return {
    "app.py": await text("app.py"),
    "store.py": await text("store.py"),
    "world.wit": await text("conformance.wit"),
  };
}

const ECHO = "sample:conformance/echo@1.0.0";
const FOLD = "sample:conformance/fold@1.0.0";
const STORE = "sample:conformance/store@1.0.0";

describe("values through Python", () => {
  let plugin: Plugin;
  let python: Instance;
  beforeAll(async () => {
    plugin = await openPython(pythonPackage(await sample()));
    python = await plugin.instantiate(surroundings());
  });
  afterAll(async () => {
    await plugin[Symbol.asyncDispose]();
    expect(processAdmission.living).toBe(0);
  });

  it("come back bit for bit equal, whatever their type (I8)", async () => {
    const echo = plugin.world.exports.interfaces.get(ECHO);
    for (const [name, fn] of echo?.functions ?? []) {
      const args = fc.tuple(...fn.params.map((param) => arbitraryValue(param.type)));
      await fc.assert(
        fc.asyncProperty(args, async (given) => {
          const got = await python.call(`${ECHO}#${name}`, given);
          const [only = null] = given;
          const wanted =
            fn.result?.kind === "tuple" && given.length === 1 && name.startsWith("echo-result")
              ? [only]
              : given.length > 1
                ? given
                : only;
          expect(fn.result === null || equalValues(fn.result, got, wanted), `${name}: ${String(got)}`).toBe(true);
        }),
        { numRuns: 25 },
      );
    }
  });

  it("keep -0, NaN, infinities and the widest integers", async () => {
    expect(await python.call(`${ECHO}#echo-f64`, [-0])).toBe(-0);
    expect(await python.call(`${ECHO}#echo-f64`, [Number.NaN])).toBeNaN();
    expect(await python.call(`${ECHO}#echo-f64`, [5])).toBe(5);
    expect(await python.call(`${ECHO}#echo-u64`, [2n ** 64n - 1n])).toBe(2n ** 64n - 1n);
    expect(await python.call(`${ECHO}#echo-s64`, [-(2n ** 63n)])).toBe(-(2n ** 63n));
    expect(await python.call(`${ECHO}#echo-list-f64`, [[-0, 5, Number.NEGATIVE_INFINITY]])).toEqual(
      Float64Array.of(-0, 5, Number.NEGATIVE_INFINITY),
    );
  });

  it("of a list of floats are the same bits, ints among them or not", async () => {
    const bits = BigUint64Array.of(
      0x7ff8000000000001n,
      0xfff8dead00000000n,
      1n,
      0x8000000000000000n,
      0x7ff0000000000000n,
    );
    const back = (await python.call(`${ECHO}#echo-list-f64`, [new Float64Array(bits.buffer)])) as Float64Array;
    expect(new BigUint64Array(back.buffer)).toEqual(bits);
    expect(await python.call(`${ECHO}#echo-list-f64`, [new Float64Array()])).toEqual(new Float64Array());
    const app =
      "class WitWorld:\n    def f(self): return [0.5, 2, -0.0, 2**53 + 1]\n    def g(self): return [0.1, -0.0]\n    def h(self): return [0.1]\n";
    const wit =
      "package t:p; world w { export f: func() -> list<f64>; export g: func() -> list<f32>; export h: func() -> list<option<f64>>; }";
    await using mixed = await openPython(pythonPackage({ "app.py": app, "world.wit": wit }));
    await using instance = await mixed.instantiate(surroundings());
    expect(await instance.call("f", [])).toEqual(Float64Array.of(0.5, 2, -0, 2 ** 53));
    expect(await instance.call("g", [])).toEqual(Float32Array.of(0.1, -0));
    expect(await instance.call("h", [])).toEqual([0.1]);
  });

  it("may be large", async () => {
    const bytes = new Uint8Array(1 << 20).fill(0xa5);
    const floats = Float64Array.from({ length: 100_000 }, (_, i) => i / 7);
    const text = "é".repeat(200_000);

    expect(await python.call(`${ECHO}#echo-list-u8`, [bytes])).toEqual(bytes);
    expect(await python.call(`${ECHO}#echo-list-f64`, [floats])).toEqual(floats);
    expect(await python.call(`${ECHO}#echo-string`, [text])).toBe(text);
  });

  it("are really read there", async () => {
    const fold = (name: string, ...args: Value[]): Value | Promise<Value> => python.call(`${FOLD}#${name}`, args);
    expect(await fold("sum-f64", [0.1, 0.2, 0.3])).toBe(0.1 + 0.2 + 0.3);
    expect(await fold("concat", ["a", "", "é\0"])).toBe("aé\0");
    expect(await fold("count-chars", "a😀")).toBe(2);
    expect(await fold("count-permissions", 0b1011)).toBe(3);
    expect(
      await fold("centre", [
        [1, 2],
        [3, 4],
      ]),
    ).toEqual([4, 6]);
    expect(await fold("first-some", [null, 7, null])).toBe(7);
    expect(
      await fold(
        "measure",
        new CaseValue(2, [
          [0, 0],
          [1, 1],
        ]),
      ),
    ).toBe(2);
    expect(await fold("measure", new CaseValue(0, null))).toBe(0);
    expect(await fold("divide", -7, 2)).toEqual(new CaseValue(OK, -3));
    expect(await fold("divide", 1, 0)).toEqual(new CaseValue(ERR, "division by zero"));
  });

  it("are refused before Python sees them, naming the place (H5)", async () => {
    const refused = (name: string, value: Value, code: string): void => {
      expect(() => python.call(`${ECHO}#${name}`, [value])).toThrow(expect.objectContaining({ code }));
    };
    refused("echo-u8", 256, "out-of-range");
    refused("echo-u8", 1.5, "type-mismatch");
    refused("echo-string", "\ud800", "type-mismatch");
    refused("echo-colour", 4, "out-of-range");
    refused("echo-shape", new CaseValue(6, null), "type-mismatch");
    refused("echo-list-u32", [1, -1], "out-of-range");
    expect(() => python.call(`${ECHO}#echo-point`, [[1]])).toThrow(/argument `x`/);
    expect(() => python.call(`${ECHO}#echo-u8`, [])).toThrow(expect.objectContaining({ code: "type-mismatch" }));
    expect(await python.call(`${ECHO}#echo-u8`, [255])).toBe(255);
  });

  it("may be resources of the plugin's own", async () => {
    const store = (name: string, ...args: Value[]): Value | Promise<Value> => python.call(`${STORE}#${name}`, args);
    const first = (await store("[constructor]accumulator", 5)) as Handle;
    await store("[method]accumulator.add", first, 2n ** 63n - 1n);
    expect(await store("peek", first)).toBe(-(2n ** 63n) + 4n);
    const [a, b] = (await store("make-many", [10, 20])) as Handle[];
    const merged = await store("[static]accumulator.merge", a as Handle, b as Handle);
    expect(await store("[method]accumulator.value", merged)).toBe(30);
    expect(await store("drain", [merged])).toBe(30);
    expect(() => store("peek", merged)).toThrow(expect.objectContaining({ code: "moved" }));
    await python.drop(first.id);
    expect(() => store("peek", first)).toThrow(expect.objectContaining({ code: "moved" }));
  });
});
