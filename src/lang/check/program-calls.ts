/** Calls of the program's own functions and workflows (rule 9), and `spawn`'s share of them. */
import type { Arg } from "../ast.ts";
import { check } from "./accept.ts";
import { matchArguments } from "./arguments.ts";
import type { Checked } from "./checked.ts";
import { wrong } from "./checked.ts";
import { placeOf, report } from "./context.ts";
import type { Routine } from "./context.ts";
import { addCause, include } from "./effects.ts";
import type { FunctionUnit } from "./entities.ts";
import { close, isWrong, WRONG } from "./infer-types.ts";
import type { FnTy, Ty } from "./infer-types.ts";
import type { Span } from "../source.ts";
import type { Argument, Expr } from "../typed.ts";

/** The checked arguments of a call, in the order they are evaluated: as written, then defaults. */
export interface UnitArguments {
  readonly pure: boolean;
  readonly tys: readonly Ty[];
  readonly emit: () => readonly Argument[];
}

export function callUnit(r: Routine, unit: FunctionUnit, name: string, args: readonly Arg[], span: Span): Checked {
  const given = unitArguments(r, unit, name, args, span);
  const result = resultOf(r, unit, span);
  countCall(r, unit, name, span);
  if (given === null || isWrong(result)) return { ...wrong(span), ty: result };
  const emit = (): Expr => ({ kind: "call", fn: unit.index, args: given.emit(), type: close(result), span });
  return { ty: result, span, pure: false, emit };
}

/** A function may call only functions; a workflow may wait, so whoever calls one may. */
function countCall(r: Routine, unit: FunctionUnit, name: string, span: Span): void {
  if (!unit.workflow) {
    include(r.effect, unit.effect, placeOf(r, span));
  } else if (r.outermost.kind === "function") {
    report(
      r,
      span,
      "function-calls-workflow",
      { function: r.outermost.name, workflow: name },
      {
        label: "a workflow",
        also: [{ source: unit.file.source, span: unit.tree.name.span, text: "declared here" }],
        hint: `Declare \`${r.outermost.name}\` as a workflow`,
      },
    );
  } else {
    addCause(r.effect, { ...placeOf(r, span), row: "suspends", what: `the workflow \`${name}\`` });
  }
}

/** Inferred on demand; a function that needs its own result to infer it must say it (rule 18). */
export function resultOf(r: Routine, unit: FunctionUnit, span: Span): Ty {
  if (unit.result === null) r.program.rules.settle(unit);
  if (unit.result !== null) return unit.result;
  report(
    r,
    span,
    "recursive-result",
    { name: unit.tree.name.name },
    {
      label: "needed before it is known",
      also: [
        { source: unit.file.source, span: unit.tree.name.span, text: "calls itself, so it must say what it gives" },
      ],
      hint: `Write its result: \`${unit.tree.name.name}(…) -> T\``,
    },
  );
  unit.result = WRONG;
  return WRONG;
}

export function unitArguments(
  r: Routine,
  unit: FunctionUnit,
  name: string,
  args: readonly Arg[],
  span: Span,
): UnitArguments | null {
  const params = unit.params.map((p) => ({ name: p.name, optional: p.tree !== null }));
  const matched = matchArguments(r, args, params, span, name);
  if (matched === null) return null;
  const values = matched.map(({ param, arg }) => {
    const to = unit.params[param];
    return { param, value: check(r, arg.value, to?.ty ?? WRONG, { what: `\`${to?.name ?? ""}\` of \`${name}\`` }) };
  });
  if (values.some((v) => isWrong(v.value.ty))) return null;
  const defaults = unit.params.flatMap((p, param) => {
    const value = matched.some((m) => m.param === param) ? undefined : r.program.defaults.get(p);
    return value === undefined ? [] : [{ param, value }];
  });
  return {
    pure: values.every((v) => v.value.pure),
    tys: values.map((v) => v.value.ty),
    emit: () => [...values, ...defaults].map(({ param, value }) => ({ param, value: value.emit() })),
  };
}

/** The type of a function used as a value. */
export function unitFn(r: Routine, unit: FunctionUnit, span: Span): FnTy {
  return { kind: "fn", params: unit.params.map((p) => p.ty), result: resultOf(r, unit, span) };
}
