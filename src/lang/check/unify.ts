/**
 * When are two types one, and what is the type that several share.
 *
 *   U1  `unify` closes open types so that both become equal, or says false; no conversion is involved.
 *   U2  Nominal types are compared by id; structurally (names and types in order) where `structural` says so (rule 26).
 *   U3  A `Trial` closes nothing: it tells whether `unify` would succeed.
 */
import { addCause, include } from "./effects.ts";
import type { EffectNode, Place } from "./effects.ts";
import { FLOAT, isBareNil, NEVER, optionOf, partsOf, resolve, WRONG } from "./infer-types.ts";
import type { Open, Ty } from "./infer-types.ts";
import type { Type } from "../types.ts";

/** How open types are looked up and closed. */
export interface Closing {
  resolve(ty: Ty): Ty;
  bind(open: Open, ty: Ty): void;
  /** Two function types became one. */
  link(a: EffectNode | undefined, b: EffectNode | undefined): void;
  readonly structural: boolean;
}

/** U1: closes open types for good. `at` is the place that made two function types one. */
export class Binding implements Closing {
  readonly structural: boolean;
  readonly #at: Place;

  constructor(at: Place, structural: boolean) {
    this.#at = at;
    this.structural = structural;
  }

  resolve(ty: Ty): Ty {
    return resolve(ty);
  }

  bind(open: Open, ty: Ty): void {
    open.bound = ty;
  }

  link(a: EffectNode | undefined, b: EffectNode | undefined): void {
    if (a !== undefined && b !== undefined) {
      include(a, b, this.#at);
      include(b, a, this.#at);
    } else {
      const known = a ?? b;
      if (known !== undefined)
        addCause(known, { ...this.#at, row: "suspends", what: "a function value that may wait" });
    }
  }
}

/** U3. */
export class Trial implements Closing {
  readonly structural: boolean;
  readonly #bound = new Map<Open, Ty>();

  constructor(structural = false) {
    this.structural = structural;
  }

  resolve(ty: Ty): Ty {
    let at = resolve(ty);
    while (at.kind === "open") {
      const bound = this.#bound.get(at);
      if (bound === undefined) return at;
      at = resolve(bound);
    }
    return at;
  }

  bind(open: Open, ty: Ty): void {
    this.#bound.set(open, ty);
  }

  link(): void {
    // A trial leaves no trace.
  }
}

/** U1. */
export function unify(left: Ty, right: Ty, closing: Closing): boolean {
  const a = closing.resolve(left);
  const b = closing.resolve(right);
  if (a === b) return true;
  // The open type of a `nil` stays one: alone it is Nil, and no error.
  if (a.kind === "open" && b.kind === "open" && a.origin.what === "nil") return bind(b, a, closing);
  if (a.kind === "open") return bind(a, b, closing);
  if (b.kind === "open") return bind(b, a, closing);
  if (a.kind === "error" || b.kind === "error" || a.kind === "Never" || b.kind === "Never") return true;
  if (isBareNil(a) && b.kind === "Nil") return true;
  if (isBareNil(b) && a.kind === "Nil") return true;
  if (a.kind !== b.kind) return false;
  if (isNominal(a) && isNominal(b)) return a.id === b.id || (closing.structural && sameShape(a, b, closing));
  if (a.kind === "fn" && b.kind === "fn") closing.link(a.effect, b.effect);
  const left1 = partsOf(a);
  const right1 = partsOf(b);
  return left1.length === right1.length && left1.every((part, i) => unify(part, right1[i] ?? WRONG, closing));
}

function bind(open: Open, ty: Ty, closing: Closing): boolean {
  if (occurs(open, ty, closing)) return false;
  closing.bind(open, ty);
  return true;
}

function occurs(open: Open, ty: Ty, closing: Closing): boolean {
  const at = closing.resolve(ty);
  return at === open || partsOf(at).some((part) => occurs(open, part, closing));
}

type Nominal = Extract<Type, { readonly kind: "record" | "variant" | "enum" | "flags" | "resource" }>;

function isNominal(ty: Ty): ty is Nominal {
  return ["record", "variant", "enum", "flags", "resource"].includes(ty.kind);
}

function sameShape(a: Nominal, b: Nominal, closing: Closing): boolean {
  if (a.kind === "record" && b.kind === "record")
    return sameNamed(a.fields, b.fields, (x, y) => unify(x.type, y.type, closing));
  if (a.kind === "variant" && b.kind === "variant")
    return sameNamed(a.cases, b.cases, (x, y) =>
      x.payload === null || y.payload === null ? x.payload === y.payload : unify(x.payload, y.payload, closing),
    );
  if (a.kind === "enum" && b.kind === "enum") return a.cases.join() === b.cases.join();
  if (a.kind === "flags" && b.kind === "flags") return a.labels.join() === b.labels.join();
  return false;
}

function sameNamed<T extends { readonly name: string }>(
  a: readonly T[],
  b: readonly T[],
  same: (x: T, y: T) => boolean,
): boolean {
  return a.length === b.length && a.every((x, i) => x.name === b[i]?.name && same(x, b[i] ?? x));
}

/** Would they unify? */
export function couldUnify(a: Ty, b: Ty, structural = false): boolean {
  return unify(a, b, new Trial(structural));
}

/** What may join beside equal types and T with Nil: `numbers` lets Int meet Float (rule 18). */
export interface JoinRules {
  readonly numbers: boolean;
}

/** The type that all share, or null: Never goes with everything, Nil makes an option, Any takes all. */
export function joinTypes(types: readonly Ty[], rules: JoinRules, closing: Closing): Ty | null {
  const live = types.map((t) => resolve(t)).filter((t) => t.kind !== "Never");
  if (live.some((t) => t.kind === "error")) return WRONG;
  if (live.some((t) => t.kind === "Any")) return { kind: "Any" };
  const nils = live.filter((t) => t.kind === "Nil" || isBareNil(t));
  const rest = live.filter((t) => t.kind !== "Nil" && !isBareNil(t));
  if (rest.length === 0) return nils[0] ?? NEVER;
  const shared = rest.reduce<Ty | null>(
    (sum, t) => (sum === null ? null : joinTwo(sum, t, rules, closing)),
    first(rest),
  );
  if (shared === null || nils.length === 0) return shared;
  return resolve(shared).kind === "option" ? shared : optionOf(shared);
}

function first(types: readonly Ty[]): Ty {
  return types[0] ?? NEVER;
}

function joinTwo(a: Ty, b: Ty, rules: JoinRules, closing: Closing): Ty | null {
  if (rules.numbers && isNumber(a) && isNumber(b)) return resolve(a).kind === resolve(b).kind ? a : FLOAT;
  if (!couldUnify(a, b)) return null;
  unify(a, b, closing);
  return a;
}

function isNumber(ty: Ty): boolean {
  const kind = resolve(ty).kind;
  return kind === "Int" || kind === "Float";
}
