/**
 * One function under compilation, as the parts of the compiler see it.
 *
 *   U1  `expr(e, dest)` writes `dest` only as the last thing it does, so that `dest` may be a variable `e` reads.
 *   U2  What `operand` returns stays valid until the scratch it was taken in ends; a later operand that may assign
 *       needs `operands`, which copies.
 */
import type { Builder, Label } from "./builder.ts";
import type { Tables } from "./tables.ts";
import type { IrAhead, IrFunction } from "../ir/ir.ts";
import type { Block, CheckedProgram, Expr, Fn, ForeignCall, Local } from "../typed.ts";
import type { Type } from "../types.ts";

/** What surrounds the code being written, outermost first: what a jump out of it has to leave. */
export type Control =
  | { readonly kind: "loop"; readonly onBreak: Label; readonly onContinue: Label; readonly scoped: boolean }
  /** A handler that LEAVE takes away. */
  | { readonly kind: "handler" }
  | { readonly kind: "timeout" }
  | { readonly kind: "retry" }
  | { readonly kind: "finally"; readonly start: Label; readonly register: number; readonly jumps: Jump[] };

/** A jump that passes through a `finally`: afterwards it goes on with `next`. */
export interface Jump {
  readonly id: number;
  readonly next: () => void;
}

/** What is known about the whole program before any function is compiled. */
export interface ProgramFacts {
  readonly program: CheckedProgram;
  readonly tables: Tables;
  /** By function. */
  readonly silent: readonly boolean[];
  /** The number of a function that the compiler itself provides. */
  builtin(name: string): number;
  /** The number of a function that adapts a closure to a plugin's callback. */
  callbackAdapter(params: readonly Type[], result: Type): number;
  /** The number of a function that is made for one place. */
  extra(fn: IrFunction): number;
}

export interface Unit {
  readonly facts: ProgramFacts;
  readonly fn: Fn;
  readonly b: Builder;
  readonly path: SitePath;
  readonly controls: Control[];
  /** Of variables that grow in place (compile/own.ts): the register that tells whether the value is theirs. */
  readonly own: ReadonlyMap<Local, number>;
  /** Holds the value of a `return` that passes through a `finally`. */
  readonly returning: number;
  /** Calls in loops that can be told before they come (compile/ahead.ts): without their place until it is known. */
  readonly expected: Map<ForeignCall, Omit<IrAhead, "pc">>;
  readonly ahead: IrAhead[];
  /** Other code over the same variables. */
  beside(b: Builder): Unit;
  expr(expr: Expr, dest: number): void;
  /** A register that holds the value: a variable's own, or a temporary. */
  operand(expr: Expr): number;
  /** All of them, left to right (U2). */
  operands(exprs: readonly Expr[]): number[];
  /** For its effects only. */
  discard(expr: Expr): void;
  /** `dest` null: the value is not wanted. */
  block(block: Block, dest: number | null): void;
  /** Jumps to the label when the condition is `when`, else goes on. */
  jump(condition: Expr, label: Label, when: boolean): void;
}

/** Where we are in the structure of a function; gives sites their names (RECOVERY, IDS). */
export class SitePath {
  #path: string;
  readonly #counts = new Map<string, number>();

  constructor(root: string) {
    this.#path = root;
  }

  #numbered(name: string): string {
    const key = `${this.#path}/${name}`;
    const n = this.#counts.get(key) ?? 0;
    this.#counts.set(key, n + 1);
    return `${key}#${n}`;
  }

  within<T>(construct: string, body: () => T): T {
    const outer = this.#path;
    this.#path = this.#numbered(construct);
    const result = body();
    this.#path = outer;
    return result;
  }

  /** A label stands for the whole site. */
  site(callee: string, label: string | null = null): string {
    return label === null ? this.#numbered(callee) : `@${label}`;
  }
}

export function site(unit: Unit, callee: string, label: string | null = null): number {
  return unit.facts.tables.site(unit.path.site(callee, label));
}
