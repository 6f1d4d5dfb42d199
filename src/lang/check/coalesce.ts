/** `left ?? right` (rules 18, 33): the right side is evaluated only when the left one is nil. */
import type { Expr as Tree } from "../ast.ts";
import { accept, convert, fits } from "./accept.ts";
import type { Checked } from "./checked.ts";
import { wrong } from "./checked.ts";
import { fail, infer, report } from "./context.ts";
import type { Routine } from "./context.ts";
import { emitLocal, localOf, temporary } from "./names.ts";
import { ANY, close, FLOAT, isWrong, optionOf, resolve, show, showA } from "./infer-types.ts";
import type { Ty } from "./infer-types.ts";
import { joinFlows } from "./scope.ts";
import type { Slot } from "./scope.ts";
import type { Expr } from "../typed.ts";
import { isNullable } from "../types.ts";
import { couldUnify } from "./unify.ts";

type Binary = Extract<Tree, { readonly kind: "binary" }>;

export function checkCoalesce(r: Routine, tree: Binary): Checked {
  const left = infer(r, tree.left);
  const ty = resolve(left.ty);
  const before = r.flow;
  const right = infer(r, tree.right, ty.kind === "option" && resolve(ty.some).kind !== "open" ? ty.some : null);
  r.flow = joinFlows(before, r.flow);
  if (isWrong(left.ty) || isWrong(right.ty)) return wrong(tree.span);
  if (ty.kind === "Any") return plain(tree, left, accept(r, right, ANY, { what: "the right side" }), ANY);
  if (ty.kind !== "option") return neverNil(r, tree, left);
  return meet(r, tree, left, ty.some, right);
}

function neverNil(r: Routine, tree: Binary, left: Checked): Checked {
  return fail(
    r,
    left.span,
    "never-nil",
    { found: show(left.ty) },
    {
      label: `${showA(left.ty)}`,
      hint:
        tree.left.kind === "binary"
          ? "`??` binds tighter than comparisons, looser than `..` and `+`: add parentheses"
          : "Remove `??` and what follows",
    },
  );
}

function meet(r: Routine, tree: Binary, left: Checked, some: Ty, right: Checked): Checked {
  const to = resolve(right.ty);
  const numbers = resolve(some).kind === "Int" && to.kind === "Float";
  if (numbers) return converting(r, tree, left, some, right, FLOAT);
  if (to.kind === "Any") return converting(r, tree, left, some, right, ANY);
  if (couldUnify(right.ty, some) || fits(right.ty, some)) {
    return plain(tree, left, accept(r, right, some, { what: "the right side" }), some);
  }
  if (to.kind === "option" && couldUnify(some, to.some)) return converting(r, tree, left, some, right, optionOf(some));
  report(
    r,
    right.span,
    "different-types",
    { types: [show(left.ty), show(right.ty)] },
    {
      label: `${showA(right.ty)}`,
      also: [{ span: left.span, text: `${showA(left.ty)}` }],
      hint: "Make both the same type",
    },
  );
  return wrong(tree.span);
}

function plain(tree: Binary, left: Checked, right: Checked, ty: Ty): Checked {
  const emit = (): Expr => ({
    kind: "coalesce",
    boxed: isBoxed(left.ty),
    left: left.emit(),
    right: right.emit(),
    type: close(ty),
    span: tree.span,
  });
  return { ty, span: tree.span, pure: left.pure && right.pure, emit };
}

function isBoxed(ty: Ty): boolean {
  const type = close(ty);
  return type.kind === "option" && isNullable(type.some);
}

/** Where the left value must be converted too, only its some is: a match says so. */
function converting(r: Routine, tree: Binary, left: Checked, some: Ty, right: Checked, ty: Ty): Checked {
  const held = temporary(r, some);
  const given: Checked = { ty: some, span: left.span, pure: true, emit: () => emitLocal(held, left.span) };
  const value = convert(r, given, ty, false) ?? given;
  const emit = (): Expr => someMatch(tree, left, held, value, right.emit(), ty);
  return { ty, span: tree.span, pure: left.pure && right.pure, emit };
}

function someMatch(tree: Binary, left: Checked, held: Slot, value: Checked, right: Expr, ty: Ty): Expr {
  const type = close(ty);
  return {
    kind: "match",
    subject: left.emit(),
    arms: [
      {
        pattern: { kind: "some", boxed: isBoxed(left.ty), inner: { kind: "bind", local: localOf(held) } },
        guard: null,
        body: { statements: [], value: value.emit(), type },
      },
      { pattern: { kind: "any" }, guard: null, body: { statements: [], value: { ...right, type }, type } },
    ],
    type,
    span: tree.span,
  };
}
