/**
 * Names: which variable or thing one stands for, what is known of a variable here, and what a lambda captures.
 *
 *   Order: locals, the file's declarations, what it required, the prelude (rule 22).
 */
import type { Checked } from "./checked.ts";
import { wrong } from "./checked.ts";
import { fail, report } from "./context.ts";
import type { Routine } from "./context.ts";
import type { Entity } from "./entities.ts";
import { close, isWrong, openTy, show } from "./infer-types.ts";
import type { Ty } from "./infer-types.ts";
import { nearest } from "../nearest.ts";
import { prelude } from "../prelude.ts";
import { narrowedTy } from "./scope.ts";
import type { Fact, Scope, Slot, Variable } from "./scope.ts";
import type { Span } from "../source.ts";
import type { Expr, Local } from "../typed.ts";
import { isNullable } from "../types.ts";
import type { Expr as Tree } from "../ast.ts";
import { Defect } from "../../fault.ts";

export function findEntity(r: Routine, name: string): Entity | null {
  const own = r.file.declared.get(name);
  if (own !== undefined) return own;
  const required = r.file.required.get(name);
  if (required !== undefined) {
    r.file.used.add(name);
    return required;
  }
  return Object.hasOwn(prelude, name) ? { kind: "prelude", name } : null;
}

export function findVariable(r: Routine, name: string, span: Span = r.span): Variable | null {
  const found = r.scope.find(name);
  if (found !== null) return found;
  if (findEntity(r, name) !== null) return null;
  return laterInLoop(r, name, span);
}

/** A variable that a loop around assigns only further down: what it holds here is from the turn before. */
function laterInLoop(r: Routine, name: string, span: Span): Variable | null {
  const loop = r.pending.findLast((l) => l.names.has(name));
  if (loop === undefined) return null;
  const ty = openTy(span, "variable");
  const variable = declareVariable(r, loop.scope, name, span);
  const slot = addSlot(r, variable, ty, span, null);
  r.learn(variable, { slots: [slot], unassigned: true, narrowed: 0, heads: [] });
  return variable;
}

export function declareVariable(r: Routine, scope: Scope, name: string, declared: Span): Variable {
  const variable: Variable = { name, declared, routine: r.index, slots: [], base: null };
  scope.names.set(name, variable);
  return variable;
}

export function addSlot(r: Routine, variable: Variable, ty: Ty, declared: Span, first: Tree | null): Slot {
  const slot: Slot = { name: variable.name, ty, declared, first, checked: false, local: null };
  variable.slots.push(slot);
  r.slots.push(slot);
  return slot;
}

/** A fresh variable that is certainly assigned: a parameter, a loop variable, what a pattern binds. */
export function bindVariable(r: Routine, name: string, ty: Ty, span: Span): Slot {
  const variable = declareVariable(r, r.scope, name, span);
  const slot = addSlot(r, variable, ty, span, null);
  r.learn(variable, { slots: [slot], unassigned: false, narrowed: 0, heads: [] });
  return slot;
}

/** A local the program does not see. */
export function temporary(r: Routine, ty: Ty): Slot {
  const slot: Slot = { name: "", ty, declared: r.span, first: null, checked: false, local: null };
  r.slots.push(slot);
  return slot;
}

export function localOf(slot: Slot): Local {
  if (slot.local === null) throw new Defect(`The local \`${slot.name}\` has no place`);
  return slot.local;
}

export function emitLocal(slot: Slot, span: Span): Expr {
  const local = localOf(slot);
  return { kind: "local", local, type: local.type, span };
}

/** Reads a variable. */
export function readVariable(r: Routine, found: Variable, span: Span): Checked {
  if (isAssigning(r, found.name, found)) return selfReference(r, found.name, span);
  const variable = inRoutine(r, found, span);
  const fact = r.flow.factOf(variable);
  const slot = currentSlot(r, variable, fact, span);
  if (slot === null || fact === null) return wrong(span);
  if (fact.unassigned && r.flow.alive) slot.checked = true;
  for (const head of fact.heads) head.reads.push({ variable, span, slots: fact.slots });
  return {
    ty: narrowedTy(slot, fact.narrowed),
    span,
    pure: true,
    emit: () => emitNarrowed(slot, fact.narrowed, span),
  };
}

function emitNarrowed(slot: Slot, narrowed: number, span: Span): Expr {
  let expr = emitLocal(slot, span);
  for (let i = 0; i < narrowed && expr.type.kind === "option"; i += 1) {
    const type = expr.type.some;
    expr = isNullable(type)
      ? { kind: "convert", conversion: { kind: "unwrap-some" }, value: expr, type, span }
      : { ...expr, type };
  }
  return expr;
}

/** The one slot that holds the variable here; reports when it is none or several. */
function currentSlot(r: Routine, variable: Variable, fact: Fact | null, span: Span): Slot | null {
  const slots = fact?.slots ?? [];
  const [slot, other] = slots;
  if (slot === undefined) {
    if (r.flow.alive) report(r, span, "unassigned-name", { name: variable.name }, unassignedExtras(variable));
    return r.flow.alive ? null : (variable.slots[0] ?? null);
  }
  if (other === undefined) return slot;
  if (!isWrong(slot.ty) && !isWrong(other.ty)) reportMeeting(r, variable.name, slots, span);
  return null;
}

function unassignedExtras(variable: Variable): { label: string; also: { span: Span; text: string }[] } {
  return {
    label: "no path to here assigns it",
    also: [{ span: variable.declared, text: "it is assigned only here" }],
  };
}

/** Paths with different types meet (rule 5): names both places. */
export function reportMeeting(r: Routine, name: string, slots: readonly Slot[], span: Span): void {
  report(
    r,
    span,
    "types-meet",
    { name, types: slots.map((s) => show(s.ty)).join(" or ") },
    {
      label: "its type depends on the path taken",
      also: slots.map((s) => ({ span: s.declared, text: `\`${show(s.ty)}\` here` })),
      hint: "Use another name for one of them",
    },
  );
}

/** Whether the name is read inside the lambda that is being assigned to it. */
function isAssigning(r: Routine, name: string, variable: Variable | null): boolean {
  for (let outer = r.parent; outer !== null; outer = outer.parent) {
    if (outer.assigning.some((a) => a.name === name && a.variable === variable)) return true;
  }
  return false;
}

function selfReference(r: Routine, name: string, span: Span): Checked {
  return fail(
    r,
    span,
    "self-reference",
    { name },
    {
      label: "captured before it has its value",
      hint: `Declare it: \`function ${name}(…) { … }\``,
    },
  );
}

/** The variable as this routine sees it: its own, or a captured copy (rule 21). */
export function inRoutine(r: Routine, variable: Variable, span: Span): Variable {
  if (variable.routine === r.index || r.parent === null) return variable;
  const known = r.captured.get(variable);
  if (known !== undefined) return known;
  const outer = inRoutine(r.parent, variable, span);
  const copy: Variable = { name: variable.name, declared: variable.declared, routine: r.index, slots: [], base: null };
  r.captured.set(variable, copy);
  const fact = r.parent.flow.factOf(outer);
  const slot = currentSlot(r.parent, outer, fact, span);
  const inner: Slot = {
    name: copy.name,
    ty: slot?.ty ?? { kind: "error" },
    declared: copy.declared,
    first: null,
    checked: false,
    local: null,
  };
  copy.slots.push(inner);
  copy.base = { slots: [inner], unassigned: fact?.unassigned ?? false, narrowed: fact?.narrowed ?? 0, heads: [] };
  if (slot !== null && fact !== null) {
    if (fact.unassigned) slot.checked = true;
    for (const head of fact.heads) head.reads.push({ variable: outer, span, slots: fact.slots });
    r.captures.push({ outer: slot, inner });
  }
  return copy;
}

/** The slot becomes a local: called when every type is closed. */
export function placeSlot(slot: Slot, index: number): Local {
  slot.local = { index, name: slot.name, type: close(slot.ty), checked: slot.checked };
  return slot.local;
}

/** What other languages call a function of the prelude. */
const elsewhere: Readonly<Partial<Record<string, string>>> = {
  length: "len",
  size: "len",
  count: "len",
  append: "push",
  reduce: "fold",
  sorted: "sort",
  reversed: "reverse",
  toString: "str",
  string: "str",
  String: "str",
  Int: "int",
  Float: "float",
  strip: "trim",
  println: "print",
  null: "nil",
  None: "nil",
  undefined: "nil",
  True: "true",
  False: "false",
  pow: "^",
};

export function unknownName(r: Routine, name: string, span: Span): Checked {
  if (isAssigning(r, name, null)) return selfReference(r, name, span);
  if (r.outermost.kind !== "main" && r.file.assigned.has(name)) {
    return fail(
      r,
      span,
      "file-variable",
      { name },
      {
        label: "belongs to the top level of the file",
        hint: `Pass it as a parameter of \`${r.outermost.name}\``,
      },
    );
  }
  if (r.program.env.functions.has(name)) {
    return fail(
      r,
      span,
      "unknown-name",
      { name },
      {
        label: "offered by the embedding program, but not required",
        hint: `Add \`require ${name};\``,
      },
    );
  }
  const ended = r.ended.get(name);
  if (ended !== undefined) return endedName(r, name, span, ended);
  const near = Object.hasOwn(elsewhere, name) ? elsewhere[name] : nearest(name, candidates(r));
  return fail(
    r,
    span,
    "unknown-name",
    { name },
    {
      label: "nothing with this name is in scope",
      hint: near === undefined ? undefined : `Did you mean \`${near}\`?`,
    },
  );
}

function endedName(r: Routine, name: string, span: Span, declared: Span): Checked {
  return fail(
    r,
    span,
    "unknown-name",
    { name },
    {
      label: "nothing with this name is in scope",
      also: [{ span: declared, text: "this one ended with its block" }],
      hint: `Take it from the block's value, or assign \`${name}\` before the block`,
    },
  );
}

export function candidates(r: Routine): readonly string[] {
  const { declared, required } = r.file;
  return [...r.scope.visible(), ...declared.keys(), ...required.keys(), ...Object.keys(prelude)];
}
