import { describe, expect, it } from "vitest";
import fc from "../fast-check.ts";
import { Fault } from "../../src/fault.ts";
import { compileCheck } from "../../src/wit/check.ts";
import type { Resource, WitType } from "../../src/wit/types.ts";
import { checkValue } from "../../src/wit/validate.ts";
import { Callback, CaseValue, Handle, Some, type Value } from "../../src/wit/value.ts";
import { arbitraryType, arbitraryValue } from "./arbitrary.ts";

function passes(type: WitType, value: Value): boolean {
  try {
    checkValue(type, value, "it");
    return true;
  } catch (error) {
    if (error instanceof Fault) return false;
    throw error;
  }
}

const resource = (id: string, name: string): Resource => ({ kind: "resource", name: { interface: id, name } });
const CALLBACK = resource("sennit:host/callback@0.1.0", "callback");
const COUNTER = resource("acme:counting/counters", "counter");
const HANDLED: readonly WitType[] = [
  { kind: "own", resource: COUNTER },
  { kind: "borrow", resource: COUNTER },
  { kind: "own", resource: CALLBACK },
  { kind: "stream", element: null },
  { kind: "future", element: null },
  { kind: "error-context" },
];

/** What is near to being right: the ends of every range and just beyond, and one of every form. */
const ROWS: readonly (readonly unknown[])[] = [
  [-0, 0, 1, -1, 0.5, NaN, Infinity, 127, 128, -128, -129, 255, 256, 32_767, 32_768, 65_535, 65_536],
  [2 ** 31 - 1, 2 ** 31, -(2 ** 31), 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53, -(2 ** 53), 1e300, 0.1],
  [0n, 5n, 2n ** 53n - 1n, 2n ** 53n, -(2n ** 53n), 1n - 2n ** 53n, 2n ** 63n, 2n ** 63n - 1n, 2n ** 64n, -(2n ** 63n)],
  [2n ** 64n - 1n, -(2n ** 63n) - 1n, "", "a", "ab", "\u{1f9f6}", "\u{1f9f6}a", "\ud800", "\udc00a", "a\ud800"],
  [
    null,
    undefined,
    true,
    false,
    {},
    [],
    [1],
    [1, 2, 3, 4, 5],
    Object.assign([], { length: 2 }),
    new Map(),
    new Map([[1, 2]]),
    new Set(),
  ],
  [new Uint8Array(2), new Int8Array(1), new Float64Array(2), new BigInt64Array(1), new Uint8ClampedArray(1)],
  [new DataView(new ArrayBuffer(1)), new Uint16Array(3), new Some(null), new Some(1), new Some(new Some(null))],
  [
    new CaseValue(0, null),
    new CaseValue(1, null),
    new CaseValue(0, 1),
    new CaseValue(9, null),
    new CaseValue(-1, null),
  ],
  [new CaseValue(0.5, null), new Handle(1, 1), new Callback(() => Promise.reject(new Error("unused"))), Symbol("s")],
];
const NEAR: readonly unknown[] = ROWS.flat();

/** The value with one of its parts replaced. */
function spoilt(value: Value, part: Value, pick: number): Value {
  if (Array.isArray(value) && value.length > 0) {
    const at = pick % value.length;
    return value.with(at, pick % 3 === 0 ? part : spoilt(value[at] as Value, part, Math.floor(pick / 3)));
  }
  if (value instanceof Some) return new Some(spoilt(value.value, part, pick));
  if (value instanceof CaseValue) {
    return pick % 2 === 0
      ? new CaseValue(value.index, spoilt(value.payload, part, Math.floor(pick / 2)))
      : new CaseValue((value.index + pick) % 4, value.payload);
  }
  if (value instanceof Map && value.size > 0) return new Map([...value, [part, part]]);
  return part;
}

describe("compileCheck()", () => {
  it("says yes to every value of every type, as checkValue() does (C4)", () => {
    const typed = arbitraryType().chain((type) => fc.tuple(fc.constant(type), arbitraryValue(type)));
    fc.assert(
      fc.property(typed, ([type, value]) => {
        expect(compileCheck(type)(value)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it("agrees with checkValue() on values with a wrong part (C4)", () => {
    const near = fc.constantFrom(...(NEAR as readonly Value[]));
    const other = arbitraryType({ depth: 1 }).chain(arbitraryValue);
    const spoilts = arbitraryType().chain((type) =>
      fc.tuple(fc.constant(type), arbitraryValue(type), fc.oneof(near, other), fc.nat(1_000)),
    );
    let refused = 0;
    fc.assert(
      fc.property(spoilts, ([type, value, part, pick]) => {
        const given = spoilt(value, part, pick);
        const right = passes(type, given);
        if (!right) refused++;
        expect(compileCheck(type)(given)).toBe(right);
      }),
      { numRuns: 3_000 },
    );
    expect(refused).toBeGreaterThan(500);
  });

  it("agrees on the edges of every simple type (C4)", () => {
    const kinds = [
      "bool",
      "s8",
      "u8",
      "s16",
      "u16",
      "s32",
      "u32",
      "s64",
      "u64",
      "f32",
      "f64",
      "char",
      "string",
    ] as const;
    const simple = kinds.map((kind): WitType => ({ kind }));
    const lists = simple.map((element): WitType => ({ kind: "list", element }));
    const fixed = simple.map((element): WitType => ({ kind: "list", element, length: 2 }));
    const options = simple.map((some): WitType => ({ kind: "option", some: { kind: "option", some } }));
    const flags = [1, 8, 31, 32].map((count): WitType => ({
      kind: "flags",
      name: null,
      labels: Array.from({ length: count }, (_, at) => `f${at}`),
    }));
    for (const type of [...simple, ...lists, ...fixed, ...options, ...flags, ...HANDLED]) {
      const check = compileCheck(type);
      for (const value of NEAR as readonly Value[])
        expect([type, value, check(value)]).toEqual([type, value, passes(type, value)]);
    }
  });

  it("is compiled once per type", () => {
    const type: WitType = { kind: "list", element: { kind: "string" } };

    expect(compileCheck(type)).toBe(compileCheck(type));
  });
});
