import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as wit from "../../src/wit/index.ts";

const SAMPLES = new URL("../../plugins/samples/", import.meta.url);

describe("src/wit/index.ts", () => {
  it("offers the room's functions by name", () => {
    expect(Object.keys(wit).toSorted()).toMatchInlineSnapshot(`
      [
        "AnyFloat",
        "Callback",
        "CaseValue",
        "DEFAULT_ANY_LIMITS",
        "DEFAULT_LIFT_LIMITS",
        "DEFAULT_LIMITS",
        "ERR",
        "Handle",
        "LiftBudget",
        "OK",
        "Opaque",
        "Some",
        "WitError",
        "bareName",
        "checkValue",
        "decodeAny",
        "decodeComponent",
        "decodeWorld",
        "encodeAny",
        "equalValues",
        "formatFunction",
        "formatType",
        "formatWorld",
        "functionKey",
        "functionOf",
        "functionsOf",
        "integer",
        "isArrayOf",
        "isCallbackResource",
        "isInRange",
        "isIntegerKind",
        "isNullable",
        "isTypedNumbers",
        "rangeOf",
      ]
    `);
  });
});

/** Build steps leave core modules beside the components; those have another layer. */
function isComponent(path: string): boolean {
  return /^[\w-]+[\\/][\w-]+\.wasm$/.test(path) && readFileSync(new URL(path, SAMPLES))[6] === 1;
}

/** What real toolchains write: Rust, C, Go, AssemblyScript, JavaScript, Python. */
describe("the samples' components", () => {
  const paths = readdirSync(SAMPLES, { recursive: true, encoding: "utf8" }).filter(isComponent);

  it("are there", () => {
    expect(paths.length).toBeGreaterThan(0);
  });

  it.each(paths)("%s decodes", (path) => {
    const world = wit.decodeWorld(readFileSync(new URL(path, SAMPLES)));

    expect([...wit.functionsOf(world.exports)].length).toBeGreaterThan(0);
    expect(wit.formatWorld(world)).toContain("export");
  });
});
