/**
 * Types while they are being inferred: those of types.ts, and three more.
 *
 *   I1  `open` is a type not known yet (of `[]`, `nil`, a type parameter). It is closed once, by `bound`, and never reopened.
 *   I2  `error` is the type of a node that was already reported: it goes with everything and is never mentioned.
 *   I3  A function type carries the effect of calling it; absent, nothing is known of it.
 *
 * `resolve` looks through closed ones; every reader of a kind goes through it. `close` gives the final Type.
 */
import type { EffectNode } from "./effects.ts";
import type { Span } from "../source.ts";
import type { Type } from "../types.ts";

type Compound = "list" | "tuple" | "option" | "map" | "result" | "fn" | "task" | "stream" | "future";
type Plain = Exclude<Type, { readonly kind: Compound }>;

export interface FnTy {
  readonly kind: "fn";
  readonly params: readonly Ty[];
  readonly result: Ty;
  readonly effect?: EffectNode;
}

/** What an open type belongs to: decides the words of "its type is not known". */
export interface Origin {
  readonly span: Span;
  readonly what: "list" | "map" | "nil" | "result" | "parameter" | "variable";
}

export interface Open {
  readonly kind: "open";
  readonly origin: Origin;
  bound: Ty | null;
}

export type Ty =
  | Plain
  | { readonly kind: "list"; readonly element: Ty }
  | { readonly kind: "tuple"; readonly items: readonly Ty[] }
  | { readonly kind: "option"; readonly some: Ty }
  | { readonly kind: "map"; readonly key: Ty; readonly value: Ty }
  | { readonly kind: "result"; readonly ok: Ty; readonly err: Ty }
  | FnTy
  | { readonly kind: "task"; readonly result: Ty }
  | { readonly kind: "stream" | "future"; readonly element: Ty }
  | Open
  | { readonly kind: "error" };

export const INT: Ty = { kind: "Int" };
export const FLOAT: Ty = { kind: "Float" };
export const BOOL: Ty = { kind: "Bool" };
export const STRING: Ty = { kind: "String" };
export const CHAR: Ty = { kind: "Char" };
export const BYTES: Ty = { kind: "Bytes" };
export const NIL: Ty = { kind: "Nil" };
export const DURATION: Ty = { kind: "Duration" };
export const INSTANT: Ty = { kind: "Instant" };
export const ANY: Ty = { kind: "Any" };
export const ERROR: Ty = { kind: "Error" };
export const NEVER: Ty = { kind: "Never" };
export const WRONG: Ty = { kind: "error" };

export function listOf(element: Ty): Ty {
  return { kind: "list", element };
}

export function optionOf(some: Ty): Ty {
  return { kind: "option", some };
}

export function openTy(span: Span, what: Origin["what"]): Open {
  return { kind: "open", origin: { span, what }, bound: null };
}

/** The type itself, looking through closed open types (I1). */
export function resolve(ty: Ty): Ty {
  let at = ty;
  while (at.kind === "open" && at.bound !== null) at = at.bound;
  return at;
}

/** The type of the literal `nil` before anything closed it: an option of nobody knows what. */
export function isBareNil(ty: Ty): boolean {
  const at = resolve(ty);
  if (at.kind !== "option") return false;
  const some = resolve(at.some);
  return some.kind === "open" && some.origin.what === "nil";
}

/** The types directly inside. Fields of records and variants do not count: they are closed. */
export function partsOf(ty: Ty): readonly Ty[] {
  switch (ty.kind) {
    case "list":
    case "stream":
    case "future":
      return [ty.element];
    case "tuple":
      return ty.items;
    case "option":
      return [ty.some];
    case "map":
      return [ty.key, ty.value];
    case "result":
      return [ty.ok, ty.err];
    case "fn":
      return [...ty.params, ty.result];
    case "task":
      return [ty.result];
    default:
      return [];
  }
}

/** Whether the type or one in it, fields and payloads included, satisfies the test. */
export function someTy(ty: Ty, test: (ty: Ty) => boolean): boolean {
  const at = resolve(ty);
  if (test(at)) return true;
  if (at.kind === "record") return at.fields.some((f) => someTy(f.type, test));
  if (at.kind === "variant") return at.cases.some((c) => c.payload !== null && someTy(c.payload, test));
  return partsOf(at).some((part) => someTy(part, test));
}

export function isWrong(ty: Ty): boolean {
  return someTy(ty, (t) => t.kind === "error");
}

/** Makes what is still open in the type erroneous: its use was reported, so nobody should ask for it again. */
export function poison(ty: Ty): void {
  const at = resolve(ty);
  if (at.kind === "open") at.bound = WRONG;
  else partsOf(at).forEach(poison);
}

/** As a program writes it; `_` where it is not known. */
export function show(ty: Ty): string {
  const at = resolve(ty);
  switch (at.kind) {
    case "list":
      return `[${show(at.element)}]`;
    case "tuple":
      return at.items.length === 1 ? `&(${at.items.map(show).join("")})` : `(${at.items.map(show).join(", ")})`;
    case "option":
      return isBareNil(at) ? "Nil" : `${show(at.some)}?`;
    case "map":
      return `Map<${show(at.key)}, ${show(at.value)}>`;
    case "result":
      return `Result<${show(at.ok)}, ${show(at.err)}>`;
    case "fn":
      return `fn(${at.params.map(show).join(", ")}) -> ${show(at.result)}`;
    case "task":
      return `Task<${show(at.result)}>`;
    case "stream":
      return `Stream<${show(at.element)}>`;
    case "future":
      return `Future<${show(at.element)}>`;
    case "open":
    case "error":
      return "_";
    case "record":
    case "variant":
    case "enum":
    case "flags":
    case "resource":
      return at.name;
    default:
      return at.kind;
  }
}

/** With its article: an `Int`, a `Float`. */
export function showA(ty: Ty): string {
  const name = show(ty);
  return `${/^[AEIO]/i.test(name) ? "an" : "a"} \`${name}\``;
}

/** The final type. What nobody closed is Nil: a `nil` alone is one, and every other open type was reported before. */
export function close(ty: Ty): Type {
  const at = resolve(ty);
  switch (at.kind) {
    case "list":
      return { kind: "list", element: close(at.element) };
    case "stream":
    case "future":
      return { kind: at.kind, element: close(at.element) };
    case "tuple":
      return { kind: "tuple", items: at.items.map(close) };
    case "option":
      return isBareNil(at) ? { kind: "Nil" } : { kind: "option", some: close(at.some) };
    case "map":
      return { kind: "map", key: close(at.key), value: close(at.value) };
    case "result":
      return { kind: "result", ok: close(at.ok), err: close(at.err) };
    case "fn":
      return { kind: "fn", params: at.params.map(close), result: close(at.result) };
    case "task":
      return { kind: "task", result: close(at.result) };
    case "open":
    case "error":
      return { kind: "Nil" };
    default:
      return at;
  }
}
