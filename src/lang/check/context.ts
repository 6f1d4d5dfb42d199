/**
 * What the parts of the checker hand each other.
 *
 *   K1  A `Routine` is what becomes one `Fn`. Its `scope` and `flow` are those of the place being checked.
 *   K2  Parts that need each other meet in `Rules`: files import downwards only.
 */
import type { Expr as Tree, Statement as TreeStatement } from "../ast.ts";
import { effectNode } from "./effects.ts";
import type { EffectNode, Limit, Place } from "./effects.ts";
import type { Code, CodeParams } from "../codes.ts";
import type { Diagnostics, Extras } from "../diagnostics.ts";
import { wrong } from "./checked.ts";
import type { Checked, CheckedBlock } from "./checked.ts";
import type { FileUnit, ForeignFunction, FunctionParam, FunctionUnit, PackageInfo, ResourceInfo } from "./entities.ts";
import { NEVER } from "./infer-types.ts";
import type { Open, Ty } from "./infer-types.ts";
import { Flow, joinFacts, Scope } from "./scope.ts";
import type { Fact, Slot, Variable } from "./scope.ts";
import type { Span } from "../source.ts";
import type { Bind, Block, CheckedProgram, Fn, PackageUse, Param } from "../typed.ts";
import { Binding } from "./unify.ts";
import type { Closing } from "./unify.ts";
import type { WitFunction, Resource, World } from "../../wit/types.ts";

/** Where a program finds what it requires. */
export interface CheckEnvironment {
  /** Text of another file, by the path written in `require "./x.sennit"` relative to the requiring file. null: none. */
  readonly file: (from: string, path: string) => { readonly name: string; readonly text: string } | null;
  /** A package's world by its specifier as written (`acme:stats@^1.2`, `./plugins/geometry`). */
  readonly package: (specifier: string, from: string) => FoundPackage;
  /** Functions of the embedding program, by name: typed by WIT, or null when untyped. */
  readonly functions: ReadonlyMap<string, WitFunction | null>;
  /** Known package names, for "did you mean". */
  readonly packageNames: readonly string[];
  /** What this platform cannot do: `shell` in a browser is an error before the run. */
  readonly platform: { readonly shell: boolean };
}

export type FoundPackage =
  | { readonly name: string; readonly world: World; readonly stateless: boolean }
  | {
      readonly problem: string;
      readonly hint?: string;
      /** It is there, but cannot be used. */ readonly unusable?: boolean;
    };

/** What is wanted of a block: nothing, or a value (of a type, when that is known). */
export type Want =
  | { readonly use: "none"; readonly quiet?: true }
  | { readonly use: "value"; readonly expected: Ty | null };

/** K2. */
export interface Rules {
  infer(r: Routine, expr: Tree, expected: Ty | null): Checked;
  /** Where nobody takes the value. */
  inferUnused(r: Routine, expr: Tree): Checked;
  /** The statements in the present scope. */
  block(r: Routine, statements: readonly TreeStatement[], span: Span, want: Want): CheckedBlock;
  /** Makes sure that a function's result and effect are known. */
  settle(unit: FunctionUnit): void;
}

/** What the whole program shares. */
export interface Program {
  readonly env: CheckEnvironment;
  readonly diagnostics: Diagnostics;
  readonly rules: Rules;
  readonly files: FileUnit[];
  readonly packages: PackageUse[];
  readonly packageInfos: Map<string, PackageInfo | null>;
  readonly resources: Map<Resource, ResourceInfo>;
  readonly routines: Routine[];
  readonly bodies: Map<FunctionUnit, Routine>;
  /** The checked defaults of parameters. */
  readonly defaults: Map<FunctionParam, Checked>;
  readonly limits: Limit[];
  readonly params: (() => Param)[];
  readonly shells: CheckedProgram["shells"][number][];
  /** Required and prelude names that were called, and those an assignment hides: both is worth a warning. */
  readonly called: Map<string, Place>;
  readonly hidden: { readonly r: Routine; readonly name: string; readonly span: Span }[];
  /** Functions of the embedding program that were required. */
  readonly embedded: Map<string, ForeignFunction>;
  /** How many functions are being checked inside one another, asked for by their callers. */
  depth: number;
}

/** What `return`, `break` and `continue` meet on their way out, innermost last. */
export type Frame =
  | { readonly kind: "loop"; readonly breaks: Flow[]; readonly continues: Flow[] }
  | { readonly kind: "finally" };

/** Collects what variables may be while a `try` body runs: it can fail anywhere. */
export interface Watch {
  readonly entry: Flow;
  readonly facts: Map<Variable, Fact>;
}

/** K1. */
export class Routine {
  readonly program: Program;
  readonly file: FileUnit;
  readonly parent: Routine | null;
  readonly kind: Fn["kind"];
  readonly name: string;
  readonly index: number;
  readonly span: Span;
  readonly effect: EffectNode;
  readonly params: Slot[] = [];
  readonly unpack: { readonly from: Slot; readonly into: () => Bind }[] = [];
  readonly captures: { readonly outer: Slot; readonly inner: Slot }[] = [];
  readonly captured: Map<Variable, Variable> = new Map();
  readonly slots: Slot[] = [];
  readonly returns: Returned[] = [];
  readonly frames: Frame[] = [];
  readonly watches: Watch[] = [];
  /** Loops being checked: what they assign further down, and where that declares. */
  readonly pending: { readonly names: ReadonlySet<string>; readonly scope: Scope }[] = [];
  /** Open types made here and below: asked for at the end of the outermost routine. */
  readonly opens: Open[];
  /** Names whose assigned value is being checked (rule 21). */
  readonly assigning: { readonly name: string; readonly variable: Variable | null }[] = [];
  /** `@name` waiting for its call. */
  label: string | null = null;
  /** The next expression is an argument of a foreign call: literals there go by structure (rule 26). */
  structural = false;
  tries = 0;
  depth = 0;
  scope: Scope;
  flow: Flow = new Flow(true, new Map());
  /** What `return` must give, when known. */
  expected: Ty | null = null;
  result: Ty = NEVER;
  body: (() => Block) | null = null;
  /** Variables of blocks that ended, for "unknown name". */
  readonly ended: Map<string, Span> = new Map();
  readonly #counts = new Map<string, number>();

  constructor(of: {
    program: Program;
    file: FileUnit;
    parent: Routine | null;
    kind: Fn["kind"];
    name: string;
    span: Span;
    effect?: EffectNode;
    index?: number;
  }) {
    this.program = of.program;
    this.file = of.file;
    this.parent = of.parent;
    this.kind = of.kind;
    this.name = of.name;
    this.span = of.span;
    this.effect = of.effect ?? effectNode();
    this.scope = new Scope(null, true);
    this.opens = of.parent?.opens ?? [];
    this.depth = of.parent?.depth ?? 0;
    this.index = of.index ?? of.program.routines.length;
    of.program.routines[this.index] = this;
  }

  /** `main.lambda#0`: unique, and stable under edits elsewhere. */
  childName(what: string): string {
    const count = this.#counts.get(what) ?? 0;
    this.#counts.set(what, count + 1);
    return `${this.name}.${what}#${count}`;
  }

  /** Sets what is known of a variable from here on, also for the `catch` of every `try` around. */
  learn(variable: Variable, fact: Fact): void {
    this.flow = this.flow.with(variable, fact);
    for (const watch of this.watches) {
      const before = watch.facts.get(variable) ?? watch.entry.factOf(variable);
      watch.facts.set(variable, joinFacts(before, fact));
    }
  }

  get outermost(): Routine {
    return this.parent === null ? this : this.parent.outermost;
  }

  /** Closes open types; function types that become one share their effects. */
  get closing(): Closing {
    return this.closingAt(this.span, false);
  }

  closingAt(span: Span, structural: boolean): Closing {
    return new Binding({ source: this.file.source, span }, structural);
  }
}

export interface Returned {
  readonly span: Span;
  /** null: nil. */
  value: Checked | null;
}

/** Checks where the type is only a hint. */
export function infer(r: Routine, expr: Tree, expected: Ty | null = null): Checked {
  return r.program.rules.infer(r, expr, expected);
}

export function report<C extends Code>(r: Routine, span: Span, code: C, params: CodeParams<C>, extras?: Extras): void {
  r.program.diagnostics.error(r.file.source, span, code, params, extras);
}

export function warn<C extends Code>(r: Routine, span: Span, code: C, params: CodeParams<C>, extras?: Extras): void {
  if (r.flow.alive) r.program.diagnostics.warning(r.file.source, span, code, params, extras);
}

/** A place in the routine's file. */
export function placeOf(r: Routine, span: Span): Place {
  return { source: r.file.source, span };
}

/** Reports, and gives the node that silences what follows from it. */
export function fail<C extends Code>(r: Routine, span: Span, code: C, params: CodeParams<C>, extras?: Extras): Checked {
  report(r, span, code, params, extras);
  return wrong(span);
}

/** The statements in a scope of their own. */
export function scoped<T>(r: Routine, opaque: boolean, body: () => T): T {
  const outer = r.scope;
  r.scope = new Scope(outer, opaque);
  try {
    return body();
  } finally {
    if (opaque) for (const [name, variable] of r.scope.names) r.ended.set(name, variable.declared);
    r.scope = outer;
  }
}
