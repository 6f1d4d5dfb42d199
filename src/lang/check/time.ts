/** Arithmetic of Durations and Instants (rule 27). */
import type { BinaryOp as Op, Expr as Tree } from "../ast.ts";
import type { Checked } from "./checked.ts";
import type { Routine } from "./context.ts";
import { emitLocal, localOf, temporary } from "./names.ts";
import { close, DURATION, FLOAT, INSTANT, resolve } from "./infer-types.ts";
import type { Ty } from "./infer-types.ts";
import type { BinaryOp, Expr } from "../typed.ts";

export type BinaryTree = Extract<Tree, { readonly kind: "binary" }>;
export interface Sides {
  readonly left: Checked;
  readonly right: Checked;
}

export function isNumber(ty: Ty): boolean {
  const { kind } = resolve(ty);
  return kind === "Int" || kind === "Float";
}

/** Both sides under an operator that gives `ty`. */
export function binary(tree: BinaryTree, { left, right }: Sides, op: BinaryOp, ty: Ty): Checked {
  const emit = (): Expr => ({
    kind: "binary",
    op,
    left: left.emit(),
    right: right.emit(),
    type: close(ty),
    span: tree.span,
  });
  return { ty, span: tree.span, pure: left.pure && right.pure, emit };
}

/** null: there is no such operation. */
export function onTime(
  r: Routine,
  tree: BinaryTree,
  op: Op,
  both: Sides,
  a: Ty["kind"],
  b: Ty["kind"],
): Checked | null {
  const { right } = both;
  if (a === "Duration" && b === "Duration") {
    if (op === "/") return binary(tree, both, { op: "ratio", on: "Duration" }, FLOAT);
    if (op === "+") return binary(tree, both, { op: "add", on: "Duration" }, DURATION);
    return op === "-" ? binary(tree, both, { op: "sub", on: "Duration" }, DURATION) : null;
  }
  if (a === "Duration" && isNumber(right.ty) && (op === "*" || op === "/")) return scaled(tree, op, both, b === "Int");
  if (b === "Duration" && isNumber(both.left.ty) && op === "*") return swapped(r, tree, both, a === "Int");
  if (a === "Instant" && b === "Duration" && op === "+")
    return binary(tree, both, { op: "add-duration", on: "Instant" }, INSTANT);
  if (a === "Instant" && b === "Duration" && op === "-")
    return binary(tree, both, { op: "sub-duration", on: "Instant" }, INSTANT);
  if (a === "Instant" && b === "Instant" && op === "-")
    return binary(tree, both, { op: "sub", on: "Instant" }, DURATION);
  return null;
}

function scaled(tree: BinaryTree, op: "*" | "/", both: Sides, int: boolean): Checked {
  const times = int ? "mul-int" : "mul-float";
  const over = int ? "div-int" : "div-float";
  return binary(tree, both, { op: op === "*" ? times : over, on: "Duration" }, DURATION);
}

/** `2 * d`: the Duration goes left. What is written first is still evaluated first (rule 46). */
function swapped(r: Routine, tree: BinaryTree, { left, right }: Sides, int: boolean): Checked {
  const number = temporary(r, left.ty);
  const op = { op: int ? "mul-int" : "mul-float", on: "Duration" } as const;
  const type = { kind: "Duration" } as const;
  const emit = (): Expr => {
    const first = left.emit();
    if (first.kind === "const") return { kind: "binary", op, left: right.emit(), right: first, type, span: tree.span };
    const { span } = left;
    const store: Expr = { kind: "assign", local: localOf(number), value: first, type: first.type, span };
    const value: Expr = {
      kind: "binary",
      op,
      left: right.emit(),
      right: emitLocal(number, span),
      type,
      span: tree.span,
    };
    return {
      kind: "block",
      block: { statements: [{ kind: "expression", expr: store }], value, type },
      type,
      span: tree.span,
    };
  };
  return { ty: DURATION, span: tree.span, pure: left.pure && right.pure, emit };
}
