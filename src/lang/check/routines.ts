/**
 * Bodies that run on their own: functions, lambdas, branches, `undo` (C3 of typed.ts).
 *
 *   R1  A body's value is what its block gives; `return` gives it earlier. All of them become the result's type.
 *   R2  The outermost routine closes what was inferred in it and below; what is still open there is an error (rule 18).
 */
import type { Statement as StatementTree } from "../ast.ts";
import { accept, acceptBlock } from "./accept.ts";
import type { CheckedBlock } from "./checked.ts";
import { emitBlock } from "./checked.ts";
import { placeOf, report, Routine } from "./context.ts";
import { include, rowOf } from "./effects.ts";
import { localOf, placeSlot } from "./names.ts";
import { close, isWrong, NIL, poison, resolve, show, showA, someTy, WRONG } from "./infer-types.ts";
import type { Open, Ty } from "./infer-types.ts";
import { Scope } from "./scope.ts";
import type { Span } from "../source.ts";
import type { Capture, Fn } from "../typed.ts";
import { joinTypes } from "./unify.ts";
import { Defect } from "../../fault.ts";

/** A branch or `undo` does what it does as part of the routine around it; a lambda only when it is called. */
export function childRoutine(r: Routine, kind: "lambda" | "branch" | "undo", name: string, span: Span): Routine {
  const child = new Routine({ program: r.program, file: r.file, parent: r, kind, name, span });
  child.scope = new Scope(r.scope, true);
  if (kind !== "lambda") include(r.effect, child.effect, placeOf(r, span));
  return child;
}

/** Checks the body; `expected` is the result's type when it is known. Gives the result's type. */
export function finishBody(r: Routine, statements: readonly StatementTree[], span: Span, expected: Ty | null): Ty {
  r.expected = expected;
  const isNil = expected !== null && resolve(expected).kind === "Nil";
  const block = r.program.rules.block(r, statements, span, isNil ? { use: "none" } : { use: "value", expected });
  r.result = expected ?? resultOf(r, block);
  const body = acceptBlock(r, block, r.result, {
    what: r.kind === "lambda" ? "the result" : `the result of \`${r.name}\``,
  });
  for (const entry of r.returns) acceptReturn(r, entry);
  r.body = () => emitBlock(body);
  return r.result;
}

function acceptReturn(r: Routine, entry: Routine["returns"][number]): void {
  const result = resolve(r.result);
  if (entry.value !== null) {
    entry.value = accept(r, entry.value, r.result, { what: "the result" });
  } else if (!["Nil", "option", "Any", "error"].includes(result.kind)) {
    report(r, entry.span, "no-value", { expected: show(result) }, { label: `the result is ${showA(result)}` });
  }
}

function resultOf(r: Routine, block: CheckedBlock): Ty {
  const tys = [...r.returns.map((entry) => entry.value?.ty ?? NIL), block.ty];
  const shared = joinTypes(tys, { numbers: true }, r.closing);
  if (shared !== null) return shared;
  const [first, other] = differing(r, block);
  if (first !== undefined && other !== undefined) {
    report(
      r,
      other.span,
      "different-types",
      { types: [show(first.ty), show(other.ty)] },
      {
        label: `${showA(other.ty)}`,
        also: [{ span: first.span, text: `${showA(first.ty)}` }],
        hint: "Give the same type on every path",
      },
    );
  }
  return WRONG;
}

function differing(r: Routine, block: CheckedBlock): readonly { readonly ty: Ty; readonly span: Span }[] {
  const all = r.returns.map((entry) => ({ ty: entry.value?.ty ?? NIL, span: entry.value?.span ?? entry.span }));
  if (resolve(block.ty).kind !== "Never") all.push({ ty: block.ty, span: block.value?.span ?? block.span });
  const [first] = all;
  const other = all.find((a) => first !== undefined && show(a.ty) !== show(first.ty));
  return first === undefined || other === undefined || isWrong(first.ty) || isWrong(other.ty) ? [] : [first, other];
}

/** Reports what is still open in an outermost routine and everything in it (R2). */
export function closeTypes(r: Routine): void {
  const own = r.program.routines.filter((other) => other?.outermost === r);
  for (const routine of own) {
    for (const slot of routine.slots) {
      const open = slot.name === "" ? null : firstOpen(slot.ty);
      if (open !== null) reportOpen(routine, slot.declared, `\`${slot.name}\``, open, slot.name);
      poison(slot.ty);
    }
  }
  for (const open of r.opens) {
    const left = resolve(open);
    if (left.kind !== "open" || left.origin.what === "nil") continue;
    reportOpen(r, open.origin.span, "this", open, null);
    poison(left);
  }
}

function firstOpen(ty: Ty): Open | null {
  let found: Open | null = null;
  someTy(ty, (t) => {
    if (t.kind === "open") found = t;
    return t.kind === "open";
  });
  return found;
}

function reportOpen(r: Routine, span: Span, what: string, open: Open, name: string | null): void {
  const example = {
    list: "[Int]",
    map: "Map<String, Int>",
    nil: "Int?",
    result: "Result<Int, String>",
    parameter: "Int",
    variable: "Int",
  };
  report(
    r,
    span,
    "open-type",
    { what },
    {
      label: "nothing tells its type",
      hint: `Write the type: \`${name ?? "x"}: ${example[open.origin.what]} = …\``,
    },
  );
}

/** Gives every local its place: params, captures, then the rest. Before any body is emitted, every type being closed. */
export function placeLocals(r: Routine): void {
  const rest = r.slots.filter((slot) => !r.params.includes(slot));
  [...r.params, ...r.captures.map((c) => c.inner), ...rest].forEach(placeSlot);
}

/** The routine as a function of the program. */
export function emitRoutine(r: Routine): Fn {
  if (r.body === null) throw new Defect(`\`${r.name}\` was never checked`);
  const params = r.params.map(localOf);
  const captures = r.captures.map((c) => localOf(c.inner));
  const rest = r.slots.filter((slot) => !r.params.includes(slot)).map(localOf);
  return {
    index: r.index,
    name: r.name,
    kind: r.kind,
    file: r.file.index,
    span: r.span,
    params,
    captures,
    locals: [...params, ...captures, ...rest],
    unpack: r.unpack.map(({ from, into }) => ({ from: localOf(from), into: into() })),
    body: r.body(),
    result: close(r.result),
    row: rowOf(r.effect),
  };
}

/** C3: the function, and what fills its captures. */
export function captureOf(r: Routine): Capture {
  return { fn: r.index, captures: r.captures.map((c) => localOf(c.outer)) };
}
