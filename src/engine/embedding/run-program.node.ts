/** `load` and `run`: a program from source text to its values, with everything opened gone when it is disposed. */
import { randomBytes } from "node:crypto";
import { Fault } from "../../fault.ts";
import type { IsolationLevel } from "../../host/package/project.ts";
import { CorePool } from "../../host/worker/core-pool.node.ts";
import type { Diagnostic } from "../../lang/diagnostic.ts";
import { renderDiagnostics } from "../../lang/render.ts";
import type { Value } from "../../wit/value.ts";
import { faultOf } from "../guests/failure.ts";
import type { Grants } from "../load/grants.ts";
import { PROGRAM } from "../load/grants.ts";
import { loadProgram } from "../load/load.node.ts";
import type { Loaded } from "../load/load.node.ts";
import type { HostFunction, Opened } from "../load/packages.node.ts";
import type { LoadedProgram } from "../load/loaded.ts";
import { paramsFromPlain } from "./parameters.ts";
import { toPlain } from "./plain.ts";
import type { Plain } from "./plain.ts";
import { ProgramRefused } from "./refused.ts";
import { nodePorts } from "../platform/ports.node.ts";
import type { RunEvent, RunPorts } from "../platform/ports.ts";
import { randomUuid, streamOf } from "../platform/random.ts";
import { execute } from "../loop/run.ts";
import type { RunOptions, RunResult } from "../loop/run-options.ts";
import type { ShownEvent } from "./runs.ts";

export type { ShownEvent } from "./runs.ts";

export interface LoadOptions {
  /** Functions the program may `require`. */
  readonly functions?: Readonly<Record<string, HostFunction>>;
  /** The WIT of those functions: a world that exports them. */
  readonly wit?: string;
  /**
   * What becomes of a call of those functions whose answer a durable run has lost, by name: `read` and `idempotent` are made
   * again, `keyed` too, with the same key (`CallContext`). Unless given, `once`: the program gets an error `uncertain`.
   */
  readonly effects?: Readonly<Record<string, "read" | "keyed" | "idempotent" | "once">>;
  /** `run`, `fs:out`, `acme:stats=log`. */
  readonly grants?: readonly string[];
  /** Values for `secret:<NAME>` by name; others come from the environment. No program sees one (`std:http`). */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Gets warnings: of the checker, and of the host. */
  readonly onWarning?: (text: string) => void;
  /**
   * Where packages run of which the project says nothing by name: L0 in this thread, L1 in a worker, L2 in a process each.
   * Unless given, L1, and L2 for those that nobody vouches for.
   */
  readonly isolation?: IsolationLevel;
  /** Whom the runs are for: those of two principals never share a worker. Unless given, the project's folder stands for one. */
  readonly principal?: string;
  /** The file the source stands in: shown in messages; relative requires and the project start beside it. */
  readonly file?: string;
}

/** Of one run. */
export interface ProgramRunOptions {
  /** The program's params, as plain values (`src/engine/embedding/plain.ts`). */
  readonly params?: Readonly<Record<string, Plain>>;
  /** Cancels the run: its `finally` and `undo` blocks still run. */
  readonly signal?: AbortSignal;
  /** Gets each printed line. Without it, lines go to standard output. */
  readonly onPrint?: (line: string) => void;
  /** Gets everything a run shows, printed lines too; what is emitted, as a plain value. */
  readonly onEvent?: (event: ShownEvent) => void;
  /** 32 bytes: the same seed gives the same random numbers. */
  readonly seed?: Uint8Array;
}

export interface RunProgramOptions extends LoadOptions, ProgramRunOptions {}

/** A checked program with its packages opened. Disposing it cancels the runs that are left and closes the packages. */
export interface Program extends AsyncDisposable {
  /**
   * One run, with plugin instances of its own; several may go on at once.
   *
   * @throws {Fault} with the error's code when the program failed or was cancelled
   */
  run(options?: ProgramRunOptions): Promise<Plain>;
}

/**
 * Checks a program and opens its packages; nothing of it runs. The caller disposes it.
 *
 * @throws {ProgramRefused} when it has mistakes
 * @throws {Fault} when it wants what was not granted, or a package cannot be linked
 * @example
 * await using program = await load("param n: Int; n * 2;");
 * await program.run({ params: { n: 21 } }); // 42
 */
export async function load(source: string, options: LoadOptions = {}): Promise<Program> {
  const loaded = await loadProgram({
    file: options.file ?? "program.sennit",
    text: source,
    functions: options.functions ?? {},
    wit: options.wit,
    effects: options.effects,
    grants: options.grants ?? [],
    secrets: options.secrets,
    isolation: options.isolation,
    principal: options.principal,
    warn: options.onWarning ?? (() => {}),
  });
  if (!loaded.ok) throw new ProgramRefused(loaded.diagnostics);
  warnAbout(loaded.diagnostics, options);
  return new OpenProgram(loaded);
}

/**
 * Runs a program and resolves to its value: `load`, one run, and everything it opened is gone.
 *
 * @throws {ProgramRefused} when it has mistakes: nothing of it ran.
 * @throws {Fault} with the error's code when the program failed, was cancelled, or wants what was not granted.
 * @example
 * await run("param n: Int; n * 2;", { params: { n: 21 } }); // 42
 */
export async function run(source: string, options: RunProgramOptions = {}): Promise<Plain> {
  await using program = await load(source, options);
  return await program.run(options);
}

class OpenProgram implements Program {
  readonly #loaded: Extract<Loaded, { readonly ok: true }>;
  readonly #running = new Set<Promise<unknown>>();
  readonly #closed = new AbortController();

  constructor(loaded: Extract<Loaded, { readonly ok: true }>) {
    this.#loaded = loaded;
  }

  async run(options: ProgramRunOptions = {}): Promise<Plain> {
    if (this.#closed.signal.aborted) throw new Fault("plugin-lost", "The program was closed");
    const { program, opened, grants, project } = this.#loaded;
    const args = paramsFromPlain(program.params, options.params ?? {});
    const closed = this.#closed.signal;
    const signal = options.signal === undefined ? closed : AbortSignal.any([options.signal, closed]);
    const running = runLoaded(program, opened, grants, project.folder, args, { ...options, signal });
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    await Promise.allSettled(this.#running);
    await this.#loaded.program[Symbol.asyncDispose]();
  }
}

/** Runs what is loaded; the caller disposes the program. */
export async function runLoaded(
  program: LoadedProgram,
  opened: readonly Opened[],
  grants: Grants,
  folder: string,
  args: readonly Value[],
  options: ProgramRunOptions,
): Promise<Plain> {
  await using cores = new CorePool();
  const ports = nodePorts(folder, forkTo(cores, opened), (event) => show(event, options));
  const seed = options.seed ?? randomBytes(32);
  const result = await executed(program, args, ports, {
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

/** Core calls of a program's packages, on the threads of a pool. */
export function forkTo(cores: CorePool, opened: readonly Opened[]): NonNullable<RunPorts["fork"]> {
  return (pack, fn, values, options) => {
    const found = opened[pack];
    if (!found?.files) throw new Fault("needs-workers", `${found?.name ?? "?"} cannot be called on another core`);
    const { digest, manifest } = found.plugin;
    const core = { files: { ...found.files, manifest }, digest };
    return cores.call(core, fn, values, { ...options, now: Date.now() });
  };
}

/** One run of the program's first function, here or in the program's worker. */
function executed(
  program: LoadedProgram,
  args: readonly Value[],
  ports: RunPorts,
  options: RunOptions,
): Promise<RunResult> {
  return program.elsewhere?.run(0, args, ports, options) ?? execute(program, 0, args, ports, options);
}

function show(event: RunEvent, options: ProgramRunOptions): void {
  options.onEvent?.(event.kind === "emit" ? { ...event, value: toPlain({ kind: "Any" }, event.value) } : event);
  if (event.kind !== "print") return;
  if (options.onPrint === undefined) process.stdout.write(`${event.text}\n`);
  else options.onPrint(event.text);
}

function warnAbout(diagnostics: readonly Diagnostic[], options: LoadOptions): void {
  if (diagnostics.length > 0) options.onWarning?.(renderDiagnostics(diagnostics, { color: false }));
}
