/** The conformance suite: every function of the world, driven with generated values, compared bit for bit (I8). */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import fc from "../fast-check.ts";
import type { Instance, Plugin } from "../../src/host/plugin.ts";
import { equalValues } from "../../src/wit/equal.ts";
import { functionsOf } from "../../src/wit/types.ts";
import type { FunctionKey, WitFunction, WitType } from "../../src/wit/types.ts";
import { CaseValue, Handle } from "../../src/wit/value.ts";
import type { Value } from "../../src/wit/value.ts";
import { arbitraryValue } from "../wit/arbitrary.ts";
import { folds } from "./fold.ts";
import { plainOptions } from "./options.ts";

export interface Guest {
  readonly name: string;
  readonly open: () => Promise<Plugin>;
  /** Generated values per function. */
  readonly runs: number;
  /** False where the toolchain cannot take an owned resource back (test/samples/quickjs-limits.test.ts). */
  readonly ownsResources: boolean;
  /** `safe` where the toolchain has no integers beyond ±2^53 (test/samples/quickjs-limits.test.ts). */
  readonly integers: "all" | "safe";
}

export function conformance(guest: Guest): void {
  const valuesOf = (fn: WitFunction): fc.Arbitrary<readonly Value[]> => {
    const any = fc.tuple(...fn.params.map((param) => arbitraryValue(param.type)));
    return guest.integers === "all" ? any : any.filter((args) => args.every(hasSafeIntegers));
  };

  describe(guest.name, () => {
    let plugin: Plugin;
    let instance: Instance;

    beforeAll(async () => {
      plugin = await guest.open();
      instance = await plugin.instantiate(plainOptions());
    });
    afterAll(async () => {
      await instance[Symbol.asyncDispose]();
      await plugin[Symbol.asyncDispose]();
      expect(instance.alive).toBe(false);
    });

    const exported = (name: string): readonly [FunctionKey, WitFunction] => {
      const found = [...functionsOf(plugin.world.exports)].find(([, fn]) => fn.name === name);
      if (found === undefined) throw new Error(`${guest.name} has no ${name}`);
      return found;
    };
    const call = async (name: string, args: readonly Value[]): Promise<Value> => instance.call(exported(name)[0], args);

    it("echoes every type bit for bit", { timeout: 300_000 }, async () => {
      const echoes = [...functionsOf(plugin.world.exports)].filter(([, { name }]) => /^(echo|return)-/.test(name));
      expect(echoes.length).toBeGreaterThan(50);
      for (const [key, fn] of echoes) {
        const values = valuesOf(fn);
        await fc.assert(
          fc.asyncProperty(values, async (args) => {
            const answer = await instance.call(key, args);
            if (!equalValues(echoType(fn), answer, echoed(fn, args))) {
              throw new Error(`${fn.name}: ${show(args)} came back as ${show(answer)}`);
            }
          }),
          { numRuns: guest.runs, seed: 7 },
        );
      }
    });

    it("folds every type to the same number", { timeout: 120_000 }, async () => {
      for (const [name, fold] of Object.entries(folds)) {
        const [key, fn] = exported(name);
        const values = valuesOf(fn);
        await fc.assert(
          fc.asyncProperty(values, async (args) => {
            const answer = await instance.call(key, args);
            const wanted = fold(...(args as readonly never[]));
            if (!equalValues(fn.result ?? { kind: "bool" }, answer, wanted)) {
              throw new Error(`${name} of ${show(args)} is ${show(wanted)}, not ${show(answer)}`);
            }
          }),
          { numRuns: guest.runs, seed: 7 },
        );
      }
    });

    it("carries a megabyte of bytes and 100,000 floats", { timeout: 120_000 }, async () => {
      const bytes = Uint8Array.from({ length: 1_000_000 }, (_, at) => at * 7);
      const floats = Float64Array.from({ length: 100_000 }, (_, at) => (at % 5 === 0 ? -0 : at / 3));

      const back = await call("echo-list-u8", [bytes]);
      expect(Buffer.compare(back as Uint8Array, bytes)).toBe(0);
      expect(
        equalValues({ kind: "list", element: { kind: "f64" } }, await call("echo-list-f64", [floats]), floats),
      ).toBe(true);
    });

    it("refuses what is not of the type before the guest sees it (H5)", async () => {
      for (const [name, bad] of [
        ["echo-u8", 256],
        ["echo-u8", -1],
        ["echo-u8", 1.5],
        ["echo-s64", 2n ** 63n],
        ["echo-u64", -1],
        ["echo-string", "\ud800"],
        ["echo-char", "ab"],
        ["echo-char", ""],
        ["echo-point", [1]],
        ["echo-colour", 4],
        ["echo-shape", new CaseValue(6, null)],
        ["echo-permissions", 16],
        ["echo-bool", 1],
        ["echo-list-u8", [1, 300]],
      ] as const) {
        await expect(call(name, [bad as Value]), `${name}(${show(bad as Value)})`).rejects.toMatchObject({
          code: expect.stringMatching(/^(type-mismatch|out-of-range)$/) as string,
        });
      }
      expect(await call("echo-u8", [255])).toBe(255);
    });

    it("keeps resources where they were made", async () => {
      const start = await call("[constructor]accumulator", [40]);
      expect(start).toBeInstanceOf(Handle);
      await call("[method]accumulator.add", [start, 2]);
      expect(await call("[method]accumulator.value", [start])).toBe(42);
      expect(await call("peek", [start])).toBe(42);
      expect(await call("make-many", [[1, 2, 3]])).toHaveLength(3);

      await instance.drop((start as Handle).id);
      await expect(call("peek", [start])).rejects.toMatchObject({ code: "moved" });
    });

    if (!guest.ownsResources) return;
    it("knows who owns a resource", async () => {
      const start = await call("[constructor]accumulator", [40]);
      await call("[method]accumulator.add", [start, 2]);
      const other = await call("[constructor]accumulator", [-2]);
      const merged = await call("[static]accumulator.merge", [start, other]);
      expect(await call("peek", [merged])).toBe(40);
      await expect(call("peek", [start])).rejects.toMatchObject({ code: "moved" });

      const many = (await call("make-many", [[1, 2, 3]])) as readonly Value[];
      expect(many).toHaveLength(3);
      expect(await call("drain", [many])).toBe(6);
      await expect(call("peek", [many[0] ?? null])).rejects.toMatchObject({ code: "moved" });

      await instance.drop((merged as Handle).id);
      await expect(call("peek", [merged])).rejects.toMatchObject({ code: "moved" });
    });
  });
}

/** `echo-result…` wrap their result in a tuple, so that it is a value and no failure. */
function echoed(fn: WitFunction, args: readonly Value[]): Value {
  return fn.name === "echo-many" || fn.name.startsWith("echo-result") ? args : (args[0] ?? null);
}

function echoType(fn: WitFunction): WitType {
  if (fn.result === null) throw new Error(`${fn.name} gives nothing back`);
  return fn.result;
}

function hasSafeIntegers(value: Value): boolean {
  if (typeof value === "bigint") return false;
  if (Array.isArray(value)) return value.every(hasSafeIntegers);
  if (value instanceof CaseValue) return hasSafeIntegers(value.payload);
  if (value instanceof BigInt64Array || value instanceof BigUint64Array) {
    // Their sums must be safe, too.
    return [...value].every((item) => item === BigInt.asIntN(40, item));
  }
  return true;
}

function show(value: Value | readonly Value[]): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === "bigint") return `${part}n`;
    if (typeof part === "number" && !Number.isFinite(part)) return String(part);
    return Object.is(part, -0) ? "-0" : part;
  });
}
