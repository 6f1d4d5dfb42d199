/** Values: constants, variables, constructions, fields, indices, conversions, text. */
import type { Unit } from "./unit.ts";
import { grow, release } from "./own.ts";
import { mayAssign } from "./walk.ts";
import { errorFields } from "../ir/opcode.ts";
import type { Capture, Expr, Local } from "../typed.ts";

type Of<K extends Expr["kind"]> = Extract<Expr, { kind: K }>;

export function constant(unit: Unit, expr: Of<"const">, dest: number): void {
  if (expr.type.kind === "Int" && typeof expr.value === "number" && Math.abs(expr.value) < 2 ** 30) {
    return unit.b.emit("INT", dest, expr.value);
  }
  unit.b.emit("CONST", dest, unit.facts.tables.constant(expr.value));
}

export function local(unit: Unit, expr: Of<"local">, dest: number): void {
  readable(unit, expr.local);
  if (expr.local.index !== dest) unit.b.emit("MOVE", dest, expr.local.index);
}

/** Emits the check that a variable was assigned, where it may not have been. */
export function readable(unit: Unit, variable: Local): void {
  if (variable.checked) unit.b.emit("CHECK", variable.index, unit.facts.tables.constant(variable.name));
  release(unit, variable);
}

export function operand(unit: Unit, expr: Expr): number {
  if (expr.kind === "local") {
    readable(unit, expr.local);
    return expr.local.index;
  }
  const dest = unit.b.temp();
  unit.expr(expr, dest);
  return dest;
}

/** A register to look into at once: the value goes nowhere, so a growing list stays its variable's own. */
export function peek(unit: Unit, expr: Expr): number {
  if (expr.kind === "local" && !expr.local.checked) return expr.local.index;
  return unit.operand(expr);
}

export function operands(unit: Unit, exprs: readonly Expr[]): number[] {
  return exprs.map((expr, i) => {
    const register = operand(unit, expr);
    if (register >= unit.b.locals || !exprs.slice(i + 1).some(mayAssign)) return register;
    const copy = unit.b.temp();
    unit.b.emit("MOVE", copy, register);
    return copy;
  });
}

/** The values in a row of registers; returns the first. */
export function row(unit: Unit, exprs: readonly Expr[]): number {
  const first = unit.b.window(exprs.length);
  exprs.forEach((expr, i) => unit.b.scratch(() => unit.expr(expr, first + i)));
  return first;
}

export function assign(unit: Unit, expr: Of<"assign">, dest: number | null): void {
  if (!grow(unit, expr)) {
    unit.expr(expr.value, expr.local.index);
    release(unit, expr.local);
  } else if (dest !== null) release(unit, expr.local);
  if (dest !== null) unit.b.emit("MOVE", dest, expr.local.index);
}

export function destructure(unit: Unit, expr: Of<"destructure">, dest: number | null): void {
  const { b } = unit;
  const value = b.temp();
  unit.expr(expr.value, value);
  expr.into.forEach((variable, i) => b.emit("FIELD", variable.index, value, i));
  if (dest !== null) b.emit("MOVE", dest, value);
}

export function list(unit: Unit, items: readonly Expr[], dest: number): void {
  const first = row(unit, items);
  unit.b.emit("LIST", dest, first, items.length);
}

export function map(unit: Unit, expr: Of<"map">, dest: number): void {
  const flat = expr.entries.flatMap((entry) => [entry.key, entry.value]);
  const first = row(unit, flat);
  unit.b.emit("MAP", dest, first, flat.length);
}

export function record(unit: Unit, expr: Of<"record">, dest: number): void {
  if (expr.base !== null) return update(unit, expr, expr.base, dest);
  const { b } = unit;
  const first = b.window(expr.of.fields.length);
  for (const field of expr.fields) b.scratch(() => unit.expr(field.value, first + field.param));
  b.emit("LIST", dest, first, expr.of.fields.length);
}

function update(unit: Unit, expr: Of<"record">, base: Expr, dest: number): void {
  const { b } = unit;
  const fresh = b.temp();
  unit.expr(base, fresh);
  const values = expr.fields.map((field) => {
    const value = b.temp();
    unit.expr(field.value, value);
    return { field: field.param, value };
  });
  b.emit("COPY", fresh, fresh);
  for (const { field, value } of values) b.emit("SET", fresh, field, value);
  b.emit("MOVE", dest, fresh);
}

export function caseOf(unit: Unit, expr: Of<"case">, dest: number): void {
  const payload = expr.payload ?? ({ kind: "const", value: null, type: { kind: "Nil" }, span: expr.span } as const);
  unit.b.emit("CASE", dest, expr.index, unit.operand(payload));
}

export function index(unit: Unit, expr: Of<"index">, dest: number): void {
  const peeked = expr.object.kind === "local" && !mayAssign(expr.index);
  const [object, at] = peeked
    ? [peek(unit, expr.object), unit.operand(expr.index)]
    : (unit.operands([expr.object, expr.index]) as [number, number]);
  unit.b.mark(expr.span);
  switch (expr.on) {
    case "list":
    case "Bytes":
      return unit.b.emit("INDEX", dest, object, at);
    case "map":
      return unit.b.emit("INDEX_MAP", dest, object, at, unit.facts.tables.type(expr.index.type));
    case "Any":
      return unit.b.emit("INDEX_ANY", dest, object, at);
  }
}

export function errorField(unit: Unit, expr: Of<"error-field">, dest: number): void {
  const text = expr.name === "trace" && expr.type.kind === "String";
  unit.b.emit("ERROR_FIELD", dest, unit.operand(expr.object), errorFields.indexOf(text ? "trace-text" : expr.name));
}

export function convert(unit: Unit, expr: Of<"convert">, dest: number): void {
  const { b, facts } = unit;
  const { conversion } = expr;
  const a = unit.operand(expr.value);
  b.mark(expr.span);
  switch (conversion.kind) {
    case "int-to-float":
      return b.emit("TO_FLOAT", dest, a);
    case "to-any":
      return b.emit("TO_ANY", dest, a, facts.tables.type(conversion.from));
    case "from-any":
      return b.emit("FROM_ANY", dest, a, facts.tables.type(conversion.to));
    case "wrap-some":
      return b.emit("SOME", dest, a);
    case "unwrap-some":
      return b.emit("UNSOME", dest, a);
    case "map-to-list":
      return b.emit("MAP_TO_LIST", dest, a);
    case "list-to-map":
      return b.emit("LIST_TO_MAP", dest, a);
    case "to-callback":
      return b.emit("CLOSURE", dest, facts.callbackAdapter(conversion.params, conversion.result), a, 1);
  }
}

export function text(unit: Unit, expr: Of<"text">, dest: number): void {
  if (expr.from.kind === "String") return unit.expr(expr.value, dest);
  unit.b.emit("TEXT", dest, unit.operand(expr.value), unit.facts.tables.type(expr.from));
}

export function concat(unit: Unit, expr: Of<"concat">, dest: number): void {
  const first = row(unit, expr.parts);
  unit.b.emit("CONCAT", dest, first, expr.parts.length);
}

/** A closure of a captured body. */
export function closure(unit: Unit, body: Capture, dest: number): void {
  const { b } = unit;
  const first = b.window(body.captures.length);
  body.captures.forEach((variable, i) => {
    readable(unit, variable);
    b.emit("MOVE", first + i, variable.index);
  });
  b.emit("CLOSURE", dest, body.fn, first, body.captures.length);
}

export function coalesce(unit: Unit, expr: Of<"coalesce">, dest: number): void {
  const { b } = unit;
  const value = b.temp();
  const [some, end] = [b.label(), b.label()];
  unit.expr(expr.left, value);
  b.emit("JVAL", value, some);
  unit.expr(expr.right, value);
  b.emit("JUMP", end);
  b.place(some);
  if (expr.boxed) b.emit("UNSOME", value, value);
  b.place(end);
  b.emit("MOVE", dest, value);
}

/** A Bool made from a condition. */
export function truth(unit: Unit, expr: Expr, dest: number): void {
  const { b, facts } = unit;
  const [yes, end] = [b.label(), b.label()];
  unit.jump(expr, yes, true);
  b.emit("CONST", dest, facts.tables.constant(false));
  b.emit("JUMP", end);
  b.place(yes);
  b.emit("CONST", dest, facts.tables.constant(true));
  b.place(end);
}
