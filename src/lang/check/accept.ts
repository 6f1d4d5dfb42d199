/**
 * A value where a type is expected: what converts by itself, and what is said when nothing does (rules 6, 14, 26, 28).
 *
 *   Int to Float; T to T?; anything to Any; Any to anything, by a check when it runs; Never to anything.
 */
import type { Expr as Tree } from "../ast.ts";
import type { Checked, CheckedBlock } from "./checked.ts";
import { wrong } from "./checked.ts";
import { infer, placeOf, report } from "./context.ts";
import type { Routine } from "./context.ts";
import { addCause, include } from "./effects.ts";
import type { Extras } from "../diagnostics.ts";
import { BOOL, close, isBareNil, isWrong, partsOf, poison, resolve, show, showA } from "./infer-types.ts";
import type { Ty } from "./infer-types.ts";
import type { Conversion, Expr } from "../typed.ts";
import { isNullable } from "../types.ts";
import type { Type } from "../types.ts";
import { couldUnify, unify } from "./unify.ts";

/** Words for a mismatch. `what` is the place: "the condition", "argument `x`". */
export interface Because {
  readonly what: string;
  readonly extras?: Extras;
}

/** Infers with the type in mind, then converts to it. */
export function check(r: Routine, expr: Tree, expected: Ty, because: Because): Checked {
  return accept(r, infer(r, expr, expected), expected, because);
}

/** Something needs to know the type here, and it is still open. */
export function notKnown(r: Routine, value: Checked): Checked {
  report(
    r,
    value.span,
    "open-type",
    { what: "this" },
    { label: "not known yet", hint: "Write the type where it is declared" },
  );
  poison(value.ty);
  return wrong(value.span);
}

/** A condition is a Bool and nothing else. */
export function checkCondition(r: Routine, tree: Tree): Checked {
  return check(r, tree, BOOL, { what: "a condition" });
}

/** Converts, or reports `wrong-type`. */
export function accept(r: Routine, value: Checked, expected: Ty, because: Because): Checked {
  const converted = convert(r, value, expected, false);
  if (converted !== null) return converted;
  reportMismatch(r, value, expected, because);
  return wrong(value.span);
}

/** As `accept`, for an argument of a foreign call: nominal types go by their structure (rule 26). */
export function acceptForeign(r: Routine, value: Checked, expected: Ty, because: Because): Checked {
  const converted = convert(r, value, expected, true);
  if (converted !== null) return converted;
  reportMismatch(r, value, expected, because);
  return wrong(value.span);
}

export function reportMismatch(r: Routine, value: Checked, expected: Ty, because: Because): void {
  if (!isWrong(value.ty) && !isWrong(expected)) describeMismatch(r, value, expected, because);
  poison(value.ty);
  poison(expected);
}

function describeMismatch(r: Routine, value: Checked, expected: Ty, because: Because): void {
  report(
    r,
    value.span,
    "wrong-type",
    { expected: show(expected), found: show(value.ty) },
    {
      label: `${because.what} is ${showA(expected)}, this is ${showA(value.ty)}`,
      hint: hintFor(value.ty, expected),
      ...because.extras,
    },
  );
}

function hintFor(found: Ty, expected: Ty): string | undefined {
  const from = resolve(found);
  const to = resolve(expected);
  if (from.kind === "option" && couldUnify(from.some, to)) return "Give a value for nil: `… ?? …`";
  if (to.kind === "String") return "Make a text of it: `str(…)`";
  if (from.kind === "Float" && to.kind === "Int") return "Round it: `round(…)`, or `int(…)` towards zero";
  if (from.kind === "String" && (to.kind === "Int" || to.kind === "Float")) {
    return `Read it: \`${to.kind === "Int" ? "int" : "float"}(…)\``;
  }
  if (
    from.kind === "list" &&
    to.kind === "list" &&
    resolve(from.element).kind === "Int" &&
    resolve(to.element).kind === "Float"
  ) {
    return "Convert each element: `map(xs, |x| float(x))`";
  }
  return from.kind === "option" && resolve(from.some).kind === to.kind ? "Test it against nil first" : undefined;
}

/** Whether `convert` would succeed, nothing being closed. `exactly`: without any conversion but nil's. */
export function fits(found: Ty, expected: Ty): boolean {
  const from = resolve(found);
  const to = resolve(expected);
  if (couldUnify(from, to) || to.kind === "Any" || from.kind === "Any") return true;
  if (from.kind === "Int" && to.kind === "Float") return true;
  if (to.kind !== "option") return false;
  return from.kind === "Nil" || fits(from, to.some);
}

/** The value as `expected`, or null when nothing makes it one. */
export function convert(r: Routine, value: Checked, expected: Ty, structural: boolean): Checked | null {
  const from = resolve(value.ty);
  const to = resolve(expected);
  if (from.kind === "error" || to.kind === "error") return erroneous(value, expected);
  if (from.kind === "Never") return { ...value, ty: expected, emit: () => retyped(value.emit(), close(expected)) };
  if (to.kind === "Any") return from.kind === "Any" ? value : toAny(value, expected);
  if (from.kind === "Any" && to.kind !== "open" && !(to.kind === "option" && resolve(to.some).kind === "Any")) {
    return converted(value, expected, () => ({ kind: "from-any", to: close(expected) }));
  }
  if (from.kind === "Int" && to.kind === "Float") return toFloat(value, expected);
  if (to.kind === "option" && from.kind === "Nil")
    return { ...value, ty: expected, emit: () => retyped(value.emit(), close(expected)) };
  if (to.kind === "option" && !couldUnify(from, to, structural))
    return wrapped(r, value, expected, to.some, structural);
  if (!couldUnify(from, to, structural) || !linked(r, value, from, to, structural)) return null;
  return { ...value, ty: expected, emit: () => retyped(value.emit(), close(expected)) };
}

function erroneous(value: Checked, expected: Ty): Checked {
  poison(value.ty);
  poison(expected);
  return { ...value, ty: expected };
}

/** Function values: what is expected may do what the given one does. Elsewhere both become one. */
function linked(r: Routine, value: Checked, from: Ty, to: Ty, structural: boolean): boolean {
  const closing = r.closingAt(value.span, structural);
  if (from.kind === "fn" && to.kind === "fn" && to.effect !== undefined) {
    const place = placeOf(r, value.span);
    if (from.effect === undefined)
      addCause(to.effect, { ...place, row: "suspends", what: "a function value that may wait" });
    else include(to.effect, from.effect, place);
    return partsOf(from).every((part, i) => unify(part, partsOf(to)[i] ?? part, closing));
  }
  return unify(from, to, closing);
}

function wrapped(r: Routine, value: Checked, expected: Ty, some: Ty, structural: boolean): Checked | null {
  const inner = convert(r, value, some, structural);
  if (inner === null) return null;
  const emit = (): Expr => {
    const made = inner.emit();
    const type = close(expected);
    return isNullable(close(some)) ? conversion(made, { kind: "wrap-some" }, type) : retyped(made, type);
  };
  return { ty: expected, span: value.span, pure: value.pure, emit };
}

function toAny(value: Checked, expected: Ty): Checked {
  return converted(value, expected, () => ({ kind: "to-any", from: close(value.ty) }));
}

function toFloat(value: Checked, expected: Ty): Checked {
  const emit = (): Expr => {
    const made = value.emit();
    const type = { kind: "Float" } as const;
    if (made.kind === "const" && typeof made.value === "number") return { ...made, type };
    return conversion(made, { kind: "int-to-float" }, type);
  };
  return { ty: expected, span: value.span, pure: value.pure, emit };
}

function converted(value: Checked, expected: Ty, how: () => Conversion): Checked {
  const emit = (): Expr => conversion(value.emit(), how(), close(expected));
  return { ty: expected, span: value.span, pure: value.pure, emit };
}

export function conversion(value: Expr, how: Conversion, type: Type): Expr {
  return { kind: "convert", conversion: how, value, type, span: value.span };
}

/** The same value under a type for which nothing needs to be done. */
export function retyped(expr: Expr, type: Type): Expr {
  if (expr.kind === "block") return { ...expr, type, block: { ...expr.block, type } };
  return { ...expr, type };
}

/** The value of a block as `expected`. */
export function acceptBlock(r: Routine, block: CheckedBlock, expected: Ty, because: Because): CheckedBlock {
  if (resolve(block.ty).kind === "Never") return block;
  if (block.value === null || !takesNil(block.value, expected)) return acceptNil(r, block, expected, because);
  const value = accept(r, block.value, expected, because);
  return { ...block, ty: expected, value };
}

/** False for an `if` without `else` and its kind where a value is needed: that wants other words. */
function takesNil(value: Checked, expected: Ty): boolean {
  return resolve(value.ty).kind !== "Nil" || fits(value.ty, expected);
}

function acceptNil(r: Routine, block: CheckedBlock, expected: Ty, because: Because): CheckedBlock {
  const to = resolve(expected);
  const takes = to.kind === "option" || to.kind === "Nil" || to.kind === "Any" || to.kind === "error" || isBareNil(to);
  if (!takes && !(to.kind === "open" && unify(to, { kind: "Nil" }, r.closing))) {
    report(
      r,
      block.value?.span ?? block.span,
      "no-value",
      { expected: show(expected) },
      {
        label: `${because.what} is ${showA(expected)}, this ends without a value`,
        hint: "Let the last statement be the value",
        ...because.extras,
      },
    );
  }
  return { ...block, ty: expected };
}
