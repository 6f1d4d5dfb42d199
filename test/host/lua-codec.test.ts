import { describe, expect, it } from "vitest";
import fc from "../fast-check.ts";
import { equalValues } from "../../src/wit/equal.ts";
import type { WitType } from "../../src/wit/types.ts";
import { isIntegerKind, rangeOf } from "../../src/wit/numbers.ts";
import { CaseValue, integer, Some, type Value } from "../../src/wit/value.ts";
import { arbitraryType, arbitraryValue } from "../wit/arbitrary.ts";
import { echoed, instanceOf, taking } from "./lua-function.ts";
import { faultFrom } from "./lua-package.ts";

/** What Lua code makes of `x[1]`. */
function seen(type: WitType, value: Value, expression: string): Value {
  const instance = instanceOf(type, `local v = x[1]; error(tostring(${expression}), 0)`);
  try {
    void instance.call("f", [[value]]);
  } catch (error) {
    return (error as Error).message.replace(/^.*? failed in f: /, "");
  }
  throw new Error("it did not fail");
}

/** What comes of returning a Lua expression for a type, from a function that takes one. */
function returned(type: WitType, expression: string): Value {
  return (instanceOf(type, `return { ${expression} }`).call("f", [[0]]) as readonly Value[])[0] as Value;
}

const string: WitType = { kind: "string" };
const f64: WitType = { kind: "f64" };
const u64: WitType = { kind: "u64" };
const s64: WitType = { kind: "s64" };
const u8: WitType = { kind: "u8" };
const listOf = (element: WitType): WitType => ({ kind: "list", element });
const optionOf = (some: WitType): WitType => ({ kind: "option", some });
const point: WitType = {
  kind: "record",
  name: null,
  fields: [
    { name: "x", type: f64 },
    { name: "y-offset", type: optionOf(f64) },
  ],
};

describe("the Lua codec", () => {
  it("brings every value back bit for bit (I8)", () => {
    const pairs = arbitraryType({ depth: 3 }).chain((type) => arbitraryValue(type).map((value) => ({ type, value })));
    fc.assert(
      fc.property(pairs, ({ type, value }) => {
        expect(equalValues(type, echoed(type, value), value)).toBe(true);
      }),
      { numRuns: 150, seed: 7 },
    );
  });

  it("keeps integers exact and floats floats", () => {
    expect(seen(f64, 5, "math.type(v) .. ' ' .. v")).toBe("float 5.0");
    expect(seen(s64, 9007199254740993n, "math.type(v) .. ' ' .. v")).toBe("integer 9007199254740993");
    expect(seen(u64, 2n ** 64n - 1n, "v")).toBe("-1");
    expect(seen(u64, 2n ** 64n - 1n, "require('sennit').u64(v)")).toBe("18446744073709551615");
    expect(echoed(u64, 2n ** 63n)).toBe(2n ** 63n);
    expect(echoed(f64, -0)).toBe(-0);
    expect(echoed(f64, Number.NaN)).toBeNaN();
  });

  it("writes values as plugins/lua/README.md says", () => {
    const colour: WitType = { kind: "enum", name: null, cases: ["red", "ultra-violet"] };
    const flags: WitType = { kind: "flags", name: null, labels: ["read", "list-all"] };
    const shape: WitType = {
      kind: "variant",
      name: null,
      cases: [
        { name: "is-empty", type: null },
        { name: "circle", type: f64 },
      ],
    };
    const result: WitType = { kind: "result", ok: null, err: string };
    expect(seen(colour, 1, "v")).toBe("ultra_violet");
    expect(seen(flags, 2, "tostring(v.read) .. tostring(v.list_all)")).toBe("niltrue");
    expect(seen(shape, new CaseValue(0, null), "v.tag .. tostring(v.value)")).toBe("is_emptynil");
    expect(seen(shape, new CaseValue(1, 2), "v.tag .. v.value")).toBe("circle2.0");
    expect(seen(result, new CaseValue(0, null), "v.ok")).toBe("true");
    expect(seen(result, new CaseValue(1, "no"), "v.err")).toBe("no");
    expect(seen(point, [1, null], "v.x .. tostring(v.y_offset)")).toBe("1.0nil");
    expect(seen(listOf(u8), Uint8Array.of(0, 255), "#v .. ' ' .. v:byte(2)")).toBe("2 255");
    expect(
      seen(
        { kind: "map", key: string, value: u8 },
        new Map([
          ["b", 1],
          ["a", 2],
        ]),
        "v[1][1] .. v[2][1] .. v[2][2]",
      ),
    ).toBe("ba2");
    expect(seen(listOf(optionOf(u8)), [null, 7], "#v .. tostring(v[1].some) .. v[2].some")).toBe("2nil7");
    expect(seen(optionOf(optionOf(u8)), new Some(null), "type(v) .. tostring(v.some)")).toBe("tablenil");
    expect(seen({ kind: "char" }, "🦀", "utf8.len(v) .. #v")).toBe("14");
  });

  it("takes an integral float for an integer and an exact integer for a float", () => {
    expect(taking(u8, "5.0")()).toBe(5);
    expect(taking(f64, "5")()).toBe(5);
    expect(taking(s64, "math.mininteger")()).toBe(-(2n ** 63n));
    expect(taking({ kind: "f32" }, "0.1")()).toBe(Math.fround(0.1));
  });

  it.each([
    [u8, "256", "256"],
    [u8, "-1", "-1"],
    [u8, "1.5", "1.5"],
    [u8, "'5'", "a string is not an integer"],
    [s64, "2.0^63", "922337203685477"],
    [f64, "math.maxinteger", "9223372036854775807"],
    [f64, "nil", "nil is not a number"],
    [string, "'\\xff'", "not UTF-8"],
    [string, "'\\xed\\xa0\\x80'", "not UTF-8"],
    [string, "5", "a number is not a string"],
    [{ kind: "char" } as WitType, "'ab'", "one character"],
    [{ kind: "bool" } as WitType, "1", "a number is not a boolean"],
    [listOf(string), "{ 'a', 1 }", "[2]"],
    [listOf(string), "{ x = 1 }", "not a list"],
    [{ kind: "list", element: u8, length: 2 } as WitType, "'abc'", "a list of 3"],
    [point, "{ x = 'a' }", "[1].x: a string is not a number"],
    [point, "setmetatable({}, { __index = function() return 1.0 end })", ".x: nil"],
    [listOf(point), "setmetatable({}, { __len = function() return 2^40 end, __index = function() return {} end })", ""],
    [{ kind: "enum", name: null, cases: ["a"] } as WitType, "'b'", '"b" is no case'],
    [{ kind: "flags", name: null, labels: ["a"] } as WitType, "{ b = true }", '"b" is no flag'],
    [{ kind: "flags", name: null, labels: ["a"] } as WitType, "{ 'a' }", "not true or false"],
    [{ kind: "result", ok: u8, err: u8 } as WitType, "{ ok = 1, err = 1 }", "either"],
    [{ kind: "result", ok: u8, err: u8 } as WitType, "{}", "either"],
    [{ kind: "tuple", items: [u8] } as WitType, "{ 1, 2 }", "more than 1"],
    [{ kind: "map", key: u8, value: u8 } as WitType, "{ { 1, 2 }, { 1, 3 } }", "twice"],
    [listOf(optionOf(u8)), "{ { sme = 1 } }", "not an option"],
    [listOf(optionOf(u8)), "{ 1 }", "not an option"],
  ] as const)("checks what a guest returns for %j: %s", async (type, expression, text) => {
    const work = taking(type, expression);
    if (text === "") return expect(work()).toEqual([]);
    const fault = await faultFrom(work);
    expect(fault).toMatchObject({ code: "plugin-invalid-value", source: "acme:sample" });
    expect(fault.message).toContain(text);
  });

  it("takes a large list", () => {
    const numbers = Float64Array.from({ length: 100_000 }, (_, index) => index / 3);
    expect(echoed(listOf(f64), numbers)).toEqual(numbers);
    const bytes = new Uint8Array(1_000_000).fill(200);
    expect(echoed(listOf(u8), bytes)).toEqual(bytes);
  });

  it.each(["s8", "s16", "u16", "s32", "u32", "s64", "u64", "f32", "f64"] as const)(
    "takes a list of %s that fills the way in and out several times, typed or not",
    (kind) => {
      const extremes = isIntegerKind(kind)
        ? [rangeOf(kind).min, rangeOf(kind).max, 0n, 1n].map(integer)
        : [-0, Number.NaN, Number.NEGATIVE_INFINITY, 2 ** -126, 2 ** 60];
      const plain: Value[] = Array.from({ length: 70_001 }, (_, i) => extremes[i % extremes.length] as Value);
      const list = listOf({ kind });
      const typed = echoed(list, plain);
      expect(ArrayBuffer.isView(typed)).toBe(true);
      expect(equalValues(list, typed, plain)).toBe(true);
      expect(equalValues(list, echoed(list, typed), plain)).toBe(true);
    },
  );

  it("looks itself at numbers that are not plainly of the kind of their list", () => {
    expect(taking(listOf(f64), "{ 0.5, 1 << 60, 2, math.mininteger }")()).toEqual(
      Float64Array.of(0.5, 2 ** 60, 2, -(2 ** 63)),
    );
    expect(taking(listOf(s64), "{ 1, 2.0, -0.0, 1 << 60 }")()).toEqual(BigInt64Array.of(1n, 2n, 0n, 1n << 60n));
    const floats = "(function() local t = {} for i = 1, 20000 do t[i] = i + 0.0 end return t end)()";
    expect(taking(listOf(u64), floats)()).toEqual(BigUint64Array.from({ length: 20_000 }, (_, i) => BigInt(i + 1)));
    expect(taking(listOf({ kind: "u16" }), floats)()).toEqual(Uint16Array.from({ length: 20_000 }, (_, i) => i + 1));
  });

  it("refuses an argument that is not of its type before the guest sees it (H5)", async () => {
    const instance = instanceOf(u8, "seen = true return x");
    const fault = await faultFrom(() => instance.call("f", [[300]]));
    expect(fault).toMatchObject({ code: "out-of-range", source: "sennit" });
    expect(instance.alive).toBe(true);
    expect(returned(u8, "1")).toBe(1);
  });
});
