import { describe, expect, it } from "vitest";
import fc from "../fast-check.ts";
import { fromPlain, plainCodec, toPlain } from "../../src/host/javascript/plain.ts";
import { anyFromPlain, anyToPlain } from "../../src/host/javascript/plain-any.ts";
import { AnyFloat, type AnyValue } from "../../src/wit/any.ts";
import { LiftBudget, type LiftLimits } from "../../src/wit/budget.ts";
import { encodeAny } from "../../src/wit/cbor.ts";
import { equalValues } from "../../src/wit/equal.ts";
import type { WitType } from "../../src/wit/types.ts";
import { type Callback, CaseValue, Handle, Some, type Value } from "../../src/wit/value.ts";
import { arbitraryType, arbitraryValue } from "../wit/arbitrary.ts";
import { faultFrom } from "./lua-package.ts";

const u8: WitType = { kind: "u8" };
const f64: WitType = { kind: "f64" };
const string: WitType = { kind: "string" };
const point: WitType = {
  kind: "record",
  name: null,
  fields: [
    { name: "x", type: f64 },
    { name: "y-offset", type: { kind: "option", some: f64 } },
  ],
};
const shape: WitType = {
  kind: "variant",
  name: null,
  cases: [
    { name: "is-empty", type: null },
    { name: "circle", type: f64 },
  ],
};
const colour: WitType = { kind: "enum", name: null, cases: ["red", "ultra-violet"] };
const access: WitType = { kind: "flags", name: null, labels: ["read", "list-all"] };
const result: WitType = { kind: "result", ok: null, err: string };
const nested: WitType = { kind: "option", some: { kind: "option", some: u8 } };

const any: WitType = { kind: "list", element: u8, alias: { interface: "sennit:host/values@0.1.0", name: "value" } };

const noHandles = {
  toPlain: (): never => {
    throw new Error("a handle");
  },
  fromPlain: (): never => {
    throw new Error("a handle");
  },
};

describe("plain values", () => {
  it("come back as they went, for every type (I8)", () => {
    const pairs = arbitraryType({ depth: 3 }).chain((type) => arbitraryValue(type).map((value) => ({ type, value })));
    fc.assert(
      fc.property(pairs, ({ type, value }) => {
        expect(equalValues(type, fromPlain(type, toPlain(type, value), "it"), value)).toBe(true);
      }),
      { numRuns: 1000, seed: 11 },
    );
  });

  it.each<[WitType, Value, unknown]>([
    [{ kind: "u64" }, 2n ** 64n - 1n, 2n ** 64n - 1n],
    [{ kind: "u64" }, 5, 5],
    [point, [1, null], { x: 1, yOffset: null }],
    [shape, new CaseValue(0, null), { tag: "is-empty" }],
    [shape, new CaseValue(1, 2), { tag: "circle", value: 2 }],
    [colour, 1, "ultra-violet"],
    [access, 2, { read: false, listAll: true }],
    [result, new CaseValue(0, null), { ok: null }],
    [result, new CaseValue(1, "no"), { err: "no" }],
    [nested, null, null],
    [nested, new Some(null), { some: null }],
    [nested, new Some(3), { some: 3 }],
    [
      { kind: "map", key: string, value: u8 },
      new Map([
        ["b", 1],
        ["a", 2],
      ]),
      new Map([
        ["b", 1],
        ["a", 2],
      ]),
    ],
    [{ kind: "list", element: u8 }, Uint8Array.of(1), Uint8Array.of(1)],
    [{ kind: "list", element: { kind: "s64" } }, BigInt64Array.of(1n), BigInt64Array.of(1n)],
    [{ kind: "tuple", items: [u8, string] }, [1, "a"], [1, "a"]],
  ])("have one shape: %o %o", (type, value, plain) => {
    expect(toPlain(type, value)).toEqual(plain);
    expect(equalValues(type, fromPlain(type, plain, "it"), value)).toBe(true);
  });

  it("are taken in other reasonable forms", () => {
    expect(fromPlain(access, new Set(["list-all"]), "it")).toBe(2);
    expect(fromPlain(access, ["read"], "it")).toBe(1);
    expect(fromPlain(access, {}, "it")).toBe(0);
    expect(fromPlain(point, { x: 1 }, "it")).toEqual([1, null]);
    expect(fromPlain(u8, 5n, "it")).toBe(5);
    expect(fromPlain({ kind: "f32" }, 0.1, "it")).toBe(Math.fround(0.1));
    expect(fromPlain({ kind: "list", element: u8 }, [1, 2], "it")).toEqual(Uint8Array.of(1, 2));
    expect(fromPlain({ kind: "list", element: f64 }, [1, 2], "it")).toEqual(Float64Array.of(1, 2));
    expect(fromPlain({ kind: "list", element: { kind: "s64" } }, [1, -(2n ** 63n)], "it")).toEqual(
      BigInt64Array.of(1n, -(2n ** 63n)),
    );
    expect(Object.is(fromPlain({ kind: "s32" }, -0, "it"), 0)).toBe(true);
  });

  it.each<[WitType, unknown, string, string]>([
    [u8, 256, "out-of-range", "256"],
    [u8, 1.5, "type-mismatch", "expected an integer, found 1.5"],
    [u8, "1", "type-mismatch", 'found "1"'],
    [f64, 1n, "type-mismatch", "1"],
    [string, "\ud800", "type-mismatch", "surrogate"],
    [{ kind: "list", element: u8 }, [1, 256], "out-of-range", "it[1]: 256"],
    [{ kind: "list", element: u8 }, "ab", "type-mismatch", "expected an array"],
    [{ kind: "list", element: f64 }, Float32Array.of(1), "type-mismatch", "Float32Array"],
    [{ kind: "tuple", items: [u8] }, [1, 2], "type-mismatch", "found one of 2"],
    [{ kind: "tuple", items: [u8, u8] }, [1, 300], "out-of-range", "it.1: 300"],
    [{ kind: "list", element: f64 }, [1, "2"], "type-mismatch", "it[1]"],
    [{ kind: "list", element: { kind: "u64" } }, [0, -1], "out-of-range", "it[1]: -1 is not a u64"],
    [{ kind: "list", element: point }, [{ x: 1 }, { x: 2, yOffset: "3" }], "type-mismatch", "it[1].y-offset"],
    [{ kind: "list", element: { kind: "s32" } }, [0, 0.5], "type-mismatch", "it[1]: expected an integer"],
    [point, {}, "type-mismatch", "it.x is missing"],
    [point, Object.create({ x: 1 }), "type-mismatch", "it.x is missing"],
    [
      point,
      {
        get x() {
          throw new Error("called");
        },
      },
      "type-mismatch",
      "a getter",
    ],
    [shape, { tag: "square" }, "type-mismatch", '"is-empty" or "circle"'],
    [shape, { tag: "circle" }, "type-mismatch", "it.value is missing"],
    [colour, "blue", "type-mismatch", '"red"'],
    [access, { write: true }, "type-mismatch", '"write"'],
    [access, { read: 1 }, "type-mismatch", "it.read"],
    [result, { ok: null, err: "" }, "type-mismatch", "{ ok } or { err }"],
    [result, { ok: 5 }, "type-mismatch", "it.ok"],
    [nested, 5, "type-mismatch", "some"],
    [{ kind: "map", key: string, value: u8 }, {}, "type-mismatch", "a Map"],
    [
      { kind: "own", resource: { kind: "resource", name: { interface: null, name: "r" } } },
      {},
      "type-mismatch",
      "a handle",
    ],
  ])("are refused when they do not fit: %o", async (type, plain, code, text) => {
    const fault = await faultFrom(() => fromPlain(type, plain, "it"));
    expect(fault.code).toBe(code);
    expect(fault.message).toContain(text);
  });

  it("share no memory with the values (L2)", () => {
    const bytes = Uint8Array.of(1, 2);
    const type: WitType = { kind: "list", element: u8 };
    (toPlain(type, bytes) as Uint8Array)[0] = 9;
    const mine = Uint8Array.of(3);
    const taken = fromPlain(type, mine, "it") as Uint8Array;
    mine[0] = 4;
    expect([...bytes, ...taken]).toEqual([1, 2, 3]);
  });

  it("take a Buffer for its bytes, which are copied (L2)", () => {
    const mine = Buffer.from([1, 2, 3]).subarray(1);
    const taken = fromPlain({ kind: "list", element: u8 }, mine, "it") as Uint8Array;
    mine[0] = 9;
    expect(taken).toStrictEqual(Uint8Array.of(2, 3));
  });

  it("give lists of numbers as typed arrays, whatever form the value has", () => {
    expect(toPlain({ kind: "list", element: f64 }, [1, 2])).toEqual(Float64Array.of(1, 2));
    expect(toPlain({ kind: "list", element: { kind: "u64" } }, [1, 2n ** 63n])).toEqual(
      BigUint64Array.of(1n, 2n ** 63n),
    );
  });

  it.each<[WitType, unknown, number, number]>([
    [{ kind: "list", element: f64 }, new Float64Array(100), 0, 928],
    [{ kind: "list", element: f64 }, Array.from({ length: 100 }, () => 0.5), 0, 928],
    [{ kind: "list", element: u8 }, new Uint8Array(100), 0, 228],
    [string, "x".repeat(50), 0, 50],
    [{ kind: "list", element: point }, [{ x: 1 }, { x: 2 }], 8, 0],
    [{ kind: "map", key: string, value: point }, new Map([["k", { x: 1 }]]), 5, 257],
    [any, [1, ["ab"], { k: Uint8Array.of(1) }], 6, 4],
  ])("are charged for, before they are copied (B1, B2): %o %o", (type, plain, nodes, bytes) => {
    const codec = plainCodec(type);
    const read = (limits: LiftLimits): Value => codec.fromPlain(plain, "it", noHandles, new LiftBudget(limits));
    read({ nodes, bytes });
    for (const less of [
      { nodes: nodes - 1, bytes },
      { nodes, bytes: bytes - 1 },
    ]) {
      if (less.nodes >= 0 && less.bytes >= 0) expect(() => read(less)).toThrow(/more than/);
    }
  });

  it("leave handles as they are unless told otherwise", () => {
    const handle = new Handle(1, 2);
    const type: WitType = { kind: "own", resource: { kind: "resource", name: { interface: null, name: "r" } } };
    expect(toPlain(type, handle)).toBe(handle);
    expect(fromPlain(type, handle, "it")).toBe(handle);
  });
});

describe("untyped plain values", () => {
  it("tell integers from floats as far as JavaScript can", () => {
    expect(anyFromPlain([1, 1.5, -0, 2n ** 63n, new AnyFloat(5), Number.NaN], "it")).toEqual([
      1,
      new AnyFloat(1.5),
      new AnyFloat(-0),
      2n ** 63n,
      new AnyFloat(5),
      new AnyFloat(Number.NaN),
    ]);
    expect(anyToPlain([1, new AnyFloat(5), new Map([["a", null]])])).toEqual([1, 5, new Map([["a", null]])]);
  });

  it("take objects, maps, typed arrays and undefined", () => {
    const plain = { b: undefined, a: [true, Uint8Array.of(1)], m: new Map([["k", "v"]]), f: Float64Array.of(0.5, 1) };
    const value: AnyValue = new Map<string, AnyValue>([
      ["b", null],
      ["a", [true, Uint8Array.of(1)]],
      ["m", new Map([["k", "v"]])],
      ["f", [new AnyFloat(0.5), 1]],
    ]);
    expect(anyFromPlain(plain, "it")).toEqual(value);
  });

  it("refuse what is no data", async () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    for (const bad of [
      () => 1,
      Symbol("s"),
      new Date(0),
      new Map([[1, 2]]),
      cycle,
      "\udfff",
      {
        get a() {
          return 1;
        },
      },
    ]) {
      expect((await faultFrom(() => anyFromPlain(bad, "it"))).code).toBe("type-mismatch");
    }
    expect((await faultFrom(() => anyFromPlain(2n ** 64n, "it"))).code).toBe("out-of-range");
  });

  it("make functions of callbacks and callbacks of functions", async () => {
    const type: WitType = {
      kind: "own",
      resource: { kind: "resource", name: { interface: "sennit:host/callback@0.1.0", name: "callback" } },
    };
    const callback = fromPlain(type, (a: number, b: number) => a + b, "it") as Callback;
    expect(await callback.call([encodeAny(1), encodeAny(2)])).toEqual(encodeAny(3));
    const fn = toPlain(type, callback) as (...args: number[]) => Promise<unknown>;
    expect(await fn(3, 4)).toBe(7);
  });
});
