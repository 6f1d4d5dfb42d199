import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readCaseFile } from "../case-file.ts";
import { record, replayEverywhere } from "./replay.ts";
import { compileText } from "./run-program.ts";

const folder = new URL("../../cases/run/", import.meta.url);

for (const file of readdirSync(folder).filter((name) => name.endsWith(".sennit"))) {
  describe(`run/${file}`, () => {
    for (const each of readCaseFile(new URL(file, folder).pathname)) {
      it(each.name, () => {
        const ir = compileText(each.text);
        const transcript = record(ir);
        expect({ output: transcript.output, end: transcript.end }).toEqual({
          output: each.output ?? [],
          end: each.error === undefined ? "done" : `failed: ${each.error}`,
        });
        replayEverywhere(ir, transcript);
      });
    }
  });
}
