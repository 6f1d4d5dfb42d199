import { describe, expect, it } from "vitest";
import fc from "../fast-check.ts";
import type { Fault } from "../../src/fault.ts";
import { codecOf, parametersCodec } from "../../src/host/python/codec.ts";
import { NO_HANDLES, readFailure } from "../../src/host/python/failure.ts";
import { Handles } from "../../src/host/python/handles.ts";
import { Mismatch } from "../../src/host/python/marshal.ts";
import { isBytes, isNumberList } from "../../src/host/python/number-lists.ts";
import { Reader } from "../../src/host/python/reader.ts";
import { frame, readFrame, readResults, RESULTS } from "../../src/host/python/worker/frame.ts";
import { Writer } from "../../src/host/python/writer.ts";
import { DEFAULT_LIFT_LIMITS, LiftBudget, type LiftLimits } from "../../src/wit/budget.ts";
import { equalValues } from "../../src/wit/equal.ts";
import type { PrimitiveKind, Resource, WitType } from "../../src/wit/types.ts";
import { Callback, Handle, type Value } from "../../src/wit/value.ts";
import { arbitraryType, arbitraryValue } from "../wit/arbitrary.ts";

type Bytes = Uint8Array<ArrayBuffer>;

function written(type: WitType, value: Value): Bytes {
  const writer = new Writer(NO_HANDLES, 0);
  codecOf(type).encode(writer, value);
  return Uint8Array.from(writer.written());
}

function read(type: WitType, bytes: Bytes, limits: LiftLimits = DEFAULT_LIFT_LIMITS): Value {
  const reader = new Reader(NO_HANDLES, new LiftBudget(limits));
  reader.open(bytes);
  const value = codecOf(type).decode(reader);
  reader.close();
  return value;
}

/** Whether what goes to Python comes back in the same form: text has a short form, and lists of numbers are bytes on the way there. */
function isSymmetric(type: WitType): boolean {
  const text = JSON.stringify(type);
  if (/"kind":"(string|char)"/.test(text)) return false;
  const kinds = ["u16", "s16", "u32", "s32", "u64", "s64", "f32", "f64"];
  return !kinds.some((kind) => text.includes(`"kind":"list","element":{"kind":"${kind}"`));
}

const typed = arbitraryType().chain((type) => fc.tuple(fc.constant(type), arbitraryValue(type)));

const F64S: WitType = { kind: "list", element: { kind: "f64" } };
const listOf = (...items: number[][]): Bytes => Uint8Array.of(0x5b, items.length, 0, 0, 0, ...items.flat());
const long = (negative: boolean, ...digits: number[]): number[] => [
  0x6c,
  ...new Uint8Array(Int32Array.of(negative ? -digits.length : digits.length).buffer),
  ...digits.flatMap((digit) => [digit & 0xff, digit >> 8]),
];
const int = (value: number): number[] => [0x69, ...new Uint8Array(Int32Array.of(value).buffer)];
const float = (value: number): number[] => [0x67, ...new Uint8Array(Float64Array.of(value).buffer)];

describe("marshal", () => {
  it("reads what it wrote, for every type whose form is the same both ways", () => {
    fc.assert(
      fc.property(typed, ([type, value]) => {
        fc.pre(isSymmetric(type));
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

  it("takes lists of numbers item by item, ints for floats too, each checked and exact (M3)", () => {
    const mixed = listOf(float(-0), int(3), long(false, 1, 0, 0, 0x200), long(true, 0, 0, 0, 0x400), float(Number.NaN));
    expect(read(F64S, mixed)).toEqual(Float64Array.of(-0, 3, 2 ** 54, -(2 ** 55), Number.NaN));
    const huge = [0x6c, 70, 0, 0, 0, ...new Uint8Array(140).fill(0x7f)];
    const refused = (kind: PrimitiveKind, item: number[], message: RegExp): void => {
      const first = kind === "f64" || kind === "f32" ? float(1) : int(1);
      expect(() => read({ kind: "list", element: { kind } }, listOf(first, item))).toThrow(message);
    };
    refused("f64", huge, /an int of more than/);
    refused("f64", [0x54], /expected f64 in the list, found True/);
    refused("f32", [0x4e], /expected f32 in the list, found None/);
    expect(() => read(F64S, listOf([0x4e]))).toThrow(/items of a list are not of its type/);
    refused("u16", int(70_000), /expected u16 in the list \(0 to 65535\), found int 70000/);
    refused("u64", int(-1), /expected u64 in the list/);
    refused("s32", float(1), /found float/);
    const most = listOf(long(false, 0x7fff, 0x7fff, 0x7fff, 0x7fff, 0xf), int(5));
    expect(read({ kind: "list", element: { kind: "u64" } }, most)).toEqual(BigUint64Array.of(2n ** 64n - 1n, 5n));
    expect(read({ kind: "list", element: { kind: "u8" } }, Uint8Array.of(0x73, 1, 0, 0, 0, 9))).toEqual(
      Uint8Array.of(9),
    );
  });

  it("takes floats in the worker's own form, where floats are due and nowhere else", () => {
    const own = (...floats: number[]): Bytes =>
      Uint8Array.of(0x44, 8 * floats.length, 0, 0, 0, ...new Uint8Array(Float64Array.from(floats).buffer));
    const f32s: WitType = { kind: "list", element: { kind: "f32" } };
    expect(read(F64S, own(-0, 0.1, Number.NaN))).toEqual(Float64Array.of(-0, 0.1, Number.NaN));
    expect(read(f32s, own(0.1, 1e300))).toEqual(Float32Array.of(0.1, Number.POSITIVE_INFINITY));
    expect(read({ kind: "list", element: { kind: "f64" }, length: 2 }, own(1, 2))).toEqual(Float64Array.of(1, 2));
    expect(() => read({ kind: "list", element: { kind: "f64" }, length: 3 }, own(1, 2))).toThrow(
      /a list of 3, found 2/,
    );
    expect(() => read({ kind: "list", element: { kind: "u64" } }, own(1))).toThrow(
      /expected list, found list of float/,
    );
    expect(() => read({ kind: "list", element: { kind: "bool" } }, own(1))).toThrow(/found list of float/);
    expect(() => read(F64S, Uint8Array.of(0x44, 9, 0, 0, 0, ...new Uint8Array(9)))).toThrow(/whole floats/);
    expect(() => read(F64S, Uint8Array.of(0x44, 0xf8, 0xff, 0xff, 0xff, 1))).toThrow(/that its bytes do not have/);
    const tooLarge = expect.objectContaining({ code: "value-too-large" }) as Fault;
    expect(() => read(F64S, own(1, 2), { nodes: 10, bytes: 143 })).toThrow(tooLarge);
    expect(read(F64S, own(1, 2), { nodes: 10, bytes: 144 })).toHaveLength(2);
  });

  it("refuses any other bytes with a Mismatch, and nothing else (M1, M2)", () => {
    const hostile = fc.tuple(typed, fc.uint8Array({ maxLength: 60 }), fc.nat(), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(hostile, ([[type, value], noise, at, byte]) => {
        const changed = written(type, value);
        if (changed.length > 0) changed[at % changed.length] = byte;
        for (const bytes of [Uint8Array.from(noise), changed, changed.slice(0, at % (changed.length + 1))]) {
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
    const claims = Uint8Array.of(0x5b, 0xff, 0xff, 0xff, 0x7f, 0x54);
    expect(() => read(list, claims)).toThrow(/a length that its bytes do not have/);
    expect(() => read(F64S, claims)).toThrow(/a length that its bytes do not have/);
    // Five bytes are an int at least: a list of them is no longer than a fifth of what is left.
    expect(() => read(F64S, Uint8Array.of(0x5b, 2, 0, 0, 0, 0x69, 0, 0, 0, 0))).toThrow(/not of its type/);
    const map: WitType = { kind: "map", key: { kind: "u8" }, value: { kind: "bool" } };
    expect(() => read(map, Uint8Array.of(0x5b, 2, 0, 0, 0, ...new Uint8Array(21)))).toThrow(/not of its type/);
    expect(() => read({ kind: "u64" }, Uint8Array.of(0x6c, 0xff, 0xff, 0xff, 0x7f, 1, 0))).toThrow(Mismatch);
    expect(() => read({ kind: "u8" }, Uint8Array.of(0x69, 0, 1, 0, 0))).toThrow(/0 to 255/);
    expect(() => read({ kind: "bool" }, Uint8Array.of(0x54, 0x54))).toThrow(/after the value/);
    expect(() => read({ kind: "string" }, Uint8Array.of(0x75, 3, 0, 0, 0, 0xed, 0xa0, 0x80))).toThrow(/lone surrogate/);
  });

  it("knows no references: a few bytes never stand for many values (M2)", () => {
    const nested = (depth: number): WitType =>
      depth === 0 ? { kind: "bool" } : { kind: "list", element: nested(depth - 1) };
    // [0, 0] with FLAG_REF, whose second item refers to the first: as marshal of version 3 and later would share it.
    const shared = Uint8Array.of(0xdb, 2, 0, 0, 0, 0xdb, 1, 0, 0, 0, 0x54, 0x72, 1, 0, 0, 0);
    expect(() => read(nested(2), shared)).toThrow(/expected list, found something else/);
    const unmarked = Uint8Array.of(0x5b, 2, 0, 0, 0, 0x5b, 1, 0, 0, 0, 0x54, 0x72, 0, 0, 0, 0);
    expect(() => read(nested(2), unmarked)).toThrow(/expected list, found something else/);
    const deep = Uint8Array.from({ length: 5000 * 5 }, (_, i) => (i % 5 === 0 ? 0x5b : i % 5 === 1 ? 1 : 0));
    expect(() => read(nested(3), deep)).toThrow(/expected bool, found list/);
  });

  it("pays for what it makes before it makes it (HAZARDS 15)", () => {
    const limits = { nodes: 100, bytes: 1000 }; // an array costs 128 of itself, a map 256
    const tooLarge = (type: WitType, bytes: Bytes): void => {
      const fault = expect.objectContaining({ code: "value-too-large" }) as Fault;
      expect(() => read(type, bytes, limits)).toThrow(fault);
    };
    const pair: WitType = { kind: "tuple", items: [{ kind: "bool" }, { kind: "option", some: { kind: "u8" } }] };
    const pairs = (count: number): Bytes =>
      listOf(...Array.from({ length: count }, () => [0x28, 2, 0, 0, 0, 0x54, 0x4e]));
    expect(read({ kind: "list", element: pair }, pairs(25), limits)).toHaveLength(25);
    tooLarge({ kind: "list", element: pair }, pairs(26)); // four nodes each: the tuple, the bool, the option and its u8
    expect(read(F64S, listOf(...Array.from({ length: 109 }, () => int(1))), limits)).toHaveLength(109);
    tooLarge(F64S, listOf(...Array.from({ length: 110 }, () => int(1))));
    tooLarge({ kind: "list", element: F64S }, listOf(...Array.from({ length: 8 }, () => [0x5b, 0, 0, 0, 0])));
    const maps: WitType = { kind: "list", element: { kind: "map", key: { kind: "u8" }, value: { kind: "u8" } } };
    tooLarge(maps, listOf(...Array.from({ length: 4 }, () => [0x5b, 0, 0, 0, 0])));
    tooLarge({ kind: "list", element: { kind: "u8" } }, Uint8Array.of(0x73, 105, 3, 0, 0, ...new Uint8Array(873)));
    tooLarge({ kind: "string" }, Uint8Array.of(0x75, 233, 3, 0, 0, ...new Uint8Array(1001)));
    const strings = listOf(...Array.from({ length: 3 }, () => [0x75, 144, 1, 0, 0, ...new Uint8Array(400)]));
    tooLarge({ kind: "list", element: { kind: "string" } }, strings);
    const entries = listOf(...Array.from({ length: 51 }, (_, i) => [0x28, 2, 0, 0, 0, ...int(i), 0x54]));
    tooLarge({ kind: "map", key: { kind: "u8" }, value: { kind: "bool" } }, entries);
  });

  it("refuses more items than any honest value has", () => {
    const list: WitType = { kind: "list", element: { kind: "option", some: { kind: "u8" } } };
    const bytes = new Uint8Array(5 + (1 << 23) + 1).fill(0x4e);
    bytes[0] = 0x5b;
    new DataView(bytes.buffer).setUint32(1, (1 << 23) + 1, true);
    expect(() => read(list, bytes)).toThrow(expect.objectContaining({ code: "value-too-large" }) as Fault);
  });

  it("a forged failure record or frame is still answered (F2)", () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => typeof readFailure(Uint8Array.from(bytes)).message === "string"));
    for (const message of [null, 7, "x", {}, new ArrayBuffer(31), new Uint8Array(40)])
      expect(readFrame(message)).toBeNull();
    const lying = frame({ kind: RESULTS }, new Uint8Array(8));
    new DataView(lying).setUint32(24, 9, true);
    expect(readFrame(lying)).toBeNull();
  });

  it("forged results stay within their message, each seen once (F2)", () => {
    const forged = fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 0, max: 0xffff_ffff }));
    fc.assert(
      fc.property(forged, ([body, b]) => {
        const received = readFrame(frame({ kind: RESULTS, a: 1, b }, body));
        if (received === null) throw new Error("no frame");
        let last = 0;
        const whole = readResults(received, (_, _failed, start, end) => {
          expect(start).toBe(last + 4);
          expect(end).toBeLessThanOrEqual(body.length);
          last = end;
        });
        if (whole) expect(last).toBe(body.length);
      }),
    );
  });
});

describe("a writer", () => {
  const numbers = { name: "f", shape: "function", async: false, resource: null, result: null } as const;

  it("puts large parameters beside the value, and forgets them when it is truncated", () => {
    const writer = new Writer(NO_HANDLES, 4);
    const params = [
      { name: "a", type: F64S },
      { name: "b", type: { kind: "bool" } as const },
    ];
    const codec = parametersCodec({ ...numbers, params });
    const large = new Float64Array(1 << 12);
    codec.encode(writer, [large, true]);
    expect([...writer.written()]).toEqual([0x28, 2, 0, 0, 0, 0x4e, 0x54]);
    expect(writer.takeAsides()).toMatchObject([{ param: 0, bytes: { length: 8 << 12 } }]);
    expect(writer.takeAsides()).toEqual([]);
    codec.encode(writer, [large, true]);
    writer.truncate(4);
    expect(writer.takeAsides()).toEqual([]);
    codec.encode(writer, [Float64Array.of(1), false]);
    expect([...writer.written()]).toEqual([0x28, 2, 0, 0, 0, 0x73, 8, 0, 0, 0, ...float(1).slice(1), 0x46]);
  });

  it("grows at any place: nothing is lost where its buffer ends", () => {
    const items: ((writer: Writer) => void)[] = [
      (writer) => writer.none(),
      (writer) => writer.bool(true),
      (writer) => writer.float(0.1),
      (writer) => writer.integer(7),
      (writer) => writer.integer(2n ** 60n),
      (writer) => writer.text("ascii"),
      (writer) => writer.text("\u00e9\u07ff\uffff"),
      (writer) => writer.bytes(Uint8Array.of(1, 2, 3)),
      (writer) => writer.tuple(5),
    ];
    for (const write of items) {
      const alone = new Writer(NO_HANDLES, 0);
      write(alone);
      const expected = [...alone.written()];
      for (let before = 1000; before <= 1024; before += 1) {
        const writer = new Writer(NO_HANDLES, 0);
        writer.raw(new Uint8Array(before).fill(9));
        write(writer);
        expect([...writer.written(before)]).toEqual(expected);
        expect(writer.written().subarray(0, before)).toEqual(new Uint8Array(before).fill(9));
      }
    }
  });

  it("gives its buffer away, and takes a larger one back for later", () => {
    const writer = new Writer(NO_HANDLES, 4);
    writer.raw(new Uint8Array(5000).fill(3));
    const first = writer.take();
    expect(new Uint8Array(first, 4, 5000)).toEqual(new Uint8Array(5000).fill(3));
    writer.none();
    writer.recycle(first); // not now: something is written
    expect([...writer.written()]).toEqual([0x4e]);
    expect(writer.take()).not.toBe(first);
    writer.bool(true);
    expect([...writer.written()]).toEqual([0x54]);
    expect(writer.take()).toBe(first);
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
    const forged = expect.objectContaining({ code: "forged" }) as Mismatch;
    expect(handles.lift(type("own", own), 3)).toEqual(new Handle(7, 3));
    expect(() => handles.lift(type("own", own), 3)).toThrow(forged);
    expect(() => handles.lift(type("borrow", own), 4)).toThrow(forged);
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

  it("that a call took which was never made are back (R3)", () => {
    const handles = table();
    handles.lift(type("own", own), 1);
    handles.lower(type("own", own), new Handle(7, 1));
    const lent = handles.lower(type("own", foreign), new Handle(8, 1));
    const moved = handles.commit();
    handles.undo(moved);
    expect(handles.lower(type("own", own), new Handle(7, 1))).toBe(1);
    expect(() => handles.lift(type("own", foreign), lent)).toThrow(Mismatch);
    handles.endLoan(handles.commit());
    expect(() => handles.lower(type("own", own), new Handle(7, 1))).toThrow(Mismatch);
  });

  it("of others are lent for one call, and cannot be kept or forged (R1, R2)", () => {
    const handles = table();
    const callback = new Callback(async () => new Uint8Array());
    const number = handles.lower(type("borrow", foreign), callback);
    const moved = handles.commit();
    expect(handles.lift(type("borrow", foreign), number)).toBe(callback);
    expect(() => handles.lift(type("own", foreign), number)).toThrow(/borrowed/);
    expect(handles.releaseImported(number)).toBe(undefined);
    handles.endLoan(moved);
    expect(() => handles.lift(type("borrow", foreign), number)).toThrow(Mismatch);
    expect(() => handles.lift(type("borrow", foreign), number + 1)).toThrow(Mismatch);
    expect(() => handles.lower(type("own", foreign), 5)).toThrow(Mismatch);
  });
});

it("bytes are lists of numbers too", () => {
  expect([isNumberList({ kind: "u8" }), isBytes({ kind: "u8" }), isBytes({ kind: "u16" })]).toEqual([
    true,
    true,
    false,
  ]);
});
