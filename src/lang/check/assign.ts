/**
 * Assigning and declaring (rules 3 to 6).
 *
 *   G1  `x = e` assigns the nearest visible variable, and declares one in the innermost scope when there is none.
 *   G2  `x: T = e` and a `for` head declare: another type than before gets another slot.
 *   G3  What belongs to another routine cannot be assigned.
 */
import type { Bind as BindTree, Expr as Tree, Ident, Target, TypeExpr } from "../ast.ts";
import { accept, convert, fits } from "./accept.ts";
import type { Checked } from "./checked.ts";
import { wrong } from "./checked.ts";
import { fail, infer, report } from "./context.ts";
import type { Routine } from "./context.ts";
import { addSlot, declareVariable, emitLocal, findEntity, localOf, reportMeeting, temporary } from "./names.ts";
import { typeOf } from "./types.ts";
import { isWrong, openTy, resolve, show, showA, WRONG } from "./infer-types.ts";
import type { Ty } from "./infer-types.ts";
import type { Fix } from "../diagnostic.ts";
import type { Slot, Variable } from "./scope.ts";
import type { Span } from "../source.ts";
import type { Bind, Expr, Statement } from "../typed.ts";
import { couldUnify, unify } from "./unify.ts";

/** `x = e` or `(a, b) = e`. */
export function checkAssign(r: Routine, tree: Extract<Tree, { readonly kind: "assign" }>): Checked {
  const { target } = tree;
  return target.kind === "name"
    ? assignName(r, target.name, tree.value, tree.span)
    : assignTuple(r, target, tree.value, tree.span);
}

function assignName(r: Routine, name: Ident, valueTree: Tree, span: Span): Checked {
  const variable = assignable(r, name);
  if (variable === "refused") {
    infer(r, valueTree);
    return wrong(span);
  }
  const known = variable === null ? [] : (r.flow.factOf(variable)?.slots ?? []);
  const value = inferNamed(r, name.name, variable, valueTree, known.length === 1 ? (known[0]?.ty ?? null) : null);
  return assignValue(r, name, value, valueTree, span);
}

/** The value for a name; a lambda in it may not mean the name itself (rule 21). */
function inferNamed(r: Routine, name: string, variable: Variable | null, tree: Tree, expected: Ty | null): Checked {
  const inner = withoutParens(tree);
  if (inner.kind !== "lambda") return infer(r, tree, expected);
  r.assigning.push({ name, variable });
  const value = infer(r, tree, expected);
  r.assigning.pop();
  return value;
}

export function withoutParens(tree: Tree): Tree {
  return tree.kind === "paren" ? withoutParens(tree.inner) : tree;
}

/** Stores a checked value in the name, which must not have been refused. */
function assignValue(r: Routine, name: Ident, value: Checked, tree: Tree | null, span: Span): Checked {
  const variable = r.scope.find(name.name) ?? declareVariable(r, r.scope.home, name.name, name.span);
  const slot = slotFor(r, variable, value, name, tree);
  if (slot === null) return wrong(span);
  const stored = accept(r, value, slot.ty, mismatch(r, slot, name, value));
  r.learn(variable, { slots: [slot], unassigned: false, narrowed: 0, heads: [] });
  return storing(slot, stored, span);
}

function storing(slot: Slot, value: Checked, span: Span): Checked {
  const emit = (): Expr => ({
    kind: "assign",
    local: localOf(slot),
    value: value.emit(),
    type: localOf(slot).type,
    span,
  });
  return { ty: slot.ty, span, pure: false, emit };
}

/** The variable that the name assigns; null: a new one; refused: reported. */
function assignable(r: Routine, name: Ident): Variable | null | "refused" {
  const variable = r.scope.find(name.name);
  if (variable !== null) return variable.routine === r.index ? variable : refuseOutside(r, name, variable);
  const entity = findEntity(r, name.name);
  if (entity === null) return null;
  if (r.file.declared.has(name.name)) {
    report(
      r,
      name.span,
      "assign-to-declaration",
      { name: name.name },
      {
        label: "declared in this file",
        hint: "Use another name",
      },
    );
    return "refused";
  }
  r.program.hidden.push({ r, name: name.name, span: name.span });
  return null;
}

const routineNames = {
  lambda: "a lambda",
  branch: "a branch",
  undo: "an `undo`",
  main: "",
  function: "",
  workflow: "",
};

function refuseOutside(r: Routine, name: Ident, variable: Variable): "refused" {
  const who = routineNames[r.kind];
  report(
    r,
    name.span,
    "assign-outside",
    { who, name: name.name },
    {
      label: "declared outside",
      also: [{ span: variable.declared, text: "declared here" }],
      hint:
        r.kind === "lambda"
          ? "Return the new value, and take it with `fold` or `map`"
          : "Take it from the block's value",
    },
  );
  return "refused";
}

/** Where the value goes: the slot that holds the variable now, or on a path without one, the slot of its type. */
function slotFor(r: Routine, variable: Variable, value: Checked, name: Ident, tree: Tree | null): Slot | null {
  const now = r.flow.factOf(variable)?.slots ?? [];
  if (now.length === 1) return now[0] ?? null;
  if (now.length > 1) return meetingSlot(r, variable, now, value, name);
  const same =
    variable.slots.find((slot) => couldUnify(slot.ty, value.ty)) ??
    variable.slots.find((slot) => fits(value.ty, slot.ty));
  return same ?? addSlot(r, variable, declaredTy(value), name.span, tree);
}

function declaredTy(value: Checked): Ty {
  return resolve(value.ty).kind === "Never" ? WRONG : value.ty;
}

function meetingSlot(r: Routine, variable: Variable, slots: readonly Slot[], value: Checked, name: Ident): Slot | null {
  const same = slots.find((slot) => couldUnify(slot.ty, value.ty));
  if (same === undefined && !isWrong(value.ty)) reportMeeting(r, variable.name, slots, name.span);
  return same ?? null;
}

/** The words for an assignment of another type, with the fix that makes the first `0` a `0.0` (rule 6). */
function mismatch(r: Routine, slot: Slot, name: Ident, value: Checked): { what: string; extras: object } {
  const from = resolve(value.ty);
  const to = resolve(slot.ty);
  const first = { span: slot.declared, text: `\`${name.name}\` is ${showA(slot.ty)} since here` };
  const fix = from.kind === "Float" && to.kind === "Int" ? floatFix(r, slot, name.name) : null;
  if (fix !== null) return { what: `\`${name.name}\``, extras: { also: [first], hint: fix.title, fix } };
  return { what: `\`${name.name}\``, extras: { also: [first] } };
}

function floatFix(r: Routine, slot: Slot, name: string): Fix | null {
  const literal = slot.first === null ? null : intLiteral(slot.first);
  if (literal === null) return null;
  const text = `${r.file.source.text.slice(literal.start, literal.end)}.0`;
  return {
    title: `Begin with a Float: \`${name} = ${text}\``,
    edits: [{ source: r.file.source, span: literal, text }],
  };
}

function intLiteral(tree: Tree): Span | null {
  const inner = withoutParens(tree);
  if (inner.kind === "int") return inner.span;
  return inner.kind === "unary" && withoutParens(inner.operand).kind === "int" ? inner.span : null;
}

/** `x: T = e` (G2). */
export function checkDeclare(r: Routine, name: Ident, type: TypeExpr, valueTree: Tree): () => readonly Statement[] {
  const ty = typeOf(r.program, r.file, type);
  const value = accept(r, inferNamed(r, name.name, null, valueTree, ty), ty, { what: `\`${name.name}\`` });
  const slot = declare(r, name, ty, valueTree);
  const span = { start: name.span.start, end: valueTree.span.end };
  return () => [{ kind: "expression", expr: storing(slot, value, span).emit() }];
}

/** Declares in the innermost scope; a type it had before keeps its slot. */
export function declare(r: Routine, name: Ident, ty: Ty, first: Tree | null): Slot {
  const { home } = r.scope;
  const known = r.scope.names.get(name.name) ?? home.names.get(name.name);
  const variable = known ?? declareVariable(r, home, name.name, name.span);
  const same = variable.slots.find((slot) => couldUnify(slot.ty, ty));
  if (same !== undefined) unify(same.ty, ty, r.closing);
  const slot = same ?? addSlot(r, variable, ty, name.span, first);
  r.learn(variable, { slots: [slot], unassigned: false, narrowed: 0, heads: [] });
  return slot;
}

function assignTuple(r: Routine, target: Extract<Target, { kind: "tuple" }>, valueTree: Tree, span: Span): Checked {
  const refused = target.names.filter((name) => assignable(r, name) === "refused");
  const value = inferTuple(r, valueTree, target.names.length);
  const items = itemsOf(r, value, target.names.length);
  if (items === null || refused.length > 0) {
    for (const name of target.names)
      if (!refused.includes(name)) assignValue(r, name, wrong(name.span), null, name.span);
    return wrong(span);
  }
  const parts = items.map((ty) => temporary(r, ty));
  const stores = target.names.map((name, i) => assignValue(r, name, slotValue(parts[i], name.span), null, name.span));
  return { ty: value.ty, span, pure: false, emit: () => emitTuple(parts, stores, value, span) };
}

/** A `para` that is taken apart gives a tuple, each value with its own type (rule 8). */
function inferTuple(r: Routine, tree: Tree, size: number): Checked {
  const inner = withoutParens(tree);
  if (inner.kind !== "para") return infer(r, tree);
  return infer(r, tree, { kind: "tuple", items: Array.from({ length: size }, () => openTy(tree.span, "nil")) });
}

function itemsOf(r: Routine, value: Checked, size: number): readonly Ty[] | null {
  const ty = resolve(value.ty);
  if (ty.kind === "error" || ty.kind === "Never") return null;
  if (ty.kind === "tuple" && ty.items.length === size) return ty.items;
  report(
    r,
    value.span,
    "wrong-tuple",
    { size, found: show(ty) },
    {
      label: `${showA(ty)}`,
      hint: ty.kind === "list" ? "Take single elements with `xs[0]`" : undefined,
    },
  );
  return null;
}

function slotValue(slot: Slot | undefined, span: Span): Checked {
  if (slot === undefined) return wrong(span);
  return { ty: slot.ty, span, pure: true, emit: () => emitLocal(slot, span) };
}

/** Taken apart into unseen locals, then stored: storing may convert. */
function emitTuple(parts: readonly Slot[], stores: readonly Checked[], value: Checked, span: Span): Expr {
  const made = value.emit();
  const apart: Expr = { kind: "destructure", into: parts.map(localOf), value: made, type: made.type, span };
  const items = parts.map((part) => emitLocal(part, span));
  const statements = [apart, ...stores.map((s) => s.emit())].map((expr): Statement => ({ kind: "expression", expr }));
  const whole: Expr = { kind: "tuple", items, type: made.type, span };
  return { kind: "block", block: { statements, value: whole, type: made.type }, type: made.type, span };
}

/** How a parameter or element is taken apart, and what must run before the body to convert it. */
export interface Taken {
  readonly bind: () => Bind;
  readonly prologue: () => readonly Statement[];
  /** The slot when the bind is a plain name. */
  readonly slot: Slot | null;
}

/** Declares the names of a bind for a value of type `ty`. */
export function takeApart(r: Routine, tree: BindTree, ty: Ty): Taken {
  if (tree.kind === "name") return takeName(r, tree, ty);
  const at = resolve(ty);
  if (at.kind === "open")
    unify(at, { kind: "tuple", items: tree.items.map((i) => openTy(i.span, "parameter")) }, r.closing);
  const whole = resolve(ty);
  const items = whole.kind === "tuple" && whole.items.length === tree.items.length ? whole.items : null;
  if (items === null && !isWrong(whole)) {
    report(
      r,
      tree.span,
      "wrong-tuple",
      { size: tree.items.length, found: show(whole) },
      { label: `takes apart ${showA(whole)}` },
    );
  }
  const parts = tree.items.map((item, i) => takeApart(r, item, items?.[i] ?? WRONG));
  return {
    bind: () => ({ kind: "tuple", items: parts.map((p) => p.bind()) }),
    prologue: () => parts.flatMap((p) => p.prologue()),
    slot: null,
  };
}

function takeName(r: Routine, tree: Extract<BindTree, { kind: "name" }>, ty: Ty): Taken {
  const declared = tree.type === null ? ty : typeOf(r.program, r.file, tree.type);
  const direct = couldUnify(declared, ty) && unify(declared, ty, r.closing);
  const slot = declare(r, tree.name, declared, null);
  if (direct) return { bind: () => ({ kind: "local", local: localOf(slot) }), prologue: () => [], slot };
  const given = temporary(r, ty);
  const value = convert(r, slotValue(given, tree.span), declared, false);
  if (value === null)
    fail(
      r,
      tree.span,
      "wrong-type",
      { expected: show(declared), found: show(ty) },
      { label: `its values are \`${show(ty)}\`` },
    );
  return {
    bind: () => ({ kind: "local", local: localOf(given) }),
    prologue: () => (value === null ? [] : [{ kind: "expression", expr: storing(slot, value, tree.span).emit() }]),
    slot: given,
  };
}
