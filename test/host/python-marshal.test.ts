import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codecOf } from "../../src/host/python/codec.ts";
import { NO_HANDLES, readFailure } from "../../src/host/python/failure.ts";
import { Handles } from "../../src/host/python/handles.ts";
import { type HandleTable, Mismatch, Reader, Writer } from "../../src/host/python/marshal.ts";
import { readFrame } from "../../src/host/python/worker/frame.ts";
import type { Resource, WitType } from "../../src/wit/types.ts";
import { equalValues } from "../../src/wit/equal.ts";
import { Callback, Handle, type Value } from "../../src/wit/value.ts";
import { arbitraryType, arbitraryValue } from "../wit/arbitrary.ts";

function written(type: WitType, value: Value, handles: HandleTable = NO_HANDLES): Uint8Array {
  const writer = new Writer(handles, 0);
  codecOf(type).encode(writer, value);
  return new Uint8Array(writer.take());
}

function read(type: WitType, bytes: Uint8Array, handles: HandleTable = NO_HANDLES): Value {
  const reader = new Reader(handles, bytes);
  const value = codecOf(type).decode(reader);
  reader.end();
  return value;
}

const typed = arbitraryType().chain((type) => fc.tuple(fc.constant(type), arbitraryValue(type)));

describe("marshal", () => {
  it("reads what it wrote, for every type without text (whose short form only Python reads)", () => {
    const withoutText = typed.filter(([type]) => !/"kind":"(string|char)"/.test(JSON.stringify(type)));
    fc.assert(
      fc.property(withoutText, ([type, value]) => {
        expect(equalValues(type, read(type, written(type, value)), value)).toBe(true);
      }),
    );
  });

  it("is CPython's: bytes as `marshal.dumps` writes them", () => {
    const hex = (type: WitType, value: Value): string => Buffer.from(written(type, value)).toString("hex");
    expect(hex({ kind: "u64" }, 2n ** 64n - 1n)).toBe("6c05000000ff7fff7fff7fff7f0f00");
    expect(hex({ kind: "s64" }, -(2n ** 31n) - 1n)).toBe("6cfdffffff010000000200");
    expect(hex({ kind: "f64" }, -0)).toBe("670000000000000080");
    expect(hex({ kind: "string" }, "ab")).toBe("7a026162");
    expect(hex({ kind: "string" }, "é")).toBe("7502000000c3a9");
    expect(
      hex({ kind: "tuple", items: [{ kind: "bool" }, { kind: "option", some: { kind: "u8" } }] }, [true, null]),
    ).toBe("2802000000544e");
  });

  it("refuses any other bytes with a Mismatch, and nothing else (M1, M2)", () => {
    const hostile = fc.tuple(typed, fc.uint8Array({ maxLength: 60 }), fc.nat(), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(hostile, ([[type, value], noise, at, byte]) => {
        const changed = written(type, value);
        if (changed.length > 0) changed[at % changed.length] = byte;
        for (const bytes of [noise, changed, changed.subarray(0, at % (changed.length + 1))]) {
          try {
            read(type, bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(Mismatch);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it("refuses lengths that the bytes do not have before it allocates (M1)", () => {
    const list: WitType = { kind: "list", element: { kind: "bool" } };
    expect(() => read(list, Uint8Array.of(0x5b, 0xff, 0xff, 0xff, 0x7f))).toThrow(Mismatch);
    expect(() => read({ kind: "u64" }, Uint8Array.of(0x6c, 0xff, 0xff, 0xff, 0x7f, 1, 0))).toThrow(Mismatch);
    expect(() => read({ kind: "u8" }, Uint8Array.of(0x69, 0, 1, 0, 0))).toThrow(/from 0 to 255/);
    expect(() => read({ kind: "bool" }, Uint8Array.of(0x54, 0x54))).toThrow(/after the value/);
    expect(() => read({ kind: "string" }, Uint8Array.of(0x75, 3, 0, 0, 0, 0xed, 0xa0, 0x80))).toThrow(/lone surrogate/);
  });

  it("refuses more items than any honest value has", () => {
    const list: WitType = { kind: "list", element: { kind: "option", some: { kind: "u8" } } };
    const bytes = new Uint8Array(5 + (1 << 24) + 1).fill(0x4e);
    bytes[0] = 0x5b;
    new DataView(bytes.buffer).setUint32(1, (1 << 24) + 1, true);
    expect(() => read(list, bytes)).toThrow(/too many items/);
  });

  it("a forged failure record or frame is still answered (F2)", () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => typeof readFailure(bytes).message === "string"));
    for (const message of [null, 7, "x", {}, new ArrayBuffer(23), new Uint8Array(40)])
      expect(readFrame(message)).toBeNull();
  });
});

describe("handles", () => {
  const resource = (name: string): Resource => ({ kind: "resource", name: { interface: "a:b/c", name } });
  const [own, other, foreign] = [resource("own"), resource("other"), resource("foreign")];
  const table = (): Handles => new Handles(7, (one) => one !== foreign);
  const type = (kind: "own" | "borrow", of: Resource): WitType & { readonly kind: "own" | "borrow" } => ({
    kind,
    resource: of,
  });

  it("of the guest are numbers that it gave out itself, once, for this resource (R1)", () => {
    const handles = table();
    expect(handles.lift(type("own", own), 3)).toEqual(new Handle(7, 3));
    expect(() => handles.lift(type("own", own), 3)).toThrow(Mismatch);
    expect(() => handles.lift(type("borrow", own), 4)).toThrow(Mismatch);
    expect(handles.lower(type("borrow", own), new Handle(7, 3))).toBe(3);
    expect(() => handles.lower(type("borrow", other), new Handle(7, 3))).toThrow(Mismatch);
    expect(() => handles.lower(type("borrow", own), new Handle(8, 3))).toThrow(Mismatch);
    expect(() => handles.lower(type("borrow", own), new Handle(7, 4))).toThrow(Mismatch);
  });

  it("that are given away are gone after commit, and still there after rollback (R3)", () => {
    const handles = table();
    handles.lift(type("own", own), 1);
    expect(handles.lower(type("own", own), new Handle(7, 1))).toBe(1);
    expect(() => handles.lower(type("own", own), new Handle(7, 1))).toThrow(Mismatch);
    handles.rollback();
    handles.lower(type("own", own), new Handle(7, 1));
    handles.commit();
    const moved = expect.objectContaining({ code: "moved" }) as Mismatch;
    expect(() => handles.lower(type("own", own), new Handle(7, 1))).toThrow(moved);
  });

  it("of others are lent for one call, and cannot be kept or forged (R1, R2)", () => {
    const handles = table();
    const callback = new Callback(async () => new Uint8Array());
    const number = handles.lower(type("borrow", foreign), callback);
    const lent = handles.commit();
    expect(handles.lift(type("borrow", foreign), number)).toBe(callback);
    expect(() => handles.lift(type("own", foreign), number)).toThrow(/borrowed/);
    expect(handles.releaseImported(number)).toBe(undefined);
    handles.endLoan(lent);
    expect(() => handles.lift(type("borrow", foreign), number)).toThrow(Mismatch);
    expect(() => handles.lift(type("borrow", foreign), number + 1)).toThrow(Mismatch);
    expect(() => handles.lower(type("own", foreign), 5)).toThrow(Mismatch);
  });
});
