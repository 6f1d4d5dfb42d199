/** A workflow test in Node: the program is loaded with what it needs, tried, and compared. */
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { AsyncLocalStorage } from "node:async_hooks";

import { Fault } from "../../fault.ts";
import { readProject } from "../../host/package/package.node.ts";
import type { IsolationLevel } from "../../host/package/project.ts";
import { CorePool } from "../../host/worker/core-pool.node.ts";
import { sha256 } from "../../journal/sqlite/owned.node.ts";
import { exportRun } from "../history/export.ts";
import { readPortable, writePortable } from "../history/portable.ts";
import type { AnyValue } from "../../wit/any.ts";
import { Grants, PROGRAM } from "../load/grants.ts";
import { loadProgram } from "../load/load.node.ts";
import type { Loaded } from "../load/load.node.ts";
import type { Param } from "../../lang/typed.ts";
import type { Value } from "../../wit/value.ts";
import type { Shell } from "../platform/ports.ts";
import { ProgramRefused } from "../embedding/refused.ts";
import { resolvePackage } from "../load/resolve.node.ts";
import { forkTo } from "../embedding/run-program.node.ts";
import { nodeShell } from "../platform/shell.node.ts";
import type { Activity } from "./activity.ts";
import { crashEverywhere } from "./crash-everywhere.ts";
import type { CrashReport } from "./crash-everywhere.ts";
import { misses } from "./expectations.ts";
import type { Miss } from "./expectations.ts";
import { recordedArguments, recordedSignals, recordedStubs, recordingOf } from "./recording.ts";
import type { Recording } from "./recording.ts";
import { invalid, refuseStrangers, stubsOf } from "./stubs.ts";
import type { At, TestCase } from "./test-case.ts";
import { fromToml } from "./toml-value.ts";
import { trial } from "./trial.ts";
import type { Seen, Sent, TrialSetup } from "./trial.ts";

export interface TestOptions {
  readonly isolation: IsolationLevel | undefined;
  readonly warn: (line: string) => void;
  /** Milliseconds of real time that one test may take. */
  readonly patience: number;
  /** How many crashes at most; null: none. */
  readonly crashes: number | null;
  /** Tests with a `recording` run without it, and what they do becomes it. */
  readonly record: boolean;
}

export interface TestResult {
  readonly test: TestCase;
  readonly misses: readonly Miss[];
  /** What could not be run at all, or null. */
  readonly failure: Fault | null;
  /** Null when it was not crashed. */
  readonly crashes: CrashReport | null;
  readonly seen: Seen | null;
}

/** Runs one test; what goes wrong is in its result. */
export async function runTest(test: TestCase, options: TestOptions): Promise<TestResult> {
  try {
    return await tried(test, options);
  } catch (failure) {
    if (!(failure instanceof Fault)) throw failure;
    return { test, misses: [], failure, crashes: null, seen: null };
  }
}

async function tried(test: TestCase, options: TestOptions): Promise<TestResult> {
  const file = join(dirname(test.at.file), test.program);
  const source = await textOf(file, test.place("program"));
  const wanted = await wantsOf(test, file);
  const loaded = await loadProgram({
    file,
    text: source,
    grants: [...test.grants, ...commandGrants(test), ...wanted],
    besideVm: false,
    isolation: options.isolation,
    warn: options.warn,
  });
  if (!loaded.ok) throw new ProgramRefused(loaded.diagnostics);
  await using program = loaded.program;
  await using cores = new CorePool();
  refuseStrangers(program, test);
  const recording = test.recording === null || options.record ? null : await recordingAt(test, test.recording);
  const setup = setupOf({ ...test, program: file }, source, loaded, cores, options, recording);
  const seen = await trial(setup);
  if (options.record && test.recording !== null) await record(test, test.recording, setup.run, seen);
  const found = misses(test, seen, program.result);
  const isCrashed = options.crashes !== null && test.crashes && found.length === 0;
  const crashes = isCrashed ? await crashEverywhere(setup, seen, options.crashes) : null;
  return { test, misses: found, failure: null, crashes, seen };
}

function setupOf(
  test: TestCase,
  source: string,
  { program, opened, grants, project }: Extract<Loaded, { ok: true }>,
  cores: CorePool,
  { patience }: TestOptions,
  recording: Recording | null,
): TrialSetup {
  const given = grantsGiven(test, project);
  const fork = forkTo(cores, opened);
  const own = nodeShell(project.folder);
  return {
    test,
    run: recording?.run ?? "test",
    seed: test.seed ?? recording?.start.seed ?? new Uint8Array(32),
    start: test.start ?? recording?.start.created ?? YEAR_2000,
    sent: [...(recording === null ? [] : recordedSignals(recording)), ...sentBy(test)],
    program,
    source,
    args: argumentsOf(program.params, test, recording === null ? null : recordedArguments(recording, program.ir)),
    stubs: program.packages.map((pack) => {
      const stubs = test.stubs.get(pack.name);
      if (stubs !== undefined) return stubsOf(pack, stubs);
      return recording === null ? null : recordedStubs(recording, program, pack);
    }),
    refused: program.packages.map(
      ({ name, plugin }) => test.stubs.has(name) && given.missing(name, plugin.manifest.wants).length > 0,
    ),
    ports: (activity) => ({
      shell: shellOf(test, own, activity),
      fork: (...call) => activity.work(fork(...call)),
      chain: () => AsyncLocalStorage.snapshot(),
    }),
    allowsCommand: (command) => test.commands.has(command) || grants.allows(PROGRAM, { kind: "run", name: command }),
    hash: sha256,
    patience,
  };
}

/** Without what stubs are given to be loaded at all. */
function grantsGiven(test: TestCase, project: Extract<Loaded, { ok: true }>["project"]): Grants {
  const given = new Grants();
  for (const [name, list] of project.grants) for (const capability of list) given.add(name, capability);
  for (const text of test.grants) given.addText(text);
  return given;
}

/** What stubbed packages want: they are loaded for their types, and are not started without their grants. */
async function wantsOf(test: TestCase, file: string): Promise<readonly string[]> {
  const project = await readProject(dirname(resolve(file)));
  const all = await Promise.all(
    [...test.stubs.keys()].map(async (name) => {
      const resolved = await resolvePackage(name, resolve(file), project).catch(onlyFault);
      if (resolved === null || resolved.kind === "standard") return [];
      return resolved.files.manifest.wants.map((want) => `${resolved.files.manifest.name}=${want}`);
    }),
  );
  return all.flat();
}

function onlyFault(failure: unknown): null {
  if (failure instanceof Fault) return null; // the checker shows it where the package is required
  throw failure;
}

function commandGrants({ commands }: TestCase): readonly string[] {
  return [...commands.keys()].map((name) => `run:${name}`);
}

function shellOf({ commands }: TestCase, own: Shell, activity: Activity): Shell {
  return {
    run: async (pipe, input, signal) => {
      const names = pipe.map(([name = ""]) => name);
      const stub = commands.get(names.at(-1) ?? "");
      if (stub !== undefined) return stub;
      // What is stubbed may be granted for that alone: it never runs.
      const other = names.find((name) => commands.has(name));
      if (other !== undefined)
        throw new Fault("not-stubbed", `${other} has a stub, and ${names.at(-1)} behind it has none`);
      return await activity.work(own.run(pipe, input, signal));
    },
  };
}

/** When runs begin of which nothing is said. */
const YEAR_2000 = Date.UTC(2000, 0);

function sentBy({ signals }: TestCase): readonly Sent[] {
  return signals.map(({ name, webhook, value, after }) => {
    return { name, webhook, value: fromToml({ kind: "Any" }, value, "value") as AnyValue, after };
  });
}

/** @throws {Fault} `test-invalid` */
async function recordingAt(test: TestCase, name: string): Promise<Recording> {
  const path = join(dirname(test.at.file), name);
  const bytes = await readFile(path).catch((cause: unknown) => {
    const hint = "`sennit test --record` writes it";
    throw new Fault("test-invalid", `There is no recording ${path}`, { hint, cause });
  });
  return recordingOf(readPortable(bytes, sha256));
}

async function record(test: TestCase, name: string, run: string, { store }: Seen): Promise<void> {
  const path = join(dirname(test.at.file), name);
  await writeFile(path, Buffer.concat([...writePortable(await exportRun(store, run), sha256)]));
}

function argumentsOf(params: readonly Param[], test: TestCase, recorded: readonly Value[] | null): readonly Value[] {
  for (const name of Object.keys(test.params)) {
    if (params.some((param) => param.name === name)) continue;
    const known = params.map((param) => param.name).join(", ");
    throw invalid(test.place("params", name), `${test.program} has no param ${name}: it has ${known || "none"}`);
  }
  return params.map(({ name, type, required, fallback }, at) => {
    if (!Object.hasOwn(test.params, name)) {
      if (recorded !== null) return recorded[at] ?? null;
      if (required) throw invalid(test.place("params"), `${test.program} needs the param ${name}`);
      return fallback;
    }
    try {
      return fromToml(type, test.params[name], name);
    } catch (failure) {
      if (failure instanceof Fault) throw invalid(test.place("params", name), failure.message);
      throw failure;
    }
  });
}

async function textOf(file: string, at: At): Promise<string> {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(file));
  } catch (cause) {
    if (cause instanceof TypeError) throw invalid(at, `${file} is not UTF-8 text`);
    throw invalid(at, `There is no program ${file}`);
  }
}
