/**
 * `run` in a page: programs with functions of the page. Packages cannot be opened here yet (README), and a program that
 * requires one is refused before it runs, as is one with a shell.
 */
import { javascriptPlugin } from "../../host/javascript/plugin.ts";
import type { Functions } from "../../host/javascript/plugin.ts";
import { checkProgram } from "../../lang/check/check.ts";
import type { CheckEnvironment } from "../../lang/check/check.ts";
import { compileProgram } from "../../lang/compile/compile.ts";
import { Source } from "../../lang/source.ts";
import { Fault } from "../../fault.ts";
import type { Plugin } from "../../host/plugin.ts";
import type { CheckedProgram } from "../../lang/typed.ts";
import { wallClock } from "../platform/clock.ts";
import { faultOf } from "../guests/failure.ts";
import type { LoadedProgram } from "../load/loaded.ts";
import { paramsFromPlain } from "./parameters.ts";
import { toPlain } from "./plain.ts";
import type { Plain } from "./plain.ts";
import { randomUuid, streamOf } from "../platform/random.ts";
import { ProgramRefused } from "./refused.ts";
import { execute } from "../loop/run.ts";

export interface PageRunOptions {
  /** Functions the program may `require`. */
  readonly functions?: Functions;
  /** The WIT of those functions: a world that exports them. */
  readonly wit?: string;
  readonly params?: Readonly<Record<string, Plain>>;
  readonly signal?: AbortSignal;
  readonly onPrint: (line: string) => void;
  /** Shown in messages. */
  readonly file?: string;
  /** 32 bytes. */
  readonly seed?: Uint8Array;
}

/**
 * Runs a program and resolves to its value, as a plain one.
 *
 * @throws {ProgramRefused} when it has mistakes
 * @throws {Fault} with the error's code when it failed or was cancelled
 */
export async function runInPage(source: string, options: PageRunOptions): Promise<Plain> {
  const { functions = {}, wit } = options;
  await using plugin = await javascriptPlugin(functions, wit === undefined ? {} : { wit });
  const environment = environmentOf(functions, wit, plugin);
  const { program, diagnostics } = checkProgram(new Source(options.file ?? "program.sennit", source), environment);
  if (program === null) throw new ProgramRefused(diagnostics);
  const loaded = loadedOf(program, plugin);
  const seed = options.seed ?? globalThis.crypto.getRandomValues(new Uint8Array(32));
  const args = paramsFromPlain(program.params, options.params ?? {});
  const result = await execute(loaded, 0, args, portsOf(options), {
    id: randomUuid(streamOf(seed, "run")),
    seed,
    grants: { allowsCommand: () => false },
    signal: options.signal,
  });
  if (result.state === "done") return toPlain(loaded.result, result.value);
  throw result.state === "failed" ? faultOf(result.error) : new Fault("cancelled", "The run was cancelled");
}

function environmentOf(functions: Functions, wit: string | undefined, plugin: Plugin): CheckEnvironment {
  return {
    file: () => null,
    package: () => ({ problem: "packages cannot be opened in a page yet", unusable: true }),
    functions:
      wit === undefined ? new Map(Object.keys(functions).map((name) => [name, null])) : plugin.world.exports.functions,
    packageNames: [],
    platform: { shell: false },
  };
}

function loadedOf(program: CheckedProgram, plugin: Plugin): LoadedProgram {
  return {
    ir: compileProgram(program),
    params: program.params,
    result: program.functions[0]?.result ?? { kind: "Nil" },
    packages: program.packages.map((use) => ({
      name: use.name,
      use,
      plugin,
      imports: new Map(),
      granted: { log: false },
    })),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function portsOf({ onPrint }: PageRunOptions): Parameters<typeof execute>[3] {
  return {
    clock: wallClock,
    shell: null,
    fork: null,
    follow: (event) => {
      if (event.kind === "print") onPrint(event.text);
    },
    breathe: () => new Promise((resolve) => setTimeout(resolve, 0)),
  };
}
