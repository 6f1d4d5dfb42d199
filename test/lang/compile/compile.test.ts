import { describe, expect, it } from "vitest";
import { irDigest } from "../../../src/lang/ir/ir-codec.ts";
import { fixedSites } from "../../../src/lang/ir/ir.ts";
import type { Ir } from "../../../src/lang/ir/ir.ts";
import { operations } from "../../../src/lang/ir/opcode.ts";
import { withFunctions } from "../vm/run-foreign.ts";
import { compileText } from "../vm/run-program.ts";

function names(ir: Ir, fn: string): string[] {
  const { code } = ir.functions.find((each) => each.name === fn)!;
  const found: string[] = [];
  for (let pc = 0; pc < code.length; pc += operations[code[pc]!]!.size) found.push(operations[code[pc]!]!.name);
  return found;
}

describe("compileProgram()", () => {
  it("makes two instructions of a turn of a counting loop", () => {
    const ir = compileText("i = 0; while (i < 1000) { i = i + 1; }");
    expect(names(ir, "main")).toEqual(["INT", "JUMP", "ADDK_I", "JLTK", "CONST", "RETURN"]);
  });

  it("grows lists and maps in place where nobody else sees them", () => {
    const ir = compileText(
      "xs: [Int] = []; ys = [1]; m: Map<Int, Int> = [:]; for i in range(3) { xs = push(xs, i); ys = ys + [i]; m = put(m, i, i); } print xs; print ys; print m;",
    );
    const code = names(ir, "main");
    expect(code.filter((name) => name === "APPEND_OWN")).toHaveLength(2);
    expect(code.filter((name) => name === "PUT_OWN")).toHaveLength(1);
  });

  it("knows which functions have no effect sites, through calls and recursion", () => {
    const ir = compileText(
      `require double;
      function pure(n: Int) -> Int { if (n == 0) { 0 } else { other(n) } } function other(n: Int) -> Int { pure(n - 1) }
      function far(n: Int) -> Int { near(n) } function near(n: Int) -> Int { double(n) }
      print pure(1); print far(1);`,
      withFunctions,
    );
    const silent = Object.fromEntries(ir.functions.map((fn) => [fn.name, fn.silent]));
    expect(silent).toMatchObject({ main: false, pure: true, other: true, far: false, near: false });
  });

  it("gives every site a name of its own, by structure and not by line", () => {
    const ir = compileText(
      `require double; if (true) { double(1); double(2); } for i in [1] { double(3); }`,
      withFunctions,
    );
    const sites = ir.sites.slice(fixedSites.length);
    expect(new Set(sites).size).toBe(sites.length);
    expect(sites).toContain("main/if#0/then#0/program#double#1");
    expect(sites).toContain("main/for#0/program#double#0");
  });

  it("gives the same IR for the same program", () => {
    const text = "function f(n: Int) -> Int { n + 1 } print map([1], |x| f(x));";
    expect(irDigest(compileText(text))).toBe(irDigest(compileText(text)));
    expect(irDigest(compileText(text))).not.toBe(irDigest(compileText(text.replace("+ 1", "+ 2"))));
  });

  it("has one digest for a program in whatever folder", () => {
    const ir = compileText("1;");
    const at = (...files: string[]): string => irDigest({ ...ir, files });
    expect(at("/home/ada/main.sennit", "/home/ada/lib/a.sennit")).toBe(at("main.sennit", "lib/a.sennit"));
    expect(at("/home/ada/main.sennit", "/home/a.sennit")).not.toBe(at("main.sennit", "a.sennit"));
    expect(at("x/main.sennit")).not.toBe(at("x/other.sennit"));
  });
});
