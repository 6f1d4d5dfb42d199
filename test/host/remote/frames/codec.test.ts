/** Values as bytes: what is written is read, and bytes from a liar are a value of the type or refused. */
import { describe, expect, it } from "vitest";
import fc from "../../../fast-check.ts";
import { Fault } from "../../../../src/fault.ts";
import { codecOf } from "../../../../src/host/remote/frames/codec.ts";
import { Broken, Reader } from "../../../../src/host/remote/frames/reader.ts";
import { type HandleMap, Writer } from "../../../../src/host/remote/frames/writer.ts";
import { DEFAULT_LIFT_LIMITS, LiftBudget } from "../../../../src/wit/budget.ts";
import { equalValues } from "../../../../src/wit/equal.ts";
import type { WitType } from "../../../../src/wit/types.ts";
import { checkValue } from "../../../../src/wit/validate.ts";
import { CaseValue, Some, type Value } from "../../../../src/wit/value.ts";
import { arbitraryType, arbitraryValue } from "../../../wit/arbitrary.ts";

const none: HandleMap = {
  give: () => 0,
  take: () => {
    throw new Broken("no handle");
  },
};
const writer = new Writer(none);

function written(type: WitType, value: Value): Uint8Array<ArrayBuffer> {
  codecOf(type).write(writer.start(0, 0), value);
  return writer.finish();
}

function read(type: WitType, bytes: Uint8Array<ArrayBuffer>, budget: LiftBudget = new LiftBudget()): Value {
  const reader = new Reader(none, budget);
  reader.open(bytes);
  reader.u8();
  reader.u32();
  const value = codecOf(type).read(reader);
  reader.close();
  return value;
}

/** A value, or null when the bytes are refused as they should be. */
function refusedOr(type: WitType, bytes: Uint8Array<ArrayBuffer>): { readonly value: Value } | null {
  try {
    return { value: read(type, bytes) };
  } catch (thrown) {
    if (thrown instanceof Broken || (thrown instanceof Fault && thrown.code === "value-too-large")) return null;
    throw thrown;
  }
}

const typed = arbitraryType().chain((type) => arbitraryValue(type).map((value) => ({ type, value })));

describe("the codec", () => {
  it("reads what it wrote, bit for bit", () => {
    fc.assert(
      fc.property(typed, ({ type, value }) => {
        const back = read(type, written(type, value));
        checkValue(type, back, "it");
        expect(equalValues(type, back, value)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it("makes of any bytes a value of the type, or refuses them", () => {
    fc.assert(
      fc.property(arbitraryType(), fc.uint8Array({ maxLength: 60 }), (type, noise) => {
        const found = refusedOr(type, Uint8Array.of(0, 0, 0, 0, 0, ...noise));
        if (found !== null) checkValue(type, found.value, "it");
      }),
      { numRuns: 3000 },
    );
  });

  it("makes of a value with a byte changed or cut off a value of the type, or refuses it", () => {
    fc.assert(
      fc.property(typed, fc.nat(), fc.nat(255), fc.boolean(), ({ type, value }, place, byte, cut) => {
        const bytes = written(type, value);
        const at = 5 + (place % Math.max(1, bytes.length - 5));
        if (!cut && at < bytes.length) bytes[at] = byte;
        const found = refusedOr(type, cut ? bytes.slice(0, Math.min(at, bytes.length)) : bytes);
        if (found !== null) checkValue(type, found.value, "it");
      }),
      { numRuns: 3000 },
    );
  });

  it("keeps the bits of a NaN", () => {
    const list: WitType = { kind: "list", element: { kind: "f64" } };
    const bits = BigUint64Array.of(0x7ff8_0000_0000_1234n, 0xfff0_0000_0000_0001n);
    const back = read(list, written(list, new Float64Array(bits.buffer))) as Float64Array;
    expect(new BigUint64Array(back.buffer)).toEqual(bits);
  });

  it("writes a list of numbers that came as an array as it writes the typed array", () => {
    const wide: WitType = { kind: "list", element: { kind: "s64" } };
    const bytes = written(wide, [1, -1, 2n ** 62n]);
    expect(bytes).toEqual(written(wide, BigInt64Array.of(1n, -1n, 2n ** 62n)));
    expect(read(wide, bytes)).toEqual(BigInt64Array.of(1n, -1n, 2n ** 62n));
  });

  it("tells options in options and cases apart", () => {
    const nested: WitType = { kind: "option", some: { kind: "option", some: { kind: "u8" } } };
    for (const value of [null, new Some(null), new Some(3)])
      expect(read(nested, written(nested, value))).toEqual(value);
    const result: WitType = { kind: "result", ok: null, err: { kind: "string" } };
    for (const value of [new CaseValue(0, null), new CaseValue(1, "no")]) {
      expect(read(result, written(result, value))).toEqual(value);
    }
  });

  it("charges elements that take no bytes", () => {
    const type: WitType = { kind: "list", element: { kind: "tuple", items: [] } };
    const claim = Uint8Array.of(0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff);
    expect(() => read(type, claim)).toThrow(expect.objectContaining({ code: "value-too-large" }) as Error);
    const few = new LiftBudget({ ...DEFAULT_LIFT_LIMITS, nodes: 10 });
    expect(() =>
      read(
        type,
        written(
          type,
          Array.from({ length: 11 }, () => []),
        ),
        few,
      ),
    ).toThrow(Fault);
  });

  it("refuses a map with a key twice, and types that have no values here", () => {
    const map: WitType = { kind: "map", key: { kind: "u8" }, value: { kind: "u8" } };
    expect(() => read(map, Uint8Array.of(0, 0, 0, 0, 0, 2, 0, 0, 0, 1, 1, 1, 2))).toThrow(Broken);
    for (const kind of ["stream", "future"] as const) expect(() => codecOf({ kind, element: null })).toThrow(Fault);
  });
});
