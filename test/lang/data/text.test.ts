import { describe, expect, it } from "vitest";
import fc from "../../fast-check.ts";
import { compareText } from "../../../src/lang/data/any-compare.ts";
import { lengthOf, reverseScalars, sliceScalars, trimSpace } from "../../../src/lang/data/text.ts";
import { lower, upper } from "../../../src/lang/data/text-case.ts";
import { parseJson } from "../../../src/lang/data/text-json.ts";
import { AnyFloat } from "../../../src/wit/any.ts";

describe("texts", () => {
  it("are sequences of scalar values (rule 44)", () => {
    expect([lengthOf("😀"), lengthOf("né"), reverseScalars("a😀"), sliceScalars("a😀b", 1, 2)]).toEqual([
      1,
      2,
      "😀a",
      "😀",
    ]);
    expect(trimSpace("\u3000 a b\t\n")).toBe("a b");
  });

  it("are ordered by scalar value", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (x, y) => {
        const [a, b] = [[...x].map((c) => c.codePointAt(0)!), [...y].map((c) => c.codePointAt(0)!)];
        const at = a.findIndex((code, i) => code !== b[i]);
        const expected = at < 0 ? a.length - b.length : b[at] === undefined ? 1 : a[at]! - b[at];
        expect(Math.sign(compareText(x, y))).toBe(Math.sign(expected));
      }),
    );
    expect(compareText("\uff5e", "\u{1f600}")).toBeLessThan(0);
  });
});

describe("case mapping", () => {
  it("is that of Unicode 15.1 for every letter the platform agrees on", () => {
    let differing = 0;
    for (let code = 0; code < 0x110000; code++) {
      if (code >= 0xd800 && code < 0xe000) continue;
      const char = String.fromCodePoint(code);
      if (upper(char) !== char.toUpperCase() || lower(char) !== char.toLowerCase()) differing++;
    }
    // Letters that later versions of Unicode added or paired.
    expect(differing).toBeLessThan(200);
  });

  it("knows the special forms", () => {
    expect([upper("straße"), upper("ﬁ"), lower("ΟΔΥΣΣΕΥΣ ΣΑΣ"), lower("İ"), upper("ŉ")]).toEqual([
      "STRASSE",
      "FI",
      "οδυσσευς σας",
      "i\u0307",
      "ʼN",
    ]);
  });
});

describe("parseJson()", () => {
  const code = (text: string): string => {
    try {
      parseJson(text);
      return "read";
    } catch (fault) {
      return (fault as Error).message;
    }
  };

  it("keeps Int and Float apart (J1)", () => {
    expect(parseJson('[1, 1.0, 1e2, -0, 18446744073709551615, "a\\u00e9\\n", {"b": null, "b": true}]')).toEqual([
      1,
      new AnyFloat(1),
      new AnyFloat(100),
      0,
      18446744073709551615n,
      "aé\n",
      new Map([["b", true]]),
    ]);
  });

  it("tells line and column (J3)", () => {
    expect(code('{\n  "a": tru}')).toContain("line 2, column 8");
    expect(code("[1,]")).toContain("line 1, column 4: expected a value, found `]`");
    expect(code("")).toContain("found the end");
    expect(code("18446744073709551616")).toContain("expected an Int");
    expect(code('"\\ud800"')).toContain("lone surrogates");
    expect(code(`${"[".repeat(100_000)}`)).toContain("levels");
  });

  it("reads what JSON.stringify writes, and refuses what JSON.parse refuses", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        // JavaScript writes large Floats without a point: Ints out of range to us.
        expect(code(text)).toMatch(/^read$|expected an Int/);
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'[]{}",:01.-e \\tnu"') }), (text) => {
        let valid = true;
        try {
          JSON.parse(text);
        } catch {
          valid = false;
        }
        if (!valid) expect(code(text)).not.toBe("read");
      }),
    );
  });
});
