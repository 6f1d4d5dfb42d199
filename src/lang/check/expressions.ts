/** Expressions: the one place that knows every kind of them, and hands each to the file that knows it. */
import type { Expr as Tree } from "../ast.ts";
import { accept, acceptForeign, check } from "./accept.ts";
import { checkIndex, checkItem } from "./access.ts";
import { checkAssign } from "./assign.ts";
import { checkIf, checkSeq, checkTry } from "./blocks.ts";
import { checkCall, checkName, checkMember } from "./calls.ts";
import type { Checked } from "./checked.ts";
import { wrong } from "./checked.ts";
import { fail, infer, report } from "./context.ts";
import type { Routine, Want } from "./context.ts";
import { checkAwait, checkShell, checkShellpipe, checkSpawn, checkWaitSignal } from "./effectful.ts";
import { checkFork, checkTryResult } from "./fork.ts";
import { checkLambda } from "./lambda.ts";
import { checkMatch } from "./match.ts";
import { checkBinary } from "./operators.ts";
import { checkUnary } from "./unary.ts";
import { checkPara, checkParaFor, checkRace, checkRetry, checkTimeout } from "./parallel.ts";
import { textOf } from "./text.ts";
import { isKey } from "./types.ts";
import {
  BOOL,
  BYTES,
  CHAR,
  close,
  DURATION,
  FLOAT,
  INT,
  isWrong,
  listOf,
  openTy,
  optionOf,
  resolve,
  show,
  showA,
  STRING,
  WRONG,
} from "./infer-types.ts";
import type { Open, Ty } from "./infer-types.ts";
import type { Span } from "../source.ts";
import type { Expr } from "../typed.ts";
import { joinTypes } from "./unify.ts";
import type { Value } from "../../wit/value.ts";

/** The type of an expression; `expected` is what its surroundings want, and may be reported against. */
export function inferExpr(r: Routine, tree: Tree, expected: Ty | null): Checked {
  const { label, structural } = r;
  r.label = null;
  r.structural = false;
  switch (tree.kind) {
    case "int":
      return inferInt(r, tree, expected);
    case "float":
      return constant(tree.value, FLOAT, tree.span);
    case "string":
      return constant(tree.value, STRING, tree.span);
    case "char":
      return constant(tree.value, CHAR, tree.span);
    case "bytes":
      return constant(tree.value, BYTES, tree.span);
    case "duration":
      return constant(tree.value, DURATION, tree.span);
    case "bool":
      return constant(tree.value, BOOL, tree.span);
    case "nil":
      return constant(null, optionOf(opened(r, tree.span, "nil")), tree.span);
    case "interpolation":
      return inferInterpolation(r, tree);
    case "name":
      return checkName(r, tree, expected);
    case "assign":
      return checkAssign(r, tree);
    case "unary":
      return checkUnary(r, tree, expected);
    case "binary":
      return checkBinary(r, tree);
    case "try-result":
      return checkTryResult(r, tree, label);
    case "label":
      r.label = tree.label.name;
      return infer(r, tree.operand, expected);
    case "spawn":
      return checkSpawn(r, tree, label);
    case "await":
      return checkAwait(r, tree);
    case "wait-signal":
      return checkWaitSignal(r, tree, label);
    case "lambda":
      return checkLambda(r, tree, expected, null);
    case "fork":
      return checkFork(r, tree, expected, label);
    case "call":
      return checkCall(r, tree, expected, label);
    case "index":
      return checkIndex(r, tree);
    case "member":
      return checkMember(r, tree, expected);
    case "item":
      return checkItem(r, tree);
    case "paren":
      r.label = label;
      r.structural = structural;
      return infer(r, tree.inner, expected);
    case "tuple":
      return inferTuple(r, tree, expected, structural);
    case "list":
      return inferList(r, tree, expected, structural);
    case "map":
      return inferMap(r, tree, expected, structural);
    case "shell":
      return checkShell(r, tree, label);
    case "shellpipe":
      return checkShellpipe(r, tree, label);
    case "error":
      return wrong(tree.span);
    default:
      return checkBlockForm(r, tree, { use: "value", expected });
  }
}

type BlockForm = Extract<
  Tree,
  { readonly kind: "seq" | "if" | "para" | "para-for" | "race" | "timeout" | "retry" | "try" | "match" }
>;

function checkBlockForm(r: Routine, tree: BlockForm, want: Want): Checked {
  switch (tree.kind) {
    case "seq":
      return checkSeq(r, tree, want);
    case "if":
      return checkIf(r, tree, want);
    case "para":
      return checkPara(r, tree, want);
    case "para-for":
      return checkParaFor(r, tree, want);
    case "race":
      return checkRace(r, tree, want);
    case "timeout":
      return checkTimeout(r, tree, want);
    case "retry":
      return checkRetry(r, tree, want);
    case "try":
      return checkTry(r, tree, want);
    case "match":
      return checkMatch(r, tree, want);
  }
}

const blockForms: ReadonlySet<string> = new Set([
  "seq",
  "if",
  "para",
  "para-for",
  "race",
  "timeout",
  "retry",
  "try",
  "match",
]);

function isBlockForm(tree: Tree): tree is BlockForm {
  return blockForms.has(tree.kind);
}

/** Where nobody takes the value: the parts of a block need not agree. */
export function inferUnused(r: Routine, tree: Tree): Checked {
  if (tree.kind === "seq") return checkSeq(r, tree, { use: "none", quiet: true });
  return isBlockForm(tree) ? checkBlockForm(r, tree, { use: "none" }) : infer(r, tree);
}

function constant(value: Value, ty: Ty, span: Span): Checked {
  return { ty, span, pure: true, emit: () => ({ kind: "const", value, type: close(ty), span }) };
}

/** A type for later, asked for at the end of the function. */
function opened(r: Routine, span: Span, what: Open["origin"]["what"]): Open {
  const open = openTy(span, what);
  r.opens.push(open);
  return open;
}

const GREATEST = 2n ** 64n - 1n;

function inferInt(r: Routine, tree: Extract<Tree, { kind: "int" }>, expected: Ty | null): Checked {
  if (BigInt(tree.value) > GREATEST)
    return fail(r, tree.span, "literal-range", undefined, { label: "above 2^64 − 1", hint: "Write a Float: `1e20`" });
  let want = expected === null ? INT : resolve(expected);
  while (want.kind === "option") want = resolve(want.some);
  return want.kind === "Float" ? constant(Number(tree.value), FLOAT, tree.span) : constant(tree.value, INT, tree.span);
}

function inferInterpolation(r: Routine, tree: Extract<Tree, { kind: "interpolation" }>): Checked {
  const parts = tree.parts.map((part) => (typeof part === "string" ? part : textOf(infer(r, part))));
  if (parts.some((p) => typeof p !== "string" && isWrong(p.ty))) return wrong(tree.span);
  const type = { kind: "String" } as const;
  const emitPart = (part: string | Checked): Expr =>
    typeof part === "string" ? { kind: "const", value: part, type, span: tree.span } : part.emit();
  return {
    ty: STRING,
    span: tree.span,
    pure: parts.every((p) => typeof p === "string" || p.pure),
    emit: () => ({ kind: "concat", parts: parts.map(emitPart), type, span: tree.span }),
  };
}

function inferTuple(
  r: Routine,
  tree: Extract<Tree, { kind: "tuple" }>,
  expected: Ty | null,
  structural: boolean,
): Checked {
  const want = expected === null ? null : withoutOption(expected);
  const wanted = want?.kind === "tuple" && want.items.length === tree.items.length ? want.items : null;
  const items = tree.items.map((item, i) => {
    const ty = wanted?.[i];
    return ty === undefined ? infer(r, item) : part(r, item, ty, "this item", structural);
  });
  const ty: Ty = { kind: "tuple", items: items.map((item) => item.ty) };
  return {
    ty,
    span: tree.span,
    pure: items.every((item) => item.pure),
    emit: () => ({ kind: "tuple", items: items.map((item) => item.emit()), type: close(ty), span: tree.span }),
  };
}

function withoutOption(ty: Ty): Ty {
  const at = resolve(ty);
  return at.kind === "option" ? withoutOption(at.some) : at;
}

function inferList(
  r: Routine,
  tree: Extract<Tree, { kind: "list" }>,
  expected: Ty | null,
  structural: boolean,
): Checked {
  const want = expected === null ? null : withoutOption(expected);
  const wanted = want?.kind === "list" ? want.element : null;
  const given = elements(r, tree.items, wanted, tree.span, "list", structural);
  const ty = listOf(given.ty);
  return {
    ty,
    span: tree.span,
    pure: given.items.every((item) => item.pure),
    emit: () => ({ kind: "list", items: given.items.map((item) => item.emit()), type: close(ty), span: tree.span }),
  };
}

/** A part of a literal whose type is known. */
function part(r: Routine, tree: Tree, ty: Ty, what: string, structural: boolean): Checked {
  if (!structural) return check(r, tree, ty, { what });
  r.structural = true;
  return acceptForeign(r, infer(r, tree, ty), ty, { what });
}

/** The elements of a literal with the type they share. A wanted type that is still open is only known by them. */
function elements(
  r: Routine,
  trees: readonly Tree[],
  wanted: Ty | null,
  span: Span,
  what: "list" | "map",
  structural: boolean,
): { readonly ty: Ty; readonly items: readonly Checked[] } {
  if (trees.length === 0) return { ty: wanted ?? opened(r, span, what), items: [] };
  if (wanted !== null && resolve(wanted).kind !== "open") {
    return { ty: wanted, items: trees.map((tree) => part(r, tree, wanted, "an element", structural)) };
  }
  const items = trees.map((tree) => infer(r, tree));
  const ty = joinTypes(
    items.map((i) => i.ty),
    { numbers: true },
    r.closing,
  );
  if (ty === null) return { ty: differing(r, items), items };
  return { ty, items: items.map((item) => accept(r, item, ty, { what: "an element" })) };
}

function differing(r: Routine, items: readonly Checked[]): Ty {
  const [first] = items;
  const other = items.find((item) => first !== undefined && show(item.ty) !== show(first.ty));
  if (first === undefined || other === undefined) return WRONG;
  report(
    r,
    other.span,
    "different-types",
    { types: [show(first.ty), show(other.ty)] },
    {
      label: `${showA(other.ty)}`,
      also: [{ span: first.span, text: `${showA(first.ty)}` }],
      hint: "The elements of a list have one type; a tuple `(a, b)` may mix them",
    },
  );
  return WRONG;
}

function inferMap(r: Routine, tree: Extract<Tree, { kind: "map" }>, expected: Ty | null, structural: boolean): Checked {
  const want = expected === null ? null : withoutOption(expected);
  const wanted = want?.kind === "map" ? want : null;
  const keys = elements(
    r,
    tree.entries.map((e) => e.key),
    wanted?.key ?? null,
    tree.span,
    "map",
    structural,
  );
  const values = elements(
    r,
    tree.entries.map((e) => e.value),
    wanted?.value ?? null,
    tree.span,
    "map",
    structural,
  );
  if (!isKey(keys.ty))
    return fail(
      r,
      keys.items[0]?.span ?? tree.span,
      "wrong-key",
      { found: show(keys.ty) },
      { label: "keys are Int, String, Bool or Char" },
    );
  const ty: Ty = { kind: "map", key: keys.ty, value: values.ty };
  const emit = (): Expr => {
    const emitted = values.items.map((v) => v.emit());
    const entries = keys.items.flatMap((key, i) =>
      emitted[i] === undefined ? [] : [{ key: key.emit(), value: emitted[i] }],
    );
    return { kind: "map", entries, type: close(ty), span: tree.span };
  };
  return { ty, span: tree.span, pure: [...keys.items, ...values.items].every((e) => e.pure), emit };
}
