/**
 * Calls into plugins and the embedding program, checked against their WIT (rules 24, 26, 34).
 *
 *   W1  A WIT `result` raises its err, unless `try?` takes it: then the call's value is a Result.
 *   W2  Nominal types go by structure here, in both directions: a program's Point for the plugin's, and back.
 *   W3  A function value may be given for a `callback`; it may not suspend.
 */
import type { Arg, Expr as Tree } from "../ast.ts";
import { accept, acceptForeign } from "./accept.ts";
import { matchArguments } from "./arguments.ts";
import type { Checked } from "./checked.ts";
import { wrong } from "./checked.ts";
import { infer, placeOf, report, warn } from "./context.ts";
import type { Routine } from "./context.ts";
import { addCause, effectNode, include } from "./effects.ts";
import type { ForeignFunction } from "./entities.ts";
import { checkLambda } from "./lambda.ts";
import { ANY, close, isWrong, resolve, show, someTy } from "./infer-types.ts";
import type { Ty } from "./infer-types.ts";
import type { Span } from "../source.ts";
import type { Argument, Expr } from "../typed.ts";
import { couldUnify } from "./unify.ts";
import { isCallback, isPairs, untypedFunction } from "./wit-types.ts";
import type { WitFunction } from "../../wit/types.ts";

/** How a call is written: `@label`, `try?`, `=f=`. */
export interface How {
  readonly label: string | null;
  readonly take: boolean;
  readonly fork: boolean;
}

export interface ForeignTree {
  readonly foreign: ForeignFunction;
  /** As written, for messages: `stats.mean`. */
  readonly name: string;
  readonly args: readonly Arg[];
  readonly span: Span;
  /** Of a method. */
  readonly self: Checked | null;
}

interface Given {
  readonly param: number;
  readonly value: Checked;
}

export function callForeign(r: Routine, tree: ForeignTree, expected: Ty | null, how: How): Checked {
  const { foreign, span } = tree;
  const given = foreign.wit === null ? untypedArguments(r, tree) : typedArguments(r, tree, foreign.wit);
  const row = foreign.pure ? "pure" : foreign.packageName === "program" ? "writes" : "reads";
  addCause(r.effect, { ...placeOf(r, span), row, what: `\`${tree.name}\`` });
  if (given === null) return wrong(span);
  const wit = foreign.wit ?? untypedFunction(foreign.key, given.length);
  if (how.take && wit.result?.kind !== "result") return notTakeable(r, tree);
  if (how.fork) checkForkable(r, tree, given);
  if (given.some((g) => isWrong(g.value.ty))) return wrong(span);
  return result(tree, wit, given, expected, how);
}

function notTakeable(r: Routine, tree: ForeignTree): Checked {
  report(r, tree.span, "try-target", undefined, {
    label: `\`${tree.name}\` has no \`result\` in its WIT`,
    hint: "Use `try { … } catch (e) { … }`",
  });
  return wrong(tree.span);
}

function untypedArguments(r: Routine, tree: ForeignTree): readonly Given[] | null {
  const named = tree.args.find((arg) => arg.name !== null || arg.spread);
  if (named !== undefined) {
    report(
      r,
      named.span,
      "unknown-argument",
      { name: named.name?.name ?? "..", of: tree.name },
      {
        label: "the names of its parameters are not known",
        hint: "Pass it by position",
      },
    );
    return null;
  }
  return tree.args.map((arg, param) => ({ param, value: untypedArgument(r, arg.value) }));
}

function untypedArgument(r: Routine, tree: Tree): Checked {
  const value = tree.kind === "lambda" ? checkLambda(r, tree, null, ANY) : infer(r, tree);
  forbidWaiting(r, value);
  return accept(r, value, ANY, { what: "the argument" });
}

function typedArguments(r: Routine, tree: ForeignTree, wit: WitFunction): readonly Given[] | null {
  const first = tree.self === null ? 0 : 1;
  const params = tree.foreign.params.slice(first).map((p) => ({ name: p.name, optional: false }));
  const matched = matchArguments(r, tree.args, params, tree.span, tree.name);
  if (matched === null) return null;
  const rest = matched.map(({ param, arg }) => ({
    param: param + first,
    value: argument(r, tree, wit, arg, param + first),
  }));
  return tree.self === null ? rest : [{ param: 0, value: tree.self }, ...rest];
}

function argument(r: Routine, tree: ForeignTree, wit: WitFunction, arg: Arg, param: number): Checked {
  const type = wit.params[param]?.type;
  const to = tree.foreign.params[param];
  if (type === undefined || to === undefined) return wrong(arg.span);
  const because = { what: `\`${to.name}\` of \`${tree.name}\`` };
  if (isCallback(type)) return callback(r, arg.value, to.ty);
  const pairs = isPairs(type) ? mapOf(to.ty) : null;
  r.structural = true;
  if (pairs === null) return acceptForeign(r, infer(r, arg.value, to.ty), to.ty, because);
  const value = infer(r, arg.value, arg.value.kind === "map" ? pairs : to.ty);
  if (resolve(value.ty).kind !== "map") return acceptForeign(r, value, to.ty, because);
  return asPairs(acceptForeign(r, value, pairs, because), to.ty);
}

/** `Map<K, V>` for `[(K, V)]`. */
function mapOf(ty: Ty): Ty | null {
  const at = resolve(ty);
  const element = at.kind === "list" ? resolve(at.element) : null;
  if (element?.kind !== "tuple") return null;
  const [key, value] = element.items;
  return key === undefined || value === undefined ? null : { kind: "map", key, value };
}

function asPairs(value: Checked, ty: Ty): Checked {
  const emit = (): Expr => convertNode(value.emit(), { kind: "map-to-list" }, ty, value.span);
  return { ty, span: value.span, pure: value.pure, emit };
}

function convertNode(
  value: Expr,
  conversion: Extract<Expr, { kind: "convert" }>["conversion"],
  ty: Ty,
  span: Span,
): Expr {
  return { kind: "convert", conversion, value, type: close(ty), span };
}

/** W3. Parameters without annotation are Any: the plugin sends whatever it likes. */
function callback(r: Routine, tree: Tree, ty: Ty): Checked {
  const value = tree.kind === "lambda" ? checkLambda(r, tree, null, ANY) : infer(r, tree);
  const fn = resolve(value.ty);
  if (fn.kind === "resource") return accept(r, value, ty, { what: "the callback" });
  if (fn.kind !== "fn") {
    if (!isWrong(fn))
      report(
        r,
        value.span,
        "wrong-type",
        { expected: "a function", found: show(fn) },
        { label: "the plugin calls it back", hint: "Write a lambda: `|x| …`" },
      );
    return wrong(value.span);
  }
  forbidWaiting(r, value);
  const emit = (): Expr => {
    const params = fn.params.map(close);
    return convertNode(value.emit(), { kind: "to-callback", params, result: close(fn.result) }, ty, value.span);
  };
  return { ty, span: value.span, pure: value.pure, emit };
}

function forbidWaiting(r: Routine, value: Checked): void {
  const fn = resolve(value.ty);
  if (fn.kind !== "fn") return;
  const node = effectNode();
  const place = placeOf(r, value.span);
  include(r.effect, node, place);
  if (fn.effect === undefined) node.causes.push({ ...place, row: "suspends", what: "a function value that may wait" });
  else node.includes.push({ ...place, node: fn.effect });
  r.program.limits.push({
    node,
    most: "writes",
    who: "a function that a plugin calls",
    hint: "Wait before or after the call of the plugin",
  });
}

/** `=f=(x)`: in a fresh instance, so nothing that belongs to another instance may go there (rule 31). */
function checkForkable(r: Routine, tree: ForeignTree, given: readonly Given[]): void {
  for (const { value } of given) {
    const bad = someTy(value.ty, (t) => t.kind === "resource" || t.kind === "fn");
    if (bad)
      report(
        r,
        value.span,
        "fork-argument",
        { found: show(value.ty) },
        { label: "belongs to this run's own instances", hint: `Call \`${tree.name}\` without \`=…=\`` },
      );
  }
  if (someTy(tree.foreign.result, (t) => t.kind === "resource")) {
    report(
      r,
      tree.span,
      "fork-argument",
      { found: show(tree.foreign.result) },
      { label: "its result would belong to an instance that is gone" },
    );
  }
  if (!tree.foreign.stateless) {
    warn(
      r,
      tree.span,
      "fork-stateful",
      { name: tree.foreign.packageName },
      {
        label: "runs in a fresh instance, which remembers nothing",
        hint: "If the package keeps no state, let its manifest say `stateless = true`",
      },
    );
  }
}

function result(tree: ForeignTree, wit: WitFunction, given: readonly Given[], expected: Ty | null, how: How): Checked {
  const { foreign, span } = tree;
  const whole = resolve(foreign.result);
  const own = whole.kind === "result" && !how.take ? whole.ok : foreign.result;
  const emitCall = (type: Ty): Expr => ({
    kind: "foreign",
    package: foreign.package,
    function: foreign.key,
    wit,
    args: given.map(({ param, value }): Argument => ({ param, value: value.emit() })),
    takeResult: how.take,
    fork: how.fork,
    label: how.label,
    type: close(type),
    span,
  });
  const want = expected === null ? null : resolve(expected);
  const pairs = want?.kind === "map" ? mapOf(own) : null;
  if (pairs !== null) {
    const emit = (): Expr => convertNode(emitCall(own), { kind: "list-to-map" }, pairs, span);
    return { ty: pairs, span, pure: false, emit };
  }
  const ty =
    want !== null && want.kind !== "open" && !couldUnify(own, want) && couldUnify(own, want, true) ? want : own; // W2
  return { ty, span, pure: false, emit: () => emitCall(ty) };
}
