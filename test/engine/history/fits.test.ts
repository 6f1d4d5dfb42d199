import { describe, expect, it } from "vitest";

import { fits } from "../../../src/engine/history/fits.ts";
import { weightOf } from "../../../src/engine/history/weight.ts";
import type { Type } from "../../../src/lang/types.ts";
import { AnyTyped, Closure, Task } from "../../../src/lang/value.ts";
import { AnyFloat } from "../../../src/wit/any.ts";
import { CaseValue, Handle, Some } from "../../../src/wit/value.ts";
import type { Value } from "../../../src/wit/value.ts";

const INT: Type = { kind: "Int" };
const TEXT: Type = { kind: "String" };
const ANY: Type = { kind: "Any" };
const TYPES: readonly Type[] = [{ kind: "Duration" }];

function isFit(value: Value, type: Type): boolean {
  return fits(value, type, { types: TYPES, isTask: (id) => id === "known", known: new WeakMap() });
}

/** `[[…], […]]`, each level twice the same. */
function shared(levels: number): Value {
  let value: Value = 1;
  for (let level = 0; level < levels; level++) value = [value, value];
  return value;
}

describe("a value from outside", () => {
  it.each<[string, Type, readonly Value[], readonly Value[]]>([
    ["Int", INT, [0, -5, 2n ** 60n], [0.5, -0, Number.NaN, 2 ** 60, 5n, "5", null, [1]]],
    ["Float", { kind: "Float" }, [0.5, -0, Number.NaN], [1n, "1", null]],
    ["String", TEXT, ["", "ä"], [1, "\ud800", null]],
    ["Char", { kind: "Char" }, ["a", "𝄞"], ["", "ab"]],
    ["Bool", { kind: "Bool" }, [true], [1, null]],
    ["Bytes", { kind: "Bytes" }, [new Uint8Array(1)], [[1], "a"]],
    ["Nil", { kind: "Nil" }, [null], [0, false]],
    ["a list", { kind: "list", element: INT }, [[], [1, 2], new Int32Array(2)], [["a"], null, 1, new Map()]],
    ["a tuple", { kind: "tuple", items: [INT, TEXT] }, [[1, "a"]], [[1], [1, "a", 2], ["a", 1]]],
    ["an option", { kind: "option", some: INT }, [null, 1], ["a", new Some(1)]],
    [
      "an option of one",
      { kind: "option", some: { kind: "option", some: INT } },
      [null, new Some(null)],
      [1, new Some("a")],
    ],
    ["a map", { kind: "map", key: TEXT, value: INT }, [new Map([["a", 1]])], [new Map([[1, 1]]), [["a", 1]]]],
    [
      "a result",
      { kind: "result", ok: INT, err: TEXT },
      [new CaseValue(0, 1), new CaseValue(1, "a")],
      [new CaseValue(2, 1), 1],
    ],
    ["an enum", { kind: "enum", id: "e", name: "e", cases: ["a", "b"] }, [0, 1], [2, -1, "a"]],
    ["flags", { kind: "flags", id: "f", name: "f", labels: ["a", "b"] }, [0, 3], [4, -1, 0.5]],
    ["a task", { kind: "task", result: INT }, [new Task("known")], [new Task("secret"), "known"]],
    ["a function", { kind: "fn", params: [], result: INT }, [], [new Closure(0, []), null]],
    ["a stream", { kind: "stream", element: INT }, [new Handle(1, 1)], [1]],
    [
      "Any",
      ANY,
      [null, 1, new AnyFloat(0.5), "a", [1, "b"], new Map([["a", null]]), new AnyTyped(0, 5)],
      [0.5, new Map([[1, 1]]), new AnyTyped(0, "a"), new AnyTyped(1, 5), new Closure(0, []), new Task("known")],
    ],
  ])("of type %s is told from one of another", (_, type, good, bad) => {
    for (const value of good) expect(isFit(value, type), String(value)).toBe(true);
    for (const value of bad) expect(isFit(value, type), String(value)).toBe(false);
  });

  it("is looked at once where it is shared, and weighs what it is written out", () => {
    expect(isFit(shared(400), ANY)).toBe(true);
    expect(isFit(shared(600), ANY)).toBe(false);
    expect(weightOf(shared(3))).toBe(15);
    expect(weightOf(shared(60))).toBeGreaterThan(2 ** 60);
    expect(weightOf(shared(2000))).toBe(Infinity);
  });
});
