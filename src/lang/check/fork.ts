/** `=f=(x)` and `try? f(x)`: both only for foreign functions (rules 31, 34). */
import type { Expr as Tree } from "../ast.ts";
import { inferAnyway } from "./arguments.ts";
import { call, callEntity } from "./calls.ts";
import type { Checked } from "./checked.ts";
import { wrong } from "./checked.ts";
import { fail, infer, report } from "./context.ts";
import type { Routine } from "./context.ts";
import type { Entity } from "./entities.ts";
import { findEntity, findVariable, unknownName } from "./names.ts";
import { memberOf, nameOf, resolvePath } from "./paths.ts";
import { resolve } from "./infer-types.ts";
import type { Ty } from "./infer-types.ts";

type Fork = Extract<Tree, { readonly kind: "fork" }>;
type Call = Extract<Tree, { readonly kind: "call" }>;

export function checkFork(r: Routine, tree: Fork, expected: Ty | null, label: string | null, take = false): Checked {
  const [head, ...rest] = tree.path;
  if (head === undefined) return wrong(tree.span);
  const callee = rest.reduce<Tree>(
    (object, name) => ({ kind: "member", object, name, span: { start: head.span.start, end: name.span.end } }),
    { kind: "name", name: head.name, span: head.span },
  );
  const entity = targetOf(r, callee);
  if (entity === null) {
    inferAnyway(r, tree.args);
    return findVariable(r, head.name) === null && findEntity(r, head.name) === null
      ? unknownName(r, head.name, head.span)
      : notForkable(r, tree, nameOf(callee));
  }
  if (entity.kind === "foreign" || entity.kind === "wrong") {
    return callEntity(r, entity, callee, tree.args, tree.span, expected, { label, take, fork: true });
  }
  inferAnyway(r, tree.args);
  return notForkable(r, tree, nameOf(callee));
}

/** What a callee names, when it is no value. */
function targetOf(r: Routine, callee: Tree): Entity | null {
  if (callee.kind === "name") return findVariable(r, callee.name) === null ? findEntity(r, callee.name) : null;
  if (callee.kind !== "member") return null;
  const object = resolvePath(r, callee.object);
  return object === null ? null : memberOf(r, object, callee.name, nameOf(callee.object));
}

function notForkable(r: Routine, tree: Fork, name: string): Checked {
  return fail(
    r,
    tree.span,
    "fork-target",
    { name },
    {
      label: "not a required function",
      hint: "Only a plugin's function runs on another core; inside `para` it may be called so",
    },
  );
}

export function checkTryResult(r: Routine, tree: Extract<Tree, { kind: "try-result" }>, label: string | null): Checked {
  const { operand, label: own } = ending(tree.operand, label);
  if (operand.kind === "fork") return checkFork(r, operand, null, own, true);
  if (operand.kind === "call" && isForeign(r, operand))
    return call(r, operand, null, { label: own, take: true, fork: false });
  const value = infer(r, tree.operand);
  if (resolve(value.ty).kind !== "error")
    report(r, tree.span, "try-target", undefined, {
      label: "not the call of a foreign function",
      hint: "Use `try { … } catch (e) { … }`",
    });
  return wrong(tree.span);
}

function ending(tree: Tree, label: string | null): { readonly operand: Tree; readonly label: string | null } {
  if (tree.kind === "paren") return ending(tree.inner, label);
  return tree.kind === "label" ? ending(tree.operand, tree.label.name) : { operand: tree, label };
}

/** A method's object is inferred by the call itself: what it is shows in the result. */
function isForeign(r: Routine, tree: Call): boolean {
  const { callee } = tree;
  if (callee.kind === "member" && resolvePathQuietly(r, callee.object) === null) return true;
  const entity = targetOf(r, callee);
  return entity?.kind === "foreign" || entity?.kind === "resource" || entity?.kind === "wrong";
}

function resolvePathQuietly(r: Routine, tree: Tree): Entity | null {
  const head = headOf(tree);
  if (head === null || findVariable(r, head) !== null) return null;
  const entity = findEntity(r, head);
  const isPath =
    entity !== null && ["package", "interface", "file", "type", "resource", "ambiguous", "wrong"].includes(entity.kind);
  return isPath ? entity : null;
}

function headOf(tree: Tree): string | null {
  if (tree.kind === "name") return tree.name;
  return tree.kind === "member" ? headOf(tree.object) : null;
}
