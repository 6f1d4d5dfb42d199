/**
 * Blocks and their values (rule 7): the value is that of the last statement, when it is an expression.
 *
 *   B1  Where nobody takes the value, the last statement is a statement like the others, so branches need not agree.
 *   B2  Flow goes through blocks in order of execution; where paths meet it is joined.
 */
import type { Block, Body, Expr as Tree, IfExpr, Statement as TreeStatement } from "../ast.ts";
import { acceptBlock, checkCondition } from "./accept.ts";
import type { Checked, CheckedBlock } from "./checked.ts";
import { emitBlock } from "./checked.ts";
import { report, scoped } from "./context.ts";
import type { Routine, Want } from "./context.ts";
import { checkStatement } from "./statements.ts";
import { bindVariable, localOf } from "./names.ts";
import { assignedNames } from "./scan.ts";
import { enterLoop } from "./loops.ts";
import { close, ERROR, isWrong, NEVER, NIL, resolve, show, showA, WRONG } from "./infer-types.ts";
import type { Ty } from "./infer-types.ts";
import { Flow, joinFlows, narrowed } from "./scope.ts";
import type { Span } from "../source.ts";
import type { Expr, Statement } from "../typed.ts";
import { joinTypes } from "./unify.ts";

/** Checks statements in the present scope. */
export function checkBlock(r: Routine, statements: readonly TreeStatement[], span: Span, want: Want): CheckedBlock {
  const emits: (() => readonly Statement[])[] = [];
  let value: Checked | null = null;
  let warned = !r.flow.alive;
  for (const [i, statement] of statements.entries()) {
    if (!r.flow.alive && !warned) {
      warned = true;
      r.program.diagnostics.warning(r.file.source, statement.span, "unreachable-code", undefined, {
        label: "nothing leads here",
      });
    }
    const isValue = want.use === "value" && i === statements.length - 1 && statement.kind === "expression";
    if (isValue) value = r.program.rules.infer(r, statement.expr, want.expected);
    else
      emits.push(
        checkStatement(r, statement, want.use === "none" && want.quiet === true && i === statements.length - 1),
      );
  }
  const ty = r.flow.alive ? (value?.ty ?? NIL) : NEVER;
  return { ty, span, value, statements: () => emits.flatMap((emit) => emit()) };
}

export function blockOf(r: Routine, block: Block | Body, want: Want): CheckedBlock {
  return checkBlock(r, block.statements, block.span, want);
}

/** An expression whose value is that of blocks, all of type `ty`. */
export function blockExpr(ty: Ty, span: Span, emit: () => Expr): Checked {
  return { ty, span, pure: false, emit };
}

export function checkSeq(r: Routine, tree: Extract<Tree, { readonly kind: "seq" }>, want: Want): Checked {
  const block = scoped(r, true, () => blockOf(r, tree.block, want));
  return blockExpr(block.ty, tree.span, () => {
    const made = emitBlock(block);
    return { kind: "block", block: made, type: made.type, span: tree.span };
  });
}

/** What branches share, each converted to it; nothing when no value is wanted (B1). */
export function joinBlocks(
  r: Routine,
  blocks: readonly CheckedBlock[],
  want: Want,
): { readonly ty: Ty; readonly blocks: readonly CheckedBlock[] } {
  const everyDead = blocks.every((b) => resolve(b.ty).kind === "Never");
  if (everyDead) return { ty: NEVER, blocks };
  if (want.use === "none") return { ty: NIL, blocks };
  const ty = want.expected ?? sharedType(r, blocks);
  return { ty, blocks: blocks.map((b) => acceptBlock(r, b, ty, { what: "the value of this block" })) };
}

function sharedType(r: Routine, blocks: readonly CheckedBlock[]): Ty {
  const shared = joinTypes(
    blocks.map((b) => b.ty),
    { numbers: true },
    r.closing,
  );
  if (shared !== null) return shared;
  const [first, ...others] = blocks.filter((b) => resolve(b.ty).kind !== "Never");
  const other = others.find((b) => first !== undefined && show(b.ty) !== show(first.ty));
  reportDifferent(r, first, other ?? others[0]);
  return WRONG;
}

function reportDifferent(r: Routine, a: CheckedBlock | undefined, b: CheckedBlock | undefined): void {
  if (a === undefined || b === undefined || isWrong(a.ty) || isWrong(b.ty)) return;
  const place = (block: CheckedBlock): Span => block.value?.span ?? block.span;
  report(
    r,
    place(b),
    "different-types",
    { types: [show(a.ty), show(b.ty)] },
    {
      label: `${showA(b.ty)}`,
      also: [{ span: place(a), text: `${showA(a.ty)}` }],
      hint: "Make both the same type",
    },
  );
}

export function checkIf(r: Routine, tree: IfExpr, want: Want): Checked {
  const condition = checkCondition(r, tree.condition);
  const after = r.flow;
  // Without an `else` the whole is nil, and nobody takes the value of the body.
  const inner: Want = tree.otherwise === null ? { use: "none" } : want;
  r.flow = narrowed(after, condition.whenTrue);
  const then = blockOf(r, tree.then, inner);
  const thenFlow = r.flow;
  r.flow = narrowed(after, condition.whenFalse);
  const otherwise = tree.otherwise === null ? null : checkElse(r, tree.otherwise, inner);
  r.flow = joinFlows(thenFlow, r.flow);
  if (otherwise === null) return ifExpr(NIL, tree.span, condition, then, null);
  const joined = joinBlocks(r, [then, otherwise], inner);
  const [a = then, b = otherwise] = joined.blocks;
  return ifExpr(joined.ty, tree.span, condition, a, b);
}

function checkElse(r: Routine, tree: Body | IfExpr, want: Want): CheckedBlock {
  if (tree.kind !== "if") return blockOf(r, tree, want);
  const inner = checkIf(r, tree, want);
  return { ty: inner.ty, span: tree.span, value: inner, statements: () => [] };
}

function ifExpr(ty: Ty, span: Span, condition: Checked, then: CheckedBlock, otherwise: CheckedBlock | null): Checked {
  return blockExpr(ty, span, () => ({
    kind: "if",
    condition: condition.emit(),
    then: emitBlock(then),
    otherwise: otherwise === null ? null : emitBlock(otherwise),
    type: close(ty),
    span,
  }));
}

export function checkTry(r: Routine, tree: Extract<Tree, { readonly kind: "try" }>, want: Want): Checked {
  const watch = { entry: r.flow, facts: new Map() };
  r.watches.push(watch);
  r.tries += 1;
  const body = blockOf(r, tree.body, want);
  r.tries -= 1;
  r.watches.pop();
  const bodyFlow = r.flow;
  const failed = new Flow(watch.entry.alive, new Map([...watch.entry.facts, ...watch.facts]));
  const handler = tree.handler === null ? null : checkHandler(r, tree.handler, failed, want);
  const done = handler === null ? bodyFlow : joinFlows(bodyFlow, r.flow);
  const cleanup = tree.cleanup === null ? null : checkCleanup(r, tree.cleanup, joinFlows(done, failed), done);
  if (cleanup === null) r.flow = done;
  const { ty, blocks } = joinBlocks(r, handler === null ? [body] : [body, handler.body], want);
  const [first = body, second] = blocks;
  return blockExpr(ty, tree.span, () => ({
    kind: "try",
    body: emitBlock(first),
    handler:
      handler === null || second === undefined ? null : { local: localOf(handler.slot), body: emitBlock(second) },
    cleanup: cleanup === null ? null : emitBlock(cleanup),
    type: close(ty),
    span: tree.span,
  }));
}

type Handler = NonNullable<Extract<Tree, { readonly kind: "try" }>["handler"]>;

function checkHandler(
  r: Routine,
  handler: Handler,
  failed: Flow,
  want: Want,
): { readonly slot: ReturnType<typeof bindVariable>; readonly body: CheckedBlock } {
  r.flow = failed;
  return scoped(r, false, () => {
    const slot = bindVariable(r, handler.name.name, ERROR, handler.name.span);
    return { slot, body: blockOf(r, handler.body, want) };
  });
}

/** Runs on every way out, so it starts from what any of them knows; what it assigns holds afterwards. */
function checkCleanup(r: Routine, tree: Block, before: Flow, done: Flow): CheckedBlock {
  const watch = { entry: before, facts: new Map() };
  r.flow = new Flow(true, before.facts);
  r.watches.push(watch);
  r.frames.push({ kind: "finally" });
  const block = blockOf(r, tree, { use: "none" });
  r.frames.pop();
  r.watches.pop();
  const end = r.flow;
  const facts = new Map(done.facts);
  for (const variable of watch.facts.keys()) {
    const fact = end.factOf(variable);
    if (fact !== null) facts.set(variable, fact);
  }
  r.flow = new Flow(done.alive && end.alive, facts);
  return block;
}

/** The body of a `retry`: may begin again after having run in part. */
export function checkRepeated(r: Routine, block: Block, want: Want): CheckedBlock {
  const loop = enterLoop(r, assignedNames(block.statements), new Set());
  const watch = { entry: r.flow, facts: new Map() };
  r.watches.push(watch);
  const checked = blockOf(r, block, want);
  r.watches.pop();
  loop.leave(new Flow(true, new Map([...watch.entry.facts, ...watch.facts])));
  return checked;
}
