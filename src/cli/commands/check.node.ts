/** `sennit check`: every mistake of every file. Exit 2 when there are errors. */
import { Fault } from "../../fault.ts";
import { checkOnly } from "../../engine/load/load.node.ts";
import type { Diagnostic } from "../../lang/diagnostic.ts";
import type { Invocation } from "../arguments.ts";
import { toJson } from "../json.ts";
import { readProgram } from "../program-file.node.ts";
import { againstRunsCommand } from "./against-runs.node.ts";
import { EXIT } from "../terminal.node.ts";
import type { Terminal } from "../terminal.node.ts";

export async function checkCommand(invocation: Invocation, terminal: Terminal): Promise<number> {
  if (invocation.has("against-runs")) return await againstRunsCommand(invocation, terminal);
  const files = invocation.positionals;
  if (files.length === 0) throw new Fault("usage", "`sennit check` needs a file", { hint: invocation.command.usage });
  const all: Diagnostic[] = [];
  for (const file of files) all.push(...(await check(file, terminal)));
  if (invocation.has("json")) process.stdout.write(`${toJson(all.map(plainDiagnostic))}\n`);
  else {
    terminal.diagnostics(all);
    summarize(files.length, all, terminal);
  }
  return all.some((d) => d.severity === "error") ? EXIT.refused : EXIT.done;
}

async function check(file: string, terminal: Terminal): Promise<readonly Diagnostic[]> {
  return await checkOnly({
    file,
    text: await readProgram(file),
    grants: [],
    warn: (line) => terminal.warn(line),
  });
}

function summarize(files: number, all: readonly Diagnostic[], terminal: Terminal): void {
  const errors = all.filter((d) => d.severity === "error").length;
  const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;
  terminal.warn(`${count(files, "file")}: ${count(errors, "error")}, ${count(all.length - errors, "warning")}`);
}

export function plainDiagnostic(d: Diagnostic): unknown {
  const { source, span } = d.primary;
  return {
    code: d.code,
    severity: d.severity,
    message: d.title,
    file: source.name,
    ...source.position(span.start),
    end: source.position(span.end),
    hint: d.hint ?? null,
  };
}
