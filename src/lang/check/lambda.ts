/**
 * Function values: lambdas, and named functions used as values (rules 18, 21).
 *
 *   L1  A parameter has its annotation's type, else the expected type's, else it is an error.
 *   L2  A named function used as a value is the lambda that calls it.
 */
import type { Arg, Bind as BindTree, Expr as Tree, Statement as StatementTree } from "../ast.ts";
import { takeApart } from "./assign.ts";
import type { Checked } from "./checked.ts";
import { wrong } from "./checked.ts";
import { report } from "./context.ts";
import type { Routine } from "./context.ts";
import { captureOf, childRoutine, finishBody } from "./routines.ts";
import { bindVariable, temporary } from "./names.ts";
import { typeOf } from "./types.ts";
import { close, isWrong, resolve, show, WRONG } from "./infer-types.ts";
import type { FnTy, Ty } from "./infer-types.ts";
import type { Slot } from "./scope.ts";
import type { Span } from "../source.ts";
import type { Bind, Statement } from "../typed.ts";

type Lambda = Extract<Tree, { readonly kind: "lambda" }>;

/** `unknown` is the type of a parameter that nothing tells; null: that is an error. */
export function checkLambda(r: Routine, tree: Lambda, expected: Ty | null, unknown: Ty | null): Checked {
  const wanted = expectedFn(r, tree, expected);
  if (wanted === "refused") return wrong(tree.span);
  const l = childRoutine(r, "lambda", r.childName("lambda"), tree.span);
  const params = tree.params.map((param, i) => checkParam(l, param, wanted?.params[i] ?? null, unknown));
  const prologue = (): readonly Statement[] => params.flatMap((p) => p.prologue());
  const statements = statementsOf(tree.body);
  const result = finishBody(l, statements, tree.body.span, resultType(l, tree, wanted));
  const body = l.body;
  l.body = () => {
    const made = body?.() ?? { statements: [], value: null, type: close(result) };
    return { ...made, statements: [...prologue(), ...made.statements] };
  };
  const ty: Ty = { kind: "fn", params: params.map((p) => p.ty), result, effect: l.effect };
  return {
    ty,
    span: tree.span,
    pure: true,
    emit: () => ({ kind: "lambda", body: captureOf(l), type: close(ty), span: tree.span }),
  };
}

function expectedFn(r: Routine, tree: Lambda, expected: Ty | null): FnTy | null | "refused" {
  const want = expected === null ? null : stripOption(resolve(expected));
  if (want?.kind !== "fn") return null;
  if (want.params.length === tree.params.length) return want;
  report(
    r,
    tree.span,
    "wrong-lambda-arity",
    { want: want.params.length, got: tree.params.length },
    {
      label: `expected \`${show(want)}\``,
    },
  );
  return "refused";
}

function stripOption(ty: Ty): Ty {
  return ty.kind === "option" ? resolve(ty.some) : ty;
}

/** Null while nothing is known of it: then the body decides. */
function resultType(l: Routine, tree: Lambda, wanted: FnTy | null): Ty | null {
  if (tree.result !== null) return typeOf(l.program, l.file, tree.result);
  return wanted === null || resolve(wanted.result).kind === "open" ? null : wanted.result;
}

function statementsOf(body: Lambda["body"]): readonly StatementTree[] {
  if (body.kind === "block") return body.statements;
  return [{ kind: "expression", expr: body, semicolon: false, span: body.span }];
}

interface Param {
  readonly ty: Ty;
  readonly prologue: () => readonly Statement[];
}

function checkParam(l: Routine, tree: BindTree, expected: Ty | null, unknown: Ty | null): Param {
  if (tree.kind === "tuple") return tupleParam(l, tree, paramTy(l, tree, expected, unknown));
  const ty = tree.type === null ? paramTy(l, tree, expected, unknown) : typeOf(l.program, l.file, tree.type);
  l.params.push(bindVariable(l, tree.name.name, ty, tree.name.span));
  return { ty, prologue: () => [] };
}

/** Nothing tells the type of a parameter: reported (L1), unless the caller has one for that. */
function paramTy(l: Routine, tree: BindTree, expected: Ty | null, unknown: Ty | null): Ty {
  const known = expected ?? unknown;
  if (known !== null) return known;
  const name = tree.kind === "name" ? tree.name.name : "x";
  report(
    l,
    tree.span,
    "untyped-parameter",
    { name },
    {
      label: "nothing tells its type here",
      hint: `Write it: \`|${name}: Int| …\``,
    },
  );
  return WRONG;
}

function tupleParam(l: Routine, tree: BindTree, ty: Ty): Param {
  const slot: Slot = temporary(l, ty);
  l.params.push(slot);
  const taken = takeApart(l, tree, ty);
  const into = (): Bind => taken.bind();
  l.unpack.push({ from: slot, into });
  return { ty, prologue: taken.prologue };
}

/** L2: the lambda that calls `name` with as many arguments as the type has parameters. */
export function etaExpand(r: Routine, callee: Tree, fn: FnTy, span: Span): Checked {
  if (isWrong(fn)) return wrong(span);
  const names = fn.params.map((_, i) => `a${i}`);
  const arg = (name: string): Arg => ({ name: null, spread: false, value: { kind: "name", name, span }, span });
  const call: Tree = { kind: "call", callee, args: names.map(arg), span };
  const params = names.map((name): BindTree => ({ kind: "name", name: { name, span }, type: null, span }));
  return checkLambda(r, { kind: "lambda", params, result: null, body: call, span }, fn, null);
}
