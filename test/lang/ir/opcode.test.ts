import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { opcodes, operations, opNumber } from "../../../src/lang/ir/opcode.ts";
import type { OpName } from "../../../src/lang/ir/opcode.ts";

const loop = readFileSync(new URL("../../../src/lang/vm/loop.ts", import.meta.url), "utf8");
const cold = readFileSync(new URL("../../../src/lang/vm/ops.ts", import.meta.url), "utf8");
/** `// ADD_I d a b` above `case 4:`. */
const cases = [...loop.matchAll(/\/\/ ([A-Z_]+)([a-z ]*)\n\s*case (\d+):/g)];

describe("opcodes", () => {
  it("the numbers and operands in the dispatch loop are those of the table (L2)", () => {
    expect(cases.length).toBeGreaterThan(60);
    expect(loop.match(/case \d+:/g)).toHaveLength(cases.length);
    for (const [, name, operands, number] of cases) {
      expect([name, opNumber(name as OpName)]).toEqual([name, Number(number)]);
      expect(operands!.trim()).toBe(operations[Number(number)]!.operands.join(" "));
    }
  });

  it("every opcode is carried out, in the loop or beside it, once", () => {
    const inLoop = cases.map(([, name]) => name!);
    const beside = [...cold.matchAll(/case "([A-Z_]+)":/g)].map(([, name]) => name!);
    expect([...inLoop, ...beside].toSorted()).toEqual([...new Set([...inLoop, ...beside])].toSorted());
    expect(new Set([...inLoop, ...beside])).toEqual(new Set(Object.keys(opcodes)));
  });
});
