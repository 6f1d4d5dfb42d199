/**
 * Lists and maps that grow in place. `xs = push(xs, x)` in a loop would copy the list every time; when nobody else can
 * see the list, adding to it is the same and costs nothing.
 *
 *   W1  Beside such a variable stands a register that is true while the variable's list is its own: made by the last
 *       APPEND_OWN, and not read since in any way that could keep it.
 *   W2  Every other read and every other assignment sets it back; so values stay immutable for everybody.
 */
import type { Unit } from "./unit.ts";
import { mayAssign, walk } from "./walk.ts";
import type { Block, Expr, Local } from "../typed.ts";

type Assign = Extract<Expr, { kind: "assign" }>;

/** What is added to the variable's own value; null when the assignment is something else. */
function growth(expr: Assign): { readonly op: "append" | "put"; readonly parts: readonly Expr[] } | null {
  const { value } = expr;
  const isSelf = (e: Expr | undefined): boolean => e?.kind === "local" && e.local === expr.local && !e.local.checked;
  const found = ((): { op: "append" | "put"; parts: readonly Expr[] } | null => {
    if (value.kind === "prelude" && isSelf(value.args[0])) {
      if (value.name === "push") return { op: "append", parts: value.args.slice(1) };
      return value.name === "put" ? { op: "put", parts: value.args.slice(1) } : null;
    }
    const joins = value.kind === "binary" && value.op.op === "add" && value.op.on === "list" && isSelf(value.left);
    return joins && value.right.kind === "list" ? { op: "append", parts: value.right.items } : null;
  })();
  return found === null || found.parts.some(mayAssign) ? null : found;
}

/** The variables that grow and are assigned in no other way than by `=`. */
export function growingLocals(body: Block): readonly Local[] {
  const growing = new Set<Local>();
  const others = new Set<Local>();
  walk(body, (node) => {
    if (node.kind === "assign" && growth(node) !== null) growing.add(node.local);
    for (const local of boundBy(node)) others.add(local);
    return true;
  });
  return [...growing].filter((local) => !others.has(local));
}

/** Variables that a node gives a value to otherwise. Patterns are nodes here too. */
function boundBy(node: unknown): Local[] {
  const found: Local[] = [];
  const { kind, into, bind, local, handler } = node as {
    kind: string;
    into?: readonly Local[];
    bind?: unknown;
    local?: Local;
    handler?: { local: Local } | null;
  };
  if (kind === "destructure" && into !== undefined) found.push(...into);
  if (kind === "bind" && local !== undefined) found.push(local);
  if (kind === "try" && handler) found.push(handler.local);
  if (kind === "for") collect(bind, found);
  return found;
}

function collect(bind: unknown, found: Local[]): void {
  const { local, items } = bind as { local?: Local; items?: readonly unknown[] };
  if (local !== undefined) found.push(local);
  for (const item of items ?? []) collect(item, found);
}

/** Emits the assignment when it is a growth. False when it is something else. */
export function grow(unit: Unit, expr: Assign): boolean {
  const own = unit.own.get(expr.local);
  const growing = own === undefined ? null : growth(expr);
  if (own === undefined || growing === null) return false;
  const { b } = unit;
  const first = b.window(growing.parts.length);
  growing.parts.forEach((part, i) => b.scratch(() => unit.expr(part, first + i)));
  if (growing.op === "put") b.emit("PUT_OWN", expr.local.index, first, own);
  else growing.parts.forEach((_, i) => b.emit("APPEND_OWN", expr.local.index, first + i, own));
  return true;
}

/** The variable's value may now be seen by others (W2). */
export function release(unit: Unit, local: Local): void {
  const own = unit.own.get(local);
  if (own !== undefined) unit.b.emit("INT", own, 0);
}
