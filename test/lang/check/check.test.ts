/** The checker where a case file cannot look: other files, the platform, rows, packages, messages as they are drawn. */
import { describe, expect, it } from "vitest";
import { checkProgram, requiredPackages } from "../../../src/lang/check/check.ts";
import type { CheckEnvironment, CheckResult } from "../../../src/lang/check/check.ts";
import { renderDiagnostics } from "../../../src/lang/render.ts";
import { Source } from "../../../src/lang/source.ts";
import type { CheckedProgram } from "../../../src/lang/typed.ts";
import { brokenPromises } from "./check-typed-tree.ts";
import { caseEnvironment } from "./check-world.ts";

function checkText(text: string, env: CheckEnvironment = caseEnvironment()): CheckResult {
  return checkProgram(new Source("main.sennit", text), env);
}

function accepted(text: string): CheckedProgram {
  const { program, diagnostics } = checkText(text);
  if (program === null) throw new Error(renderDiagnostics(diagnostics));
  return program;
}

function rows(text: string): Record<string, string> {
  return Object.fromEntries(accepted(text).functions.map((fn) => [fn.name, fn.row]));
}

describe("other files", () => {
  it("a cycle is reported once, with its path (24)", () => {
    const { diagnostics } = checkText(`require "./a.sennit" as a; print a.fa();`);

    expect(diagnostics.map((d) => [d.code, d.primary.source.name])).toEqual([["file-cycle", "b.sennit"]]);
    expect(diagnostics[0]?.title).toContain("a.sennit → b.sennit → a.sennit");
  });

  it("mistakes of a required file are reported in it", () => {
    const { diagnostics } = checkText(`require "./broken.sennit" as b; print b.broken();`);

    expect(diagnostics.map((d) => [d.code, d.primary.source.name])).toEqual([["wrong-type", "broken.sennit"]]);
  });

  it("statements of a required file draw a warning, and do not run", () => {
    const { program, diagnostics } = checkText(`require "./statements.sennit" as s; print s.quiet();`);

    expect(diagnostics.map((d) => d.code)).toEqual(["required-statements"]);
    expect(program?.functions.map((fn) => fn.name)).toEqual(["main", "statements:quiet"]);
  });

  it("requiredPackages() names the packages of all files, each with the file that names it", () => {
    const env = {
      file: (): { name: string; text: string } => ({ name: "util.sennit", text: `require "./p"; require f;` }),
    };
    const source = new Source("main.sennit", `require mean from "acme:stats@^1"; require "./util.sennit" as u;`);

    expect(requiredPackages(source, env)).toEqual([
      { specifier: "acme:stats@^1", from: "main.sennit" },
      { specifier: "./p", from: "util.sennit" },
    ]);
  });
});

describe("what the program uses", () => {
  it("one package required twice is one, and the embedding program is another", () => {
    const { packages } = accepted(`require "acme:stats" as s; require mean from "acme:stats";
      require super_complex_operation, typed_sum;
      print s.stdev([1]); print mean([1]); print super_complex_operation(1); print typed_sum(1, 2);`);

    expect(packages.map((p) => [p.specifier, p.name])).toEqual([
      ["acme:stats", "acme:stats"],
      [null, "program"],
    ]);
    expect([...(packages[1]?.world.exports.functions.keys() ?? [])]).toEqual(["typed-sum", "is-even"]);
  });

  it("shells are listed with their constant command", () => {
    const { shells } = accepted(`c = "ls"; shell {"echo", ["a"]}; shell {c}; shellpipe { "a" | "b" };`);

    expect(shells.map((s) => s.command)).toEqual(["echo", null, "a", "b"]);
  });

  it("a platform without a shell refuses one before the run", () => {
    const { diagnostics } = checkText(`shell {"echo"};`, caseEnvironment({ shell: false }));

    expect(diagnostics.map((d) => d.code)).toEqual(["no-shell"]);
  });

  it("params have their values, or are required (55)", () => {
    const { params } = accepted(`param a: Float = 1; param b: String; param c = [1, 2]; param d: Int? = nil;
      print a; print b; print c; print d;`);

    expect(params.map((p) => [p.name, p.type.kind, p.fallback, p.required])).toEqual([
      ["a", "Float", 1, false],
      ["b", "String", null, true],
      ["c", "list", [1, 2], false],
      ["d", "option", null, false],
    ]);
    expect(params.map((p) => p.local.index)).toEqual([0, 1, 2, 3]);
  });
});

describe("effect rows (9)", () => {
  it("are those of what a function does and calls", () => {
    const text = `require mean, keep from "acme:stats"; require bump from "acme:counter"; require each from "acme:hooks";
      function pure(x: Int) -> Int { abs(x) + fold([1], 0, |a, b| a + b) + int(mean([1])) }
      function reads() -> Int { t = now(); print_not(); bump() }
      function print_not() -> Float { random() }
      function writes() -> Int { each([1], |x| { print x; 1 }) }
      function calls(f: fn(Int) -> Int) -> Int { f(1) }
      workflow waits() { sleep (1s); }
      print pure(1) + reads() + writes() + calls(|x| x) + int(log(2.0)); waits();`;

    expect(rows(text)).toMatchObject({
      pure: "pure",
      reads: "reads",
      print_not: "reads",
      writes: "writes",
      waits: "suspends",
      main: "suspends",
    });
  });
});

describe("locals", () => {
  it("are checked only where some path reads them unassigned (4)", () => {
    const { functions } = accepted(`for a in range(3) { print a; } b = 1; print a; print b; f = || a; print f();`);
    const checked = functions.map((fn) => fn.locals.filter((l) => l.checked).map((l) => l.name));

    expect(checked).toEqual([["a"], ["a"]]);
  });

  it("a declaration with another type gets another local (5)", () => {
    const { functions } = accepted(`x: Int = 1; print x; x: String = "a"; print x; x: Int = 2; print x;`);

    expect(functions[0]?.locals.map((l) => [l.name, l.type.kind])).toEqual([
      ["x", "Int"],
      ["x", "String"],
    ]);
  });
});

describe("the check of typed trees itself", () => {
  const program = accepted(`function f(a: Int, b: Int = 2) -> Int { a + b } n = 1; g = |x: Int| x + n; print f(g(1));`);
  const [main, f, lambda] = program.functions;

  it("finds nothing wrong with what the checker makes", () => {
    expect(brokenPromises(program)).toEqual([]);
  });

  it("finds what is", () => {
    if (main === undefined || f === undefined || lambda === undefined) throw new Error("three functions were expected");
    const swapped = { ...program, functions: [main, lambda, f] };
    const strange = { ...program, functions: [{ ...main, locals: main.locals.map((l) => ({ ...l })) }, f, lambda] };
    const without = { ...program, functions: [main, { ...f, params: f.params.slice(1) }, lambda] };

    expect(brokenPromises(swapped)).not.toEqual([]);
    expect(brokenPromises(strange)).not.toEqual([]);
    expect(brokenPromises(without)).not.toEqual([]);
  });
});

/** The tricky one-liners of the rules that the checker speaks about, and others whose words are worth a look. */
const oneLiners = [
  `f = 1; x=f=(3); print f;`,
  `print (1, 2);`,
  `print true or true and false;`,
  `x: Result<Int, String>= f();`,
  `x = seq { 1 } - 2; print x; seq { 1 } -2;`,
  `x = 1; seq { x = 2; y = 3; } print x; print y;`,
  `n = 0; map([1], |x| { n = n + x; });`,
  `t = 0; t = t + 0.5;`,
  `print "n " .. nil ?? 0;`,
  `variant A { err, b } variant B { err, c } x = err;`,
  `para { k = 1; }`,
  `f = |n: Int| f(n - 1);`,
  `print lenght([1]);`,
  `require mean from "acme:stat";`,
  `require "acme:stats" as s; print s.meen([1.0]);`,
  `require mean from "acme:stats"; xs = [1]; print mean(xs);`,
  `if (now() == now()) { x: Int = 1; } else { x: String = "a"; } print x;`,
  `variant S { dot, circle(Float) } s = S.dot; match s { dot { print 1; } }`,
  `function f() { sleep (1s); } f();`,
  `require each from "acme:hooks"; f = |x: Int| { sleep (1s); x }; print each([1], f);`,
  `function apply(f: fn(Int) -> Int) -> Int { f(1) } print apply(|x| { sleep (1s); x });`,
  `function f(n: Int) { f(n - 1) } f(1);`,
  `k = 3; function f() -> Int { k } print f();`,
  `len = 3; print len([1]);`,
  `x = get([1], 0); print x + 1;`,
  `print 1 + "a";`,
  `x = [1, "a"];`,
  `xs = []; print 1;`,
  `(a, b) = (1, 2, 3);`,
  `record P { x: Int } p = P(1); print p.y; p2 = P(z: 1);`,
  `if (1) { print 1; }`,
  `function f(a: Int, b: Int = 1) -> Int { a + b } print f(); print f(1, c: 2);`,
];

describe("messages", () => {
  for (const text of oneLiners) {
    it(text, () => {
      const { diagnostics } = checkText(`${text}\n`);

      expect(diagnostics).not.toEqual([]);
      expect(renderDiagnostics(diagnostics)).toMatchSnapshot();
    });
  }

  it("every diagnostic says what its place is", () => {
    const silent = oneLiners.flatMap((text) => checkText(text).diagnostics.filter((d) => d.primary.text === ""));

    expect(silent).toEqual([]);
  });

  it("the fix for a Float in an Int variable rewrites its first assignment (6)", () => {
    const [diagnostic] = checkText(`t = 0; t = t + 0.5;`).diagnostics;

    expect(diagnostic?.fix?.edits.map((e) => [e.span, e.text])).toEqual([[{ start: 4, end: 5 }, "0.0"]]);
  });
});
