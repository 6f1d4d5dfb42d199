import { describe, expect, it } from "vitest";

import { provenanceOf } from "../../../src/engine/history/lineage.ts";
import { readLog } from "../../../src/engine/history/log.ts";
import type { Value } from "../../../src/wit/value.ts";
import { S32, STRING, witFunction } from "../../lang/vm/run-foreign.ts";
import { directInstance } from "../stub-program.ts";
import { played, readable } from "./recorded-run.ts";
import type { Play } from "./recorded-run.ts";

const FUNCTIONS = [
  witFunction("pay", [STRING], S32),
  witFunction("add", [S32, S32], S32),
  witFunction("one", [], S32),
  witFunction("two", [], S32),
  witFunction("fail", [S32], S32),
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
async function flowsOf(text: string, play: Play = {}, manifest = {}): Promise<readonly string[]> {
  const program = readable(text, { functions: FUNCTIONS, instance: () => directInstance(guest), manifest });
  const { store } = await played(program, text, play);
  const { nodes, flows } = await provenanceOf(await readLog(store, "run"), program);
  if (process.env["H6SVG"]) {
    const g = await provenanceOf(await readLog(store, "run"), program);
    (await import("node:fs")).writeFileSync(
      process.env["H6SVG"],
      (await import("../../../src/engine/history/svg.ts")).toSvg(g),
    );
    (await import("node:fs")).writeFileSync(
      process.env["H6SVG"] + ".json",
      (await import("../../../src/engine/history/prov-json.ts")).toProvJson(g),
    );
    (await import("node:fs")).writeFileSync(
      process.env["H6SVG"] + ".dot",
      (await import("../../../src/engine/history/dot.ts")).toDot(g),
    );
  }
  const names = new Map(nodes.map(({ id, name, place }) => [id, `${name}${place === null ? "" : `:${place.line}`}`]));
  return flows.map(({ from, to }) => `${names.get(from)} -> ${names.get(to)}`).toSorted();
}

describe("provenance", () => {
  it("follows data through variables, arithmetic and text", async () => {
    const text = `param who: String;
require pay, add, one, two;
x = pay(who);
y = one();
z = add(x + 1, y * 2);
print "sum $z";
two();
z;`;
    console.log(await flowsOf(text.replace('"sum $z"', '$"sum {z}"'), { args: ["Ada"] }));
    console.log(await flowsOf(text.replace('"sum $z"', '$"sum {z}"'), { args: ["Ada"] }, { language: "component" }));
    console.log(
      await flowsOf(
        text.replace('"sum $z"', '$"sum {z}"'),
        { args: ["Ada"] },
        { language: "component", stateless: true },
      ),
    );
    console.log(
      await flowsOf(
        `require one, two, add, pay, fail;
function twice(n: Int) -> Int { add(n, two()); }
workflow w(n: Int) -> Int { add(n, 5); }
a = one();
b = twice(a);
c = w(b);
rs = para { add(a, 1); add(c, 2); };
ys = para for i in [a, 3] { add(i, 1); };
f = |q: Int| add(q, b);
d = f(7);
m = map([1, 2], |k| add(k, c));
r = race { two(); };
if (a > 0) { print "yes"; }
xs = [];
for i in [1, 2] { xs = push(xs, add(i, d)); }
try { k = [1, 2][c]; } catch (e) { print e.message; }
t = wait signal("go");
print str(rs); print str(ys); print str(m); print str(r); print str(xs); print str(t);
[d, r];`,
        { signals: [{ name: "go", value: 5 }] },
      ),
    );
    expect(1).toBe(1);
  });
});
