/**
 * The checker: source text to a typed program, or to what is wrong with it.
 *
 *   Phases: files are parsed; types, requires and functions are declared; bodies are checked, each once; effects are
 *   held against their limits; and, when nothing was wrong, the typed tree is made.
 */
import { checkBlock } from "./blocks.ts";
import type { CheckEnvironment, Program, Rules } from "./context.ts";
import { Routine } from "./context.ts";
import { declareFunctions, declareTypes } from "./declarations.ts";
import { breachesOf } from "./effects.ts";
import type { FileUnit, FunctionUnit } from "./entities.ts";
import { inferExpr, inferUnused } from "./expressions.ts";
import { FileLoader } from "./files.ts";
import { checkMain, prepare, settle, warnStatements } from "./functions.ts";
import { Requires } from "./requires.ts";
import { emitRoutine, placeLocals } from "./routines.ts";
import { warnHidden, warnUnusedRequires } from "./warnings.ts";
import type { Diagnostic } from "../diagnostic.ts";
import { Diagnostics } from "../diagnostics.ts";
import type { Source } from "../source.ts";
import type { CheckedProgram } from "../typed.ts";

export type { CheckEnvironment, FoundPackage } from "./context.ts";
export { requiredPackages } from "./files.ts";

export interface CheckResult {
  /** null exactly when there are errors. */
  readonly program: CheckedProgram | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** Parses and checks a program with everything it requires. */
export function checkProgram(source: Source, env: CheckEnvironment): CheckResult {
  const program = newProgram(env);
  const loader = new FileLoader(program);
  program.routines.length = 1; // The top level is function 0.
  const file = loader.load(source);
  const main = new Routine({ program, file, parent: null, kind: "main", name: "main", span: file.tree.span, index: 0 });
  const units = declareAll(program, loader);
  checkMain(main, file);
  for (const unit of units) settle(program, unit);
  finishChecks(program);
  const diagnostics = program.diagnostics.all();
  return { program: program.diagnostics.hasErrors ? null : emitProgram(program), diagnostics };
}

function newProgram(env: CheckEnvironment): Program {
  const rules: Rules = {
    infer: inferExpr,
    inferUnused,
    block: checkBlock,
    settle: (unit) => settle(program, unit),
  };
  const program: Program = {
    env,
    diagnostics: new Diagnostics(),
    rules,
    files: [],
    packages: [],
    packageInfos: new Map(),
    resources: new Map(),
    routines: [],
    bodies: new Map(),
    defaults: new Map(),
    limits: [],
    params: [],
    shells: [],
    called: new Map(),
    hidden: [],
    embedded: new Map(),
    depth: 0,
  };
  return program;
}

/** Every file after those it requires, so that what it brings in is known. */
function declareAll(program: Program, loader: FileLoader): readonly FunctionUnit[] {
  const requires = new Requires(program, loader.targets);
  const units: FunctionUnit[] = [];
  for (const file of loader.order) {
    requires.bring(file);
    declareTypes(program, file);
    const own = declareFunctions(program, file);
    prepare(program, own);
    units.push(...own);
    if (file.index > 0) warnStatements(program, file);
  }
  return units;
}

function finishChecks(program: Program): void {
  reportBreaches(program);
  warnHidden(program);
  warnUnusedRequires(program);
}

/** Each place once, whoever set the limit; a cause inside the limited function itself is the place. */
function reportBreaches(program: Program): void {
  const seen = new Set<string>();
  for (const { limit, at, cause } of breachesOf(program.limits)) {
    const key = `${at.source.name}:${at.span.start}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const also = cause === at ? [] : [{ source: cause.source, span: cause.span, text: `${cause.what} is here` }];
    program.diagnostics.error(
      at.source,
      at.span,
      "effect-not-allowed",
      { who: limit.who, what: cause.what },
      {
        label: cause.row === "suspends" ? "may wait" : "reaches the world",
        also,
        hint: limit.hint,
      },
    );
  }
}

function emitProgram(program: Program): CheckedProgram {
  for (const routine of program.routines) placeLocals(routine);
  return {
    files: program.files.map((file: FileUnit) => file.source),
    functions: program.routines.map(emitRoutine),
    packages: program.packages,
    params: program.params.map((make) => make()),
    shells: program.shells,
  };
}
