/** Whatever the text, the checker answers: with a typed tree that keeps its promises, or with an error. Never by throwing. */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import fc from "../../fast-check.ts";
import { checkProgram } from "../../../src/lang/check/check.ts";
import { Source } from "../../../src/lang/source.ts";
import { readCaseFile } from "../case-file.ts";
import { brokenPromises } from "./check-typed-tree.ts";
import { caseEnvironment } from "./check-world.ts";

const folder = fileURLToPath(new URL("../../cases/check/", import.meta.url));
const texts = readdirSync(folder).flatMap((file) =>
  readCaseFile(folder + file).map((c) => c.text.replace(/\/\/.*$/gm, "")),
);
const programs = texts.map((text) => text.match(/\s+|\w+|"[^"]*"|./g) ?? []);
const words = [...new Set(programs.flat())];

const edit = fc.record({
  at: fc.nat(10_000),
  how: fc.constantFrom("drop", "insert", "replace"),
  word: fc.constantFrom(...words),
});
const edited = fc
  .tuple(fc.constantFrom(...programs), fc.array(edit, { minLength: 1, maxLength: 3 }))
  .map(([program, edits]) => {
    const tokens = [...program];
    for (const { at, how, word } of edits) {
      const place = at % (tokens.length + 1);
      if (how === "drop") tokens.splice(place, 1);
      else tokens.splice(place, how === "replace" ? 1 : 0, word);
    }
    return tokens.join("");
  });

describe("checkProgram()", () => {
  const environment = caseEnvironment();

  it("answers for programs that were edited at random", () => {
    fc.assert(
      fc.property(edited, (text) => {
        const { program, diagnostics } = checkProgram(new Source("main.sennit", text), environment);

        expect(program === null).toBe(diagnostics.some((d) => d.severity === "error"));
        expect(program === null ? [] : brokenPromises(program)).toEqual([]);
      }),
      { numRuns: 3_000, seed: 42 },
    );
  });

  it("says the same every time", () => {
    for (const text of texts) {
      const check = (): unknown =>
        checkProgram(new Source("main.sennit", text), environment).diagnostics.map((d) => [d.code, d.title]);

      expect(check()).toEqual(check());
    }
  });
});
