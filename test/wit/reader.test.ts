import { describe, expect, it } from "vitest";
import fc from "../fast-check.ts";
import { WitError } from "../../src/wit/error.ts";
import { Budget, DEFAULT_LIMITS } from "../../src/wit/limits.ts";
import { Reader } from "../../src/wit/reader.ts";
import { index, leb, name, witError } from "./components.ts";

function reader(bytes: readonly number[], limits: Partial<typeof DEFAULT_LIMITS> = {}): Reader {
  return new Reader(Uint8Array.from(bytes), new Budget({ ...DEFAULT_LIMITS, ...limits }));
}

describe("Reader", () => {
  it("u32() and s33() read what LEB128 writes", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0x7fffffff }),
        (n) => reader(leb(n)).u32() === n && reader(index(n)).s33() === n,
      ),
    );
    expect(reader([0xff, 0xff, 0xff, 0xff, 0x0f]).u32()).toBe(2 ** 32 - 1);
    expect(reader([0x7f]).s33()).toBe(-1);
    expect(reader([0x80, 0x7f]).s33()).toBe(-128);
    expect(reader([0xff, 0xff, 0xff, 0xff, 0x0f]).s33()).toBe(2 ** 32 - 1);
    expect(reader([0x80, 0x80, 0x80, 0x80, 0x70]).s33()).toBe(-(2 ** 32));
  });

  it.each([[[0x80, 0x80, 0x80, 0x80, 0x80, 0x00]], [[0xff, 0xff, 0xff, 0xff, 0x1f]], [[0x80, 0x80, 0x80, 0x80, 0x40]]])(
    "refuses the integer %j",
    (bytes) => {
      expect(witError(() => (bytes.at(-1) === 0x40 ? reader(bytes).s33() : reader(bytes).u32())).code).toBe(
        "malformed",
      );
    },
  );

  it("reads names, and keeps a byte order mark", () => {
    expect(reader(name("a\ufeff\u{1f9f6}")).name()).toBe("a\ufeff\u{1f9f6}");
    expect(reader(name("\ufeff")).name()).toBe("\ufeff");
    expect(witError(() => reader([2, 0xed, 0xa0]).name()).code).toBe("malformed");
    expect(witError(() => reader([5, 0x61]).name()).code).toBe("truncated");
    expect(witError(() => reader(name("abc"), { nameBytes: 2 }).name()).code).toBe("too-large");
  });

  it("never reads outside its section (B1)", () => {
    const outer = reader([2, 7, 8, 9]);
    const section = outer.section(outer.u8());

    expect([section.u8(), section.u8(), section.done]).toEqual([7, 8, true]);
    expect(witError(() => section.u8())).toMatchObject({ code: "truncated", offset: 3 });
    expect(witError(() => reader([1, 2]).section(3)).code).toBe("truncated");
    expect(outer.u8()).toBe(9);
  });

  it("believes no count that the bytes cannot hold (B2)", () => {
    const items = reader([0xff, 0xff, 0xff, 0x7f, 1, 2]);

    expect(witError(() => items.vec(() => items.u8())).code).toBe("truncated");
  });

  it("has flags, options and expected bytes", () => {
    const some = reader([1, 5, 0, 0x11]);

    expect([some.optional(() => some.u8()), some.optional(() => some.u8())]).toEqual([5, null]);
    some.expect(0x11, "mark");
    some.finish("text");
    expect(witError(() => reader([2]).flag()).message).toMatch(/Unknown flag 0x02/);
    expect(witError(() => reader([3]).expect(4, "mark")).message).toMatch(/Unknown mark 0x03/);
    expect(witError(() => reader([3]).finish("text")).message).toMatch(/text is longer/);
  });
});

describe("Budget", () => {
  it("ends work and depth at the limit (L1)", () => {
    const budget = new Budget({ ...DEFAULT_LIMITS, work: 3, depth: 2 });
    budget.charge(3, 0);

    expect(witError(() => budget.charge(1, 9))).toMatchObject({ code: "too-large", offset: 9 });
    expect(budget.nested(0, () => budget.nested(0, () => "deep"))).toBe("deep");
    expect(witError(() => budget.nested(0, () => budget.nested(0, () => budget.nested(0, () => 0)))).code).toBe(
      "too-deep",
    );
    expect(budget.nested(0, () => "again")).toBe("again");
  });
});

describe("WitError", () => {
  it("says where", () => {
    expect(new WitError("malformed", "No", 5)).toMatchObject({
      message: "No (at byte 5)",
      code: "malformed",
      offset: 5,
      name: "WitError",
    });
    expect(new WitError("malformed", "No", null).message).toBe("No");
  });
});
