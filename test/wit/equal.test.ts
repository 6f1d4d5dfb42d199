import { describe, expect, it } from "vitest";
import fc from "../fast-check.ts";
import { equalValues } from "../../src/wit/equal.ts";
import type { WitType } from "../../src/wit/types.ts";
import { CaseValue, Handle, Some, type Value } from "../../src/wit/value.ts";
import { arbitraryType, arbitraryValue } from "./arbitrary.ts";

const typed = arbitraryType().chain((type) => fc.tuple(fc.constant(type), arbitraryValue(type)));

describe("equalValues()", () => {
  it("finds each value equal to a copy of itself", () => {
    fc.assert(fc.property(typed, ([type, value]) => equalValues(type, value, copy(value))));
  });

  it.each<[WitType, Value, Value]>([
    [{ kind: "f64" }, 0, -0],
    [{ kind: "f32" }, NaN, 0],
    [{ kind: "u64" }, 1, 2],
    [{ kind: "list", element: { kind: "f64" } }, Float64Array.of(0), [-0]],
    [{ kind: "list", element: { kind: "u8" } }, Uint8Array.of(1), Uint8Array.of(1, 2)],
    [{ kind: "list", element: { kind: "string" } }, [""], null],
    [{ kind: "tuple", items: [{ kind: "bool" }] }, [true], [false]],
    [{ kind: "option", some: { kind: "u8" } }, null, 0],
    [{ kind: "option", some: { kind: "option", some: { kind: "u8" } } }, null, new Some(null)],
    [{ kind: "result", ok: null, err: null }, new CaseValue(0, null), new CaseValue(1, null)],
    [{ kind: "result", ok: { kind: "u8" }, err: null }, new CaseValue(0, 1), new CaseValue(0, 2)],
    [{ kind: "map", key: { kind: "u8" }, value: { kind: "u8" } }, new Map([[1, 1]]), new Map([[1, 2]])],
    [
      { kind: "map", key: { kind: "u8" }, value: { kind: "u8" } },
      new Map([
        [1, 1],
        [2, 2],
      ]),
      new Map([
        [2, 2],
        [1, 1],
      ]),
    ],
    [{ kind: "stream", element: null }, new Handle(1, 1), new Handle(2, 1)],
  ])("of %o: %o differs from %o", (type, a, b) => {
    expect(equalValues(type, a, b)).toBe(false);
    expect(equalValues(type, b, a)).toBe(false);
  });

  it.each<[WitType, Value, Value]>([
    [{ kind: "f64" }, NaN, -NaN],
    [{ kind: "list", element: { kind: "f32" } }, Float32Array.of(NaN, -0), [NaN, -0]],
    [{ kind: "list", element: { kind: "u64" } }, BigUint64Array.of(5n, 2n ** 64n - 1n), [5, 2n ** 64n - 1n]],
    [{ kind: "stream", element: null }, new Handle(1, 1), new Handle(1, 1)],
  ])("of %o: %o equals %o", (type, a, b) => {
    expect(equalValues(type, a, b)).toBe(true);
  });
});

/** `structuredClone` loses classes, so the few there are are made anew. */
function copy(value: Value): Value {
  if (value instanceof Some) return new Some(copy(value.value));
  if (value instanceof CaseValue) return new CaseValue(value.index, copy(value.payload));
  if (Array.isArray(value)) return value.map(copy);
  if (value instanceof Map) return new Map([...value].map(([k, v]) => [copy(k as Value), copy(v as Value)]));
  return ArrayBuffer.isView(value) ? structuredClone(value) : value;
}
