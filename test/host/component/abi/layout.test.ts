/** Sizes, alignments and core values of types, as the canonical ABI gives them (Y1, F1, F2). */
import { describe, expect, it } from "vitest";
import fc from "../../../fast-check.ts";
import { flatten, flattenFunction, type FlatType } from "../../../../src/host/component/abi/flat.ts";
import { layoutOf, offsetsOf } from "../../../../src/host/component/abi/layout.ts";
import type { PrimitiveKind, WitType } from "../../../../src/wit/types.ts";
import { arbitraryType } from "../../../wit/arbitrary.ts";
import { functionOf } from "./guest-memory.ts";

const of = (kind: PrimitiveKind): WitType => ({ kind });
const tuple = (...items: WitType[]): WitType => ({ kind: "tuple", items });
const variant = (...types: (WitType | null)[]): WitType => ({
  kind: "variant",
  name: null,
  cases: types.map((type, at) => ({ name: `c${at}`, type })),
});
const enumOf = (count: number): WitType => ({
  kind: "enum",
  name: null,
  cases: Array.from({ length: count }, (_, at) => `c${at}`),
});
const flags = (count: number): WitType => ({
  kind: "flags",
  name: null,
  labels: Array.from({ length: count }, (_, at) => `f${at}`),
});
const option = (some: WitType): WitType => ({ kind: "option", some });

describe("layoutOf() and flatten()", () => {
  it.each<[string, WitType, number, number, FlatType[]]>([
    ["bool", of("bool"), 1, 1, ["i32"]],
    ["u16", of("u16"), 2, 2, ["i32"]],
    ["char", of("char"), 4, 4, ["i32"]],
    ["s64", of("s64"), 8, 8, ["i64"]],
    ["f32", of("f32"), 4, 4, ["f32"]],
    ["string", of("string"), 8, 4, ["i32", "i32"]],
    ["a list", { kind: "list", element: of("u64") }, 8, 4, ["i32", "i32"]],
    ["a map", { kind: "map", key: of("u8"), value: of("u64") }, 8, 4, ["i32", "i32"]],
    ["a list of fixed length", { kind: "list", element: of("u16"), length: 3 }, 6, 2, ["i32", "i32", "i32"]],
    ["a tuple with padding", tuple(of("u8"), of("u32"), of("u8")), 12, 4, ["i32", "i32", "i32"]],
    ["a tuple that ends in padding", tuple(of("u64"), of("u8")), 16, 8, ["i64", "i32"]],
    ["an option", option(of("u8")), 2, 1, ["i32", "i32"]],
    ["an option in an option", option(option(of("u64"))), 24, 8, ["i32", "i32", "i64"]],
    ["a bare result", { kind: "result", ok: null, err: null }, 1, 1, ["i32"]],
    ["a result", { kind: "result", ok: of("u8"), err: of("string") }, 12, 4, ["i32", "i32", "i32"]],
    ["cases of one width", variant(of("f32"), of("u32")), 8, 4, ["i32", "i32"]],
    ["cases of two widths", variant(of("f32"), of("f64")), 16, 8, ["i32", "i64"]],
    ["cases of equal floats", variant(of("f64"), null, of("f64")), 16, 8, ["i32", "f64"]],
    [
      "cases that share some places",
      variant(tuple(of("f32"), of("u64")), of("string"), null),
      24,
      8,
      ["i32", "i32", "i64"],
    ],
    ["256 cases", enumOf(256), 1, 1, ["i32"]],
    ["257 cases", enumOf(257), 2, 2, ["i32"]],
    ["65,537 cases", enumOf(65_537), 4, 4, ["i32"]],
    ["8 flags", flags(8), 1, 1, ["i32"]],
    ["9 flags", flags(9), 2, 2, ["i32"]],
    ["17 flags", flags(17), 4, 4, ["i32"]],
  ])("%s", (_, type, size, align, flat) => {
    expect(layoutOf(type)).toEqual({ size, align });
    expect(flatten([type], 16)).toEqual(flat);
  });

  it("pads so that elements of a list lie side by side (Y1)", () => {
    fc.assert(
      fc.property(fc.array(arbitraryType(), { minLength: 1, maxLength: 5 }), (types) => {
        const layouts = types.map(layoutOf);
        const offsets = offsetsOf(types);
        for (const [at, { size, align }] of layouts.entries()) {
          expect(size % align).toBe(0);
          expect((offsets[at] ?? 0) % align).toBe(0);
          expect(offsets[at + 1] ?? Infinity).toBeGreaterThanOrEqual((offsets[at] ?? 0) + size);
        }
      }),
    );
  });

  it("never writes out more core values than are wanted (F2)", () => {
    const huge: WitType = {
      kind: "list",
      element: { kind: "list", element: of("u8"), length: 2 ** 27 },
      length: 2 ** 5,
    };

    expect(flatten([huge], 16)).toBeNull();
    expect(flatten([{ kind: "list", element: of("u8"), length: 16 }], 16)).toHaveLength(16);
    expect(flatten([{ kind: "list", element: of("u8"), length: 17 }], 16)).toBeNull();
    expect(layoutOf(huge).size).toBe(2 ** 32);
  });

  it("lets 16 core values in and one out; more cross in memory", () => {
    const sixteen = Array.from({ length: 16 }, () => of("u8"));

    expect(flattenFunction(functionOf(sixteen, of("u8")))).toEqual({
      params: sixteen.map(() => "i32"),
      results: ["i32"],
    });
    expect(flattenFunction(functionOf([...sixteen, of("u8")], of("string")))).toEqual({ params: null, results: null });
    expect(flattenFunction(functionOf([], null))).toEqual({ params: [], results: [] });
  });
});
