/** `-e`, `+e`, `!e`. Negated literals are folded: `-9223372036854775808` is one. */
import type { Expr as Tree } from "../ast.ts";
import { checkCondition, notKnown } from "./accept.ts";
import type { Checked } from "./checked.ts";
import { fail, infer } from "./context.ts";
import type { Routine } from "./context.ts";
import { BOOL, close, resolve, show, showA } from "./infer-types.ts";
import type { Ty } from "./infer-types.ts";
import type { Span } from "../source.ts";
import type { Expr } from "../typed.ts";
import { integer } from "../../wit/value.ts";

export function checkUnary(r: Routine, tree: Extract<Tree, { readonly kind: "unary" }>, expected: Ty | null): Checked {
  if (tree.op === "!") return checkNot(r, tree);
  if (tree.op === "-" && tree.operand.kind === "int" && BigInt(tree.operand.value) > 2n ** 63n)
    return tooSmall(r, tree.span);
  const operand = infer(r, tree.operand, expected);
  const { kind } = resolve(operand.ty);
  if (kind === "error") return operand;
  if (kind === "open") return notKnown(r, operand);
  if (tree.op === "+" && (kind === "Int" || kind === "Float" || kind === "String" || kind === "Any"))
    return { ...operand, span: tree.span };
  if (tree.op === "-" && (kind === "Int" || kind === "Float" || kind === "Any"))
    return negated(operand, kind, tree.span);
  return fail(
    r,
    tree.span,
    "wrong-operand",
    { op: tree.op, found: show(operand.ty) },
    {
      label: `${showA(operand.ty)}`,
      hint: kind === "Duration" ? "Durations are never negative" : undefined,
    },
  );
}

function tooSmall(r: Routine, span: Span): Checked {
  return fail(r, span, "literal-range", undefined, { label: "below −2^63", hint: "Write a Float: `-1e19`" });
}

function checkNot(r: Routine, tree: Extract<Tree, { readonly kind: "unary" }>): Checked {
  const value = checkCondition(r, tree.operand);
  return {
    ty: BOOL,
    span: tree.span,
    pure: value.pure,
    whenTrue: value.whenFalse ?? [],
    whenFalse: value.whenTrue ?? [],
    emit: () => ({ kind: "not", value: value.emit(), type: { kind: "Bool" }, span: tree.span }),
  };
}

function negated(operand: Checked, on: "Int" | "Float" | "Any", span: Span): Checked {
  const emit = (): Expr => {
    const value = operand.emit();
    if (value.kind === "const" && typeof value.value === "number" && (on === "Float" || value.value !== 0)) {
      return { ...value, value: -value.value, span };
    }
    if (value.kind === "const" && typeof value.value === "bigint")
      return { ...value, value: integer(-value.value), span };
    return { kind: "negate", on, value, type: close(operand.ty), span };
  };
  return { ty: operand.ty, span, pure: operand.pure, emit };
}
