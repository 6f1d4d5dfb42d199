import { describe, expect, it } from "vitest";
import fc from "../../fast-check.ts";
import { Diagnostics } from "../../../src/lang/diagnostics.ts";
import { tokenize } from "../../../src/lang/syntax/lexer.ts";
import { Source } from "../../../src/lang/source.ts";
import type { TokenValue } from "../../../src/lang/syntax/token.ts";
import { arbitraryProgramText } from "./arbitrary-syntax.ts";

function lex(text: string): { types: string[]; values: TokenValue[]; codes: string[] } {
  const diagnostics = new Diagnostics();
  const { tokens } = tokenize(new Source("a.sennit", text), diagnostics);
  const inner = tokens.slice(0, -1);
  return {
    types: inner.map((token) => token.type),
    values: inner.map((token) => token.value),
    codes: diagnostics.all().map((d) => d.code),
  };
}

describe("tokenize() and numbers", () => {
  it.each<[string, number | bigint]>([
    ["0", 0],
    ["1_000", 1000],
    ["0xff", 255],
    ["0xFFFF_FFFF_FFFF_FFFF", 2n ** 64n - 1n],
    ["9007199254740991", 9007199254740991],
    ["9007199254740993", 9007199254740993n],
    ["18446744073709551615", 18446744073709551615n],
  ])("%s is an exact Int", (text, value) => {
    expect(lex(text)).toEqual({ types: ["INT"], values: [value], codes: [] });
  });

  it.each([
    ["1.5", 1.5],
    ["6e23", 6e23],
    ["2.5E-3", 0.0025],
    ["1_0.2_5", 10.25],
  ])("%s is a Float", (text, value) => {
    expect(lex(text)).toEqual({ types: ["FLOAT"], values: [value], codes: [] });
  });

  it.each<[string, number | bigint]>([
    ["1ns", 1],
    ["1.5us", 1500],
    ["250ms", 250_000_000],
    ["0.1s", 100_000_000],
    ["1.000000001s", 1_000_000_001],
    ["5m", 300_000_000_000],
    ["0.3h", 1_080_000_000_000],
    ["30d", 2_592_000_000_000_000],
    ["1000d", 86_400_000_000_000_000n],
    ["18446744073709551615ns", 18446744073709551615n],
  ])("%s is a Duration in exact nanoseconds", (text, value) => {
    expect(lex(text)).toEqual({ types: ["DURATION"], values: [value], codes: [] });
  });

  it("a dot belongs to a number only before a digit, and after a dot come digits only", () => {
    expect(lex("1..2").types).toEqual(["INT", "..", "INT"]);
    expect(lex("t.0.1").types).toEqual(["NAME", ".", "INT", ".", "INT"]);
    expect(lex("1.abs").types).toEqual(["INT", ".", "NAME"]);
  });

  it.each([
    ["18446744073709551616", "number-out-of-range"],
    ["1.5ns", "number-out-of-range"],
    ["213504d", "number-out-of-range"],
    ["1e400", "number-out-of-range"],
    ["3days", "number-suffix"],
    ["0b11", "number-suffix"],
    ["1e5s", "number-suffix"],
    ["010", "leading-zero"],
    ["00.5", "leading-zero"],
  ])("%s is refused as %s", (text, code) => {
    expect(lex(text)).toEqual({ types: ["INVALID"], values: [null], codes: [code] });
  });
});

describe("tokenize() and texts", () => {
  it("reads escapes", () => {
    expect(lex(String.raw`"\n\t\r\0\\\"\u{1F600}" '\'' b"\x00\xffA\n"`).values).toEqual([
      '\n\t\r\0\\"😀',
      "'",
      Uint8Array.of(0, 255, 65, 10),
    ]);
  });

  it("nests interpolations, strings and braces in holes", () => {
    expect(lex('$"a {f("}")} {{b}} {$"{ {1} }"}"')).toEqual({
      types: [
        "INTERP",
        "TEXT",
        "HOLE",
        "NAME",
        "(",
        "STRING",
        ")",
        "HOLE-END",
        "TEXT",
        "HOLE",
        "INTERP",
        "HOLE",
        "{",
        "INT",
        "}",
        "HOLE-END",
        "INTERP-END",
        "HOLE-END",
        "INTERP-END",
      ],
      values: [
        null,
        "a ",
        null,
        null,
        null,
        "}",
        null,
        null,
        " {b} ",
        null,
        null,
        null,
        null,
        1,
        null,
        null,
        null,
        null,
        null,
      ],
      codes: [],
    });
  });

  it("ends an open text at its line, with one report, and balanced (L2, L4)", () => {
    const { types, codes } = lex('x = $"a {$"b {c;\ny = 1;');
    expect(codes).toEqual(["unterminated-string"]);
    expect(types.filter((type) => type === "HOLE-END")).toHaveLength(2);
    expect(types.slice(-4)).toEqual(["NAME", "=", "INT", ";"]);
  });

  it("refuses lone surrogates, unknown escapes and long characters", () => {
    expect(lex('"\uD800"').codes).toEqual(["unexpected-character"]);
    expect(lex(String.raw`"\q\u{D800}\x41"`).codes).toEqual(["unknown-escape", "unknown-escape", "unknown-escape"]);
    expect(lex("'ab' '' 'x").codes).toEqual(["bad-character", "bad-character", "bad-character"]);
    expect(lex("'😀'").codes).toEqual([]);
  });
});

describe("tokenize()", () => {
  it("loses nothing: between tokens and comments is only white space (L3)", () => {
    fc.assert(
      fc.property(arbitraryProgramText(), (text) => {
        const { tokens, comments } = tokenize(new Source("a.sennit", text), new Diagnostics());
        const pieces = [...tokens, ...comments].sort((a, b) => a.start - b.start || a.end - b.end);
        let at = 0;
        for (const { start, end, text: written } of pieces) {
          expect(text.slice(at, start).trim()).toBe("");
          expect(text.slice(start, end)).toBe(written);
          at = end;
        }
        expect(text.slice(at).trim()).toBe("");
      }),
      { seed: 7, numRuns: 100 },
    );
  });

  it("never throws, ends in EOF, and keeps holes balanced on any text (L1, L4)", () => {
    const piece = fc.oneof(
      fc.string({ unit: "binary", maxLength: 5 }),
      fc.constantFrom('$"', "{", "}", '"', "\n", "'", "\\", "/*", "//", "\uDC00", "0x", "1."),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const { tokens } = tokenize(new Source("a.sennit", pieces.join("")), new Diagnostics());
        expect(tokens.at(-1)?.type).toBe("EOF");
        const count = (type: string): number => tokens.filter((token) => token.type === type).length;
        expect(count("HOLE")).toBe(count("HOLE-END"));
        expect(count("INTERP")).toBe(count("INTERP-END"));
      }),
      { seed: 7, numRuns: 1000 },
    );
  });
});
