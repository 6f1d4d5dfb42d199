import { describe, expect, it } from "vitest";
import fc from "../../fast-check.ts";
import { Diagnostics } from "../../../src/lang/diagnostics.ts";
import { MAX_NESTING } from "../../../src/lang/syntax/parse-cursor.ts";
import { MAX_HEIGHT } from "../../../src/lang/syntax/parse-height.ts";
import { parseFile } from "../../../src/lang/syntax/parser.ts";
import { Source } from "../../../src/lang/source.ts";
import { arbitraryProgramText } from "./arbitrary-syntax.ts";
import { dump } from "./syntax-tree.ts";

function parse(text: string): { items: string[]; codes: string[] } {
  const diagnostics = new Diagnostics();
  const file = parseFile(new Source("a.sennit", text), diagnostics);
  return { items: file.items.map(dump), codes: diagnostics.all().map((d) => `${d.severity} ${d.code}`) };
}

/** The trees of a program without mistakes. */
function trees(text: string): string[] {
  const { items, codes } = parse(text);
  expect(codes).toEqual([]);
  return items;
}

function expression(text: string): string {
  return trees(`print ${text};`)
    .join(" ")
    .replace(/^\(print (.*)\)$/, "$1");
}

describe("the tricky one-liners of LANGUAGE-RULES §4", () => {
  it("1: print takes a whole expression", () => {
    expect(expression("(1) + 2")).toBe("(binary + (paren 1) 2)");
  });

  it("2: print (1, 2) prints a tuple and is told so", () => {
    expect(parse("print (1, 2);")).toEqual({ items: ["(print (tuple [1 2]))"], codes: ["warning print-tuple"] });
  });

  it("3: 1..2 is a join of two Ints", () => {
    expect(expression("1..2")).toBe("(binary .. 1 2)");
  });

  it("4: t.0.1 has two indices", () => {
    expect(trees("t = ((1, 2), 3); print t.0.1;")[1]).toBe("(print (item (item t 0) 1))");
  });

  it("5: 3days is a bad suffix", () => {
    expect(parse("x = 3days;").codes).toEqual(["error number-suffix"]);
  });

  it("6: unary minus binds tighter than ^, which associates to the right", () => {
    expect(expression("-2^2")).toBe("(binary ^ (unary - 2) 2)");
    expect(expression("2^3^2")).toBe("(binary ^ 2 (binary ^ 3 2))");
    expect(expression("2^-1")).toBe("(binary ^ 2 (unary - 1))");
  });

  it("7: and/or share a level, with a warning", () => {
    const { items, codes } = parse("print true or true and false;");
    expect(items).toEqual(["(print (binary and (binary or true true) false))"]);
    expect(codes).toEqual(["warning mixed-and-or"]);
  });

  it("8: comparisons do not chain", () => {
    expect(parse("print 1 < 2 < 3;").codes).toEqual(["error chained-comparison"]);
  });

  it("9: >= splits after a type", () => {
    expect(trees("x: Result<Int, String>= f();")).toEqual([
      "(declare x (name [Result] [(name [Int] []) (name [String] [])]) (call f []))",
    ]);
  });

  it("10: assignment is an expression, right-associative", () => {
    expect(trees("x = y = 3;")).toEqual(["(expression (assign x (assign y 3)))"]);
  });

  it("11: x=f=(3) is two assignments with a warning, x = =f=(3) a fork", () => {
    expect(parse("x=f=(3);")).toEqual({
      items: ["(expression (assign x (assign f (paren 3))))"],
      codes: ["warning ambiguous-fork"],
    });
    expect(trees("x = =f=(3);")).toEqual(["(expression (assign x (fork [f] [_:false:3])))"]);
    expect(trees("print a == f;")).toEqual(["(print (binary == a f))"]);
  });

  it("12: timeout is a name, and a block form before a brace", () => {
    expect(trees("timeout = 3; print timeout; timeout (1s) { print 1; }")).toEqual([
      "(expression (assign timeout 3))",
      "(print timeout)",
      "(expression (timeout [_:false:1000000000] (block [(print 1)])))",
    ]);
  });

  it("13: retry in a head is a name", () => {
    expect(trees("for x in retry { print x; }")).toEqual(["(for (name x _) retry (body [(print x)] true))"]);
  });

  it("14: a statement that begins with a block ends at its brace", () => {
    expect(trees("x = seq { 1 } - 2; seq { 1 } -2;")).toEqual([
      "(expression (assign x (binary - (seq true (block [(expression 1)])) 2)))",
      "(expression (seq true (block [(expression 1)])))",
      "(expression (unary - 2))",
    ]);
  });

  it("15: a `;` after a block form belongs to it", () => {
    expect(expression("para { seq {1}; seq {2}; }")).toBe(
      "(para (block [(expression (seq true (block [(expression 1)]))) (expression (seq true (block [(expression 2)])))]))",
    );
  });

  it("16: a tuple can be assigned", () => {
    expect(trees('(a, b) = para { 1; "x"; };')).toEqual([
      '(expression (assign (tuple [a b]) (para (block [(expression 1) (expression "x")]))))',
    ]);
  });

  it("18: || is a lambda without parameters", () => {
    expect(trees("f = || n;")).toEqual(["(expression (assign f (lambda [] _ n)))"]);
  });

  it("23: .. binds tighter than ??", () => {
    expect(expression('"n " .. nil ?? 0')).toBe('(binary ?? (binary .. "n " (nil)) 0)');
  });

  it("24: the smallest Int can be written", () => {
    expect(expression("-9223372036854775808")).toBe("(unary - 9223372036854775808)");
    expect(expression("-7 % 3")).toBe("(binary % (unary - 7) 3)");
  });

  it.each([
    ["17", "x = 1; seq { x = 2; y = 3; } print x; print y;"],
    ["19", "n = 0; map([1], |x| { n = n + x; });"],
    ["20", 'print seq { 5; print "x"; };'],
    ["21", "for m in range(0) { } print m;"],
    ["22", "t = 0; t = t + 0.5;"],
    ["25", "variant A { err, b } variant B { err, c } x = err;"],
  ])("%s parses: the checker decides", (_, text) => {
    expect(parse(text).codes).toEqual([]);
  });

  it("more: interpolations nest", () => {
    expect(expression('$"a {f("}")} {{b}}"')).toBe('(interpolation [a  (call f [_:false:"}"])  {b}])');
  });

  it("more: else belongs to the nearest if", () => {
    expect(trees("if (a) if (b) x(); else y();")).toEqual([
      "(expression (if a (body [(expression (if b (body [(expression (call x []))] false) (body [(expression (call y []))] false)))] false) _))",
    ]);
  });

  it("more: contextual words", () => {
    expect(trees("record = 1; record P { in: Int }")).toEqual([
      "(expression (assign record 1))",
      "(record P [in:(name [Int] [])])",
    ]);
    expect(trees("wait(signal); signal = wait;")).toHaveLength(2);
    expect(expression("div div div")).toBe("(binary div div div)");
    expect(expression('wait signal("a") timeout 3d')).toBe('(wait-signal "a" 259200000000000)');
  });
});

describe("parseFile() and precedence", () => {
  it.each([
    ["a + b * c", "(binary + a (binary * b c))"],
    ["a - b - c", "(binary - (binary - a b) c)"],
    ["a ?? b ?? c", "(binary ?? a (binary ?? b c))"],
    ["a == b < c", "(binary == a (binary < b c))"],
    ["!a.b(c)[d]", "(unary ! (index (call (member a b) [_:false:c]) d))"],
    ["a and b == c or d", "(binary or (binary and a (binary == b c)) d)"],
    ["a .. b + c", "(binary .. a (binary + b c))"],
    ["a div b % c", "(binary % (binary div a b) c)"],
    ["try? f(x) ?? y", "(binary ?? (try-result (call f [_:false:x])) y)"],
    ["@once f(x).y + z", "(binary + (member (label once (call f [_:false:x])) y) z)"],
  ])("%s", (text, tree) => {
    const { items } = parse(`print ${text};`);
    expect(items).toEqual([`(print ${tree})`]);
  });

  it("gives a lambda's body everything but assignment", () => {
    expect(expression("|x, y| x + y and z")).toBe("(lambda [(name x _) (name y _)] _ (binary and (binary + x y) z))");
  });
});

describe("the fixes of diagnostics", () => {
  it.each([
    ["x = 3\ny = 4;", "x = 3;\ny = 4;"],
    ["match = 3;", "match_ = 3;"],
    ["let x = 1;", "x = 1;"],
    ["fn f() { }", "function f() { }"],
    ["struct P { a: Int }", "record P { a: Int }"],
    ["function f(): Int { 1 }", "function f() -> Int { 1 }"],
    ["if (a) { } elif (b) { }", "if (a) { } else if (b) { }"],
    ["if (a = 1) { }", "if (a == 1) { }"],
    ["x = not a;", "x = !a;"],
    ["x = a||b;", "x = a or b;"],
    ["x=f=(3);", "x = =f=(3);"],
    ["f(x = 3);", "f(x: 3);"],
    [";", ""],
  ])("%j becomes %j, which has no mistake", (text, mended) => {
    expect(applyFixes(text)).toBe(mended);
    expect(parse(mended).codes).toEqual([]);
  });
});

/** The text after all edits of all its fixes, last place first. */
function applyFixes(text: string): string {
  const diagnostics = new Diagnostics();
  parseFile(new Source("a.sennit", text), diagnostics);
  const edits = diagnostics.all().flatMap((d) => d.fix?.edits ?? []);
  return edits.reduceRight(
    (whole, { span, text: put }) => whole.slice(0, span.start) + put + whole.slice(span.end),
    text,
  );
}

describe("parseFile() of bad input", () => {
  const N = 20_000;
  it.each([
    ["parentheses", "print ".concat("(".repeat(N))],
    ["lists", `print ${"[".repeat(N)}${"]".repeat(N)};`],
    ["blocks", "seq {".repeat(N)],
    ["ifs", "if (a) ".repeat(N)],
    ["signs", `x = ${"-".repeat(N)}1;`],
    ["powers", `x = 1${"^1".repeat(N)};`],
    ["assignments", `${"x = ".repeat(N)}1;`],
    ["lambdas", `x = ${"||".repeat(N)}1;`],
    ["types", `x: ${"[".repeat(N)}`],
    ["patterns", `match x { ${"(".repeat(N)}`],
    ["sums", `x = 1${" + 1".repeat(N)};`],
    ["calls", `f${"()".repeat(N)};`],
    ["else ifs", `if (a) {}${" else if (a) {}".repeat(N)}`],
  ])("reports %s that are too deep, once", (_, text) => {
    expect(parse(text).codes).toEqual(["error too-deep"]);
  });

  it("allows what is within the limits", () => {
    const depth = MAX_NESTING - 4;
    expect(trees(`print ${"(".repeat(depth)}1${")".repeat(depth)};`)).toHaveLength(1);
    expect(trees(`x = 1${" + 1".repeat(MAX_HEIGHT - 10)};`)).toHaveLength(1);
  });

  it("never throws on any text, and takes all of it", () => {
    const pieces = fc.constantFrom(
      "(",
      ")",
      "{",
      "}",
      "[",
      "]",
      ";",
      ",",
      "=",
      "|",
      "&",
      "a",
      "1",
      '"',
      '$"',
      "'",
      "if",
      "for",
      "in",
      "match",
      "function",
      "record",
      "\n",
      ":",
      ".",
      "->",
      "?",
      "@",
      "\\",
      "/*",
      "é",
      "\uD800",
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), fc.constantFrom("", " "), (list, gap) => {
        const text = list.join(gap);
        const diagnostics = new Diagnostics();
        const file = parseFile(new Source("a.sennit", text), diagnostics);
        expect(file.span).toEqual({ start: 0, end: text.length });
        for (const d of diagnostics.all()) expect(d.primary.span.end).toBeLessThanOrEqual(text.length);
      }),
      { seed: 7, numRuns: 2000 },
    );
  });

  it("gives every node of a generated program a span that holds its children's", () => {
    fc.assert(
      fc.property(arbitraryProgramText(), (text) => {
        const diagnostics = new Diagnostics();
        const file = parseFile(new Source("a.sennit", text), diagnostics);
        expect(diagnostics.hasErrors).toBe(false);
        expect(escapedSpans(file, { start: 0, end: text.length })).toEqual([]);
      }),
      { seed: 7, numRuns: 200 },
    );
  });
});

/** Nodes whose span is not within their parent's. */
function escapedSpans(node: unknown, outer: { start: number; end: number }): unknown[] {
  if (typeof node !== "object" || node === null || node instanceof Uint8Array) return [];
  const { span = outer } = node as { span?: typeof outer };
  const isWithin = span.start >= outer.start && span.end <= outer.end && span.start <= span.end;
  return [...(isWithin ? [] : [node]), ...Object.values(node).flatMap((child) => escapedSpans(child, span))];
}
