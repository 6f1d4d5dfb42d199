import { describe, expect, it } from "vitest";
import { plainText, samePlain } from "../../../src/engine/trial/plain-text.ts";
import { fromToml } from "../../../src/engine/trial/toml-value.ts";
import { toPlain } from "../../../src/engine/embedding/plain.ts";
import type { Type } from "../../../src/lang/types.ts";

describe("samePlain()", () => {
  it("compares by what is there, and numbers as far apart as allowed", () => {
    expect(samePlain([1, 2], new Float64Array([1, 2]), 0)).toBe(true);
    expect(samePlain(new Map([["a", 1]]), { a: 1 }, 0)).toBe(true);
    expect(samePlain(0.1 + 0.2, 0.3, 0)).toBe(false);
    expect(samePlain([0.1 + 0.2], [0.3], 1e-9)).toBe(true);
    expect(samePlain(Number.NaN, Number.NaN, 0)).toBe(true);
    expect(samePlain(3n, 3, 0)).toBe(true);
    expect(samePlain({ a: null }, {}, 0)).toBe(false);
    expect(samePlain("1", 1, 0)).toBe(false);
    expect(samePlain(null, undefined, 0)).toBe(true);
  });

  it("shows values as a test file writes them", () => {
    expect(plainText({ a: [1, "x"], "b c": null, d: new Uint8Array([255]) })).toBe(
      '{ a = [1, "x"], "b c" = { none = true }, d = { hex = "ff" } }',
    );
    expect(plainText("x".repeat(1000)).length).toBeLessThan(500);
  });
});

describe("fromToml()", () => {
  const point: Type = {
    kind: "record",
    id: "0:Point",
    name: "Point",
    fields: [
      { name: "at_x", type: { kind: "Float" } },
      { name: "label", type: { kind: "option", some: { kind: "String" } } },
    ],
  };

  it("has a form for what TOML has none of", () => {
    const given = (type: Type, value: unknown): unknown => toPlain(type, fromToml(type, value, "v"));
    expect(given(point, { "at-x": 1 })).toEqual({ at_x: 1, label: null });
    expect(given({ kind: "option", some: { kind: "Int" } }, { none: true })).toBeNull();
    expect(given({ kind: "Bytes" }, { hex: "00ff" })).toEqual(new Uint8Array([0, 255]));
    expect(given({ kind: "Duration" }, "1.5s")).toBe(1_500_000_000);
    expect(given({ kind: "map", key: { kind: "String" }, value: { kind: "Int" } }, { a: 1 })).toEqual(
      new Map([["a", 1]]),
    );
    expect(given({ kind: "Any" }, { a: [{ none: true }] })).toEqual(new Map([["a", [null]]]));
  });

  it("says where a value does not fit", () => {
    expect(() => fromToml(point, { at_x: "far" }, "place")).toThrow(/place\.at_x: expected a number/);
    expect(() => fromToml({ kind: "Duration" }, "soon", "wait")).toThrow(/wait: expected an integer/);
  });
});
