/**
 * `para`, `para for`, `race`, `timeout`, `retry`: blocks whose parts run beside others, against time, or again.
 *
 *   X1  A branch is a routine of its own: it reads what is around it and assigns none of it (rule 3).
 *   X2  The values of a `para` make a list when they share a type, else a tuple (rule 8).
 */
import type { Arg, Expr as Tree, Statement as StatementTree } from "../ast.ts";
import { acceptBlock, check } from "./accept.ts";
import { takeApart } from "./assign.ts";
import { blockOf, blockExpr, joinBlocks, checkRepeated } from "./blocks.ts";
import type { Checked, CheckedBlock } from "./checked.ts";
import { emitBlock } from "./checked.ts";
import { infer, placeOf, report, warn } from "./context.ts";
import type { Routine, Want } from "./context.ts";
import { addCause } from "./effects.ts";
import { elementOf } from "./iterate.ts";
import { temporary } from "./names.ts";
import { captureOf, childRoutine } from "./routines.ts";
import { BOOL, close, DURATION, INT, listOf, NIL, resolve } from "./infer-types.ts";
import type { Ty } from "./infer-types.ts";
import { nearest } from "../nearest.ts";
import type { Span } from "../source.ts";
import type { Expr } from "../typed.ts";
import { joinTypes } from "./unify.ts";

type Of<K extends Tree["kind"]> = Extract<Tree, { readonly kind: K }>;

interface Branch {
  readonly routine: Routine;
  readonly block: CheckedBlock;
}

function branchesOf(
  r: Routine,
  word: "para" | "race",
  statements: readonly StatementTree[],
  want: (i: number) => Want,
): Branch[] {
  const name = r.childName(word);
  const before = r.flow;
  return statements.map((statement, i) => {
    const routine = childRoutine(r, "branch", `${name}.branch#${i}`, statement.span);
    warnLost(r, statement);
    const wanted = want(i);
    const quietly: Want = wanted.use === "none" ? { use: "none", quiet: true } : wanted;
    const block = r.program.rules.block(routine, [statement], statement.span, quietly);
    r.flow = before;
    return { routine, block };
  });
}

/** `para { k = 1; }` assigns a variable of the branch, which ends there (rule 3). */
function warnLost(r: Routine, statement: StatementTree): void {
  if (statement.kind !== "expression" || statement.expr.kind !== "assign") return;
  const { target } = statement.expr;
  const names = target.kind === "name" ? [target.name] : target.names;
  const [lost] = names.filter((name) => r.scope.find(name.name) === null);
  if (lost === undefined) return;
  warn(
    r,
    lost.span,
    "lost-assignment",
    { name: lost.name },
    {
      label: "belongs to this branch, and ends with it",
      hint: `Take it from the block's value: \`${lost.name} = para { … };\``,
    },
  );
}

function finish(branch: Branch, block: CheckedBlock): Routine {
  branch.routine.result = block.ty;
  branch.routine.body = () => emitBlock(block);
  return branch.routine;
}

export function checkPara(r: Routine, tree: Of<"para">, want: Want): Checked {
  const { statements } = tree.block;
  const expected = want.use === "value" && want.expected !== null ? resolve(want.expected) : null;
  const branches = branchesOf(r, "para", statements, (i) => branchWant(want, expected, i));
  const ty = paraTy(r, branches, want, expected);
  const done = branches.map((branch, i) => finish(branch, acceptBranch(branch, itemTy(ty, i))));
  return blockExpr(ty, tree.span, () => ({
    kind: "para",
    branches: done.map(captureOf),
    type: close(ty),
    span: tree.span,
  }));
}

function branchWant(want: Want, expected: Ty | null, i: number): Want {
  if (want.use === "none") return want;
  return { use: "value", expected: expected === null ? null : itemTy(expected, i) };
}

function itemTy(ty: Ty, i: number): Ty | null {
  if (ty.kind === "list") return ty.element;
  return ty.kind === "tuple" ? (ty.items[i] ?? null) : null;
}

function acceptBranch({ routine, block }: Branch, ty: Ty | null): CheckedBlock {
  return ty === null ? block : acceptBlock(routine, block, ty, { what: "the value of this branch" });
}

/** X2. */
function paraTy(r: Routine, branches: readonly Branch[], want: Want, expected: Ty | null): Ty {
  if (want.use === "none") return listOf(NIL);
  if (expected?.kind === "list") return expected;
  if (expected?.kind === "tuple" && expected.items.length === branches.length) return expected;
  const tys = branches.map((b) => b.block.ty);
  const shared = joinTypes(tys, { numbers: false }, r.closing);
  if (shared === null) return { kind: "tuple", items: tys.map((ty) => (resolve(ty).kind === "Never" ? NIL : ty)) };
  return listOf(resolve(shared).kind === "Never" ? NIL : shared);
}

export function checkRace(r: Routine, tree: Of<"race">, want: Want): Checked {
  const branches = branchesOf(r, "race", tree.block.statements, () => want);
  const { ty, blocks } = joinBlocks(
    r,
    branches.map((b) => b.block),
    want,
  );
  const done = branches.map((branch, i) => finish(branch, blocks[i] ?? branch.block));
  return blockExpr(ty, tree.span, () => ({
    kind: "race",
    branches: done.map(captureOf),
    type: close(ty),
    span: tree.span,
  }));
}

export function checkParaFor(r: Routine, tree: Of<"para-for">, want: Want): Checked {
  const list = infer(r, tree.list);
  const over = elementOf(r, list);
  const limit = tree.limit === null ? null : check(r, tree.limit, INT, { what: "`limit`" });
  const body = childRoutine(r, "branch", r.childName("para-for"), tree.span);
  const expected = want.use === "value" && want.expected !== null ? resolve(want.expected) : null;
  const param = temporary(body, over.element);
  body.params.push(param);
  const taken = takeApart(body, tree.bind, over.element);
  body.unpack.push({ from: param, into: taken.bind });
  const element = expected?.kind === "list" ? expected.element : null;
  const inner: Want = want.use === "none" ? want : { use: "value", expected: element };
  const block = acceptBranch({ routine: body, block: blockOf(body, tree.block, inner) }, element);
  body.result = block.ty;
  body.body = () => {
    const made = emitBlock(block);
    return { ...made, statements: [...taken.prologue(), ...made.statements] };
  };
  const ty = listOf(want.use === "none" || resolve(block.ty).kind === "Never" ? NIL : block.ty);
  return blockExpr(ty, tree.span, () => ({
    kind: "para-for",
    over: over.kind,
    list: list.emit(),
    limit: limit?.emit() ?? null,
    body: captureOf(body),
    type: close(ty),
    span: tree.span,
  }));
}

export function checkTimeout(r: Routine, tree: Of<"timeout">, want: Want): Checked {
  const args = settings(r, "timeout", tree.args, [{ name: "duration", ty: DURATION }], tree.span);
  const duration = args.get("duration");
  if (duration === undefined) {
    report(
      r,
      tree.span,
      "missing-argument",
      { name: "duration", of: "timeout" },
      {
        label: "how long may it take?",
        hint: "Write `timeout (30s) { … }`",
      },
    );
  }
  const block = blockOf(r, tree.block, want);
  return blockExpr(block.ty, tree.span, () => ({
    kind: "timeout",
    duration: duration?.emit() ?? constant(0, DURATION, tree.span),
    body: emitBlock(block),
    type: close(block.ty),
    span: tree.span,
  }));
}

const retrySettings = [
  { name: "times", ty: INT },
  { name: "backoff", ty: DURATION },
  { name: "within", ty: DURATION },
  { name: "fresh_key", ty: BOOL },
];

const SECOND = 1_000_000_000;

export function checkRetry(r: Routine, tree: Of<"retry">, want: Want): Checked {
  const args = settings(r, "retry", tree.args, retrySettings, tree.span);
  addCause(r.effect, { ...placeOf(r, tree.span), row: "suspends", what: "`retry`" });
  const block = checkRepeated(r, tree.block, want);
  return blockExpr(block.ty, tree.span, () => ({
    kind: "retry",
    times: args.get("times")?.emit() ?? constant(3, INT, tree.span),
    backoff: args.get("backoff")?.emit() ?? constant(SECOND, DURATION, tree.span),
    within: args.get("within")?.emit() ?? null,
    freshKey: args.get("fresh_key")?.emit() ?? null,
    body: emitBlock(block),
    type: close(block.ty),
    span: tree.span,
  }));
}

function constant(value: number, ty: Ty, span: Span): Expr {
  return { kind: "const", value, type: close(ty), span };
}

/** The parts in parentheses of `timeout` and `retry`: by name or in order. */
function settings(
  r: Routine,
  word: string,
  args: readonly Arg[],
  known: readonly { readonly name: string; readonly ty: Ty }[],
  span: Span,
): ReadonlyMap<string, Checked> {
  const found = new Map<string, Checked>();
  if (args.length > known.length)
    report(
      r,
      span,
      "wrong-arity",
      { want: `at most ${known.length}`, got: args.length },
      { label: known.map((k) => `\`${k.name}\``).join(", ") },
    );
  for (const [i, arg] of args.entries()) {
    const name = arg.name?.name ?? known[i]?.name ?? "";
    const setting = known.find((k) => k.name === name);
    if (setting !== undefined) found.set(name, check(r, arg.value, setting.ty, { what: `\`${name}\`` }));
    else if (arg.name !== null)
      unknownSetting(
        r,
        word,
        arg,
        known.map((k) => k.name),
      );
  }
  return found;
}

function unknownSetting(r: Routine, word: string, arg: Arg, known: readonly string[]): void {
  const name = arg.name?.name ?? "";
  const near = nearest(name, known);
  report(
    r,
    arg.span,
    "unknown-argument",
    { name, of: word },
    {
      label: `\`${word}\` takes ${known.map((k) => `\`${k}\``).join(", ")}`,
      hint: near === undefined ? undefined : `Did you mean \`${near}\`?`,
    },
  );
}
