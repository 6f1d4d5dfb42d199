import { describe, expect, it } from "vitest";
import { isArrayOf, isInRange, isIntegerKind, isTypedNumbers, rangeOf } from "../../src/wit/numbers.ts";

describe("integer kinds", () => {
  it("isIntegerKind() knows the eight, and no property of objects", () => {
    expect(["s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64"].every(isIntegerKind)).toBe(true);
    expect(["f32", "bool", "toString", "__proto__"].some(isIntegerKind)).toBe(false);
  });

  it("rangeOf() and isInRange() agree with the width", () => {
    expect(rangeOf("s16")).toEqual({ min: -32_768n, max: 32_767n });
    expect(isInRange("u64", 2n ** 64n - 1n)).toBe(true);
    expect(isInRange("u64", 2n ** 64n)).toBe(false);
    expect(isInRange("s8", -128)).toBe(true);
    expect(isInRange("s8", 128)).toBe(false);
  });
});

describe("typed arrays", () => {
  const arrays = {
    u8: new Uint8Array(),
    s8: new Int8Array(),
    u16: new Uint16Array(),
    s16: new Int16Array(),
    u32: new Uint32Array(),
    s32: new Int32Array(),
    u64: new BigUint64Array(),
    s64: new BigInt64Array(),
    f32: new Float32Array(),
    f64: new Float64Array(),
  };

  it("isArrayOf() pairs each kind with its own array only", () => {
    for (const [kind, array] of Object.entries(arrays)) {
      const matching = Object.keys(arrays).filter((other) => isArrayOf(other, array));
      expect(matching).toEqual([kind]);
    }
    expect(isArrayOf("string", arrays.u8)).toBe(false);
  });

  it("isTypedNumbers() takes these and no other view", () => {
    expect(Object.values(arrays).every(isTypedNumbers)).toBe(true);
    expect(
      [new DataView(new ArrayBuffer(1)), new Uint8ClampedArray(1), new ArrayBuffer(1), [1], null].some(isTypedNumbers),
    ).toBe(false);
  });
});
