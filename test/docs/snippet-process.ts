/**
 * A process that runs the programs and scripts of the documents, one after another, each in the folder of its document.
 * The parent sends a task and gets what was printed and what failed; a script's `sennit` is this checkout's source.
 */
import { registerHooks } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { describeFault } from "../../src/cli/terminal.node.ts";
import { Fault, ProgramRefused, run } from "../../src/index.ts";

export interface Task {
  readonly kind: "program" | "script";
  readonly folder: string;
  readonly file: string;
  readonly text: string;
}

export interface Report {
  readonly output: string;
  /** What the command line writes to standard error: warnings, then the failure. */
  readonly error: string;
}

const index = new URL("../../src/index.ts", import.meta.url).href;

registerHooks({
  resolve: (specifier, context, next) => next(specifier === "sennit" ? index : specifier, context),
});

process.on("disconnect", () => process.exit());
process.on("message", (task: Task) => {
  void perform(task).then((report) => process.send?.(report));
});

async function perform(task: Task): Promise<Report> {
  const lines: string[] = [];
  const problems: string[] = [];
  process.chdir(task.folder);
  try {
    if (task.kind === "script") await runScript(task.file, lines);
    else await runProgram(task, lines, problems);
  } catch (failure) {
    problems.push(shown(failure));
  }
  return { output: text(lines), error: text(problems) };
}

async function runProgram({ file, text: source }: Task, lines: string[], problems: string[]): Promise<void> {
  await run(source, {
    file,
    onPrint: (line) => lines.push(line),
    onWarning: (warning) => problems.push(warning),
  });
}

/** A script prints by `console.log`. */
async function runScript(file: string, lines: string[]): Promise<void> {
  const log = console.log;
  console.log = (...values: unknown[]) => lines.push(values.map(String).join(" "));
  try {
    await import(pathToFileURL(resolve(file)).href);
  } finally {
    console.log = log;
  }
}

function shown(failure: unknown): string {
  if (failure instanceof ProgramRefused) return failure.message;
  if (failure instanceof Fault) return describeFault(failure, false);
  return failure instanceof Error ? String(failure.stack) : String(failure);
}

function text(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}
