/** What a piece of program assigns, seen without knowing any type: for loops, whose end comes before their beginning. */
import type { Bind, Block, Body, Expr, Statement } from "../ast.ts";

/** The names assigned or declared, nested scopes included (a nested scope may assign an outer name). */
export function assignedNames(statements: readonly Statement[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const statement of statements) scanStatement(statement, names, true);
  return names;
}

/** The names that these statements declare in their own scope: those in nested opaque scopes are not among them. */
export function declaredNames(statements: readonly Statement[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const statement of statements) scanStatement(statement, names, false);
  return names;
}

export function bindNames(bind: Bind): readonly string[] {
  return bind.kind === "name" ? [bind.name.name] : bind.items.flatMap(bindNames);
}

type Found = Set<string>;

function scanStatement(statement: Statement, found: Found, deep: boolean): void {
  switch (statement.kind) {
    case "declare":
      found.add(statement.name.name);
      return scanExpr(statement.value, found, deep);
    case "for":
      for (const name of bindNames(statement.bind)) found.add(name);
      scanExpr(statement.list, found, deep);
      return scanBody(statement.body, found, deep);
    case "while":
      scanExpr(statement.condition, found, deep);
      return scanBody(statement.body, found, deep);
    case "expression":
      return scanExpr(statement.expr, found, deep);
    case "print":
    case "raise":
      return scanExpr(statement.value, found, deep);
    case "assert":
      return scanExpr(statement.condition, found, deep);
    case "return":
      return statement.value === null ? undefined : scanExpr(statement.value, found, deep);
    case "undo":
    case "break":
    case "continue":
    case "misplaced":
    case "error":
      return undefined;
  }
}

function scanBody(body: Body | Block, found: Found, deep: boolean): void {
  for (const statement of body.statements) scanStatement(statement, found, deep);
}

/** Only what can hold an assignment; lambdas and branches assign nothing outside. */
function scanExpr(expr: Expr, found: Found, deep: boolean): void {
  const go = (inner: Expr): void => scanExpr(inner, found, deep);
  switch (expr.kind) {
    case "assign":
      for (const name of expr.target.kind === "name" ? [expr.target.name] : expr.target.names) found.add(name.name);
      return go(expr.value);
    case "paren":
      return go(expr.inner);
    case "unary":
    case "try-result":
    case "label":
    case "spawn":
    case "await":
      return go(expr.operand);
    case "binary":
      go(expr.left);
      return go(expr.right);
    case "call":
      go(expr.callee);
      return expr.args.forEach((arg) => go(arg.value));
    case "fork":
      return expr.args.forEach((arg) => go(arg.value));
    case "index":
      go(expr.object);
      return go(expr.index);
    case "member":
    case "item":
      return go(expr.object);
    case "tuple":
    case "list":
      return expr.items.forEach(go);
    case "map":
      return expr.entries.forEach((entry) => {
        go(entry.key);
        go(entry.value);
      });
    case "interpolation":
      return expr.parts.forEach((part) => (typeof part === "string" ? undefined : go(part)));
    case "seq":
      return deep ? scanBody(expr.block, found, deep) : undefined;
    case "if":
      go(expr.condition);
      scanBody(expr.then, found, deep);
      if (expr.otherwise?.kind === "if") return go(expr.otherwise);
      return expr.otherwise === null ? undefined : scanBody(expr.otherwise, found, deep);
    case "timeout":
    case "retry":
      expr.args.forEach((arg) => go(arg.value));
      return scanBody(expr.block, found, deep);
    case "try":
      for (const block of [expr.body, expr.handler?.body, expr.cleanup]) if (block) scanBody(block, found, deep);
      return undefined;
    case "match":
      go(expr.subject);
      return expr.arms.forEach((arm) => scanBody(arm.body, found, deep));
    default:
      return undefined;
  }
}
