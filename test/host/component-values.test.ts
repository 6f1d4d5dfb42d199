import { describe, expect, it } from "vitest";

import fc from "../fast-check.ts";
import type { Path } from "../../src/host/component/describe.ts";
import type { Plugin } from "../../src/host/plugin.ts";
import { equalValues } from "../../src/wit/equal.ts";
import { formatType } from "../../src/wit/text.ts";
import type { WitType } from "../../src/wit/types.ts";
import type { Value } from "../../src/wit/value.ts";
import { arbitraryType, arbitraryValue } from "../wit/arbitrary.ts";
import { PATHS, pluginFromBytes, start, waiting, type Given } from "./component-fixtures.ts";
import { FILLING, identityComponent } from "./component-identity.ts";

/** Whether an import is asked for the values, and whether it waits. */
type Way = "alone" | "sync" | "async";

/** Gives each function of an identity component some values and expects them back. */
async function expectIdentity(
  types: readonly WitType[],
  values: number,
  seed: number,
  path: Path,
  way: Way = "alone",
): Promise<void> {
  await using plugin = await pluginFromBytes(await identityComponent(types, way !== "alone"), {}, { path });
  for (const [at, type] of types.entries()) {
    for (const value of fc.sample(arbitraryValue(type), { numRuns: values, seed: seed + at })) {
      const got = await echoed(plugin, at, value, way);
      expect(
        equalValues(type, got, value),
        `${formatType(type)}: ${fc.stringify(value)} became ${fc.stringify(got)}`,
      ).toBe(true);
    }
  }
}

async function echoed(plugin: Plugin, at: number, value: Value, way: Way): Promise<Value> {
  const mirror = ([x]: readonly Value[]): Value => x as Value;
  const imports = [...plugin.world.imports.interfaces].flatMap(([id, { functions }]) =>
    [...functions.keys()].map((name) => [`${id}#${name}`, way === "async" ? waiting(mirror) : mirror]),
  );
  await using instance = await start(plugin, Object.fromEntries(imports) as Given);
  const [got] = (await instance.call(`test:identity/api#f${at}`, [[value, FILLING]])) as readonly Value[];
  return got as Value;
}

describe.each(PATHS)("linked by %s", (path) => {
  it.each([1, 2, 3, 4])("values of any types come back bit for bit (I8), set %i", async (seed) => {
    const types = fc.sample(arbitraryType({ depth: 3, recent: false }), { numRuns: 16, seed });

    await expectIdentity(types, 6, seed, path);
  });

  it.each(["sync", "async"] as const)("values cross an import (%s) and come back bit for bit", async (way) => {
    for (const seed of [11, 12]) {
      const types = fc.sample(arbitraryType({ depth: 3, recent: false }), { numRuns: 12, seed });
      await expectIdentity(types, 5, seed, path, way);
    }
  });

  it("maps and lists of fixed length come back", async () => {
    const u32: WitType = { kind: "u32" };
    const string: WitType = { kind: "string" };
    const types: WitType[] = [
      { kind: "list", element: u32, length: 3 },
      { kind: "list", element: string, length: 2 },
      { kind: "map", key: string, value: u32 },
      { kind: "list", element: { kind: "map", key: string, value: { kind: "map", key: u32, value: string } } },
    ];

    await expectIdentity(types, 10, 7, path);
  });

  // `TextEncoder.encodeInto` of Node 26 leaves out some last characters of two bytes that just fit.
  it.each(["\u00e9", "\u07cc", "\u07ff", "\u0800", "\u{1f600}"])("long texts end whole: %s", async (last) => {
    const string: WitType = { kind: "string" };
    await using plugin = await pluginFromBytes(await identityComponent([string]), {}, { path });
    for (const start of ["x".repeat(100), "\u00e9".repeat(1000), "\u{1f9f6}".repeat(3000)]) {
      expect(await echoed(plugin, 0, start + last, "alone")).toBe(start + last);
    }
  });
});
