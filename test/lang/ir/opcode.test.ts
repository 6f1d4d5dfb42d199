import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { opcodes, operations, opNumber } from "../../../src/lang/ir/opcode.ts";
import type { OpName } from "../../../src/lang/ir/opcode.ts";

const loop = readFileSync(new URL("../../../src/lang/vm/loop.ts", import.meta.url), "utf8");
const beside = ["ops", "beyond"].map((name) =>
  readFileSync(new URL(`../../../src/lang/vm/${name}.ts`, import.meta.url), "utf8"),
);
/** The bodies of the functions that other files have for the loop, up to where their switch ends. */
const others = beside.flatMap((text) => [...text.slice(0, text.indexOf("default:")).matchAll(/case "([A-Z_]+)":/g)]);
/** `// ADD_I d a b` above `case 4:`. */
const cases = [...loop.matchAll(/\/\/ ([A-Z_]+)([a-z ]*)\n\s*case (\d+):/g)];

describe("opcodes", () => {
  it("the numbers and operands in the dispatch loop are those of the table (L2)", () => {
    expect(cases.length).toBeGreaterThan(45);
    expect(loop.match(/case \d+:/g)).toHaveLength(cases.length);
    for (const [, name, operands, number] of cases) {
      expect([name, opNumber(name as OpName)]).toEqual([name, Number(number)]);
      expect(operands!.trim()).toBe(operations[Number(number)]!.operands.join(" "));
    }
  });

  it("every opcode is carried out, in the loop or beside it, once", () => {
    const inLoop = cases.map(([, name]) => name!);
    const all = [...inLoop, ...others.map(([, name]) => name!)];
    expect(all.toSorted()).toEqual([...new Set(all)].toSorted());
    expect(new Set(all)).toEqual(new Set(Object.keys(opcodes)));
  });

  it("the loop tells by the number which file an instruction is in", () => {
    const border = Number(/BEYOND = (\d+)/.exec(loop)![1]);
    for (const [at, text] of beside.entries()) {
      for (const [, name] of text.matchAll(/case "([A-Z_]+)":/g)) {
        expect([name, opNumber(name as OpName) >= border]).toEqual([name, at === 1]);
      }
    }
  });
});
