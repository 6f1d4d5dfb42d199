/** The checker on the case files of `test/cases/check`: every diagnostic is asserted by its code and line. */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { checkProgram } from "../../../src/lang/check/check.ts";
import { renderDiagnostics } from "../../../src/lang/render.ts";
import { Source } from "../../../src/lang/source.ts";
import { readCaseFile } from "../case-file.ts";
import { brokenPromises } from "./check-typed-tree.ts";
import { caseEnvironment } from "./check-world.ts";

const folder = fileURLToPath(new URL("../../cases/check/", import.meta.url));

for (const file of readdirSync(folder).sort()) {
  describe(`checker cases of ${file}`, () => {
    for (const { name, text, diagnostics: expected } of readCaseFile(folder + file)) {
      it(name, () => {
        const source = new Source("main.sennit", text);

        const { program, diagnostics } = checkProgram(source, caseEnvironment());

        const found = diagnostics.map((d) => ({
          line: d.primary.source === source ? source.position(d.primary.span.start).line : 0,
          code: d.code,
        }));
        expect(found, renderDiagnostics(diagnostics)).toEqual(expected);
        expect(program === null).toBe(diagnostics.some((d) => d.severity === "error"));
        expect(program === null ? [] : brokenPromises(program)).toEqual([]);
      });
    }
  });
}
