/**
 * Operators (rules 32, 33, 41, 42, 45). Any on one side makes the whole an Any, checked when it runs; a type that is
 * still open becomes that of the other side.
 */
import type { BinaryOp as Op, Expr as Tree } from "../ast.ts";
import { accept, checkCondition, convert, notKnown } from "./accept.ts";
import type { Checked } from "./checked.ts";
import { wrong } from "./checked.ts";
import { fail, infer, report } from "./context.ts";
import type { Routine } from "./context.ts";
import { checkCoalesce } from "./coalesce.ts";
import { findVariable } from "./names.ts";
import { nilTested } from "./narrow.ts";
import { bareCases } from "./paths.ts";
import { textOf } from "./text.ts";
import { binary, isNumber, onTime } from "./time.ts";
import type { BinaryTree, Sides } from "./time.ts";
import { ANY, BOOL, FLOAT, INT, isWrong, resolve, show, showA, someTy, STRING } from "./infer-types.ts";
import type { Ty } from "./infer-types.ts";
import { joinFlows, narrowed } from "./scope.ts";
import type { BinaryOp, Expr } from "../typed.ts";
import { couldUnify, unify } from "./unify.ts";

export function checkBinary(r: Routine, tree: BinaryTree): Checked {
  switch (tree.op) {
    case "and":
    case "or":
      return checkLogical(r, tree, tree.op);
    case "??":
      return checkCoalesce(r, tree);
    case "..":
      return checkConcat(r, tree);
    case "==":
    case "!=":
      return checkEquality(r, tree);
    case "<":
    case "<=":
    case ">":
    case ">=":
      return checkOrder(r, tree, tree.op);
    default:
      return checkArithmetic(r, tree, tree.op);
  }
}

/** The right side is reached only when the left one is true (`and`) or false (`or`), and knows that. */
function checkLogical(r: Routine, tree: BinaryTree, op: "and" | "or"): Checked {
  const left = checkCondition(r, tree.left);
  const before = r.flow;
  r.flow = narrowed(before, op === "and" ? left.whenTrue : left.whenFalse);
  const right = checkCondition(r, tree.right);
  r.flow = joinFlows(before, r.flow);
  const both = (a: Checked["whenTrue"], b: Checked["whenTrue"]): Checked["whenTrue"] => [
    ...new Set([...(a ?? []), ...(b ?? [])]),
  ];
  return {
    ty: BOOL,
    span: tree.span,
    pure: left.pure && right.pure,
    whenTrue: op === "and" ? both(left.whenTrue, right.whenTrue) : [],
    whenFalse: op === "or" ? both(left.whenFalse, right.whenFalse) : [],
    emit: () => ({
      kind: "logical",
      op,
      left: left.emit(),
      right: right.emit(),
      type: { kind: "Bool" },
      span: tree.span,
    }),
  };
}

/** A chain of `..` is one `concat`. */
function checkConcat(r: Routine, tree: BinaryTree): Checked {
  const parts = chain(tree).map((part) => textOf(infer(r, part)));
  if (parts.some((p) => isWrong(p.ty))) return wrong(tree.span);
  return {
    ty: STRING,
    span: tree.span,
    pure: parts.every((p) => p.pure),
    emit: () => ({ kind: "concat", parts: parts.map((p) => p.emit()), type: { kind: "String" }, span: tree.span }),
  };
}

function chain(tree: Tree): readonly Tree[] {
  return tree.kind === "binary" && tree.op === ".." ? [...chain(tree.left), ...chain(tree.right)] : [tree];
}

/** The left side's type helps the right one: a bare case, `nil`, `[]`; a bare case on the left is helped by the right. */
function sides(r: Routine, tree: BinaryTree): Sides {
  if (isBareCase(r, tree.left) && !isBareCase(r, tree.right)) {
    const right = infer(r, tree.right, null);
    return { left: infer(r, tree.left, isWrong(right.ty) ? null : hintOf(right.ty)), right };
  }
  const left = infer(r, tree.left, null);
  const helps = ["name", "nil", "list", "map", "call", "int"].includes(tree.right.kind);
  const right = infer(
    r,
    tree.right,
    helps && !isWrong(left.ty) && resolve(left.ty).kind !== "Any" ? hintOf(left.ty) : null,
  );
  return { left, right };
}

function isBareCase(r: Routine, tree: Tree): boolean {
  const name = tree.kind === "call" ? tree.callee : tree;
  return name.kind === "name" && bareCases(r, name.name).length > 0 && findVariable(r, name.name) === null;
}

/** A list's elements may differ from the other list's: that is the operator's business to report. */
function hintOf(ty: Ty): Ty | null {
  const at = resolve(ty);
  return at.kind === "open" ? null : at;
}

function checkEquality(r: Routine, tree: BinaryTree): Checked {
  const both = sides(r, tree);
  const op = tree.op === "==" ? "eq" : "ne";
  if (isWrong(both.left.ty) || isWrong(both.right.ty)) return wrong(tree.span);
  if (isNumber(both.left.ty) && isNumber(both.right.ty)) {
    const on = numbersOn(both);
    return compared(tree, both, () => ({ op, on, of: { kind: on === "Int" ? "Int" : "Float" } }));
  }
  const met = isNeverNil(tree, both) ? null : meet(r, both);
  if (met === null) return notComparable(r, tree, both);
  if (someTy(met.left.ty, (t) => t.kind === "fn")) {
    return fail(r, tree.span, "no-equality", { type: show(met.left.ty) }, { label: "functions cannot be compared" });
  }
  const facts = nilTested(r, tree);
  const result = compared(tree, met, (left) => equality(op, left));
  return facts === null ? result : { ...result, [op === "ne" ? "whenTrue" : "whenFalse"]: [facts] };
}

/** A test against nil of what cannot be nil. */
function isNeverNil(tree: BinaryTree, { left, right }: Sides): boolean {
  const other = tree.right.kind === "nil" ? left : tree.left.kind === "nil" ? right : null;
  return other !== null && !["option", "Nil", "Any", "open"].includes(resolve(other.ty).kind);
}

function equality(op: "eq" | "ne", left: Expr): BinaryOp {
  const of = left.type;
  const plain = of.kind === "Bool" || of.kind === "String" || of.kind === "Int" || of.kind === "Float" ? of.kind : null;
  return { op, on: plain ?? "structure", of };
}

function notComparable(r: Routine, tree: BinaryTree, { left, right }: Sides): Checked {
  return fail(
    r,
    tree.span,
    "not-comparable",
    { left: show(left.ty), right: show(right.ty) },
    {
      label: "never equal",
      also: [
        { span: left.span, text: `${showA(left.ty)}` },
        { span: right.span, text: `${showA(right.ty)}` },
      ],
      hint: "Convert one side",
    },
  );
}

/** Both sides as one type, or null. */
function meet(r: Routine, { left, right }: Sides): Sides | null {
  if (isAny(left.ty) || isAny(right.ty)) return anys(r, { left, right });
  if (couldUnify(left.ty, right.ty)) {
    unify(left.ty, right.ty, r.closing);
    return { left, right };
  }
  const asLeft = resolve(left.ty).kind === "option" ? convert(r, right, left.ty, false) : null;
  if (asLeft !== null) return { left, right: asLeft };
  const asRight = resolve(right.ty).kind === "option" ? convert(r, left, right.ty, false) : null;
  return asRight === null ? null : { left: asRight, right };
}

const orders = { "<": "lt", "<=": "le", ">": "gt", ">=": "ge" } as const;

function checkOrder(r: Routine, tree: BinaryTree, written: keyof typeof orders): Checked {
  const both = sides(r, tree);
  const op = orders[written];
  // A chain, which the parser has reported.
  if (tree.left.kind === "binary" && Object.hasOwn(orders, tree.left.op)) return wrong(tree.span);
  if (isWrong(both.left.ty) || isWrong(both.right.ty)) return wrong(tree.span);
  if (isNumber(both.left.ty) && isNumber(both.right.ty)) {
    const on = numbersOn(both);
    return compared(tree, both, () => ({ op, on }));
  }
  const met =
    resolve(both.left.ty).kind === "option" || resolve(both.right.ty).kind === "option" ? null : meet(r, both);
  const kind = met === null ? null : resolve(met.left.ty).kind;
  if (met !== null && kind !== null && isOrdered(kind)) return compared(tree, met, () => ({ op, on: kind }));
  return wrongOperands(r, tree, both, "numbers, Strings, Chars, Durations and Instants have an order");
}

type Ordered = "Int" | "Float" | "String" | "Char" | "Duration" | "Instant" | "Any";

function isOrdered(kind: Ty["kind"]): kind is Ordered {
  return ["Int", "Float", "String", "Char", "Duration", "Instant", "Any"].includes(kind);
}

function numbersOn({ left, right }: Sides): "Int" | "Float" | "Number" {
  const a = resolve(left.ty).kind;
  if (a !== resolve(right.ty).kind) return "Number";
  return a === "Int" ? "Int" : "Float";
}

function compared(tree: BinaryTree, { left, right }: Sides, op: (left: Expr) => BinaryOp): Checked {
  const emit = (): Expr => {
    const a = left.emit();
    return { kind: "binary", op: op(a), left: a, right: right.emit(), type: { kind: "Bool" }, span: tree.span };
  };
  return { ty: BOOL, span: tree.span, pure: left.pure && right.pure, emit };
}

type Arithmetic = Exclude<Op, "and" | "or" | "??" | ".." | "==" | "!=" | "<" | "<=" | ">" | ">=">;

function checkArithmetic(r: Routine, tree: BinaryTree, op: Arithmetic): Checked {
  const both = sides(r, tree);
  if (isWrong(both.left.ty) || isWrong(both.right.ty)) return wrong(tree.span);
  if (isAny(both.left.ty) || isAny(both.right.ty)) return onAny(r, tree, op, both);
  closeOpen(r, both);
  if (resolve(both.left.ty).kind === "open") return notKnown(r, both.left);
  const a = resolve(both.left.ty).kind;
  const b = resolve(both.right.ty).kind;
  if (isNumber(both.left.ty) && isNumber(both.right.ty)) return onNumbers(r, tree, op, both);
  if (op === "+" && ["String", "list", "Bytes"].includes(a) && couldUnify(both.left.ty, both.right.ty)) {
    unify(both.left.ty, both.right.ty, r.closing);
    const on = a === "String" ? "String" : a === "Bytes" ? "Bytes" : "list";
    return binary(tree, both, { op: "add", on }, both.left.ty);
  }
  return (
    (a === "Duration" || a === "Instant" || b === "Duration" ? onTime(r, tree, op, both, a, b) : null) ??
    noOperation(r, tree, both)
  );
}

/** A side whose type is open takes the other's. */
function closeOpen(r: Routine, { left, right }: Sides): void {
  const opens = resolve(left.ty).kind === "open" || resolve(right.ty).kind === "open";
  if (opens && couldUnify(left.ty, right.ty)) unify(left.ty, right.ty, r.closing);
}

const arithmetic = { "+": "add", "-": "sub", "*": "mul", "^": "pow" } as const;

function onNumbers(r: Routine, tree: BinaryTree, op: Arithmetic, both: Sides): Checked {
  const ints = resolve(both.left.ty).kind === "Int" && resolve(both.right.ty).kind === "Int";
  if (op === "div" || op === "%") {
    if (ints) return binary(tree, both, { op: op === "div" ? "floor-div" : "mod", on: "Int" }, INT);
    return wrongOperands(r, tree, both, `\`${op}\` is for Ints; \`/\` divides Floats`);
  }
  if (op !== "/" && ints) return binary(tree, both, { op: arithmetic[op], on: "Int" }, INT);
  const floats = { left: asFloat(r, both.left), right: asFloat(r, both.right) };
  if (op === "/") return binary(tree, floats, { op: "div", on: "Float" }, FLOAT);
  return binary(tree, floats, { op: arithmetic[op], on: "Float" }, FLOAT);
}

function asFloat(r: Routine, value: Checked): Checked {
  return accept(r, value, FLOAT, { what: "the operand" });
}

function onAny(r: Routine, tree: BinaryTree, op: Arithmetic, both: Sides): Checked {
  const sidesAsAny = anys(r, both);
  if (op === "/") return binary(tree, sidesAsAny, { op: "div", on: "Any" }, ANY);
  if (op === "div" || op === "%")
    return binary(tree, sidesAsAny, { op: op === "div" ? "floor-div" : "mod", on: "Any" }, ANY);
  return binary(tree, sidesAsAny, { op: arithmetic[op], on: "Any" }, ANY);
}

function anys(r: Routine, { left, right }: Sides): Sides {
  const because = { what: "the operand" };
  return { left: accept(r, left, ANY, because), right: accept(r, right, ANY, because) };
}

function noOperation(r: Routine, tree: BinaryTree, both: Sides): Checked {
  const hasText = [both.left, both.right].some((side) => resolve(side.ty).kind === "String");
  return wrongOperands(r, tree, both, hasText && tree.op === "+" ? "join texts with anything by `..`" : null);
}

function wrongOperands(r: Routine, tree: BinaryTree, { left, right }: Sides, hint: string | null): Checked {
  const isNil = [left, right].find((side) => resolve(side.ty).kind === "option");
  report(
    r,
    tree.opSpan,
    "wrong-operands",
    { op: tree.op, left: show(left.ty), right: show(right.ty) },
    {
      label: `not for \`${show(left.ty)}\` and \`${show(right.ty)}\``,
      hint:
        isNil === undefined
          ? hint === null
            ? undefined
            : capital(hint)
          : "Give a value for nil: `(… ?? 0)`, or test it first",
    },
  );
  return wrong(tree.span);
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

function isAny(ty: Ty): boolean {
  return resolve(ty).kind === "Any";
}
