import { describe, expect, it } from "vitest";
import fc from "../fast-check.ts";
import { AnyFloat, type AnyValue } from "../../src/wit/any.ts";
import { decodeAny, encodeAny } from "../../src/wit/cbor.ts";
import { WitError } from "../../src/wit/error.ts";
import { integer, Opaque, type Value } from "../../src/wit/value.ts";
import { arbitraryFloat, arbitraryText } from "./arbitrary.ts";
import { witError } from "./components.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "hex"));
const float = (value: number): AnyFloat => new AnyFloat(value);

const EDGES = [0n, 23n, 24n, 255n, 256n, 65_535n, 65_536n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n, 2n ** 64n - 1n];
const arbitraryInt = fc
  .oneof(
    fc.constantFrom(...EDGES, ...EDGES.map((edge) => -1n - edge)),
    fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n - 1n }),
  )
  .map(integer);

const { any: arbitraryAny } = fc.letrec<{ any: AnyValue }>((tie) => ({
  any: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(null, true, false),
    arbitraryInt,
    arbitraryFloat("f64").map(float),
    arbitraryFloat("f32").map(float),
    arbitraryText,
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie("any"), { maxLength: 30 }),
    fc.array(fc.tuple(arbitraryText, tie("any")), { maxLength: 5 }).map((entries) => new Map(entries)),
  ),
}));

describe("encodeAny() and decodeAny()", () => {
  // The examples of RFC 8949, appendix A, that an Any has.
  it.each<[AnyValue, string]>([
    [0, "00"],
    [1, "01"],
    [10, "0a"],
    [23, "17"],
    [24, "1818"],
    [25, "1819"],
    [100, "1864"],
    [1000, "1903e8"],
    [1_000_000, "1a000f4240"],
    [1_000_000_000_000, "1b000000e8d4a51000"],
    [18_446_744_073_709_551_615n, "1bffffffffffffffff"],
    [-18_446_744_073_709_551_616n, "3bffffffffffffffff"],
    [-1, "20"],
    [-10, "29"],
    [-100, "3863"],
    [-1000, "3903e7"],
    [float(0), "f90000"],
    [float(-0), "f98000"],
    [float(1), "f93c00"],
    [float(1.1), "fb3ff199999999999a"],
    [float(1.5), "f93e00"],
    [float(65_504), "f97bff"],
    [float(100_000), "fa47c35000"],
    [float(3.402_823_466_385_288_6e38), "fa7f7fffff"],
    [float(1e300), "fb7e37e43c8800759c"],
    [float(5.960_464_477_539_063e-8), "f90001"],
    [float(0.000_061_035_156_25), "f90400"],
    [float(-4), "f9c400"],
    [float(-4.1), "fbc010666666666666"],
    [float(Infinity), "f97c00"],
    [float(NaN), "f97e00"],
    [float(-Infinity), "f9fc00"],
    [false, "f4"],
    [true, "f5"],
    [null, "f6"],
    [new Uint8Array(), "40"],
    [Uint8Array.of(1, 2, 3, 4), "4401020304"],
    ["", "60"],
    ["a", "6161"],
    ["IETF", "6449455446"],
    ['"\\', "62225c"],
    ["\u00fc", "62c3bc"],
    ["\u6c34", "63e6b0b4"],
    ["\ud800\udd51", "64f0908591"],
    [[], "80"],
    [[1, [2, 3], [4, 5]], "8301820203820405"],
    [Array.from({ length: 25 }, (_, i) => i + 1), "98190102030405060708090a0b0c0d0e0f101112131415161718181819"],
    [new Map(), "a0"],
    [
      new Map<string, AnyValue>([
        ["a", 1],
        ["b", [2, 3]],
      ]),
      "a26161016162820203",
    ],
  ])("%o is %s, both ways", (value, text) => {
    expect(hex(encodeAny(value))).toBe(text);
    expect(decodeAny(bytes(text))).toEqual(value);
  });

  it("give back every value, and one value always the same bytes (K1, K2)", () => {
    fc.assert(
      fc.property(arbitraryAny, (value) => {
        const encoded = encodeAny(value);
        const decoded = decodeAny(encoded);
        expect(decoded).toEqual(value);
        expect(hex(encodeAny(decoded))).toBe(hex(encoded));
      }),
      { numRuns: 1_000 },
    );
  });

  it("keep an Int an Int and a Float a Float (K2)", () => {
    expect(hex(encodeAny(5))).toBe("05");
    expect(hex(encodeAny(float(5)))).toBe("f94500");
    expect(decodeAny(bytes("f94500"))).toBeInstanceOf(AnyFloat);
    expect(decodeAny(bytes("1b001fffffffffffff"))).toBe(9_007_199_254_740_991);
    expect(decodeAny(bytes("1b0020000000000000"))).toBe(9_007_199_254_740_992n);
  });

  it("keep the order of map entries (K1)", () => {
    const value = new Map<string, AnyValue>([
      ["b", 1],
      ["a", 2],
      ["", 3],
    ]);

    expect([...(decodeAny(encodeAny(value)) as ReadonlyMap<string, AnyValue>).keys()]).toEqual(["b", "a", ""]);
  });

  it("share no memory with the bytes they read (K4)", () => {
    const encoded = encodeAny(Uint8Array.of(1, 2));
    const decoded = decodeAny(encoded);
    encoded.fill(0);

    expect(decoded).toEqual(Uint8Array.of(1, 2));
  });

  it("read bytes that lie inside a larger buffer", () => {
    expect(decodeAny(bytes("ffff1903e8ff").subarray(2, 5))).toBe(1000);
  });
});

describe("encodeAny() refuses", () => {
  it.each<[string, unknown, string]>([
    ["a fraction that is no AnyFloat", 1.5, "malformed"],
    ["an inexact integer", 2 ** 53, "malformed"],
    ["an integer that is too large", 2n ** 64n, "malformed"],
    ["an integer that is too small", -(2n ** 64n) - 1n, "malformed"],
    ["text with a lone surrogate", "\ud800", "malformed"],
    ["undefined", undefined, "malformed"],
    ["a hole in a list", Array<null>(1), "malformed"],
    ["a function", () => 0, "malformed"],
    ["a plain object", { a: 1 }, "malformed"],
    ["another typed array", new Float64Array(1), "malformed"],
    ["a map with other keys", new Map([[1, 1]]), "malformed"],
  ])("%s", (_, value, code) => {
    expect(witError(() => encodeAny(value as AnyValue))).toMatchObject({ code, offset: null });
  });

  it("what is nested too deep, so also what contains itself", () => {
    const loop: AnyValue[] = [];
    loop.push(loop);

    expect(witError(() => encodeAny(loop)).code).toBe("too-deep");
  });

  it("more values than the limit", () => {
    expect(witError(() => encodeAny([1, 2, 3], { nodes: 3 })).code).toBe("too-large");
  });
});

describe("decodeAny() refuses (K3)", () => {
  it.each([
    ["nothing", "", "truncated"],
    ["bytes left over", "0000", "malformed"],
    ["a tag", "c000", "malformed"],
    ["undefined", "f7", "malformed"],
    ["a simple value", "f0", "malformed"],
    ["a simple value of two bytes", "f8ff", "malformed"],
    ["text of indefinite length", "7f6161ff", "malformed"],
    ["a list of indefinite length", "9f01ff", "malformed"],
    ["a map of indefinite length", "bf616101ff", "malformed"],
    ["a break", "ff", "malformed"],
    ["an unknown length form", "1c", "malformed"],
    ["text that is not UTF-8", "62c328", "malformed"],
    ["text with a surrogate", "63eda080", "malformed"],
    ["a key that is no text", "a10101", "malformed"],
    ["a key twice", "a2616101616102", "malformed"],
    ["text longer than the bytes", "7bffffffffffffffff", "truncated"],
    ["a list longer than the bytes", "9bffffffffffffffff", "truncated"],
    ["a map longer than the bytes", "ba000000016161", "truncated"],
    ["an integer that is cut", "1903", "truncated"],
    ["a float that is cut", "fb3ff19999", "truncated"],
  ])("%s", (_, text, code) => {
    expect(witError(() => decodeAny(bytes(text))).code).toBe(code);
  });

  it("deeper nesting and more values than the limits (K4)", () => {
    expect(witError(() => decodeAny(new Uint8Array(1_000_000).fill(0x81))).code).toBe("too-deep");
    expect(decodeAny(bytes("8381010203"), { nodes: 5, depth: 2 })).toEqual([[1], 2, 3]);
    expect(witError(() => decodeAny(bytes("8381010203"), { nodes: 4 })).code).toBe("too-large");
    expect(witError(() => decodeAny(bytes("8381010203"), { depth: 1 })).code).toBe("too-deep");
  });

  it("nothing that longer forms of numbers make (K3)", () => {
    expect(decodeAny(bytes("1b0000000000000005"))).toBe(5);
    expect(decodeAny(bytes("fb3ff0000000000000"))).toEqual(float(1));
    expect(decodeAny(bytes("fa7fc00001"))).toEqual(float(NaN));
    expect(decodeAny(bytes("780161"))).toBe("a");
  });

  it("with nothing but a WitError, whatever the bytes are", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.uint8Array({ maxLength: 60 }), arbitraryAny.map(encodeAny)),
        fc.nat(),
        fc.nat({ max: 255 }),
        (raw, at, byte) => {
          const damaged = raw.slice();
          if (damaged.length > 0) damaged[at % damaged.length] = byte;
          try {
            const value = decodeAny(damaged);
            expect(decodeAny(encodeAny(value))).toEqual(value);
          } catch (error) {
            expect(error).toBeInstanceOf(WitError);
          }
        },
      ),
      { numRuns: 5_000 },
    );
  });
});

describe("AnyFloat", () => {
  it("is a Value like all of AnyValue (A1)", () => {
    const value: AnyValue = new Map<string, AnyValue>([["x", [float(0.5), null]]]);
    const asValue: Value = value;

    expect(asValue).toBe(value);
    expect(float(0.5)).toBeInstanceOf(Opaque);
    expect(float(0.5).opaque).toBe("any-float");
  });
});
