/** `sennit fmt`: files formatted in place, or checked. A file with syntax errors is left alone and reported. */
import { writeFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { Fault } from "../../fault.ts";
import { formatSource } from "../../lang/syntax/format.ts";
import { Source } from "../../lang/source.ts";
import type { Invocation } from "../arguments.ts";
import { readProgram } from "../program-file.node.ts";
import { EXIT } from "../terminal.node.ts";
import type { Terminal } from "../terminal.node.ts";

export async function fmtCommand(invocation: Invocation, terminal: Terminal): Promise<number> {
  if (invocation.has("stdin")) return await formatStdin(terminal);
  const files = invocation.positionals;
  if (files.length === 0) throw new Fault("usage", "`sennit fmt` needs a file", { hint: invocation.command.usage });
  let status: number = EXIT.done;
  for (const file of files) status = Math.max(status, await formatFile(file, invocation.has("check"), terminal));
  return status;
}

async function formatFile(file: string, checkOnly: boolean, terminal: Terminal): Promise<number> {
  const before = await readProgram(file);
  const result = formatSource(new Source(file, before));
  if ("diagnostics" in result) {
    terminal.diagnostics(result.diagnostics);
    return EXIT.refused;
  }
  if (result.text === before) return EXIT.done;
  if (checkOnly) {
    terminal.print(`${file} is not formatted`);
    return EXIT.failed;
  }
  await writeFile(file, result.text);
  terminal.print(`formatted ${file}`);
  return EXIT.done;
}

async function formatStdin(terminal: Terminal): Promise<number> {
  const result = formatSource(new Source("stdin", await text(process.stdin)));
  if ("diagnostics" in result) {
    terminal.diagnostics(result.diagnostics);
    return EXIT.refused;
  }
  process.stdout.write(result.text);
  return EXIT.done;
}
