/**
 * Both ways to link, driven with the same values: the same answer bit for bit, or the same fault.
 */
import { afterAll, describe, expect, it } from "vitest";

import fc from "../fast-check.ts";
import { Fault } from "../../src/fault.ts";
import { openComponent } from "../../src/host/component/plugin.node.ts";
import { readPackage } from "../../src/host/package/package.node.ts";
import type { Instance, Plugin } from "../../src/host/plugin.ts";
import { equalValues } from "../../src/wit/equal.ts";
import { formatType } from "../../src/wit/text.ts";
import { type FunctionKey, functionsOf, type WitFunction, type WitType } from "../../src/wit/types.ts";
import { CaseValue, Handle, Some, type Value } from "../../src/wit/value.ts";
import { arbitraryType, arbitraryValue } from "../wit/arbitrary.ts";
import { PATHS, pluginFromBytes, start, waiting, type Given } from "./component-fixtures.ts";
import { ANSWER, FILLING, identityComponent, pokedComponent } from "./component-identity.ts";
import { temporaryFolder } from "./temporary.ts";

/** How a call ended: its answer, or the code of its fault, and whether the instance lives on. */
type Ending = { readonly value: Value; readonly alive: boolean } | { readonly code: string; readonly alive: boolean };

async function endingOf(instance: Instance, key: FunctionKey, args: readonly Value[]): Promise<Ending> {
  try {
    const value = await instance.call(key, args);
    return { value, alive: instance.alive };
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown;
    return { code: thrown.code, alive: instance.alive };
  }
}

/** The same call on both, each a fresh instance where the last was lost. */
class Both {
  readonly #plugins: readonly Plugin[];
  readonly #given: Given;
  #instances: readonly Instance[] = [];

  constructor(plugins: readonly Plugin[], given: Given = {}) {
    this.#plugins = plugins;
    this.#given = given;
  }

  async call(key: FunctionKey, args: readonly Value[]): Promise<readonly Ending[]> {
    if (this.#instances.length === 0 || this.#instances.some((each) => !each.alive)) {
      await this[Symbol.asyncDispose]();
      this.#instances = await Promise.all(this.#plugins.map((plugin) => start(plugin, this.#given)));
    }
    return Promise.all(this.#instances.map((instance) => endingOf(instance, key, args)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const each of this.#instances) await each[Symbol.asyncDispose]();
  }
}

function expectSame(type: WitType | null, [one, other]: readonly Ending[], what: string): void {
  if (one === undefined || other === undefined) throw new Error("there are two paths");
  const same =
    "value" in one && "value" in other
      ? type === null
        ? one.value === null && other.value === null
        : equalValues(type, one.value, other.value)
      : "code" in one && "code" in other && one.code === other.code;
  if (!same || one.alive !== other.alive) {
    throw new Error(`${what}: direct ${fc.stringify(one)}, jco ${fc.stringify(other)}`);
  }
}

/** Values that are of no type, or of another than the one at hand. */
const strays: readonly Value[] = [
  null,
  true,
  -1,
  1.5,
  2 ** 53,
  -(2n ** 63n),
  2n ** 64n,
  "",
  "text",
  "\ud800",
  new Uint8Array([1]),
  new Float64Array([1]),
  [],
  [null],
  [1, "a"],
  new Map([["a", 1]]),
  new Some(null),
  new CaseValue(0, null),
  new CaseValue(7, 1),
  new Handle(1, 1),
  new Handle(2, 1),
];

describe("the conformance world", async () => {
  const folder = await temporaryFolder();
  const files = await readPackage(new URL("../../plugins/samples/conformance-rust", import.meta.url).pathname);
  const plugins = await Promise.all(PATHS.map((path) => openComponent(files, { cacheFolder: folder.path, path })));
  const data = [...functionsOf(plugins[0]!.world.exports)].filter(([, fn]) => fn.shape === "function" && isData(fn));
  afterAll(async () => {
    for (const plugin of plugins) await plugin[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  it("every function answers alike", { timeout: 120_000 }, async () => {
    await using both = new Both(plugins);
    expect(data.length).toBeGreaterThan(60);
    for (const [key, fn] of data) {
      const values = fc.sample(fc.tuple(...fn.params.map((param) => arbitraryValue(param.type))), {
        numRuns: 40,
        seed: 5,
      });
      for (const args of values) {
        expectSame(fn.result, await both.call(key, args), `${key} ${fc.stringify(args)}`);
      }
    }
  });

  it("every function refuses alike what is not of its types", { timeout: 120_000 }, async () => {
    await using both = new Both(plugins);
    let refused = 0;
    for (const [key, fn] of functionsOf(plugins[0]!.world.exports)) {
      for (const stray of strays) {
        const args = fn.params.map(() => stray);
        const endings = await both.call(key, args);
        expectSame(fn.result, endings, `${key} ${fc.stringify(args)}`);
        if (endings.some((each) => "code" in each)) refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(1_000);
  });

  it("resources live and move alike", async () => {
    await using both = new Both(plugins);
    const store = "sample:conformance/store@1.0.0#";
    const steps: readonly (readonly [string, readonly (number | Value)[]])[] = [
      ["[constructor]accumulator", [40]],
      ["[constructor]accumulator", [2]],
      ["[method]accumulator.add", [new Handle(1, 1), 1]],
      ["[method]accumulator.value", [new Handle(1, 1)]],
      ["[static]accumulator.merge", [new Handle(1, 1), new Handle(1, 2)]],
      ["[method]accumulator.value", [new Handle(1, 1)]],
      ["[method]accumulator.value", [new Handle(1, 3)]],
      ["[method]accumulator.value", [new Handle(1, 99)]],
      ["[method]accumulator.value", [new Handle(2, 3)]],
      ["make-many", [new BigInt64Array([1n, 2n])]],
      ["peek", [new Handle(1, 5)]],
      ["drain", [[new Handle(1, 4), new Handle(1, 5)]]],
      ["drain", [[new Handle(1, 4)]]],
      ["[static]accumulator.merge", [new Handle(1, 3), new Handle(1, 3)]],
    ];
    for (const [name, args] of steps) {
      const [one, other] = await both.call(store + name, args);
      expect([name, one]).toEqual([name, other]);
    }
  });
});

function isData({ params, result }: WitFunction): boolean {
  const types = [...params.map((param) => param.type), ...(result === null ? [] : [result])];
  return types.every((type) => !/borrow|own|accumulator/.test(formatType(type)));
}

describe("types at random", () => {
  it.each([21, 22, 23, 24])("cross alike, alone and through an import, set %i", { timeout: 60_000 }, async (seed) => {
    const types = fc.sample(arbitraryType({ depth: 4, recent: seed % 2 === 0 }), { numRuns: 10, seed });
    const bytes = await identityComponent(types, true);
    const plugins = await Promise.all(PATHS.map((path) => pluginFromBytes(bytes, {}, { path })));
    const mirror = ([x]: readonly Value[]): Value => x as Value;
    for (const way of [mirror, waiting(mirror)]) {
      const given = Object.fromEntries(types.map((_, at) => [`test:identity/mirror#f${at}`, way]));
      await using both = new Both(plugins, given);
      for (const [at, type] of types.entries()) {
        for (const value of fc.sample(arbitraryValue(type), { numRuns: 4, seed: seed + at })) {
          const tuple: WitType = { kind: "tuple", items: [type, ...FILLING.map((): WitType => ({ kind: "u32" }))] };
          const endings = await both.call(`test:identity/api#f${at}`, [[value, FILLING]]);
          expectSame(
            { kind: "tuple", items: [type, tuple.items[1]!].slice(0, 1) },
            endings.map(first),
            formatType(type),
          );
        }
      }
    }
  });

  it("an import's answer that is not of its type ends both alike", async () => {
    const types = fc.sample(arbitraryType({ depth: 2, recent: false }), { numRuns: 12, seed: 3 });
    const bytes = await identityComponent(types, true);
    const plugins = await Promise.all(PATHS.map((path) => pluginFromBytes(bytes, {}, { path })));
    for (const stray of strays) {
      const given = Object.fromEntries(
        types.map((_, at) => [`test:identity/mirror#f${at}`, (): Value => [stray, FILLING]]),
      );
      await using both = new Both(plugins, given);
      for (const [at, type] of types.entries()) {
        const [value] = fc.sample(arbitraryValue(type), { numRuns: 1, seed: at });
        const endings = await both.call(`test:identity/api#f${at}`, [[value as Value, FILLING]]);
        expectSame(
          { kind: "tuple", items: [type] },
          endings.map(first),
          `${formatType(type)} from ${fc.stringify(stray)}`,
        );
      }
    }
  });
});

const LIES: ReadonlySet<string> = new Set(["plugin-trapped", "plugin-invalid-value"]);

/**
 * A guest that lies in several places ends either way by the first lie that is found, and each way looks in its own order:
 * a single lie has the same code on both (component-traps). And jco refuses a bool that is neither 0 nor 1 and flags
 * without a name, which the canonical ABI takes.
 */
function endedByLies(type: WitType, [direct, jco]: readonly Ending[]): boolean {
  if (jco === undefined || direct === undefined || !("code" in jco) || !LIES.has(jco.code) || jco.alive) return false;
  if ("code" in direct) return LIES.has(direct.code) && !direct.alive;
  return jco.code === "plugin-invalid-value" && /bool|flags/.test(formatType(type));
}

/** Words of memory: small numbers, pointers near the answer, and anything. */
const arbitraryWord = fc.oneof(
  fc.nat({ max: 3 }),
  fc.nat({ max: 40 }).map((n) => ANSWER + n * 4),
  fc.constantFrom(0xffff_ffff, 0x8000_0000, 65_535, 65_536, ANSWER + 1, 0x41, 0x0000_d800, 0x0041_0041, 0x00c3_a941),
  fc.integer({ min: 0, max: 0xffff_ffff }),
);

describe("a guest that answers with anything", () => {
  it.each([31, 32, 33, 34, 35, 36])("is believed or ended alike, set %i", { timeout: 60_000 }, async (seed) => {
    const types = fc.sample(arbitraryType({ depth: 2, recent: false }), { numRuns: 16, seed });
    const bytes = await pokedComponent(types);
    const plugins = await Promise.all(PATHS.map((path) => pluginFromBytes(bytes, {}, { path })));
    const api = "test:poked/api#";
    await using both = new Both(plugins);
    let believed = 0;
    for (const [at, type] of types.entries()) {
      for (const words of fc.sample(fc.array(arbitraryWord, { minLength: 24, maxLength: 24 }), { numRuns: 12, seed })) {
        for (const [n, word] of words.entries()) await both.call(`${api}poke`, [ANSWER + n * 4, word]);
        const endings = await both.call(`${api}f${at}`, []);
        if (endedByLies(type, endings)) continue;
        believed += 1;
        expectSame({ kind: "tuple", items: [type] }, endings.map(first), `${formatType(type)} from ${words.join(" ")}`);
      }
    }
    expect(believed).toBeGreaterThan(20);
  });
});

/** Without the filler of the identity component. */
function first(ending: Ending): Ending {
  return "value" in ending ? { ...ending, value: (ending.value as readonly Value[]).slice(0, 1) } : ending;
}
