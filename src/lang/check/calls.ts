/**
 * Names, members and calls: what stands there decides who checks it.
 *
 *   Bare cases: those of the expected type, then of the one visible type that has it; variables, declarations and
 *   required names win (rule 15). A case of a type that the file declares hides the prelude (rule 22); cases of types
 *   that only came along with a `require` do not, or a plugin could take `map` away.
 */
import type { Arg, Expr as Tree } from "../ast.ts";
import { checkField } from "./access.ts";
import { inferAnyway } from "./arguments.ts";
import { callCase, callFlags, callRecord, callResultCase, payloadOf, plainCase } from "./construct.ts";
import type { Case } from "./construct.ts";
import type { Checked } from "./checked.ts";
import { wrong } from "./checked.ts";
import { fail, infer, placeOf, report } from "./context.ts";
import type { Routine } from "./context.ts";
import type { Entity } from "./entities.ts";
import { callForeign } from "./foreign.ts";
import type { How } from "./foreign.ts";
import { callUnit, unitFn } from "./program-calls.ts";
import { etaExpand } from "./lambda.ts";
import { findEntity, findVariable, readVariable, unknownName } from "./names.ts";
import { bareCases, casesOf, memberOf, nameOf, reportAmbiguous, resolvePath } from "./paths.ts";
import { callPrelude, preludeConstant, preludeFn } from "./prelude.ts";
import { callValue } from "./value-calls.ts";
import { isWrong, resolve, show, showA } from "./infer-types.ts";
import type { FnTy, Ty } from "./infer-types.ts";
import { nearest } from "../nearest.ts";
import { prelude } from "../prelude.ts";
import type { Span } from "../source.ts";

type Of<K extends Tree["kind"]> = Extract<Tree, { readonly kind: K }>;

const plainly: How = { label: null, take: false, fork: false };

export function checkName(r: Routine, tree: Of<"name">, expected: Ty | null): Checked {
  const variable = findVariable(r, tree.name, tree.span);
  if (variable !== null) return readVariable(r, variable, tree.span);
  const entity = named(r, tree, expected, false);
  return entity === null ? unknownName(r, tree.name, tree.span) : entityValue(r, entity, tree, expected);
}

/** What a name that is no variable stands for; reports a case that several types have. */
function named(r: Routine, tree: Of<"name">, expected: Ty | null, called: boolean): Entity | null {
  const { name } = tree;
  const own = r.file.declared.has(name) || r.file.required.has(name);
  if (own) return findEntity(r, name);
  const wanted = expectedCase(name, expected);
  if (wanted !== null) return wanted;
  if (name === "some" && expected !== null && resolve(expected).kind === "option") return { kind: "prelude", name };
  // Whoever calls `max` with a case `max` that holds nothing means the function.
  const declared = bareCases(r, name, "declared").filter((c) => !called || payloadOf(c) !== null);
  const known = declared.length > 0 ? null : findEntity(r, name);
  if (known !== null) return known;
  const cases = bareCases(r, name);
  const [first, second] = cases;
  if (first === undefined || second === undefined) return first ?? null;
  const types = cases.map((c) => c.type.name);
  report(
    r,
    tree.span,
    "ambiguous-case",
    { name, types },
    {
      label: `a case of ${types.map((t) => `\`${t}\``).join(" and ")}`,
      hint: `Write \`${first.type.name}.${name}\``,
    },
  );
  return { kind: "wrong" };
}

function expectedCase(name: string, expected: Ty | null): Case | null {
  let want = expected === null ? null : resolve(expected);
  while (want?.kind === "option") want = resolve(want.some);
  if (want?.kind !== "variant" && want?.kind !== "enum") return null;
  const index = casesOf(want).indexOf(name);
  return index < 0 ? null : { kind: "case", type: want, index };
}

export function checkMember(r: Routine, tree: Of<"member">, expected: Ty | null): Checked {
  const object = resolvePath(r, tree.object);
  if (object !== null) return entityValue(r, memberOf(r, object, tree.name, nameOf(tree.object)), tree, expected);
  return checkField(r, tree, infer(r, tree.object));
}

/** What a name stands for, as a value: functions become the lambda that calls them. */
function entityValue(r: Routine, entity: Entity, tree: Of<"name"> | Of<"member">, expected: Ty | null): Checked {
  const { span } = tree;
  const name = nameOf(tree);
  switch (entity.kind) {
    case "case":
      return payloadOf(entity) === null ? plainCase(entity, span) : etaOf(r, tree, caseFn(entity), expected);
    case "function":
      return etaOf(r, tree, unitFn(r, entity.unit, span), expected);
    case "foreign":
      return etaOf(r, tree, foreignFn(entity), expected);
    case "prelude":
      return preludeConstant(entity.name, span) ?? etaOf(r, tree, preludeFn(entity.name, expected), expected);
    case "type":
      return entity.type.kind === "record"
        ? etaOf(r, tree, recordFn(entity.type), expected)
        : notValue(r, name, "a type", span);
    case "ambiguous":
      reportAmbiguous(r, name, entity.offers, span);
      return wrong(span);
    case "wrong":
      return wrong(span);
    default:
      return notValue(r, name, described[entity.kind], span);
  }
}

const described = {
  resource: "a resource type",
  alias: "a type",
  package: "a package",
  interface: "an interface",
  file: "a file",
} as const;

function notValue(r: Routine, name: string, what: string, span: Span): Checked {
  return fail(r, span, "not-a-value", { name, what }, { label: `\`${name}\` is ${what}` });
}

/** Null: nothing tells its parameters. */
function etaOf(r: Routine, tree: Tree, fn: FnTy | null, expected: Ty | null): Checked {
  const want = expected === null ? null : resolve(expected);
  if (fn === null) {
    return fail(
      r,
      tree.span,
      "untyped-function",
      { name: nameOf(tree) },
      {
        label: "nothing tells its parameters here",
        hint: `Write a lambda: \`|x: Int| ${nameOf(tree)}(x)\``,
      },
    );
  }
  if (want?.kind !== "fn" || want.params.length !== fn.params.length) return etaExpand(r, tree, fn, tree.span);
  const params = want.params.map((p, i) => (resolve(p).kind === "open" ? (fn.params[i] ?? p) : p));
  return etaExpand(r, tree, { ...want, params }, tree.span);
}

function caseFn(of: Case): FnTy {
  const payload = payloadOf(of);
  return { kind: "fn", params: payload === null ? [] : [payload], result: of.type };
}

function recordFn(type: Extract<Ty, { kind: "record" }>): FnTy {
  return { kind: "fn", params: type.fields.map((f) => f.type), result: type };
}

function foreignFn({ foreign }: Extract<Entity, { kind: "foreign" }>): FnTy | null {
  if (foreign.wit === null) return null;
  const whole = resolve(foreign.result);
  return { kind: "fn", params: foreign.params.map((p) => p.ty), result: whole.kind === "result" ? whole.ok : whole };
}

export function checkCall(r: Routine, tree: Of<"call">, expected: Ty | null, label: string | null): Checked {
  return call(r, tree, expected, { ...plainly, label });
}

/** `take`: the operand of `try?`. */
export function call(r: Routine, tree: Of<"call">, expected: Ty | null, how: How): Checked {
  const { callee, args, span } = tree;
  if (callee.kind === "name") return callName(r, callee, args, span, expected, how);
  if (callee.kind === "member") return callMember(r, callee, args, span, expected, how);
  return callValue(r, infer(r, callee), args, span);
}

function callName(
  r: Routine,
  callee: Of<"name">,
  args: readonly Arg[],
  span: Span,
  expected: Ty | null,
  how: How,
): Checked {
  const variable = findVariable(r, callee.name);
  if (variable !== null) return callVariable(r, callee, args, span, readVariable(r, variable, callee.span));
  const entity = named(r, callee, expected, true);
  if (entity !== null) {
    if (!r.file.declared.has(callee.name)) r.program.called.set(callee.name, placeOf(r, callee.span));
    return callEntity(r, entity, callee, args, span, expected, how);
  }
  if (callee.name === "ok" || callee.name === "err") return callResultCase(r, callee.name, args, span, expected);
  inferAnyway(r, args);
  return unknownName(r, callee.name, callee.span);
}

/** A variable that hides a function of its name, and is none itself (rule 22). */
function callVariable(r: Routine, callee: Of<"name">, args: readonly Arg[], span: Span, value: Checked): Checked {
  const { kind } = resolve(value.ty);
  const entity = findEntity(r, callee.name);
  if (kind === "fn" || kind === "Any" || kind === "open" || kind === "error" || entity === null)
    return callValue(r, value, args, span);
  inferAnyway(r, args);
  const declared = r.scope.find(callee.name)?.declared;
  return fail(
    r,
    callee.span,
    "not-callable",
    { found: show(value.ty) },
    {
      label: `${showA(value.ty)}`,
      also: declared === undefined ? [] : [{ span: declared, text: `hides the function \`${callee.name}\`` }],
      hint: "Give the variable another name",
    },
  );
}

function callMember(
  r: Routine,
  callee: Of<"member">,
  args: readonly Arg[],
  span: Span,
  expected: Ty | null,
  how: How,
): Checked {
  const object = resolvePath(r, callee.object);
  if (object !== null) {
    const entity = memberOf(r, object, callee.name, nameOf(callee.object));
    return callEntity(r, entity, callee, args, span, expected, how);
  }
  const self = infer(r, callee.object);
  const ty = resolve(self.ty);
  if (ty.kind === "resource") return callMethod(r, callee, self, args, span, expected, how);
  const isField =
    ty.kind === "Any" ||
    ty.kind === "error" ||
    (ty.kind === "record" && ty.fields.some((f) => f.name === callee.name.name));
  if (isField && how.take)
    return fail(r, span, "try-target", undefined, { label: "not the call of a foreign function" });
  if (isField) return callValue(r, checkField(r, callee, self), args, span);
  inferAnyway(r, args);
  return noMethod(r, callee, self.ty);
}

function callMethod(
  r: Routine,
  callee: Of<"member">,
  self: Checked,
  args: readonly Arg[],
  span: Span,
  expected: Ty | null,
  how: How,
): Checked {
  const ty = resolve(self.ty);
  const methods = ty.kind === "resource" ? r.program.resources.get(ty.resource)?.methods : undefined;
  const foreign = methods?.get(callee.name.name);
  if (foreign !== undefined)
    return callForeign(r, { foreign, name: `${show(ty)}.${callee.name.name}`, args, span, self }, expected, how);
  inferAnyway(r, args);
  const near = nearest(callee.name.name, methods?.keys() ?? []);
  return fail(
    r,
    callee.name.span,
    "unknown-field",
    { name: callee.name.name, of: show(ty) },
    {
      label: "not among its methods",
      hint: near === undefined ? undefined : `Did you mean \`${near}\`?`,
    },
  );
}

function noMethod(r: Routine, callee: Of<"member">, of: Ty): Checked {
  const { name, span } = callee.name;
  const hint =
    Object.hasOwn(prelude, name) || findEntity(r, name)?.kind === "function"
      ? `Write \`${name}(…)\`: functions take their value as an argument`
      : undefined;
  return isWrong(of)
    ? wrong(span)
    : fail(r, span, "unknown-field", { name, of: show(of) }, { label: `${showA(of)} has no methods`, hint });
}

export function callEntity(
  r: Routine,
  entity: Entity,
  callee: Tree,
  args: readonly Arg[],
  span: Span,
  expected: Ty | null,
  how: How,
): Checked {
  const name = nameOf(callee);
  switch (entity.kind) {
    case "function":
      return callUnit(r, entity.unit, name, args, span);
    case "foreign":
      return callForeign(r, { foreign: entity.foreign, name, args, span, self: null }, expected, how);
    case "prelude":
      return callPrelude(r, { name: entity.name, args, span, label: how.label });
    case "case":
      return callCase(r, entity, args, span);
    case "type":
      return callType(r, entity.type, name, args, span);
    case "resource":
      return callConstructor(r, entity, name, args, span, how);
    case "ambiguous":
      inferAnyway(r, args);
      reportAmbiguous(r, name, entity.offers, callee.span);
      return wrong(span);
    case "wrong":
      inferAnyway(r, args);
      return wrong(span);
    default:
      inferAnyway(r, args);
      return notValue(r, name, described[entity.kind], callee.span);
  }
}

function callType(
  r: Routine,
  type: Extract<Entity, { kind: "type" }>["type"],
  name: string,
  args: readonly Arg[],
  span: Span,
): Checked {
  if (type.kind === "record") return callRecord(r, type, args, span);
  if (type.kind === "flags") return callFlags(r, type, args, span);
  inferAnyway(r, args);
  const [first] = casesOf(type);
  return fail(
    r,
    span,
    "not-a-value",
    { name, what: "a type" },
    {
      label: `\`${name}\` has cases`,
      hint: first === undefined ? undefined : `Write one of them: \`${name}.${first}\``,
    },
  );
}

function callConstructor(
  r: Routine,
  entity: Extract<Entity, { kind: "resource" }>,
  name: string,
  args: readonly Arg[],
  span: Span,
  how: How,
): Checked {
  const info = r.program.resources.get(entity.type.resource);
  const create = info?.create ?? null;
  if (create !== null) return { ...callForeign(r, { foreign: create, name, args, span, self: null }, null, how) };
  inferAnyway(r, args);
  const [first] = info?.statics.keys() ?? [];
  return fail(
    r,
    span,
    "no-constructor",
    { name },
    {
      label: "the resource has no constructor",
      hint: first === undefined ? undefined : `Try \`${name}.${first}(…)\``,
    },
  );
}
