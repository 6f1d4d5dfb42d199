/** Arithmetic, comparisons and conditions: which instruction stands for which operator on which operands. */
import type { Label } from "./builder.ts";
import type { Unit } from "./unit.ts";
import { anyOps, orderOps, timeOps } from "../ir/opcode.ts";
import type { OpName } from "../ir/opcode.ts";
import type { BinaryOp, Expr } from "../typed.ts";

type Binary = Extract<Expr, { kind: "binary" }>;

const INT: Readonly<Record<string, OpName>> = {
  add: "ADD_I",
  sub: "SUB_I",
  mul: "MUL_I",
  pow: "POW_I",
  "floor-div": "FLOORDIV_I",
  mod: "MOD_I",
};
const FLOAT: Readonly<Record<string, OpName>> = {
  add: "ADD_F",
  sub: "SUB_F",
  mul: "MUL_F",
  pow: "POW_F",
  div: "DIV_F",
};

/** An Int constant that fits an operand. */
export function smallInt(expr: Expr): number | null {
  if (expr.kind !== "const" || expr.type.kind !== "Int" || typeof expr.value !== "number") return null;
  return Math.abs(expr.value) < 2 ** 30 ? expr.value : null;
}

export function binary(unit: Unit, expr: Binary, dest: number): void {
  const { op, left, right } = expr;
  const step = op.on === "Int" && (op.op === "add" || op.op === "sub") ? smallInt(right) : null;
  if (step !== null) return unit.b.emit("ADDK_I", dest, unit.operand(left), op.op === "add" ? step : -step);
  const [a, b] = unit.operands([left, right]) as [number, number];
  unit.b.mark(expr.span);
  operate(unit, op, dest, a, b);
}

function operate(unit: Unit, op: BinaryOp, dest: number, a: number, b: number): void {
  const { b: code } = unit;
  switch (op.op) {
    case "lt":
    case "le":
    case "gt":
    case "ge":
      return order(unit, op.op, op.on, dest, a, b);
    case "eq":
    case "ne":
      equal(unit, op, dest, a, b);
      return op.op === "ne" ? code.emit("NOT", dest, dest) : undefined;
    case "add-duration":
    case "sub-duration":
    case "mul-int":
    case "mul-float":
    case "div-int":
    case "div-float":
    case "ratio":
      return code.emit("TIME", dest, a, b, timeOps.indexOf(op.op));
    default:
      return arithmetic(unit, op, dest, a, b);
  }
}

type Arithmetic = Extract<BinaryOp, { op: "add" | "sub" | "mul" | "pow" | "div" | "floor-div" | "mod" }>;

function arithmetic(unit: Unit, op: Arithmetic, dest: number, a: number, b: number): void {
  const { b: code } = unit;
  switch (op.on) {
    case "Int":
      return code.emit(INT[op.op]!, dest, a, b);
    case "Float":
      return code.emit(FLOAT[op.op]!, dest, a, b);
    case "Any":
      return code.emit("ANY_ARITH", dest, a, b, anyOps.indexOf(op.op));
    case "String":
      return code.emit("JOIN", dest, a, b);
    case "Duration":
      return code.emit("TIME", dest, a, b, timeOps.indexOf(op.op === "add" ? "add" : "sub"));
    case "Instant":
      return code.emit("TIME", dest, a, b, timeOps.indexOf("instant-sub"));
    case "list":
    case "Bytes":
      return joined(unit, op.on, dest, a, b);
  }
}

function joined(unit: Unit, on: "list" | "Bytes", dest: number, a: number, b: number): void {
  unit.b.scratch(() => {
    const first = unit.b.window(2);
    unit.b.emit("MOVE", first, a);
    unit.b.emit("MOVE", first + 1, b);
    const native = unit.facts.tables.native(on === "list" ? "list-join/0" : "bytes-join/0", []);
    unit.b.emit("NATIVE", dest, native, first, 2);
  });
}

type OrderOn = Extract<BinaryOp, { op: "lt" | "le" | "gt" | "ge" }>["on"];

function order(unit: Unit, op: "lt" | "le" | "gt" | "ge", on: OrderOn, dest: number, a: number, b: number): void {
  if (on === "Any") return unit.b.emit("ORDER_ANY", dest, a, b, orderOps.indexOf(op));
  const [low, high] = op === "lt" || op === "le" ? [a, b] : [b, a];
  const strict = op === "lt" || op === "gt";
  if (on === "String" || on === "Char") return unit.b.emit(strict ? "LT_S" : "LE_S", dest, low, high);
  unit.b.emit(strict ? "LT" : "LE", dest, low, high);
}

function equal(unit: Unit, op: Extract<BinaryOp, { op: "eq" | "ne" }>, dest: number, a: number, b: number): void {
  if (op.on === "Bool" || op.on === "String") return unit.b.emit("EQ_P", dest, a, b);
  if (op.on === "structure") return unit.b.emit("EQ", dest, a, b, unit.facts.tables.type(op.of));
  unit.b.emit("EQ_N", dest, a, b);
}

export function negate(unit: Unit, expr: Extract<Expr, { kind: "negate" }>, dest: number): void {
  const a = unit.operand(expr.value);
  unit.b.mark(expr.span);
  if (expr.on === "Any") return unit.b.emit("ANY_ARITH", dest, a, a, anyOps.indexOf("negate"));
  unit.b.emit(expr.on === "Int" ? "NEG_I" : "NEG_F", dest, a);
}

/** Conditions become jumps, so that no Bool is made only to be tested. */
export function jump(unit: Unit, condition: Expr, label: Label, when: boolean): void {
  const { b } = unit;
  if (condition.kind === "not") return unit.jump(condition.value, label, !when);
  if (condition.kind === "logical") return logicalJump(unit, condition, label, when);
  if (condition.kind === "const") return condition.value === when ? b.emit("JUMP", label) : undefined;
  b.scratch(() => {
    if (condition.kind === "binary" && comparisonJump(unit, condition, label, when)) return;
    const a = unit.operand(condition);
    b.mark(condition.span);
    b.emit(when ? "JT" : "JF", a, label);
  });
}

function logicalJump(unit: Unit, expr: Extract<Expr, { kind: "logical" }>, label: Label, when: boolean): void {
  // `and` is false, `or` is true as soon as one side is: then nothing is left to decide.
  if ((expr.op === "or") === when) {
    unit.jump(expr.left, label, when);
    return unit.jump(expr.right, label, when);
  }
  const skip = unit.b.label();
  unit.jump(expr.left, skip, !when);
  unit.jump(expr.right, label, when);
  unit.b.place(skip);
}

const NUMERIC: ReadonlySet<string> = new Set(["Int", "Float", "Number", "Duration", "Instant"]);
const WITH_CONSTANT: Readonly<Record<string, readonly [OpName, OpName]>> = {
  lt: ["JLTK", "JNLTK"],
  le: ["JLEK", "JNLEK"],
  gt: ["JGTK", "JNGTK"],
  ge: ["JGEK", "JNGEK"],
  eq: ["JEQK", "JNEK"],
  ne: ["JNEK", "JEQK"],
};

function comparisonJump(unit: Unit, expr: Binary, label: Label, when: boolean): boolean {
  const { op, left, right } = expr;
  if (nilJump(unit, expr, label, when)) return true;
  const forms = WITH_CONSTANT[op.op];
  if (forms === undefined || !NUMERIC.has(op.on)) return false;
  const constant = smallInt(right);
  if (constant !== null) {
    unit.b.emit(forms[when ? 0 : 1], unit.operand(left), constant, label);
    return true;
  }
  const [a, b] = unit.operands([left, right]) as [number, number];
  if (op.op === "eq" || op.op === "ne") unit.b.emit((op.op === "eq") === when ? "JEQ" : "JNE", a, b, label);
  else {
    const [low, high] = op.op === "lt" || op.op === "le" ? [a, b] : [b, a];
    const strict = op.op === "lt" || op.op === "gt";
    unit.b.emit(strict ? (when ? "JLT" : "JNLT") : when ? "JLE" : "JNLE", low, high, label);
  }
  return true;
}

/** `x == nil`. */
function nilJump(unit: Unit, { op, left, right }: Binary, label: Label, when: boolean): boolean {
  if ((op.op !== "eq" && op.op !== "ne") || right.kind !== "const" || right.value !== null) return false;
  unit.b.emit((op.op === "eq") === when ? "JNIL" : "JVAL", unit.operand(left), label);
  return true;
}
