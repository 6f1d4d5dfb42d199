/** Plain values are data: names that mean something in JavaScript are names like any other (plain.ts, parameters.ts, JSON). */
import { afterEach, describe, expect, it } from "vitest";
import fc from "../../fast-check.ts";
import { paramsFromPlain, paramsFromTexts } from "../../../src/engine/embedding/parameters.ts";
import { fromPlain, toPlain } from "../../../src/engine/embedding/plain.ts";
import { parseJson } from "../../../src/lang/data/text-json.ts";
import type { Param } from "../../../src/lang/typed.ts";
import type { Type } from "../../../src/lang/types.ts";
import { Fault } from "../../../src/fault.ts";

const NAMES = ["__proto__", "constructor", "prototype", "toString", "valueOf", "hasOwnProperty", "then", "a", ""];
const ANY: Type = { kind: "Any" };
const COUNTS: Type = { kind: "map", key: { kind: "String" }, value: { kind: "Int" } };

const text = fc.oneof(fc.constantFrom(...NAMES), fc.string({ unit: "grapheme" }));
const { tree } = fc.letrec<{ tree: unknown; leaf: unknown }>((tie) => ({
  leaf: fc.oneof(fc.constant(null), fc.boolean(), fc.maxSafeInteger(), text),
  tree: fc.oneof(
    { maxDepth: 4 },
    tie("leaf"),
    fc.array(tie("tree"), { maxLength: 3 }),
    fc.uniqueArray(fc.tuple(text, tie("tree")), { maxLength: 4, selector: ([key]) => key }).map((e) => new Map(e)),
  ),
}));

/** JSON written by hand: `JSON.stringify` has no say in what keys mean. */
function json(value: unknown): string {
  if (value instanceof Map) return `{${[...value].map(([k, v]) => `${JSON.stringify(k)}: ${json(v)}`).join()}}`;
  return Array.isArray(value) ? `[${value.map(json).join()}]` : JSON.stringify(value);
}

/** The same as an object with own properties, whatever they are called. */
function object(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(object);
  return value instanceof Map ? Object.fromEntries([...value].map(([k, v]) => [k, object(v)])) : value;
}

function noMinusZero(value: unknown): unknown {
  if (Object.is(value, -0)) return 0;
  if (Array.isArray(value)) return value.map(noMinusZero);
  return value instanceof Map ? new Map([...value].map(([k, v]) => [k, noMinusZero(v)])) : value;
}

const values = tree.map(noMinusZero);
const before = Object.getOwnPropertyNames(Object.prototype).toSorted();
afterEach(() => expect(Object.getOwnPropertyNames(Object.prototype).toSorted()).toEqual(before));

describe("untyped data", () => {
  it("of JSON, of an object, and of a Map is the same, and comes back as Maps", () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(toPlain(ANY, parseJson(json(value)) as never)).toEqual(value);
        expect(toPlain(ANY, fromPlain(ANY, object(value), "it"))).toEqual(value);
        expect(toPlain(ANY, fromPlain(ANY, value, "it"))).toEqual(value);
        expect(toPlain(ANY, fromPlain(ANY, JSON.parse(json(value)), "it"))).toEqual(value);
      }),
    );
  });
});

function param(name: string, type: Type): Param {
  return { name, type, local: {} as Param["local"], fallback: null, required: true };
}

describe("params", () => {
  it("of a Map take every name as a key", () => {
    fc.assert(
      fc.property(fc.uniqueArray(text), (names) => {
        const entries = names.map((name, at) => [name, at] as const);
        const given = json(new Map(entries));

        expect(paramsFromTexts([param("counts", COUNTS)], [`counts=${given}`])).toEqual([new Map(entries)]);
      }),
    );
  });

  it("of a record take own fields only: none is inherited", () => {
    const record = (field: string): Type =>
      ({ kind: "record", name: "R", fields: [{ name: field, type: { kind: "Any" } }] }) as unknown as Type;
    for (const field of NAMES.filter((name) => name !== "")) {
      const params = [param("r", record(field))];
      expect(() => paramsFromTexts(params, ["r={}"])).toThrow(Fault);
      expect(() => paramsFromPlain(params, { r: Object.create({ [field]: 1 }) as object })).toThrow(Fault);
      const value = paramsFromTexts(params, [`r={${JSON.stringify(field)}: 5}`])[0];
      expect(value).toEqual([5]);
      const plain = toPlain(record(field), value as never) as object;
      expect(Object.getPrototypeOf(plain)).toBe(null);
      expect(Object.getOwnPropertyDescriptor(plain, field)?.value).toBe(5);
    }
  });

  it("are not found by inherited names", () => {
    for (const name of NAMES.filter((each) => each !== ""))
      expect(() => paramsFromTexts([param("n", ANY)], ["n=1", `${name}=1`])).toThrow(/has no param/);
    expect(() => paramsFromPlain([param("toString", ANY)], {})).toThrow(/needs the param/);
  });

  it("call no getter, and take no object of a class and no function", () => {
    let asked = 0;
    const getter = (name: string): object =>
      Object.defineProperty({}, name, { enumerable: true, get: () => (asked += 1) });
    const flags: Type = { kind: "flags", labels: ["a"] } as unknown as Type;
    for (const [type, value] of [
      [ANY, getter("a")],
      [ANY, [getter("__proto__")]],
      [COUNTS, getter("a")],
      [flags, getter("a")],
      [ANY, new Date()],
      [ANY, () => 1],
      [COUNTS, new (class Sneaky {})()],
    ] as const)
      expect(() => fromPlain(type, value, "it")).toThrow(Fault);
    expect(asked).toBe(0);
  });
});
