/** `run`: a program from source text to its value, with everything it opened gone when it settles. */
import { randomBytes } from "node:crypto";
import { Fault } from "../fault.ts";
import { CorePool } from "../host/worker/core-pool.node.ts";
import type { Diagnostic } from "../lang/diagnostic.ts";
import { renderDiagnostics } from "../lang/render.ts";
import type { Value } from "../wit/value.ts";
import { faultOf } from "./failure.ts";
import type { Grants } from "./grants.ts";
import { PROGRAM } from "./grants.ts";
import { loadProgram } from "./load.node.ts";
import type { HostFunction, Opened } from "./load.node.ts";
import type { LoadedProgram } from "./loaded.ts";
import { paramsFromPlain } from "./parameters.ts";
import { toPlain } from "./plain.ts";
import type { Plain } from "./plain.ts";
import { nodePorts } from "./ports.node.ts";
import type { RunEvent, RunPorts } from "./ports.ts";
import { randomUuid, streamOf } from "./random.ts";
import { execute } from "./run.ts";

export type ShownEvent =
  | Exclude<RunEvent, { readonly kind: "emit" }>
  | { readonly kind: "emit"; readonly name: string; readonly value: Plain };

export interface RunProgramOptions {
  /** Functions the program may `require`. */
  readonly functions?: Readonly<Record<string, HostFunction>>;
  /** The WIT of those functions: a world that exports them. */
  readonly wit?: string;
  /** The program's params, as plain values (`src/engine/plain.ts`). */
  readonly params?: Readonly<Record<string, Plain>>;
  /** `run`, `fs:out`, `acme:stats=log`. */
  readonly grants?: readonly string[];
  /** Cancels the run: its `finally` and `undo` blocks still run. */
  readonly signal?: AbortSignal;
  /** Gets each printed line. Without it, lines go to standard output. */
  readonly onPrint?: (line: string) => void;
  /** Gets everything a run shows, printed lines too; what is emitted, as a plain value. */
  readonly onEvent?: (event: ShownEvent) => void;
  /** Gets warnings: of the checker, and of the host. */
  readonly onWarning?: (text: string) => void;
  /** The file the source stands in: shown in messages; relative requires and the project start beside it. */
  readonly file?: string;
  /** 32 bytes: the same seed gives the same random numbers. */
  readonly seed?: Uint8Array;
}

/**
 * Runs a program and resolves to its value.
 *
 * @throws {ProgramRefused} when it has mistakes: nothing of it ran.
 * @throws {Fault} with the error's code when the program failed, was cancelled, or wants what was not granted.
 * @example
 * await run("param n: Int; n * 2;", { params: { n: 21 } }); // 42
 */
export async function run(source: string, options: RunProgramOptions = {}): Promise<Plain> {
  const loaded = await loadProgram({
    file: options.file ?? "program.sennit",
    text: source,
    functions: options.functions ?? {},
    wit: options.wit,
    grants: options.grants ?? [],
    warn: options.onWarning ?? (() => {}),
  });
  if (!loaded.ok) throw new ProgramRefused(loaded.diagnostics);
  await using program = loaded.program;
  warnAbout(loaded.diagnostics, options);
  const args = paramsFromPlain(program.params, options.params ?? {});
  return await runLoaded(program, loaded.opened, loaded.grants, loaded.project.folder, args, options);
}

/** The program has mistakes. `diagnostics` are values; the message shows them. */
export class ProgramRefused extends Fault {
  readonly diagnostics: readonly Diagnostic[];
  constructor(diagnostics: readonly Diagnostic[]) {
    super("refused", renderDiagnostics(diagnostics, { color: false }));
    this.name = "ProgramRefused";
    this.diagnostics = diagnostics;
  }
}

/** Runs what is loaded; the caller disposes the program. */
export async function runLoaded(
  program: LoadedProgram,
  opened: readonly Opened[],
  grants: Grants,
  folder: string,
  args: readonly Value[],
  options: RunProgramOptions,
): Promise<Plain> {
  await using cores = new CorePool();
  const fork: RunPorts["fork"] = (pack, fn, values, { seed, signal }) => {
    const found = opened[pack];
    if (!found?.files) throw new Fault("needs-workers", `${found?.name ?? "?"} cannot be called on another core`);
    const ref = { place: found.files.place, digest: found.plugin.digest };
    return cores.call(ref, fn, values, { seed, now: Date.now(), signal });
  };
  const ports = nodePorts(folder, fork, (event) => show(event, options));
  const seed = options.seed ?? randomBytes(32);
  const result = await execute(program, 0, args, ports, {
    // Effects are named after their run, and random numbers after their effect: the same seed, the same names.
    id: randomUuid(streamOf(seed, "run")),
    seed,
    grants: { allowsCommand: (command) => grants.allows(PROGRAM, { kind: "run", name: command }) },
    signal: options.signal,
  });
  switch (result.state) {
    case "done":
      return toPlain(program.result, result.value);
    case "failed":
      throw faultOf(result.error);
    case "cancelled":
      throw new Fault("cancelled", "The run was cancelled");
  }
}

function show(event: RunEvent, options: RunProgramOptions): void {
  options.onEvent?.(event.kind === "emit" ? { ...event, value: toPlain({ kind: "Any" }, event.value) } : event);
  if (event.kind !== "print") return;
  if (options.onPrint === undefined) process.stdout.write(`${event.text}\n`);
  else options.onPrint(event.text);
}

function warnAbout(diagnostics: readonly Diagnostic[], options: RunProgramOptions): void {
  if (diagnostics.length > 0) options.onWarning?.(renderDiagnostics(diagnostics, { color: false }));
}
