import { describe, expect, it } from "vitest";

import { provenanceOf } from "../../../src/engine/history/lineage.ts";
import { readLog } from "../../../src/engine/history/log.ts";
import type { Value } from "../../../src/wit/value.ts";
import { S32, STRING, witFunction } from "../../lang/vm/run-foreign.ts";
import { directInstance } from "../stub-program.ts";
import { played, readable } from "./recorded-run.ts";
import type { Play, Stub } from "./recorded-run.ts";

const FUNCTIONS = [
  witFunction("pay", [STRING], S32),
  witFunction("add", [S32, S32], S32),
  witFunction("one", [], S32),
  witFunction("two", [], S32),
];

function guest(fn: string, args: readonly Value[]): Value {
  switch (fn) {
    case "add":
      return Number(args[0]) + Number(args[1]);
    case "one":
      return 1;
    case "two":
      return 2;
    default:
      return 3;
  }
}

/** `from -> to`, by name. */
async function flowsOf(text: string, play: Play = {}, manifest: Stub["manifest"] = {}): Promise<readonly string[]> {
  const program = readable(text, {
    functions: FUNCTIONS,
    instance: () => directInstance(guest),
    manifest: manifest ?? {},
  });
  const { store } = await played(program, text, play);
  const { nodes, flows } = await provenanceOf(await readLog(store, "run"), program);
  const names = new Map(nodes.map(({ id, name, place }) => [id, `${name}${place === null ? "" : `:${place.line}`}`]));
  return flows.map(({ from, to }) => `${names.get(from)} -> ${names.get(to)}`).toSorted();
}

const SUM = `param who: String;
require pay, add, one, two;
x = pay(who);
y = one();
z = add(x + 1, y * 2);
print $"sum {z}";
two();
z;`;

describe("provenance", () => {
  it.each([
    ["asked one by one", {}],
    ["made at once", { language: "component" as const }],
    ["computed again", { language: "component" as const, stateless: true }],
  ])("follows data through variables, arithmetic and text, with calls %s (D1)", async (_, manifest) => {
    expect(await flowsOf(SUM, { args: ["Ada"] }, manifest)).toEqual([
      "call add:5 -> print:6",
      "call add:5 -> result",
      "call one:4 -> call add:5",
      "call pay:3 -> call add:5",
      "who -> call pay:3",
    ]);
  });

  it.each([
    [
      "a function is one process",
      "function f(n: Int) -> Int {\n add(n, two());\n}\na = one();\nprint str(f(a));",
      ["call one:5 -> f:6", "f:6 -> print:6"],
    ],
    [
      "a workflow stands open",
      "workflow f(n: Int) -> Int {\n add(n, two());\n}\na = one();\nprint str(f(a));",
      ["call add:3 -> print:6", "call one:5 -> call add:3", "call two:3 -> call add:3"],
    ],
    [
      "branches give what they came to",
      "a = one();\nr = para {\n add(a, 1);\n two();\n};\nprint str(r);",
      ["call add:4 -> print:7", "call one:2 -> call add:4", "call two:5 -> print:7"],
    ],
    [
      "elements come from their list",
      "a = one();\nr = para for i in [a, 3] {\n add(i, 1);\n};\nprint str(r);",
      ["call add:4 -> print:6", "call add:4 -> print:6", "call one:2 -> call add:4", "call one:2 -> call add:4"],
    ],
    ["what wins a race is from it", "r = race {\n two();\n};\nprint str(r);", ["call two:3 -> print:5"]],
    [
      "a lambda carries what it captured",
      "a = one();\nf = |q: Int| add(q, a);\nb = two();\nprint str(f(b));",
      ["call add:3 -> print:5", "call one:2 -> call add:3", "call two:4 -> call add:3"],
    ],
    [
      "so does one that is given away",
      "a = one();\nm = map([1], |k| add(k, a));\nprint str(m);",
      ["call add:3 -> print:4", "call one:2 -> call add:3"],
    ],
    [
      "a list that grows has all",
      "xs = [];\nfor i in [1, 2] {\n xs = push(xs, add(i, 1));\n}\nprint str(xs);",
      ["call add:4 -> print:6", "call add:4 -> print:6"],
    ],
    [
      "an error has what it is about",
      "c = two();\ntry {\n k = [1, 2][c];\n} catch (e) {\n print e.message;\n}",
      ["call two:2 -> print:6"],
    ],
    [
      "what is raised does, too",
      "c = two();\ntry {\n raise str(c);\n} catch (e) {\n print e.message;\n}",
      ["call two:2 -> print:6"],
    ],
    ["control is no flow (D3)", 'a = one();\nif (a > 0) {\n print "yes";\n}', []],
    [
      "a retry gives its last attempt",
      "a = one();\nb = retry (times: 2) {\n add(a, 1);\n};\nprint str(b);",
      ["call add:4 -> print:6", "call one:2 -> call add:4"],
    ],
    [
      "what is undone knows what it undoes",
      'a = one();\ntry {\n undo { add(a, 1); }\n raise "no";\n} catch (e) {\n print "caught";\n}',
      ["call one:2 -> call add:4"],
    ],
  ])("%s", async (_, text, expected) => {
    expect(await flowsOf(`require one, two, add;\n${text}`)).toEqual(expected);
  });

  it("of signals and tasks", async () => {
    const text = `require add;
workflow twice(n: Int) -> Int { n * 2; }
t = wait signal("go");
n = 4;
c = spawn twice(n);
print str(t);
print str(await c);`;
    expect(await flowsOf(text, { signals: [{ name: "go", value: 5 }] })).toEqual([
      expect.stringMatching(/^await .* -> print:7$/),
      "signal go:3 -> print:6",
      expect.stringMatching(/^spawn twice:5 -> await /),
    ]);
  });
});
