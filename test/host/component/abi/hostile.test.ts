/** Whatever lies in a guest's memory and whatever it answers: a value of the type, or one of the known failures. */
import { describe, expect, it } from "vitest";
import fc from "../../../fast-check.ts";
import type { CoreValue, StringEncoding } from "../../../../src/host/component/abi/abi.ts";
import { flattenFunction, type FlatType } from "../../../../src/host/component/abi/flat.ts";
import { compileExport } from "../../../../src/host/component/abi/lift.ts";
import { compileImport } from "../../../../src/host/component/abi/lower.ts";
import { AbiTrap, NotOfItsType } from "../../../../src/host/component/abi/trap.ts";
import { Fault } from "../../../../src/fault.ts";
import { compileCheck } from "../../../../src/wit/check.ts";
import type { Resource, WitType } from "../../../../src/wit/types.ts";
import type { Value } from "../../../../src/wit/value.ts";
import { arbitraryType, arbitraryValue } from "../../../wit/arbitrary.ts";
import { FakeGuest, functionOf, resourceNamed } from "./guest-memory.ts";

const SIZE = 65_536;
const LIMITS = { nodes: 20_000, bytes: 2 ** 20 };

const encodings = fc.constantFrom<StringEncoding>("utf8", "utf16", "latin1+utf16");
/** Words that are likely pointers and lengths: near nothing, inside, near the end, anything. */
const word = fc.oneof(
  fc.nat(64),
  fc.nat(SIZE / 8).map((at) => at * 8),
  fc.integer({ min: SIZE - 16, max: SIZE + 16 }),
  fc.integer({ min: 0, max: 2 ** 32 - 1 }),
);

const OURS: Resource = resourceNamed("ours");
const THEIRS: Resource = resourceNamed("theirs");
const handles = fc.constantFrom<WitType>(
  { kind: "own", resource: OURS },
  { kind: "own", resource: THEIRS },
  { kind: "list", element: { kind: "own", resource: OURS } },
);
const types = fc.oneof({ arbitrary: arbitraryType(), weight: 5 }, handles);

function core(type: FlatType): fc.Arbitrary<CoreValue> {
  switch (type) {
    case "i32":
      return word.map((each) => each | 0);
    case "i64":
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    case "f32":
      return fc.float();
    case "f64":
      return fc.double();
  }
}

function cores(flats: readonly FlatType[] | null): fc.Arbitrary<CoreValue[]> {
  return fc.tuple(...(flats ?? (["i32"] as const)).map(core));
}

function filled(encoding: StringEncoding, words: readonly number[]): FakeGuest {
  const guest = new FakeGuest({ pages: 1, encoding, limits: LIMITS });
  const { u32 } = guest;
  for (let at = 0; at < u32.length; at++) u32[at] = words[(at * 7) % words.length] ?? 0;
  guest.abi.handles.defineGuest(OURS, null);
  guest.abi.handles.add(guest.abi.handles.kindOf(OURS), 3, null);
  return guest;
}

/** What was thrown is one of the documented kinds. */
function expectKnown(thrown: unknown): string {
  if (thrown instanceof AbiTrap) return "trap";
  if (thrown instanceof NotOfItsType) return "invalid";
  if (thrown instanceof Fault && thrown.code === "value-too-large") return "too large";
  throw thrown;
}

describe("a hostile guest", () => {
  it("answers with a value of the type, or fails in a known way", () => {
    const outcomes = new Map<string, number>();
    const seen = (outcome: string): unknown => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    const answers = types.chain((type) =>
      fc.record({
        type: fc.constant(type),
        raw: cores(flattenFunction(functionOf([], type)).results),
        words: fc.array(word, { minLength: 1, maxLength: 64 }),
        encoding: encodings,
      }),
    );
    fc.assert(
      fc.property(answers, ({ type, raw: [raw], words, encoding }) => {
        const guest = filled(encoding, words);
        const call = compileExport(functionOf([], type)).bind(guest.abi, () => raw, guest.options);
        try {
          expect(compileCheck(type)(call([]))).toBe(true);
          seen("value");
        } catch (thrown) {
          seen(expectKnown(thrown));
        }
      }),
      { numRuns: 2_000 },
    );

    for (const outcome of ["value", "trap", "invalid"]) expect(outcomes.get(outcome)).toBeGreaterThan(10);
  });

  it("passes an argument of the type, or fails in a known way before the host is called", () => {
    const calls = types.chain((type) =>
      fc.record({
        type: fc.constant(type),
        flats: cores(flattenFunction(functionOf([type], null)).params),
        words: fc.array(word, { minLength: 1, maxLength: 64 }),
        encoding: encodings,
      }),
    );
    fc.assert(
      fc.property(calls, ({ type, flats, words, encoding }) => {
        const guest = filled(encoding, words);
        let given: Value | undefined;
        const host = ([value]: readonly Value[]): Value => {
          given = value as Value;
          return null;
        };
        try {
          compileImport(functionOf([type], null)).bind(guest.abi, host, guest.options)(...flats);
          expect(compileCheck(type)(given as Value)).toBe(true);
        } catch (thrown) {
          expectKnown(thrown);
          expect(given).toBeUndefined();
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it("allocates wherever it likes, and nothing but traps comes of it", () => {
    const given = arbitraryType().chain((type) =>
      fc.record({
        type: fc.constant(type),
        value: arbitraryValue(type),
        at: fc.array(word, { minLength: 1 }),
        encoding: encodings,
      }),
    );
    fc.assert(
      fc.property(given, ({ type, value, at, encoding }) => {
        const guest = new FakeGuest({ pages: 1, encoding });
        let call = 0;
        const realloc = (): number => {
          if (call % 3 === 1) guest.memory.grow(1);
          return (at[call++ % at.length] ?? 0) | 0;
        };
        const bound = compileExport(functionOf([type], null)).bind(guest.abi, () => undefined, {
          ...guest.options,
          realloc,
        });
        try {
          expect(bound([value])).toBeNull();
        } catch (thrown) {
          expect(expectKnown(thrown)).toBe("trap");
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("the budget of what is lifted", () => {
  /** 256 pointers to the same 256 pointers: 2 KB that unfold to 16 million lists. */
  function bomb(limits = LIMITS): FakeGuest {
    const guest = new FakeGuest({ pages: 1, limits });
    for (let entry = 0; entry < 256; entry++) guest.u32.set([1_024, 256], 256 + entry * 2);
    guest.u32.set([1_024, 256], 2);
    return guest;
  }

  const nested = (element: WitType, depth: number): WitType =>
    depth === 0 ? element : { kind: "list", element: nested(element, depth - 1) };

  it.each<[string, WitType]>([
    ["bytes", { kind: "u8" }],
    ["numbers", { kind: "f64" }],
    ["bools", { kind: "bool" }],
    ["texts", { kind: "string" }],
    ["records", { kind: "tuple", items: [{ kind: "u8" }, { kind: "u8" }] }],
    ["maps", { kind: "map", key: { kind: "u32" }, value: { kind: "u32" } }],
  ])("stops lists of lists of %s that alias each other", (_, element) => {
    const guest = bomb();
    const call = compileExport(functionOf([], nested(element, 4))).bind(guest.abi, () => 8, guest.options);

    expect(() => call([])).toThrow(expect.objectContaining({ code: "value-too-large" }));
  });

  it("is spent before anything is allocated, and afresh for each call", () => {
    const type = nested({ kind: "bool" }, 1);
    const guest = new FakeGuest({ pages: 1, limits: { nodes: 1_000, bytes: 1_000 } });
    const call = compileExport(functionOf([], type)).bind(guest.abi, () => 8, guest.options);

    guest.u32.set([0, 1_001], 2);
    expect(() => call([])).toThrow(expect.objectContaining({ code: "value-too-large" }));
    guest.u32.set([0, 1_000], 2);
    for (let again = 0; again < 3; again++) expect(call([])).toHaveLength(1_000);
  });

  it.each<[string, WitType, number]>([
    ["a bool", { kind: "bool" }, 1],
    ["a pair", { kind: "tuple", items: [{ kind: "u8" }, { kind: "u8" }] }, 3],
    ["an option", { kind: "option", some: { kind: "u8" } }, 2],
    ["a result", { kind: "result", ok: { kind: "u8" }, err: { kind: "string" } }, 3],
    ["nine bools", { kind: "list", element: { kind: "bool" }, length: 9 }, 10],
    ["nine numbers", { kind: "list", element: { kind: "u8" }, length: 9 }, 1],
  ])("counts %s by what its type has", (_, element, nodes) => {
    const count = Math.floor(1_000 / nodes);
    const guest = new FakeGuest({ pages: 1, limits: { nodes: 1_000, bytes: 1_000_000 } });
    const call = compileExport(functionOf([], nested(element, 1))).bind(guest.abi, () => 8, guest.options);

    guest.u32.set([1_024, count], 2);
    expect(call([])).toHaveLength(count);
    guest.u32.set([1_024, count + 1], 2);
    expect(() => call([])).toThrow(expect.objectContaining({ code: "value-too-large" }));
  });

  it("counts a string by its bytes, and a list of numbers with what an array costs", () => {
    const guest = new FakeGuest({ pages: 1, limits: { nodes: 1_000, bytes: 1_000 } });
    const text = compileExport(functionOf([], { kind: "string" })).bind(guest.abi, () => 8, guest.options);
    const list = compileExport(functionOf([], nested({ kind: "u8" }, 1))).bind(guest.abi, () => 8, guest.options);

    guest.u32.set([1_024, 1_000], 2);
    expect(text([])).toHaveLength(1_000);
    expect(() => list([])).toThrow(expect.objectContaining({ code: "value-too-large" }));
    guest.u32.set([1_024, 1_001], 2);
    expect(() => text([])).toThrow(expect.objectContaining({ code: "value-too-large" }));
  });
});
