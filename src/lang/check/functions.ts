/**
 * Functions, workflows, the top level, and its `param`s: whole bodies, from their parameters to their result.
 */
import type { Expr as Tree, ParamDeclaration, Statement } from "../ast.ts";
import { accept } from "./accept.ts";
import { declare } from "./assign.ts";
import type { Checked } from "./checked.ts";
import { infer, report, Routine, warn } from "./context.ts";
import type { Program } from "./context.ts";
import type { FileUnit, FunctionUnit } from "./entities.ts";
import { constantValue, isConstant } from "./constants.ts";
import { isDeclaration } from "./files.ts";
import { bindVariable, findEntity, localOf } from "./names.ts";
import { closeTypes, finishBody } from "./routines.ts";
import { typeOf } from "./types.ts";
import { isWrong, WRONG } from "./infer-types.ts";
import { Defect } from "../../fault.ts";

/** How many functions may be checked inside one another, each for the result of the next. */
const MOST_DEPTH = 100;

/** Makes the routines of a file's functions, with their checked defaults. */
export function prepare(program: Program, units: readonly FunctionUnit[]): void {
  for (const unit of units) {
    const kind = unit.workflow ? "workflow" : "function";
    const { file, name, tree, effect, index } = unit;
    const r = new Routine({ program, file, parent: null, kind, name, span: tree.name.span, effect, index });
    program.bodies.set(unit, r);
    if (!unit.workflow) {
      const hint = `Declare \`${tree.name.name}\` as a workflow`;
      program.limits.push({ node: effect, most: "writes", who: `the function \`${tree.name.name}\``, hint });
    }
    for (const param of unit.params) {
      if (param.tree === null) continue;
      program.defaults.set(
        param,
        checkDefault(r, param.tree, (d) => accept(r, d, param.ty, { what: `\`${param.name}\`` }), param.ty),
      );
    }
  }
}

function checkDefault(
  r: Routine,
  tree: Tree,
  finish: (value: Checked) => Checked,
  ty: FunctionUnit["params"][number]["ty"] | null,
): Checked {
  const value = isConstant(tree, (name) => mayBeConstant(r, name)) ? infer(r, tree, ty) : null;
  if (value !== null && (value.pure || isWrong(value.ty))) return finish(value);
  report(r, tree.span, "not-constant", undefined, {
    label: "computed when it runs",
    hint: "A default is a literal, or a list, map or record of literals",
  });
  return finish({ ty: WRONG, span: tree.span, pure: true, emit: () => notConstant() });
}

/** Types and cases may stand in a constant, and numbers of the prelude; an unknown name is reported as such. */
function mayBeConstant(r: Routine, name: string): boolean {
  const entity = findEntity(r, name);
  if (entity?.kind === "prelude") return ["pi", "inf", "nan", "some"].includes(name);
  return entity?.kind !== "function" && entity?.kind !== "foreign";
}

function notConstant(): never {
  throw new Defect("A default is no constant");
}

/** Checks the body, if that was not done yet. While it is being done its result may still be unknown. */
export function settle(program: Program, unit: FunctionUnit): void {
  if (unit.state !== "new" || program.depth > MOST_DEPTH) return;
  const r = program.bodies.get(unit);
  if (r === undefined) throw new Defect(`\`${unit.name}\` was not prepared`);
  unit.state = "busy";
  program.depth += 1;
  for (const param of unit.params) r.params.push(bindVariable(r, param.name, param.ty, param.span));
  const result = finishBody(r, unit.tree.body.statements, unit.tree.body.span, unit.result);
  closeTypes(r);
  program.depth -= 1;
  unit.result ??= result;
  unit.state = "done";
}

/** The top level of the main file: its params, then its statements. */
export function checkMain(r: Routine, file: FileUnit): void {
  const statements = file.tree.items.filter((item): item is Statement => !isDeclaration(item));
  const [first] = statements;
  for (const item of file.tree.items) {
    if (item.kind !== "param") continue;
    if (first !== undefined && first.span.start < item.span.start) {
      report(
        r,
        item.span,
        "late-param",
        { name: item.name.name },
        {
          label: "after a statement",
          also: [{ span: first.span, text: "the first statement" }],
          hint: "Move it to the top",
        },
      );
    }
    checkParam(r, item);
  }
  finishBody(r, statements, file.tree.span, null);
  warnConstant(r, statements.at(-1));
  closeTypes(r);
}

/** The last value is the run's, but nobody runs a program for the sake of a literal. */
function warnConstant(r: Routine, last: Statement | undefined): void {
  if (
    last?.kind !== "expression" ||
    last.expr.kind === "error" ||
    !last.semicolon ||
    !isConstant(last.expr, () => false)
  )
    return;
  warn(r, last.span, "unused-value", undefined, {
    label: "computed, and then dropped",
    hint: "Assign it, print it, or remove it",
  });
}

function checkParam(r: Routine, tree: ParamDeclaration): void {
  const { name, fallback } = tree;
  const declared = tree.type === null ? null : typeOf(r.program, r.file, tree.type);
  const because = { what: `\`${name.name}\`` };
  const value =
    fallback === null
      ? null
      : checkDefault(r, fallback, (d) => (declared === null ? d : accept(r, d, declared, because)), declared);
  if (declared === null && value === null) {
    report(
      r,
      tree.span,
      "untyped-parameter",
      { name: name.name },
      { label: "nothing tells its type", hint: `Write it: \`param ${name.name}: String;\`` },
    );
  }
  const slot = declare(r, name, declared ?? value?.ty ?? WRONG, fallback);
  r.program.params.push(() => {
    const local = localOf(slot);
    const constant = value === null ? null : constantValue(value.emit());
    if (constant === undefined) throw new Defect("A default is no constant");
    return { name: name.name, type: local.type, local, fallback: constant, required: value === null };
  });
}

/** Statements of a required file do not run. */
export function warnStatements(program: Program, file: FileUnit): void {
  const statement = file.tree.items.find((item) => !isDeclaration(item));
  if (statement === undefined) return;
  program.diagnostics.warning(file.source, statement.span, "required-statements", undefined, {
    label: "does not run: the file was required",
    hint: "Put it into a function",
  });
}
