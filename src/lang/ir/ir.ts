/**
 * The compiled program: code and the tables it refers to. Plain data, the same on every machine.
 *
 *   R1  Everything a run needs beyond its packages is here: no source text, no typed tree.
 *   R2  `decodeIr` (ir/ir-codec.ts) checks every index, so that the VM need not.
 */
import type { FunctionKey } from "../../wit/types.ts";
import type { Value } from "../../wit/value.ts";
import type { Type } from "../types.ts";

/** Raised with every change to instructions, tables or encoding. */
export const IR_VERSION = 2;

export interface Ir {
  readonly version: number;
  readonly files: readonly string[];
  readonly functions: readonly IrFunction[];
  readonly constants: readonly Value[];
  readonly types: readonly Type[];
  /** Texts of the effect sites: function, structural path, callee, ordinal; or `@label`. The first are `fixedSites`. */
  readonly sites: readonly string[];
  readonly natives: readonly IrNative[];
  readonly calls: readonly IrCall[];
  readonly packages: readonly { readonly specifier: string | null; readonly name: string }[];
  readonly params: readonly { readonly name: string; readonly type: number }[];
}

export interface IrFunction {
  readonly name: string;
  /** -1 for what the compiler made itself: it does not appear in traces. */
  readonly file: number;
  readonly kind: "main" | "function" | "workflow" | "lambda" | "branch" | "undo";
  /** Registers 0 … params-1 are the parameters, then the captures. */
  readonly params: number;
  readonly captures: number;
  readonly registers: number;
  /** Has no effect site, nor has any function it calls: needs no effect scope. */
  readonly silent: boolean;
  readonly code: Int32Array;
  /** Triples: first pc, line, column; in order of pc. */
  readonly lines: Int32Array;
  /** In order of pc. */
  readonly ahead: readonly IrAhead[];
}

/**
 * A call in a loop that can be told before it comes: its arguments do not depend on what earlier turns were answered, and
 * from its answer to the next turn's call nothing happens that could fail or be noticed. What a turn's call will be given
 * is known by running the function `peek` of the program, which is silent.
 */
export interface IrAhead {
  /** Of a FOREIGN; of a CALL_VALUE when the loop is a builtin's and the call in the closure that it goes over a list with. */
  readonly pc: number;
  /** Registers: the list gone over, and the index of its element. -1 in a closure: they are those of the frame below. */
  readonly list: number;
  readonly at: number;
  /**
   * Its registers begin with the variables of this function; its last three parameters are the list, from where, and up
   * to where; the next register takes a list of arguments for each element, one after the other. -1 in a builtin.
   */
  readonly peek: number;
}

/** Parameters of a `peek` beyond the variables. */
export const PEEK_PARAMS = 3;

/** A native of the prelude, `name/overload`, with what fills its type parameters. */
export interface IrNative {
  readonly key: string;
  readonly types: readonly number[];
}

export interface IrCall {
  readonly package: number;
  readonly function: FunctionKey;
  readonly params: number;
  readonly fork: boolean;
  /** `plain`: the answer is the value. `raise`: a WIT result whose err is raised. `keep`: a result taken by `try?`. */
  readonly result: "plain" | "raise" | "keep";
  /** The type of an err, for `e.value` and the code; -1 when there is none. */
  readonly err: number;
}

/** Sites that every program has, by index. */
export const fixedSites = ["branch", "element", "callback", "unwind", "call", "join", "now", "backoff"] as const;
export const SITE_BRANCH = 0;
export const SITE_ELEMENT = 1;
export const SITE_CALLBACK = 2;
export const SITE_UNWIND = 3;
export const SITE_CALL = 4;
export const SITE_JOIN = 5;
export const SITE_NOW = 6;
export const SITE_BACKOFF = 7;

export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Where the instruction at `pc` stands in the source. */
export function placeOf(ir: Ir, fn: IrFunction, pc: number): Place {
  const { lines } = fn;
  let low = 0;
  for (let high = lines.length / 3; high - low > 1;) {
    const middle = (low + high) >> 1;
    if (lines[middle * 3]! <= pc) low = middle;
    else high = middle;
  }
  const line = lines[low * 3 + 1] ?? 0;
  const column = lines[low * 3 + 2] ?? 0;
  return { file: ir.files[fn.file] ?? "", line, column };
}
