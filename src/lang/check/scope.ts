/**
 * Names and what is known of them at a place (rules 3, 4, 5, 17).
 *
 *   S1  A scope is opaque (`seq`, a lambda, a branch …) or only holds bound names (a match arm, `catch`): a plain
 *       assignment declares in the nearest opaque one.
 *   S2  A variable has one slot per type it was declared with. A `Fact` tells which slots may hold it here.
 *   S3  A `Flow` is the facts of one place; where paths meet, facts are joined: slots add up, narrowings must agree.
 *   S4  A captured variable is never assigned where it is captured, so its first fact holds wherever the flow has none.
 */
import type { Expr } from "../ast.ts";
import { resolve } from "./infer-types.ts";
import type { Ty } from "./infer-types.ts";
import type { Span } from "../source.ts";
import type { Local } from "../typed.ts";

/** One place for values of one type: becomes a Local. */
export interface Slot {
  readonly name: string;
  ty: Ty;
  /** Where it was declared first. */
  readonly declared: Span;
  /** What it was first assigned, for the fix that makes `0` a `0.0`. */
  readonly first: Expr | null;
  /** Some path reads it unassigned (rule 4). */
  checked: boolean;
  local: Local | null;
}

export interface Variable {
  readonly name: string;
  readonly declared: Span;
  /** The number of the routine it belongs to. */
  readonly routine: number;
  readonly slots: Slot[];
  /** S4. */
  base: Fact | null;
}

/** Reads of what a loop's head knew, to be looked at again when its end is known. */
export interface LoopHead {
  readonly reads: { readonly variable: Variable; readonly span: Span; readonly slots: readonly Slot[] }[];
}

export interface Fact {
  readonly slots: readonly Slot[];
  readonly unassigned: boolean;
  /** How many layers of option a test has taken off (rule 17). */
  readonly narrowed: number;
  readonly heads: readonly LoopHead[];
}

export class Scope {
  readonly names: Map<string, Variable> = new Map();
  readonly parent: Scope | null;
  readonly opaque: boolean;

  constructor(parent: Scope | null, opaque: boolean) {
    this.parent = parent;
    this.opaque = opaque;
  }

  find(name: string): Variable | null {
    return this.names.get(name) ?? this.parent?.find(name) ?? null;
  }

  /** Where an assignment declares (S1). */
  get home(): Scope {
    return this.opaque || this.parent === null ? this : this.parent.home;
  }

  /** Every visible variable's name, for "did you mean". */
  visible(): readonly string[] {
    return [...this.names.keys(), ...(this.parent?.visible() ?? [])];
  }
}

export class Flow {
  readonly alive: boolean;
  readonly facts: ReadonlyMap<Variable, Fact>;

  constructor(alive: boolean, facts: ReadonlyMap<Variable, Fact>) {
    this.alive = alive;
    this.facts = facts;
  }

  factOf(variable: Variable): Fact | null {
    return this.facts.get(variable) ?? variable.base;
  }

  with(variable: Variable, fact: Fact): Flow {
    return new Flow(this.alive, new Map(this.facts).set(variable, fact));
  }

  dead(): Flow {
    return new Flow(false, this.facts);
  }

  /** With one more layer of the option taken off. */
  narrow(variable: Variable): Flow {
    const fact = this.factOf(variable);
    return fact === null ? this : this.with(variable, { ...fact, narrowed: fact.narrowed + 1 });
  }

  /** As if a test had never been made, for what may be assigned meanwhile. */
  widen(names: ReadonlySet<string>): Flow {
    const facts = new Map(this.facts);
    for (const [variable, fact] of facts) {
      if (names.has(variable.name) && fact.narrowed > 0) facts.set(variable, { ...fact, narrowed: 0 });
    }
    return new Flow(this.alive, facts);
  }

  /** The head of a loop: every fact remembers to have passed it. */
  at(head: LoopHead): Flow {
    const facts = new Map(this.facts);
    for (const [variable, fact] of facts) facts.set(variable, { ...fact, heads: [...fact.heads, head] });
    return new Flow(this.alive, facts);
  }
}

/** S3. A dead path contributes nothing. */
export function joinFlows(a: Flow, b: Flow): Flow {
  if (a === b || !b.alive) return a;
  if (!a.alive) return b;
  const facts = new Map<Variable, Fact>();
  for (const variable of new Set([...a.facts.keys(), ...b.facts.keys()])) {
    facts.set(variable, joinFacts(a.factOf(variable), b.factOf(variable)));
  }
  return new Flow(true, facts);
}

export function joinFacts(a: Fact | null, b: Fact | null): Fact {
  if (a === b && a !== null) return a;
  const one = a ?? b;
  if (one === null) return { slots: [], unassigned: true, narrowed: 0, heads: [] };
  if (a === null || b === null) return { ...one, unassigned: true, narrowed: 0 };
  return {
    slots: [...new Set([...a.slots, ...b.slots])],
    unassigned: a.unassigned || b.unassigned,
    narrowed: Math.min(a.narrowed, b.narrowed),
    heads: [...new Set([...a.heads, ...b.heads])],
  };
}

/** What holds after a test that shows these variables not to be nil. */
export function narrowed(flow: Flow, variables: readonly Variable[] | undefined): Flow {
  return (variables ?? []).reduce((f, v) => f.narrow(v), flow);
}

/** The type a fact gives to a slot's value. */
export function narrowedTy(slot: Slot, narrowed: number): Ty {
  let ty = resolve(slot.ty);
  for (let i = 0; i < narrowed && ty.kind === "option"; i += 1) ty = resolve(ty.some);
  return ty;
}
