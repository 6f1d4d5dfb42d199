/** Constants: what a default may be (rules 46, 55), and its value. */
import type { Expr as Tree } from "../ast.ts";
import type { Expr } from "../typed.ts";
import { AnyFloat } from "../../wit/any.ts";
import { CaseValue, Some } from "../../wit/value.ts";
import type { Value } from "../../wit/value.ts";

/** Literals, and lists, tuples, maps, records and cases of constants. `mayName` says which names can be in one. */
export function isConstant(tree: Tree, mayName: (name: string) => boolean): boolean {
  const go = (inner: Tree): boolean => isConstant(inner, mayName);
  switch (tree.kind) {
    case "int":
    case "float":
    case "string":
    case "char":
    case "bytes":
    case "duration":
    case "bool":
    case "nil":
    case "error":
      return true;
    case "name":
      return mayName(tree.name);
    case "member":
      return go(tree.object);
    case "paren":
      return go(tree.inner);
    case "unary":
      return tree.op !== "!" && go(tree.operand);
    case "list":
    case "tuple":
      return tree.items.every(go);
    case "map":
      return tree.entries.every((e) => go(e.key) && go(e.value));
    case "call":
      return go(tree.callee) && tree.args.every((a) => !a.spread && go(a.value));
    default:
      return false;
  }
}

/** The value of a typed constant, or undefined when it is none (it named something that is not). */
export function constantValue(expr: Expr): Value | undefined {
  switch (expr.kind) {
    case "const":
      return expr.value;
    case "list":
    case "tuple":
      return allValues(expr.items);
    case "map":
      return mapValue(expr.entries);
    case "record":
      return recordValue(expr);
    case "case": {
      const payload = expr.payload === null ? null : constantValue(expr.payload);
      return payload === undefined ? undefined : new CaseValue(expr.index, payload);
    }
    case "convert":
      return converted(expr);
    default:
      return undefined;
  }
}

function allValues(items: readonly Expr[]): Value | undefined {
  const values = items.map(constantValue);
  return values.every((v) => v !== undefined) ? values : undefined;
}

function mapValue(entries: readonly { readonly key: Expr; readonly value: Expr }[]): Value | undefined {
  const map = new Map<Value, Value>();
  for (const entry of entries) {
    const key = constantValue(entry.key);
    const value = constantValue(entry.value);
    if (key === undefined || value === undefined) return undefined;
    map.set(key, value);
  }
  return map;
}

function recordValue(expr: Extract<Expr, { kind: "record" }>): Value | undefined {
  const fields = expr.of.fields.map((): Value | undefined => undefined);
  for (const { param, value } of expr.fields) fields[param] = constantValue(value);
  return expr.base === null && fields.every((f) => f !== undefined) ? fields : undefined;
}

function converted({ conversion, value }: Extract<Expr, { kind: "convert" }>): Value | undefined {
  const from = constantValue(value);
  if (from === undefined) return undefined;
  if (conversion.kind === "wrap-some") return new Some(from);
  if (conversion.kind === "int-to-float") return Number(from);
  if (conversion.kind !== "to-any") return undefined;
  const { kind } = conversion.from;
  if (kind === "Float" && typeof from === "number") return new AnyFloat(from);
  return ["Nil", "Bool", "Int", "String", "Bytes"].includes(kind) ? from : undefined;
}
