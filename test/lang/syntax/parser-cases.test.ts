import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { Diagnostics } from "../../../src/lang/diagnostics.ts";
import { parseFile } from "../../../src/lang/syntax/parser.ts";
import { renderDiagnostics } from "../../../src/lang/render.ts";
import { Source } from "../../../src/lang/source.ts";
import { readCaseFile } from "../case-file.ts";

const folder = fileURLToPath(new URL("../../cases/syntax/", import.meta.url));

for (const file of readdirSync(folder).sort()) {
  describe(`syntax cases of ${file}`, () => {
    for (const { name, text, diagnostics: expected } of readCaseFile(folder + file)) {
      it(name, () => {
        const source = new Source(file, text);
        const diagnostics = new Diagnostics();

        parseFile(source, diagnostics);

        const found = diagnostics
          .all()
          .map((d) => ({ line: source.position(d.primary.span.start).line, code: d.code }));
        expect(found).toEqual(expected);
        if (found.length > 0) expect(`${text}\n${renderDiagnostics(diagnostics.all())}\n`).toMatchSnapshot();
      });
    }
  });
}
