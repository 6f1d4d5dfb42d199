import { describe, expect, it } from "vitest";
import fc from "../../fast-check.ts";
import { Diagnostics } from "../../../src/lang/diagnostics.ts";
import { formatSource, LINE_WIDTH } from "../../../src/lang/syntax/format.ts";
import { tokenize } from "../../../src/lang/syntax/lexer.ts";
import { MAX_NESTING } from "../../../src/lang/syntax/parse-cursor.ts";
import { MAX_HEIGHT } from "../../../src/lang/syntax/parse-height.ts";
import { parseFile } from "../../../src/lang/syntax/parser.ts";
import { Source } from "../../../src/lang/source.ts";
import { arbitraryProgramText } from "./arbitrary-syntax.ts";
import { withoutSpans } from "./syntax-tree.ts";

function format(text: string): string {
  const result = formatSource(new Source("a.sennit", text));
  if ("diagnostics" in result)
    throw new Error(result.diagnostics.map((d) => `${d.code} at ${d.primary.span.start}`).join(", "));
  return result.text;
}

function treeOf(text: string): unknown {
  return withoutSpans(parseFile(new Source("a.sennit", text), new Diagnostics()).items);
}

function commentsOf(text: string): string[] {
  const { comments } = tokenize(new Source("a.sennit", text), new Diagnostics());
  return comments.map((comment) => comment.text.replaceAll("\r\n", "\n"));
}

describe("formatSource() of any program", () => {
  it("gives text that parses to the same tree (F3)", () => {
    fc.assert(
      fc.property(arbitraryProgramText(), (text) => {
        expect(treeOf(format(text))).toEqual(treeOf(text));
      }),
      { seed: 7, numRuns: 150 },
    );
  });

  it("changes nothing the second time (F3)", () => {
    fc.assert(
      fc.property(arbitraryProgramText(), (text) => {
        const once = format(text);
        expect(format(once)).toBe(once);
      }),
      { seed: 7, numRuns: 150 },
    );
  });

  it("keeps every comment, in order (F1)", () => {
    fc.assert(
      fc.property(arbitraryProgramText(), (text) => {
        expect(commentsOf(format(text))).toEqual(commentsOf(text));
      }),
      { seed: 7, numRuns: 150 },
    );
  });

  it("leaves no white space at the end of a line, no tab and no two empty lines", () => {
    fc.assert(
      fc.property(arbitraryProgramText(), (text) => {
        const bare = format(text).replaceAll(/\/\*[^]*?\*\//g, "/**/");
        expect(bare).not.toMatch(/[ \t]\n|\n\n\n|\t|\r/);
        expect(bare === "" || bare.endsWith("\n")).toBe(true);
      }),
      { seed: 7, numRuns: 60 },
    );
  });
});

describe("formatSource() of damaged programs", () => {
  it("never throws: it formats, or it says what is wrong (F4)", () => {
    const damage = fc.tuple(
      arbitraryProgramText(),
      fc.nat(),
      fc.nat(8),
      fc.constantFrom("", "{", "}", "(", '"', "/*", ";", "=", '$"{', "\n", "|", "'"),
    );
    fc.assert(
      fc.property(damage, ([text, at, cut, insert]) => {
        const start = text.length === 0 ? 0 : at % text.length;
        const damaged = text.slice(0, start) + insert + text.slice(start + cut);
        const result = formatSource(new Source("a.sennit", damaged));
        if ("diagnostics" in result) expect(result.diagnostics.length).toBeGreaterThan(0);
        else expect(format(result.text)).toBe(result.text);
      }),
      { seed: 7, numRuns: 400 },
    );
  });
});

describe("formatSource()", () => {
  it("breaks what is too long, and only that", () => {
    const text = format(
      "short(1, 2); long(argument_number_one, argument_number_two, argument_number_three, argument_number_four);",
    );
    expect(text).toMatchInlineSnapshot(`
      "short(1, 2);
      long(argument_number_one, argument_number_two, argument_number_three, argument_number_four);
      "
    `);
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(LINE_WIDTH);
  });

  it("breaks an expression before its operators", () => {
    expect(
      format(
        "total = first_summand_of_the_sum * a_factor + second_summand_of_the_sum - third_summand_of_the_sum / by;",
      ),
    ).toMatchInlineSnapshot(`
      "total = first_summand_of_the_sum * a_factor
        + second_summand_of_the_sum
        - third_summand_of_the_sum / by;
      "
    `);
  });

  it("fills lines with numbers", () => {
    expect(format(`xs = [${Array.from({ length: 40 }, (_, i) => i * 37).join(",")}];`)).toMatchInlineSnapshot(`
      "xs = [
        0, 37, 74, 111, 148, 185, 222, 259, 296, 333, 370, 407, 444, 481, 518, 555, 592, 629, 666, 703,
        740, 777, 814, 851, 888, 925, 962, 999, 1036, 1073, 1110, 1147, 1184, 1221, 1258, 1295, 1332,
        1369, 1406, 1443,
      ];
      "
    `);
  });

  it("lets a last lambda open at the end of the line", () => {
    expect(format("ys = map(xs, |x| {\nprint x;\nx * 2 });")).toMatchInlineSnapshot(`
      "ys = map(xs, |x| {
        print x;
        x * 2
      });
      "
    `);
  });

  it("keeps comments beside what they are about", () => {
    const text = `
// about f
function f(a: Int, // the first
  b: Int /* the second */) -> Int { // opens

  // about x
  x = a /* plus */ + b; // the sum


  /* two
     lines */
  return x // the end
  // nothing more
}

// last`;
    expect(format(text)).toMatchInlineSnapshot(`
      "// about f
      function f(
        a: Int, // the first
        b: Int, /* the second */
      ) -> Int { // opens

        // about x
        x = a /* plus */ + b; // the sum

        /* two
           lines */
        return x; // the end
        // nothing more
      }

      // last
      "
    `);
  });

  it("keeps a block on one line when its author did", () => {
    expect(format("x = seq { f(); g(1) };\nif (a) { b(); } else { c(); }\nif (a) {\nb(); }")).toMatchInlineSnapshot(`
      "x = seq { f(); g(1) };
      if (a) { b(); } else { c(); }
      if (a) {
        b();
      }
      "
    `);
  });

  it("keeps one empty line of several, and none at the edges of a block", () => {
    expect(format("\n\na();\n\n\n\nb();\nseq {\n\nc();\n\n}\n\n")).toMatchInlineSnapshot(`
      "a();

      b();
      seq {
        c();
      }
      "
    `);
  });

  it("refuses a file with syntax errors (F4)", () => {
    expect(formatSource(new Source("a.sennit", "x = ;"))).toMatchObject({
      diagnostics: [{ code: "unexpected-token" }],
    });
  });

  it("formats a file that only has warnings", () => {
    expect(format("print   (1,2);")).toBe("print (1, 2);\n");
  });

  it("takes the deepest and highest trees that the parser allows", () => {
    const depth = MAX_NESTING - 4;
    for (const text of [`x = ${"(".repeat(depth)}1${")".repeat(depth)};\n`, `x = 1${"^1".repeat(depth)};\n`]) {
      expect(format(text)).toBe(text);
    }
    expect(format(`x = 1${" + 1".repeat(MAX_HEIGHT - 10)};`).split("\n")).toHaveLength(MAX_HEIGHT - 8);
    expect(format(`x${".x".repeat(MAX_HEIGHT - 10)};`)).toHaveLength(2 * MAX_HEIGHT - 17);
    expect(format(`${"seq {\n".repeat(depth)}${"}".repeat(depth)}`).split("\n")).toHaveLength(2 * depth);
  });

  it("keeps an empty file empty", () => {
    expect(format("")).toBe("");
    expect(format("\n\n")).toBe("");
    expect(format("// only a comment")).toBe("// only a comment\n");
  });

  it.each(["a = ! =f=(1);\n", "b = -2^ =g=(3);\n", "t = 1 .0;\n", "(a,) = (1,);\n", "x: Int?? = 1;\n"])(
    "keeps apart what would join: %s",
    (text) => {
      expect(format(text)).toBe(text);
    },
  );
});
