/** `sennit run`: check, then run; Ctrl-C cancels the run, and its `finally` and `undo` blocks still run. */
import { Fault } from "../../fault.ts";
import { ProgramRefused } from "../../engine/refused.ts";
import { loadProgram } from "../../engine/load.node.ts";
import { paramsFromTexts } from "../../engine/parameters.ts";
import { runLoaded } from "../../engine/run-program.node.ts";
import type { RunProgramOptions } from "../../engine/run-program.node.ts";
import type { Invocation } from "../arguments.ts";
import { isolationIn } from "../isolation.ts";
import { jsonError, toJson } from "../json.ts";
import { readProgram } from "../program-file.node.ts";
import { EXIT } from "../terminal.node.ts";
import type { Terminal } from "../terminal.node.ts";

export async function runCommand(invocation: Invocation, terminal: Terminal): Promise<number> {
  if (!invocation.has("json")) return await runForPeople(invocation, terminal);
  const output: string[] = [];
  try {
    const result = await runFile(invocation, { onPrint: (line) => output.push(line), terminal });
    process.stdout.write(`${toJson({ ok: true, result, output })}\n`);
    return EXIT.done;
  } catch (failure) {
    if (!(failure instanceof Fault)) throw failure;
    process.stdout.write(`${toJson({ ok: false, error: errorJson(failure), output })}\n`);
    return failure instanceof ProgramRefused ? EXIT.refused : terminal.exitOf(failure);
  }
}

async function runForPeople(invocation: Invocation, terminal: Terminal): Promise<number> {
  try {
    await runFile(invocation, { onPrint: (line) => terminal.print(line), terminal });
    terminal.clearProgress();
    return EXIT.done;
  } catch (failure) {
    if (!(failure instanceof ProgramRefused)) throw failure;
    terminal.diagnostics(failure.diagnostics);
    return EXIT.refused;
  }
}

function errorJson(failure: Fault): unknown {
  if (!(failure instanceof ProgramRefused)) return jsonError(failure);
  const first = failure.diagnostics.find((d) => d.severity === "error");
  if (first === undefined) return jsonError(failure);
  const { source, span } = first.primary;
  return {
    ...jsonError(failure),
    code: first.code,
    message: first.title,
    file: source.name,
    ...source.position(span.start),
  };
}

async function runFile(
  invocation: Invocation,
  { onPrint, terminal }: { onPrint: (line: string) => void; terminal: Terminal },
): Promise<unknown> {
  const file = onlyFile(invocation);
  const loaded = await loadProgram({
    file,
    text: await readProgram(file),
    functions: {},
    wit: undefined,
    grants: invocation.values("grant"),
    isolation: isolationIn(invocation),
    warn: (line) => terminal.warn(line),
  });
  if (!loaded.ok) throw new ProgramRefused(loaded.diagnostics);
  await using program = loaded.program;
  terminal.diagnostics(loaded.diagnostics);
  const args = paramsFromTexts(program.params, invocation.values("param"));
  using interrupt = new Interrupt();
  const seed = seedOf(invocation);
  const options: RunProgramOptions = {
    onPrint,
    onEvent: (event) => terminal.event(event),
    signal: interrupt.signal,
    ...(seed === undefined ? {} : { seed }),
  };
  return await runLoaded(program, loaded.opened, loaded.grants, loaded.project.folder, args, options);
}

function onlyFile(invocation: Invocation): string {
  const [file, more] = invocation.positionals;
  if (file === undefined) throw new Fault("usage", "`sennit run` needs a file", { hint: invocation.command.usage });
  if (more !== undefined) {
    throw new Fault("usage", `\`sennit run\` takes one file, and there is also \`${more}\``, {
      hint: "Give params with --param NAME=VALUE",
    });
  }
  return file;
}

function seedOf(invocation: Invocation): Uint8Array | undefined {
  const text = invocation.value("seed");
  if (text === undefined) return undefined;
  if (!/^[0-9a-fA-F]{64}$/.test(text)) throw new Fault("usage", "`--seed` takes 64 hex digits");
  return Uint8Array.from(Buffer.from(text, "hex"));
}

/** The first Ctrl-C cancels; the second ends the process at once. */
class Interrupt implements Disposable {
  readonly #controller = new AbortController();
  readonly #onSignal = (): void => {
    if (this.#controller.signal.aborted) process.exit(EXIT.interrupted);
    this.#controller.abort();
  };

  constructor() {
    process.on("SIGINT", this.#onSignal);
    process.on("SIGTERM", this.#onSignal);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    process.off("SIGINT", this.#onSignal);
    process.off("SIGTERM", this.#onSignal);
  }
}
