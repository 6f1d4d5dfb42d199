/** Every value of every type survives both ways, as core values and through memory (L2, M1, U2, F1). */
import { describe, expect, it } from "vitest";
import fc from "../../../fast-check.ts";
import type { StringEncoding } from "../../../../src/host/component/abi/abi.ts";
import { equalValues } from "../../../../src/wit/equal.ts";
import type { WitType } from "../../../../src/wit/types.ts";
import type { Value } from "../../../../src/wit/value.ts";
import { arbitraryText, arbitraryType, arbitraryValue } from "../../../wit/arbitrary.ts";
import { compileCheck } from "../../../../src/wit/check.ts";
import { FakeGuest, relay, type FakeOptions } from "./guest-memory.ts";

const ENCODINGS: readonly StringEncoding[] = ["utf8", "utf16", "latin1+utf16"];

const typed = arbitraryType().chain((type) => fc.tuple(fc.constant(type), arbitraryValue(type)));

function expectSame(type: WitType, value: Value, options: FakeOptions): void {
  const seen: Value[] = [];
  const back = relay(new FakeGuest(options), type, (inside) => {
    seen.push(inside);
    return inside;
  })(value);

  for (const each of [seen[0] as Value, back]) {
    if (!equalValues(type, each, value)) expect(each).toEqual(value);
    expect(compileCheck(type)(each)).toBe(true);
  }
}

describe("lower, then lift", () => {
  it.each(ENCODINGS)("gives the same value, strings as %s", (encoding) => {
    fc.assert(
      fc.property(typed, ([type, value]) => expectSame(type, value, { encoding })),
      { numRuns: 1_000 },
    );
  });

  it.each(ENCODINGS)("gives the same value where memory grows at each allocation, strings as %s (M1)", (encoding) => {
    fc.assert(
      fc.property(typed, ([type, value]) => expectSame(type, value, { encoding, growing: true, pages: 1 })),
      { numRuns: 200 },
    );
  });

  it("gives the same value through memory: beside more than 16 core values", () => {
    const wide: WitType = { kind: "list", element: { kind: "u16" }, length: 17 };
    const wideValue = Uint16Array.from({ length: 17 }, (_, at) => at * 1_000);
    fc.assert(
      fc.property(typed, ([type, value]) => {
        expectSame({ kind: "tuple", items: [type, wide] }, [value, wideValue], {});
      }),
      { numRuns: 1_000 },
    );
  });

  it("gives the same value where cases share places (U2)", () => {
    const kinds = ["u8", "s32", "s64", "u64", "f32", "f64", "char", "string", "bool"] as const;
    const payloads = fc.array(fc.constantFrom(...kinds.map((kind): WitType => ({ kind }))), {
      minLength: 1,
      maxLength: 4,
    });
    const variants = fc.array(payloads, { minLength: 2, maxLength: 4 }).map((cases): WitType => ({
      kind: "variant",
      name: null,
      cases: cases.map((items, at) => ({ name: `c${at}`, type: { kind: "tuple", items } })),
    }));
    fc.assert(
      fc.property(
        variants.chain((type) => fc.tuple(fc.constant(type), arbitraryValue(type))),
        ([type, value]) => expectSame(type, value, {}),
      ),
      { numRuns: 1_000 },
    );
  });

  it.each(ENCODINGS)("keeps texts of every length, strings as %s (S1, S3)", (encoding) => {
    const call = relay(new FakeGuest({ encoding, pages: 64 }), { kind: "string" });
    for (const piece of ["a", "\u00e9", "\u07ff", "\u20ac", "\u{1f9f6}", "\ufeff", "\0"]) {
      for (let length = 0; length < 130; length++) {
        for (const text of [piece.repeat(length), `${"x".repeat(length)}${piece}`, `${piece}${"x".repeat(length)}`]) {
          expect(call(text)).toBe(text);
        }
      }
      const long = `${"x".repeat(10_000)}${piece.repeat(10_000)}`;
      expect(call(long)).toBe(long);
    }
    fc.assert(
      fc.property(arbitraryText, fc.nat(80), (text, count) => {
        const padded = text.repeat(count);
        expect(call(padded)).toBe(padded);
      }),
    );
  });

  it("gives nothing that shares memory with the guest (L2)", () => {
    const guest = new FakeGuest();
    const bytes = Uint8Array.of(1, 2, 3);
    const back = relay(guest, { kind: "list", element: { kind: "u8" } })(bytes) as Uint8Array;
    guest.u8.fill(9);

    expect(back).toEqual(bytes);
    expect(back.buffer.byteLength).toBe(3);
  });
});
