import { describe, expect, it } from "vitest";
import { functionKey, functionOf, functionsOf, type WitFunction, type WorldSide } from "../../src/wit/types.ts";
import { integer, isNullable } from "../../src/wit/value.ts";

const fn = (name: string): WitFunction => ({
  name,
  shape: "function",
  resource: null,
  params: [],
  result: null,
  async: false,
});
const ID = "acme:x/y@1.0.0";

const side: WorldSide = {
  types: new Map(),
  functions: new Map([["f", fn("f")]]),
  interfaces: new Map([[ID, { id: ID, types: new Map(), functions: new Map([["[method]r.f", fn("[method]r.f")]]) }]]),
};

describe("function keys", () => {
  it("functionKey() and functionOf() are each other's inverse", () => {
    expect(functionKey(null, "f")).toBe("f");
    expect(functionKey(ID, "[method]r.f")).toBe(`${ID}#[method]r.f`);
    for (const [key, found] of functionsOf(side)) expect(functionOf(side, key)).toBe(found);
  });

  it("functionOf() finds nothing elsewhere", () => {
    expect(functionOf(side, "g")).toBeUndefined();
    expect(functionOf(side, `${ID}#f`)).toBeUndefined();
    expect(functionOf(side, "acme:z/y#f")).toBeUndefined();
  });

  it("functionsOf() gives the world's own first", () => {
    expect([...functionsOf(side)].map(([key]) => key)).toEqual(["f", `${ID}#[method]r.f`]);
  });
});

describe("values", () => {
  it("integer() has one form for one number (V2)", () => {
    expect(integer(2n ** 53n - 1n)).toBe(2 ** 53 - 1);
    expect(integer(2n ** 53n)).toBe(2n ** 53n);
    expect(integer(-(2n ** 53n) + 1n)).toBe(-(2 ** 53) + 1);
    expect(integer(-(2n ** 53n))).toBe(-(2n ** 53n));
  });

  it("isNullable() is about options only", () => {
    expect(isNullable({ kind: "option", some: { kind: "u8" } })).toBe(true);
    expect(isNullable({ kind: "result", ok: null, err: null })).toBe(false);
  });
});
