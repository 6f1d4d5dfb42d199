/** What a guest can get wrong, and what each mistake is called (M2, C1, S2). */
import { describe, expect, it } from "vitest";
import type { CoreValue } from "../../../../src/host/component/abi/abi.ts";
import { compileExport } from "../../../../src/host/component/abi/lift.ts";
import { compileImport } from "../../../../src/host/component/abi/lower.ts";
import { AbiTrap, NotOfItsType } from "../../../../src/host/component/abi/trap.ts";
import { faultOf } from "../../../../src/host/component/failure.ts";
import type { WitType } from "../../../../src/wit/types.ts";
import type { Value } from "../../../../src/wit/value.ts";
import { FakeGuest, functionOf, type FakeOptions } from "./guest-memory.ts";

const LAST = 65_536;
const TEXT: WitType = { kind: "string" };
const BYTES: WitType = { kind: "list", element: { kind: "u8" } };
const WIDES: WitType = { kind: "list", element: { kind: "u64" } };
const TEXTS: WitType = { kind: "list", element: TEXT };
const MAP: WitType = { kind: "map", key: { kind: "u8" }, value: { kind: "u32" } };
const RESULT: WitType = { kind: "result", ok: { kind: "u8" }, err: null };
const OPTION: WitType = { kind: "option", some: { kind: "u64" } };
const PAIR: WitType = { kind: "tuple", items: [{ kind: "u32" }, { kind: "f64" }] };
const ENUM: WitType = { kind: "enum", name: null, cases: ["a", "b"] };
const FLAGS: WitType = { kind: "flags", name: null, labels: ["a", "b", "c"] };

/** What the host gets when the guest answers with this core value. */
function answered(type: WitType, raw: CoreValue, prepare?: (guest: FakeGuest) => void, options?: FakeOptions): Value {
  const guest = new FakeGuest({ pages: 1, ...options });
  prepare?.(guest);
  return compileExport(functionOf([], type)).bind(guest.abi, () => raw, guest.options)([]);
}

/** The same, where a pointer and a length lie at 8. */
function pointed(type: WitType, at: number, length: number, options?: FakeOptions): () => Value {
  return () => answered(type, 8, (guest) => guest.u32.set([at, length], 2), options);
}

/** The same, where these bytes lie at 8. */
function bytes(type: WitType, ...given: number[]): () => Value {
  return () => answered(type, 8, (guest) => guest.u8.set(given, 8));
}

/** A string of these bytes. */
function text(encoding: FakeOptions["encoding"] & string, length: number, ...given: number[]): () => Value {
  const prepare = (guest: FakeGuest): void => {
    guest.u32.set([16, length], 2);
    guest.u8.set(given, 16);
  };
  return () => answered(TEXT, 8, prepare, { encoding });
}

describe("a guest that points outside or askew traps (M2)", () => {
  it.each<[string, () => unknown, string]>([
    ["string", pointed(TEXT, LAST - 4, 10), "the string at 65532 of 10 bytes leaves the memory of 65536"],
    ["string at the end of addresses", pointed(TEXT, 2 ** 32 - 1, 2), "leaves the memory"],
    ["string of the greatest length", pointed(TEXT, 0, 2 ** 32 - 1), "leaves the memory"],
    ["empty string beyond the end", pointed(TEXT, LAST + 1, 0), "leaves the memory"],
    ["utf16 string askew", pointed(TEXT, 1, 1, { encoding: "utf16" }), "the string at 1 is not aligned to 2 bytes"],
    ["utf16 string beyond", pointed(TEXT, LAST - 2, 2, { encoding: "utf16" }), "of 4 bytes leaves the memory"],
    ["latin1 string askew", pointed(TEXT, 1, 1, { encoding: "latin1+utf16" }), "is not aligned to 2 bytes"],
    ["tagged string beyond", pointed(TEXT, LAST - 2, 2 ** 31 + 2, { encoding: "latin1+utf16" }), "leaves the memory"],
    ["bytes beyond", pointed(BYTES, LAST - 1, 2), "the list at 65535 of 2 bytes leaves the memory"],
    ["4 G bytes", pointed(BYTES, 0, 2 ** 32 - 1), "leaves the memory"],
    ["4 G numbers", pointed(WIDES, 0, 2 ** 32 - 1), "of 34359738360 bytes leaves the memory"],
    ["numbers askew", pointed(WIDES, 4, 1), "the list at 4 is not aligned to 8 bytes"],
    ["4 G strings", pointed(TEXTS, 0, 2 ** 32 - 1), "leaves the memory"],
    ["strings askew", pointed(TEXTS, 2, 0), "the list at 2 is not aligned to 4 bytes"],
    ["a map beyond", pointed(MAP, 0, LAST), "leaves the memory"],
    ["a map askew", pointed(MAP, 2, 1), "not aligned"],
    ["the result beyond", () => answered(PAIR, LAST - 8), "the result at 65528 of 16 bytes leaves the memory"],
    ["the result far beyond", () => answered(PAIR, -16), "the result at 4294967280 of 16 bytes"],
    ["the result askew", () => answered(PAIR, 4), "the result at 4 is not aligned to 8 bytes"],
  ])("%s", (_, call, reason) => {
    expect(call).toThrow(AbiTrap);
    expect(call).toThrow(reason);
  });

  it("becomes `plugin-trapped`, with the reason", () => {
    const trap = new AbiTrap("the string at 65532 of 10 bytes leaves the memory of 65536");

    expect(faultOf(trap, "greet", "acme:hello")).toMatchObject({
      code: "plugin-trapped",
      message: `acme:hello trapped in greet: ${trap.message}`,
    });
  });
});

describe("a guest whose value is not of its type (S2)", () => {
  it.each<[string, () => unknown, string]>([
    ["UTF-8 cut short", text("utf8", 1, 0xc3), "the string at 16 of 1 bytes is not UTF-8"],
    ["UTF-8 of a surrogate", text("utf8", 3, 0xed, 0xa0, 0x80), "not UTF-8"],
    ["UTF-8 beyond Unicode", text("utf8", 4, 0xf4, 0x90, 0x80, 0x80), "not UTF-8"],
    ["UTF-8 longer than needed", text("utf8", 2, 0xc0, 0x80), "not UTF-8"],
    ["a lone continuation byte", text("utf8", 3, 0x61, 0x80, 0x61), "not UTF-8"],
    ["a lone high surrogate", text("utf16", 1, 0x00, 0xd8), "not UTF-16"],
    ["a lone low surrogate", text("utf16", 2, 0x61, 0, 0x00, 0xdc), "not UTF-16"],
    ["a lone surrogate under the tag", text("latin1+utf16", 2 ** 31 + 1, 0x00, 0xd8), "not UTF-16"],
    ["a surrogate as a char", () => answered({ kind: "char" }, 0xd800), "0xd800 is no character"],
    ["the last surrogate", () => answered({ kind: "char" }, 0xdfff), "0xdfff is no character"],
    ["a char beyond Unicode", () => answered({ kind: "char" }, 0x11_0000), "0x110000 is no character"],
    ["a negative char", () => answered({ kind: "char" }, -1), "0xffffffff is no character"],
    ["a case too far of an enum", () => answered(ENUM, 2), "case 2 does not exist: there are 2"],
    ["a negative case", () => answered(ENUM, -1), "case 4294967295 does not exist"],
    ["a case too far of a result in memory", bytes(RESULT, 2), "case 2 does not exist"],
    ["a case too far of an option in memory", bytes(OPTION, 255), "case 255 does not exist"],
    ["a case too far inside a list", pointed({ kind: "list", element: ENUM }, 8, 1), "case 8 does not exist"],
  ])("%s", (_, call, reason) => {
    expect(call).toThrow(NotOfItsType);
    expect(call).toThrow(reason);
  });

  it("becomes `plugin-invalid-value`, with the reason", () => {
    const fault = faultOf(new NotOfItsType("0xd800 is no character"), "first", "acme:text");

    expect(fault).toMatchObject({ code: "plugin-invalid-value" });
    expect(fault.message).toContain("0xd800 is no character");
  });

  it("never comes of bits that its type does not have (C1)", () => {
    expect(answered({ kind: "bool" }, 256)).toBe(true);
    expect(answered({ kind: "u8" }, 0x1ff)).toBe(255);
    expect(answered({ kind: "s8" }, 0x180)).toBe(-128);
    expect(answered({ kind: "u16" }, -1)).toBe(65_535);
    expect(answered({ kind: "s16" }, 0x1_8000)).toBe(-32_768);
    expect(answered({ kind: "u32" }, -1)).toBe(2 ** 32 - 1);
    expect(answered(FLAGS, -1)).toBe(7);
    expect(bytes({ kind: "tuple", items: [FLAGS, { kind: "bool" }] }, 0xff, 2)()).toEqual([7, true]);
    expect(answered({ kind: "u64" }, -1n)).toBe(2n ** 64n - 1n);
    expect(answered({ kind: "s64" }, -1n)).toBe(-1);
  });
});

describe("what realloc answers is checked each time (M2)", () => {
  const [U64, LONG] = [{ kind: "u64" } as const, "\u20ac".repeat(100)];
  const wide: WitType = { kind: "list", element: U64, length: 17 };

  it.each<[string, WitType, Value, number, string]>([
    ["beyond the memory", TEXT, "abc", LAST - 2, "the string at 65534 of 3 bytes leaves the memory"],
    ["far beyond it", TEXT, "", -1, "the string at 4294967295 of 0 bytes leaves the memory"],
    ["for bytes", BYTES, new Uint8Array(10), LAST - 9, "the list at 65527 of 10 bytes"],
    ["askew for numbers", WIDES, [1], 4, "the list at 4 is not aligned to 8 bytes"],
    ["askew for a list", TEXTS, [], 2, "the list at 2 is not aligned to 4 bytes"],
    ["askew for a map", MAP, new Map(), 2, "not aligned"],
    ["askew for arguments in memory", wide, new BigUint64Array(17), 4, "the argument list at 4 is not aligned"],
    ["beyond it for arguments in memory", wide, new BigUint64Array(17), LAST - 8, "the argument list at 65528"],
  ])("%s", (_, type, value, at, reason) => {
    const guest = new FakeGuest({ pages: 1 });
    const realloc = (): number => at;
    const call = compileExport(functionOf([type], null)).bind(guest.abi, () => undefined, {
      ...guest.options,
      realloc,
    });

    expect(() => call([value])).toThrow(AbiTrap);
    expect(() => call([value])).toThrow(reason);
  });

  it("also the second time, for text that takes more than its length", () => {
    const guest = new FakeGuest({ pages: 1 });
    const realloc = (_old?: CoreValue, oldSize?: CoreValue): number => (oldSize === 0 ? 16 : LAST - 1);
    const call = compileExport(functionOf([TEXT], null)).bind(guest.abi, () => undefined, {
      ...guest.options,
      realloc,
    });

    expect(() => call([LONG])).toThrow("the string at 65535 of 300 bytes leaves the memory");
  });

  it.each(["utf16", "latin1+utf16"] as const)("askew for %s", (encoding) => {
    const guest = new FakeGuest({ pages: 1, encoding });
    const options = { ...guest.options, realloc: () => 3 };
    const call = compileExport(functionOf([TEXT], null)).bind(guest.abi, () => undefined, options);

    expect(() => call(["abc"])).toThrow("the string at 3 is not aligned to 2 bytes");
    expect(() => call(["\u20ac"])).toThrow("the string at 3 is not aligned to 2 bytes");
  });

  it("and a trap inside it goes through as it is", () => {
    const guest = new FakeGuest({ pages: 1 });
    const trap = new WebAssembly.RuntimeError("unreachable");
    const realloc = (): never => {
      throw trap;
    };
    const call = compileExport(functionOf([TEXT], null)).bind(guest.abi, () => undefined, {
      ...guest.options,
      realloc,
    });

    expect(() => call(["abc"])).toThrow(trap);
  });
});

describe("a guest that calls an import wrongly", () => {
  const many = functionOf([{ kind: "list", element: { kind: "u64" }, length: 17 }], PAIR);

  it("traps over arguments in memory that are outside or askew (M2)", () => {
    const guest = new FakeGuest({ pages: 1 });
    const call = compileImport(many).bind(guest.abi, () => [1, 2], guest.options);

    expect(() => call(LAST - 8, 0)).toThrow("the argument list at 65528 of 136 bytes leaves the memory");
    expect(() => call(4, 0)).toThrow("the argument list at 4 is not aligned to 8 bytes");
  });

  it("traps over a place for the result that is outside or askew (M2)", () => {
    const guest = new FakeGuest({ pages: 1 });
    const call = compileImport(many).bind(guest.abi, () => [1, 2], guest.options);

    expect(() => call(0, -8)).toThrow("the place of the result at 4294967288 of 16 bytes leaves the memory");
    expect(() => call(0, 4)).toThrow("the place of the result at 4 is not aligned to 8 bytes");
  });

  it("gives no argument that is not of its type, and `failed` learns of it (I3)", () => {
    const guest = new FakeGuest({ pages: 1 });
    const failures: unknown[] = [];
    const wrapped = new Error("wrapped");
    const failed = (thrown: unknown): unknown => {
      failures.push(thrown);
      return wrapped;
    };
    const call = compileImport(functionOf([RESULT], null)).bind(guest.abi, () => null, guest.options, failed);

    expect(() => call(2, 0)).toThrow(wrapped);
    expect(failures).toEqual([expect.any(NotOfItsType)]);
  });
});
