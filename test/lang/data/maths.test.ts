import { describe, expect, it } from "vitest";
import fc from "../../fast-check.ts";
import { cos, exp, log, pow, sin } from "../../../src/lang/data/maths.ts";
import { fixed, roundTo } from "../../../src/lang/data/maths-decimal.ts";
import * as ints from "../../../src/lang/data/maths-int.ts";
import { timeOperation } from "../../../src/lang/data/maths-time.ts";

const view = new DataView(new ArrayBuffer(8));

function bits(x: number): string {
  view.setFloat64(0, x);
  return view.getBigUint64(0).toString(16).padStart(16, "0");
}

/** Steps between two Floats; 0 for two NaNs. */
function distance(x: number, y: number): number {
  if (Number.isNaN(x) && Number.isNaN(y)) return 0;
  const order = (f: number): bigint => {
    view.setFloat64(0, f);
    const n = view.getBigInt64(0);
    return n < 0n ? -(n & 0x7fffffffffffffffn) : n;
  };
  const steps = order(x) - order(y);
  return Number(steps < 0n ? -steps : steps);
}

const wide = fc.double();
const angle = fc.oneof(fc.double({ min: -10, max: 10 }), fc.double({ min: -1e6, max: 1e6 }), wide);

describe("transcendental functions", () => {
  // The platform's own differ from one another in the last bit: one step apart is as near as can be asked.
  const cases: [string, (x: number) => number, (x: number) => number, fc.Arbitrary<number>][] = [
    ["exp", exp, Math.exp, fc.oneof(fc.double({ min: -760, max: 720 }), fc.double({ min: -1, max: 1 }), wide)],
    ["log", log, Math.log, fc.oneof(fc.double({ min: 0.5, max: 2 }), wide)],
    ["sin", sin, Math.sin, angle],
    ["cos", cos, Math.cos, angle],
  ];
  for (const [name, ours, platform, argument] of cases) {
    it(`${name} is within one unit in the last place`, () => {
      fc.assert(
        fc.property(argument, (x) => {
          expect(distance(ours(x), platform(x))).toBeLessThanOrEqual(1);
        }),
        { numRuns: 3000 },
      );
    });
  }

  it("pow is within one unit in the last place", () => {
    const base = fc.oneof(fc.double({ min: 0, max: 100 }), fc.integer({ min: -50, max: 50 }), wide);
    const exponent = fc.oneof(fc.integer({ min: -60, max: 60 }), fc.double({ min: -300, max: 300 }), wide);
    fc.assert(
      fc.property(base, exponent, (x, y) => {
        // IEEE 754 says 1 where ECMAScript says NaN.
        const expected = Math.abs(x) === 1 && !Number.isFinite(y) && !Number.isNaN(y) ? 1 : Math.pow(x, y);
        expect(distance(pow(x, y), expected)).toBeLessThanOrEqual(1);
      }),
      { numRuns: 5000 },
    );
  });

  it("gives these very bits, whatever the platform", () => {
    const pinned: [number, string][] = [
      [exp(1), "4005bf0a8b14576a"],
      [exp(-0.5), "3fe368b2fc6f960a"],
      [exp(700.5), "7f18625c7d4f56c2"],
      [log(10), "40026bb1bbb55516"],
      [log(1e-310), "c0864e69394d9508"],
      [sin(1), "3feaed548f090cee"],
      [sin(1e22), "bfeb453ab76bf397"],
      [cos(2 ** 1023), "bfea719f26c232bf"],
      [cos(3), "bfefae04be85e5d2"],
      [pow(2, 0.5), "3ff6a09e667f3bcd"],
      [pow(10, -5), "3ee4f8b588e368f1"],
      [pow(1.1, 100.3), "40cbb22a2bf158c8"],
    ];
    for (const [value, expected] of pinned) expect(bits(value)).toBe(expected);
  });

  it("powers of ten are the Floats that their literals read as", () => {
    for (let n = -22; n <= 30; n++) expect(pow(10, n)).toBe(Number(`1e${n}`));
  });

  it("keeps to the special cases of IEEE 754", () => {
    expect([exp(Infinity), exp(-Infinity), exp(NaN), exp(0)]).toEqual([Infinity, 0, NaN, 1]);
    expect([log(0), log(-1), log(Infinity), log(1)]).toEqual([-Infinity, NaN, Infinity, 0]);
    expect([sin(Infinity), cos(NaN), sin(-0)]).toEqual([NaN, NaN, -0]);
    expect([pow(0, -1), pow(-0, -3), pow(-8, 1 / 3), pow(NaN, 0), pow(1, Infinity)]).toEqual([
      Infinity,
      -Infinity,
      NaN,
      1,
      1,
    ]);
    expect([pow(-2, 3), pow(-2, 1024), pow(-2, 1025), pow(2, -1075)]).toEqual([-8, Infinity, -Infinity, 0]);
    expect([pow(2, -1074), pow(0.5, 1074), pow(10, 308)]).toEqual([5e-324, 5e-324, 1e308]);
  });
});

describe("Ints", () => {
  const int = fc.oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
    fc.integer().map(BigInt),
    fc.constantFrom(0n, 1n, -1n, 2n ** 53n, -(2n ** 53n), 2n ** 53n - 1n, 2n ** 64n - 1n, -(2n ** 63n)),
  );
  const form = (x: bigint): number | bigint => (x >= -9007199254740991n && x <= 9007199254740991n ? Number(x) : x);

  /** The exact result in its one form, or the code of the error. */
  function expected(exact: bigint): unknown {
    return exact < -(2n ** 63n) || exact >= 2n ** 64n ? "overflow" : form(exact);
  }
  function actual(compute: () => unknown): unknown {
    try {
      return compute();
    } catch (fault) {
      return (fault as { code: string }).code;
    }
  }
  const floorDiv = (x: bigint, y: bigint): bigint => x / y - (x % y !== 0n && x < 0n !== y < 0n ? 1n : 0n);

  it("are exact, in one form, or overflow (N1, N2)", () => {
    fc.assert(
      fc.property(int, int, (x, y) => {
        const [a, b] = [form(x), form(y)];
        expect(actual(() => ints.addInt(a, b))).toBe(expected(x + y));
        expect(actual(() => ints.subInt(a, b))).toBe(expected(x - y));
        expect(actual(() => ints.mulInt(a, b))).toBe(expected(x * y));
        expect(actual(() => ints.negateInt(a))).toBe(expected(-x));
        if (y === 0n) expect(actual(() => ints.modInt(a, b))).toBe("division-by-zero");
        else {
          expect(actual(() => ints.floorDivInt(a, b))).toBe(expected(floorDiv(x, y)));
          expect(actual(() => ints.modInt(a, b))).toBe(form(x - floorDiv(x, y) * y));
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("powers are exact or overflow", () => {
    fc.assert(
      fc.property(int, fc.integer({ min: 0, max: 70 }), (x, n) => {
        expect(actual(() => ints.powInt(form(x), n))).toBe(expected(x ** BigInt(n)));
      }),
    );
    expect(actual(() => ints.powInt(2, -1))).toBe("negative-exponent");
    expect(ints.powInt(-1, 2n ** 63n + 1n)).toBe(-1);
  });
});

describe("decimals", () => {
  it("fixed rounds the exact value half away from zero", () => {
    expect([fixed(0.5, 0), fixed(-0.5, 0), fixed(1.005, 2), fixed(2.5, 0), fixed(1e21, 1)]).toEqual([
      "1",
      "-1",
      "1.00",
      "3",
      "1000000000000000000000.0",
    ]);
    expect([fixed(-0, 1), fixed(NaN, 2), fixed(5e-324, 3), fixed(123.456, 1)]).toEqual([
      "-0.0",
      "nan",
      "0.000",
      "123.5",
    ]);
  });

  it("roundTo gives the nearest Float to the rounded decimal", () => {
    expect([roundTo(2.345, 2), roundTo(1234.5, -2), roundTo(0.1, 20), roundTo(-2.5, 0)]).toEqual([2.35, 1200, 0.1, -3]);
    expect([roundTo(Infinity, 2), roundTo(1, -400), roundTo(1.5, 2000)]).toEqual([Infinity, 0, 1.5]);
  });
});

describe("Durations and Instants", () => {
  it("never go below zero", () => {
    expect(timeOperation("sub", 5, 3)).toBe(2);
    expect(() => timeOperation("sub", 3, 5)).toThrow(expect.objectContaining({ code: "overflow" }));
    expect(() => timeOperation("mul-float", 3, -1)).toThrow(expect.objectContaining({ code: "overflow" }));
    expect(() => timeOperation("div-float", 3, 0)).toThrow(expect.objectContaining({ code: "overflow" }));
    expect([
      timeOperation("mul-float", 1000, 1.5),
      timeOperation("ratio", 3, 2),
      timeOperation("div-int", 7, 2),
    ]).toEqual([1500, 1.5, 3]);
  });
});
