/** Calls of function values: lambdas in variables, fields, results; and of an Any, which is checked when it runs. */
import type { Arg } from "../ast.ts";
import { accept, check } from "./accept.ts";
import { inferAnyway, matchArguments } from "./arguments.ts";
import type { Checked } from "./checked.ts";
import { wrong } from "./checked.ts";
import { fail, infer, placeOf } from "./context.ts";
import type { Routine } from "./context.ts";
import { addCause, include } from "./effects.ts";
import { ANY, close, isWrong, openTy, resolve, show, showA } from "./infer-types.ts";
import type { FnTy, Ty } from "./infer-types.ts";
import type { Span } from "../source.ts";
import type { Expr } from "../typed.ts";
import { unify } from "./unify.ts";

export function callValue(r: Routine, callee: Checked, args: readonly Arg[], span: Span): Checked {
  const at = resolve(callee.ty);
  switch (at.kind) {
    case "fn":
      return callFn(r, callee, at, args, span);
    case "Any":
      return callAny(r, callee, args, span);
    case "open": {
      const params = args.map((arg) => openTy(arg.span, "parameter"));
      const fn: FnTy = { kind: "fn", params, result: openTy(span, "variable") };
      unify(at, fn, r.closing);
      return callFn(r, callee, fn, args, span);
    }
    case "error":
      inferAnyway(r, args);
      return wrong(span);
    default:
      inferAnyway(r, args);
      return fail(r, callee.span, "not-callable", { found: show(at) }, { label: `${showA(at)} is no function` });
  }
}

function callFn(r: Routine, callee: Checked, fn: FnTy, args: readonly Arg[], span: Span): Checked {
  const names = fn.params.map((_, i) => ({ name: `a${i}`, optional: false }));
  const matched = matchArguments(r, args, names, span, "fn");
  countEffect(r, fn, span);
  if (matched === null) return wrong(span);
  const values = matched.map(({ param, arg }) =>
    check(r, arg.value, fn.params[param] ?? ANY, { what: "this argument" }),
  );
  if (values.some((v) => isWrong(v.ty))) return { ...wrong(span), ty: fn.result };
  return emitting(callee, values, fn.result, span);
}

/** What calling it does, as far as that is known. */
function countEffect(r: Routine, fn: FnTy, span: Span): void {
  if (fn.effect === undefined)
    addCause(r.effect, { ...placeOf(r, span), row: "suspends", what: "a function value that may wait" });
  else include(r.effect, fn.effect, placeOf(r, span));
}

function callAny(r: Routine, callee: Checked, args: readonly Arg[], span: Span): Checked {
  addCause(r.effect, { ...placeOf(r, span), row: "suspends", what: "a function value that may wait" });
  const values = args.map((arg) => accept(r, infer(r, arg.value), ANY, { what: "this argument" }));
  return emitting(callee, values, ANY, span);
}

function emitting(callee: Checked, values: readonly Checked[], ty: Ty, span: Span): Checked {
  const emit = (): Expr => ({
    kind: "call-value",
    callee: callee.emit(),
    args: values.map((v) => v.emit()),
    type: close(ty),
    span,
  });
  return { ty, span, pure: false, emit };
}
