/**
 * Calls that can be told before they come: those of a `for` whose body is one foreign call, and of `map`, `filter` and
 * `sort` by a lambda whose body is one. Then many of them can travel in one message (ir.ts, `IrAhead`).
 *
 *   A1  Between a call's answer and the next call of the loop nothing happens that may fail or be noticed: all that is
 *       done with the answer is in `calmParts`. Else a call might be made that the program never came to.
 *   A2  The arguments are pure and do not depend on an answer. They may fail: then what is told ends before them.
 *   A3  No argument or result is a handle that changes hands, a callback, a stream or a future.
 */
import { Builder } from "./builder.ts";
import { element, takeApart } from "./bind.ts";
import { arrange } from "./call.ts";
import type { Unit } from "./unit.ts";
import { hasSite, walk } from "./walk.ts";
import { isCallback } from "../check/wit-types.ts";
import { PEEK_PARAMS } from "../ir/ir.ts";
import type { IrFunction } from "../ir/ir.ts";
import type { Bind, Block, Expr, ForeignCall, Local, Statement } from "../typed.ts";
import type { WitType } from "../../wit/types.ts";

/** `items` and `at` are the registers of the loop's list and index. */
export function expectInLoop(unit: Unit, loop: Extract<Statement, { kind: "for" }>, items: number, at: number): void {
  const call = loneCall(unit, loop.body, boundBy(loop.bind));
  if (call === null) return;
  const bind = (to: Unit, list: number, from: number): void => element(to, loop.bind, list, from);
  unit.expected.set(call, { list: items, at, peek: unit.facts.extra(peekFunction(unit, call, bind)) });
}

/** A lambda that a builtin may go over a list with. */
export function expectInLambda(unit: Unit): void {
  const { params, unpack, body } = unit.fn;
  const [param] = params;
  const call = params.length === 1 ? loneCall(unit, body, []) : null;
  if (param === undefined || call === null) return;
  const bind = (to: Unit, list: number, from: number): void => {
    to.b.emit("AT", param.index, list, from);
    for (const each of unpack) takeApart(to, each.into, each.from.index);
  };
  unit.expected.set(call, { list: -1, at: -1, peek: unit.facts.extra(peekFunction(unit, call, bind)) });
}

function boundBy(bind: Bind): readonly Local[] {
  return bind.kind === "local" ? [bind.local] : bind.items.flatMap(boundBy);
}

/** The call that is all a body does, if it can be told ahead. `bound` are given new values before each turn. */
function loneCall(unit: Unit, { statements, value }: Block, bound: readonly Local[]): ForeignCall | null {
  const [only, ...more] = [...statements, ...(value === null ? [] : [{ kind: "expression", expr: value } as const])];
  if (only?.kind !== "expression" || more.length > 0) return null;
  const calls: ForeignCall[] = [];
  const assigned = new Set<Local>();
  if (!isCalm(only.expr, calls, assigned)) return null;
  const [call, ...others] = calls;
  if (call === undefined || others.length > 0 || call.fork || !carriesData(call)) return null;
  for (const local of bound) assigned.delete(local);
  return isForeseeable(call, assigned, unit.facts.silent) ? call : null;
}

/** A1. Collects the calls in the expression and the variables it assigns; arguments are not looked into. */
function isCalm(expr: Expr, calls: ForeignCall[], assigned: Set<Local>): boolean {
  if (expr.kind === "foreign") return calls.push(expr) > 0;
  if (expr.kind === "assign") assigned.add(expr.local);
  if (expr.kind === "destructure") for (const local of expr.into) assigned.add(local);
  return calmParts(expr)?.every((part) => isCalm(part, calls, assigned)) ?? false;
}

const CALM_CONVERSIONS: ReadonlySet<string> = new Set(["int-to-float", "to-any", "wrap-some", "map-to-list"]);

/** The operands of what cannot fail itself; null for all else. */
function calmParts(expr: Expr): readonly Expr[] | null {
  switch (expr.kind) {
    case "const":
      return [];
    case "local":
      return expr.local.checked ? null : [];
    case "assign":
    case "destructure":
      return [expr.value];
    case "convert":
      return CALM_CONVERSIONS.has(expr.conversion.kind) ? [expr.value] : null;
    case "list":
    case "tuple":
      return expr.items;
    case "case":
      return expr.payload === null ? [] : [expr.payload];
    case "field":
      return [expr.object];
    case "record":
      return expr.base === null ? expr.fields.map((field) => field.value) : null;
    case "prelude":
      return expr.name === "push" || expr.name === "put" ? expr.args : null;
    case "binary":
      return isCalmOperator(expr) ? [expr.left, expr.right] : null;
    default:
      return null;
  }
}

function isCalmOperator({ op }: Extract<Expr, { kind: "binary" }>): boolean {
  if (op.on === "list") return op.op === "add";
  return op.on === "Float" && (op.op === "add" || op.op === "sub" || op.op === "mul" || op.op === "div");
}

/** What may stand in an argument: every node gives a value and does nothing else. */
const VALUES: ReadonlySet<string> = new Set([
  "local",
  "convert",
  "text",
  "concat",
  "negate",
  "not",
  "binary",
  "logical",
  "coalesce",
  "list",
  "tuple",
  "map",
  "record",
  "case",
  "field",
  "error-field",
  "any-field",
  "flag",
  "index",
  "if",
  "call",
  "prelude",
  "lambda",
]);

/** A2 */
function isForeseeable(call: ForeignCall, assigned: ReadonlySet<Local>, silent: readonly boolean[]): boolean {
  if (hasSite(call.args, silent)) return false;
  let fine = true;
  walk(call.args, (node) => {
    if (!VALUES.has(node.kind)) fine = false;
    if (node.kind === "local" && assigned.has(node.local)) fine = false;
    if (node.kind === "lambda" && node.body.captures.some((local) => assigned.has(local))) fine = false;
    return fine;
  });
  return fine;
}

/** A3 */
function carriesData({ wit }: ForeignCall): boolean {
  return wit.params.every((param) => isData(param.type)) && (wit.result === null || isData(wit.result));
}

function isData(type: WitType): boolean {
  const all = (types: readonly (WitType | null)[]): boolean => types.every((part) => part === null || isData(part));
  switch (type.kind) {
    case "own":
    case "stream":
    case "future":
    case "error-context":
      return false;
    case "borrow":
      return !isCallback(type);
    case "list":
      return isData(type.element);
    case "option":
      return isData(type.some);
    case "map":
      return all([type.key, type.value]);
    case "tuple":
      return all(type.items);
    case "result":
      return all([type.ok, type.err]);
    case "record":
      return all(type.fields.map((field) => field.type));
    case "variant":
      return all(type.cases.map((each) => each.type));
    default:
      return true;
  }
}

/** `bind` gives the loop's variables the element of a list. */
function peekFunction(
  around: Unit,
  call: ForeignCall,
  bind: (unit: Unit, list: number, at: number) => void,
): IrFunction {
  const variables = around.fn.locals.length;
  const params = variables + PEEK_PARAMS;
  const b = new Builder(params, null);
  const unit = around.beside(b);
  const [list, from, to] = [variables, variables + 1, variables + 2];
  const [top, test] = [b.label(), b.label()];
  const out = b.temp();
  b.emit("LIST_NEW", out);
  b.emit("JUMP", test);
  b.place(top);
  bind(unit, list, from);
  b.scratch(() => {
    const args = b.temp();
    b.emit("LIST", args, arrange(unit, call.args), call.args.length);
    b.emit("APPEND", out, args);
  });
  b.emit("ADDK_I", from, from, 1);
  b.place(test);
  b.emit("JLT", from, to, top);
  b.emit("RETURN", out);
  const { code, lines, registers } = b.finish();
  const name = `${around.fn.name} ahead`;
  return { name, file: -1, kind: "function", params, captures: 0, registers, silent: true, code, lines, ahead: [] };
}
