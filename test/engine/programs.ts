/** Programs against the packages in `fixtures` and the samples. */
import { fileURLToPath } from "node:url";
import { run } from "../../src/engine/embedding/run-program.node.ts";
import type { RunProgramOptions } from "../../src/engine/embedding/run-program.node.ts";

const here = fileURLToPath(new URL("program.sennit", import.meta.url));

/** A program beside `fixtures`; the samples are in `../../plugins/samples`. */
export async function printed(source: string, options: RunProgramOptions = {}): Promise<readonly string[]> {
  const lines: string[] = [];
  await run(source, { file: here, onPrint: (line) => lines.push(line), ...options });
  return lines;
}
