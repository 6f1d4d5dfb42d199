/**
 * Calls of the prelude: which overload, its type parameters, its effect (rule 47).
 *
 *   O1  Overloads are tried top to bottom: by number and names of the arguments, then by the types of those that are
 *       no lambda; one that needs no conversion goes before one that does.
 */
import type { Arg } from "../ast.ts";
import { accept, check, fits, retyped } from "./accept.ts";
import { inferAnyway, matchArguments, paramIndices } from "./arguments.ts";
import type { Checked } from "./checked.ts";
import { wrong } from "./checked.ts";
import { fail, infer, placeOf, report } from "./context.ts";
import type { Routine } from "./context.ts";
import { addCause, include } from "./effects.ts";
import { optionVariable } from "./narrow.ts";
import { close, isWrong, openTy, resolve, show } from "./infer-types.ts";
import type { Open, Ty } from "./infer-types.ts";
import { signatureOf } from "./prelude-signatures.ts";
import type { Overload } from "./prelude-signatures.ts";
import type { Span } from "../source.ts";
import type { Expr } from "../typed.ts";
import { isNullable } from "../types.ts";
import { couldUnify } from "./unify.ts";

interface Call {
  readonly name: string;
  readonly args: readonly Arg[];
  readonly span: Span;
  readonly label: string | null;
}

/** An overload for one call: its type parameters are open. */
interface Candidate {
  readonly number: number;
  readonly overload: Overload;
  readonly parameters: ReadonlyMap<string, Open>;
  /** By argument. */
  readonly tys: readonly Ty[];
  readonly indices: readonly number[];
}

/** `pi`, `inf`, `nan`. */
export function preludeConstant(name: string, span: Span): Checked | null {
  if (!signatureOf(name).isConstant) return null;
  const value = { pi: 3.141592653589793, inf: Infinity, nan: NaN }[name] ?? NaN;
  return {
    ty: { kind: "Float" },
    span,
    pure: true,
    emit: () => ({ kind: "const", value, type: { kind: "Float" }, span }),
  };
}

export function callPrelude(r: Routine, call: Call): Checked {
  const { overloads, isConstant } = signatureOf(call.name);
  if (isConstant) return noShape(r, call, overloads);
  const all = overloads.flatMap((overload, i) => candidate(call, overload, i) ?? []);
  if (all.length === 0) return noShape(r, call, overloads);
  const inferred = new Map<Arg, Checked>();
  const chosen = choose(r, call, all, inferred);
  if (chosen === null) return noOverload(r, call, overloads, inferred);
  return finish(r, call, chosen, inferred);
}

function candidate(call: Call, overload: Overload, number: number): Candidate | null {
  const indices = paramIndices(call.args, overload.params);
  if (indices === null || call.args.some((a) => a.spread)) return null;
  const parameters = new Map(overload.parameters.map((p) => [p, openTy(call.span, "parameter")]));
  return {
    number,
    overload,
    parameters,
    indices,
    tys: indices.flatMap((i) => overload.params[i]?.schema(parameters) ?? []),
  };
}

/** O1. */
function choose(r: Routine, call: Call, all: readonly Candidate[], inferred: Map<Arg, Checked>): Candidate | null {
  let left = all;
  for (const [i, arg] of call.args.entries()) {
    if (left.length <= 1) break;
    if (arg.value.kind === "lambda") {
      const arity = arg.value.params.length;
      left = left.filter((c) => takesLambda(c.tys[i], arity));
    } else {
      const value = infer(r, arg.value);
      inferred.set(arg, value);
      left = left.filter((c) => c.tys[i] !== undefined && takes(c.tys[i], value.ty));
    }
  }
  const exact = left.filter((c) => isExact(call, c, inferred));
  const [first] = exact.length > 0 ? exact : left;
  return exact.length > 0 ? (first ?? null) : (left.find((c) => mentionsFloat(c)) ?? first ?? null);
}

/** An overload for Any is for what is one: everything else flows into an Any. */
function takes(ty: Ty, found: Ty): boolean {
  const from = resolve(found).kind;
  if (resolve(ty).kind === "Any") return from === "Any" || from === "open" || from === "error";
  return fits(found, ty);
}

function takesLambda(ty: Ty | undefined, arity: number): boolean {
  return ty?.kind === "fn" && ty.params.length === arity;
}

function isExact(call: Call, c: Candidate, inferred: ReadonlyMap<Arg, Checked>): boolean {
  return call.args.every((arg, i) => {
    const value = inferred.get(arg);
    const ty = c.tys[i];
    return value === undefined || ty === undefined || couldUnify(value.ty, ty);
  });
}

/** An Any may hold Ints and Floats: as Floats both go. */
function mentionsFloat(c: Candidate): boolean {
  return c.tys.some((ty) => show(ty).includes("Float"));
}

function finish(r: Routine, call: Call, chosen: Candidate, inferred: ReadonlyMap<Arg, Checked>): Checked {
  const { overload, parameters } = chosen;
  r.outermost.opens.push(...parameters.values());
  const args = call.args.map((arg, i) => {
    const ty = chosen.tys[i] ?? { kind: "error" };
    const because = { what: `\`${overload.params[chosen.indices[i] ?? 0]?.name ?? ""}\` of \`${call.name}\`` };
    const value = inferred.get(arg);
    return value === undefined ? check(r, arg.value, ty, because) : accept(r, value, ty, because);
  });
  const result = overload.result(parameters);
  const hasFunctions = countEffects(r, call, chosen);
  checkOrdered(r, call, chosen);
  if (args.some((a) => isWrong(a.ty)) && isWrong(result)) return wrong(call.span);
  const ordered = args.map((value, i) => ({ value, at: chosen.indices[i] ?? i })).sort((a, b) => a.at - b.at);
  const emit = (): Expr =>
    emitCall(
      call,
      chosen,
      ordered.map((o) => o.value),
      result,
    );
  const checked: Checked = { ty: result, span: call.span, emit, pure: overload.row === "pure" && !hasFunctions };
  return call.name === "is_nil" ? { ...checked, ...nilFacts(r, call) } : checked;
}

function nilFacts(r: Routine, call: Call): Partial<Checked> {
  const [arg] = call.args;
  const variable = arg === undefined ? null : optionVariable(r, arg.value);
  return variable === null ? {} : { whenFalse: [variable] };
}

function emitCall(call: Call, { number, overload, parameters }: Candidate, args: readonly Checked[], result: Ty): Expr {
  const { name, span, label } = call;
  const types = overload.parameters.map((p) => close(parameters.get(p) ?? { kind: "Nil" }));
  const made = args.map((a) => a.emit());
  const [only] = made;
  if (name === "some" && only !== undefined) return emitSome(only, result, span);
  return { kind: "prelude", name, overload: number, types, args: made, label, type: close(result), span };
}

function emitSome(value: Expr, result: Ty, span: Span): Expr {
  const type = close(result);
  if (!isNullable(value.type)) return retyped(value, type);
  return { kind: "convert", conversion: { kind: "wrap-some" }, value, type, span };
}

/** The call's own effect and those of the functions it is given. */
function countEffects(r: Routine, call: Call, { tys, overload }: Candidate): boolean {
  const place = placeOf(r, call.span);
  addCause(r.effect, { ...place, row: overload.row, what: `\`${call.name}\`` });
  let any = false;
  for (const ty of tys) {
    if (ty.kind !== "fn" || ty.effect === undefined) continue;
    any = true;
    include(r.effect, ty.effect, place);
    if (call.name !== "sort") continue;
    const hint = "Compute what it needs first, with `map`, and sort that";
    r.program.limits.push({ node: ty.effect, most: "pure", who: "the key of `sort`", hint });
  }
  return any;
}

/** `sort`, `min` and `max` need an order (rule 45). */
function checkOrdered(r: Routine, call: Call, { overload, parameters }: Candidate): void {
  if (!["sort", "min", "max"].includes(call.name) || overload.text.includes("less")) return;
  const ty = parameters.get(overload.text.includes("key") ? "U" : "T");
  const kind = ty === undefined ? "Int" : resolve(ty).kind;
  if (
    ["Int", "Float", "String", "Char", "Duration", "Instant", "Any", "open", "error"].includes(kind) ||
    ty === undefined
  )
    return;
  report(
    r,
    call.span,
    "no-order",
    { type: show(ty) },
    {
      label: `\`${show(ty)}\` has no order`,
      hint: call.name === "sort" ? "Give a key: `sort(xs, |x| …)`" : undefined,
    },
  );
}

function noShape(r: Routine, call: Call, overloads: readonly Overload[]): Checked {
  const [only] = overloads;
  if (signatureOf(call.name).isConstant) {
    inferAnyway(r, call.args);
    return fail(
      r,
      call.span,
      "not-callable",
      { found: "Float" },
      { label: `\`${call.name}\` is a number`, hint: `Write \`${call.name}\`` },
    );
  }
  if (overloads.length === 1 && only !== undefined) {
    matchArguments(r, call.args, only.params, call.span, call.name);
    return wrong(call.span);
  }
  inferAnyway(r, call.args);
  const counts = [...new Set(overloads.map((o) => o.params.length))].sort((a, b) => a - b);
  return fail(
    r,
    call.span,
    "wrong-arity",
    { want: counts.join(" or "), got: call.args.length },
    { label: offered(call.name, overloads) },
  );
}

function noOverload(
  r: Routine,
  call: Call,
  overloads: readonly Overload[],
  inferred: ReadonlyMap<Arg, Checked>,
): Checked {
  const found = call.args.flatMap((arg) => inferred.get(arg) ?? []);
  if (found.some((f) => isWrong(f.ty))) return wrong(call.span);
  const got = found.map((f) => show(f.ty)).join(", ");
  return fail(
    r,
    call.span,
    "no-overload",
    { name: call.name, got },
    {
      label: offered(call.name, overloads),
      hint: found.some((f) => resolve(f.ty).kind === "option") ? "Give a value for nil: `… ?? …`" : undefined,
    },
  );
}

function offered(name: string, overloads: readonly Overload[]): string {
  return `takes ${overloads.map((o) => `\`${name}${o.text.replace(/ -> .*$/, "")}\``).join(" or ")}`;
}

/** A prelude function as a value needs to know its parameters: from the expected type, or having one plain signature. */
export function preludeFn(name: string, expected: Ty | null): Extract<Ty, { readonly kind: "fn" }> | null {
  const want = expected === null ? null : resolve(expected);
  if (want?.kind === "fn") return want;
  const [only, more] = signatureOf(name).overloads;
  if (only === undefined || more !== undefined || only.parameters.length > 0) return null;
  return {
    kind: "fn",
    params: only.params.filter((p) => !p.optional).map((p) => p.schema(new Map())),
    result: only.result(new Map()),
  };
}
