import { describe, expect, it } from "vitest";
import { fromHalf, toHalf } from "../../src/wit/half.ts";

describe("toHalf() and fromHalf()", () => {
  it("agree on all 65,536 half-precision floats but the NaNs", () => {
    const wrong: number[] = [];
    for (let bits = 0; bits < 0x10000; bits += 1) {
      const value = fromHalf(bits);
      const isNan = (bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0;
      if (isNan ? !Number.isNaN(value) : toHalf(value) !== bits) wrong.push(bits);
    }
    expect(wrong).toEqual([]);
  });

  it.each([0.1, 65_505, 65_536, 2 ** -25, 3 * 2 ** -25, 1 + 2 ** -11, 2049, 1e300, 2 ** 16, 2 ** -14 + 2 ** -25])(
    "%d has no exact half",
    (value) => {
      expect(toHalf(value)).toBeNull();
      expect(toHalf(-value)).toBeNull();
    },
  );
});
