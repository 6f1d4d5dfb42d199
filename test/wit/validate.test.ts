import { describe, expect, it } from "vitest";
import fc from "../fast-check.ts";
import { Fault } from "../../src/fault.ts";
import type { Resource, WitType } from "../../src/wit/types.ts";
import { checkValue, isCallbackResource } from "../../src/wit/validate.ts";
import { Callback, CaseValue, Handle, Some, type Value } from "../../src/wit/value.ts";
import { arbitraryType, arbitraryValue } from "./arbitrary.ts";

const U8: WitType = { kind: "u8" };
const POINT: WitType = {
  kind: "record",
  name: { interface: "acme:shapes/geometry", name: "point" },
  fields: [
    { name: "x", type: U8 },
    { name: "y", type: { kind: "f64" } },
  ],
};

function fault(type: WitType, value: unknown): string {
  try {
    checkValue(type, value as Value, "argument `p`");
  } catch (error) {
    if (error instanceof Fault) return `${error.code} ${error.message}`;
    throw error;
  }
  throw new Error("the value passed");
}

describe("checkValue()", () => {
  it("passes every value of every type (C1)", () => {
    const typed = arbitraryType().chain((type) => fc.tuple(fc.constant(type), arbitraryValue(type)));
    fc.assert(
      fc.property(typed, ([type, value]) => {
        checkValue(type, value, "it");
      }),
      { numRuns: 1_000 },
    );
  });

  it("names the place in the value (C2)", () => {
    const type: WitType = {
      kind: "record",
      name: null,
      fields: [{ name: "points", type: { kind: "list", element: POINT } }],
    };

    expect(
      fault(type, [
        [
          [1, 0],
          [2, 0],
          [3, 0],
          [300, 0],
        ],
      ]),
    ).toBe("out-of-range argument `p`.points[3].x: 300 is not a u8 (0 to 255)");
  });

  it.each<[string, WitType, unknown, string]>([
    ["tuple", { kind: "tuple", items: [U8, POINT] }, [1, [1, "no"]], '.1.y: "no" is not an f64'],
    ["option", { kind: "option", some: U8 }, 256, ": 256 is not a u8 (0 to 255)"],
    ["result", { kind: "result", ok: U8, err: null }, new CaseValue(0, -1), ".ok: -1 is not a u8"],
    [
      "variant",
      { kind: "variant", name: null, cases: [{ name: "a-b", type: POINT }] },
      new CaseValue(0, [1]),
      ".a-b: a list of 1 is not a point",
    ],
    ["map", { kind: "map", key: { kind: "string" }, value: U8 }, new Map([["k", 1n]]), '["k"]: 1 is not a u8'],
    ["map key", { kind: "map", key: U8, value: U8 }, new Map([["k", 1]]), '["k"] (key): "k" is not a u8'],
  ])("names the place inside a %s (C2)", (_, type, value, text) => {
    expect(fault(type, value)).toContain(`argument \`p\`${text}`);
  });

  it.each<[WitType, unknown]>([
    [{ kind: "bool" }, 1],
    [{ kind: "bool" }, undefined],
    [U8, 1.5],
    [U8, NaN],
    [U8, "1"],
    [U8, 1n], // V2: an integer has one form
    [{ kind: "u64" }, 2 ** 53],
    [{ kind: "f64" }, 1n],
    [{ kind: "f32" }, null],
    [{ kind: "char" }, ""],
    [{ kind: "char" }, "ab"],
    [{ kind: "char" }, "e\u0301"],
    [{ kind: "char" }, "\ud800"],
    [{ kind: "char" }, "\ud83e\uddf6a"],
    [{ kind: "string" }, "a\udc00b"],
    [{ kind: "string" }, 5],
    [{ kind: "list", element: U8 }, [1, 2]],
    [{ kind: "list", element: U8 }, new Uint8ClampedArray(2)],
    [{ kind: "list", element: U8 }, new Int8Array(2)],
    [{ kind: "list", element: { kind: "u16" } }, new Uint8Array(2)],
    [{ kind: "list", element: { kind: "string" } }, new Uint8Array(2)],
    [{ kind: "list", element: { kind: "string" } }, Array<string>(1)],
    [{ kind: "list", element: { kind: "string" } }, "text"],
    [{ kind: "list", element: U8, length: 3 }, new Uint8Array(2)],
    [{ kind: "list", element: { kind: "char" }, length: 1 }, []],
    [{ kind: "map", key: U8, value: U8 }, [[1, 1]]],
    [{ kind: "tuple", items: [U8] }, []],
    [{ kind: "tuple", items: [U8] }, [1, 2]],
    [POINT, { x: 1, y: 2 }],
    [POINT, [1]],
    [{ kind: "option", some: U8 }, undefined],
    [{ kind: "option", some: { kind: "option", some: U8 } }, 5],
    [{ kind: "option", some: U8 }, new Some(5)],
    [{ kind: "result", ok: null, err: null }, new CaseValue(2, null)],
    [{ kind: "result", ok: null, err: null }, new CaseValue(0, 1)],
    [{ kind: "result", ok: null, err: null }, new CaseValue(0.5, null)],
    [{ kind: "result", ok: null, err: null }, null],
    [{ kind: "enum", name: null, cases: ["a", "b"] }, 2],
    [{ kind: "enum", name: null, cases: ["a", "b"] }, -1],
    [{ kind: "enum", name: null, cases: ["a", "b"] }, "a"],
    [{ kind: "flags", name: null, labels: ["a", "b"] }, 4],
    [{ kind: "flags", name: null, labels: ["a", "b"] }, -1],
    [{ kind: "flags", name: null, labels: ["a", "b"] }, 0.5],
    [{ kind: "stream", element: null }, 5],
    [{ kind: "future", element: null }, null],
    [{ kind: "error-context" }, "text"],
  ])("refuses for %o the value %o", (type, value) => {
    expect(fault(type, value)).toMatch(/^type-mismatch argument `p`/);
  });

  it.each<[WitType["kind"], number | bigint, number | bigint]>([
    ["s8", -129, 128],
    ["u8", -1, 256],
    ["s16", -32_769, 32_768],
    ["u16", -1, 65_536],
    ["s32", -2_147_483_649, 2_147_483_648],
    ["u32", -1, 4_294_967_296],
    ["s64", -(2n ** 63n) - 1n, 2n ** 63n],
    ["u64", -1, 2n ** 64n],
  ])("refuses just outside of %s", (kind, below, above) => {
    const type = { kind } as WitType;

    expect(fault(type, below)).toMatch(/^out-of-range/);
    expect(fault(type, above)).toMatch(/^out-of-range/);
  });

  it("refuses a number that is not exactly an f32", () => {
    expect(fault({ kind: "f32" }, 0.1)).toBe("out-of-range argument `p`: 0.1 is not exactly an f32");
  });

  it("passes handles, and callbacks where the host's callback is wanted", () => {
    const callback: Resource = {
      kind: "resource",
      name: { interface: "sennit:host/callback@0.1.0", name: "callback" },
    };
    const other: Resource = { kind: "resource", name: { interface: "acme:x/callback", name: "callback" } };
    const lambda = new Callback((args) => Promise.resolve(args[0] ?? new Uint8Array()));

    checkValue({ kind: "own", resource: other }, new Handle(1, 2), "it");
    checkValue({ kind: "borrow", resource: callback }, lambda, "it");
    checkValue({ kind: "stream", element: U8 }, new Handle(1, 3), "it");
    expect(fault({ kind: "own", resource: other }, lambda)).toMatch(/^type-mismatch/);
    expect(isCallbackResource(callback)).toBe(true);
    expect(isCallbackResource(other)).toBe(false);
  });
});
