/**
 * The typed tree: what the checker hands the compiler.
 *
 *   C1  Every name is resolved to a Local, a function index, a prelude overload or a foreign function.
 *   C2  Every conversion is a `convert` or `text` node; operators name the operands they work on.
 *   C3  Bodies that run on their own (lambdas, `para`/`race` branches, `para for` bodies, `undo`) are functions with
 *       captures by value: the rules forbid them to assign outside (rules 3, 21). `seq`, `if`, `while`, `for`, `try`,
 *       `match`, `timeout` and `retry` bodies stay in their function.
 *   C4  Arguments stand in the order they are evaluated: as written, then defaults (rule 46).
 *   C5  The tree exists only for programs without errors.
 */
import type { FunctionKey, WitFunction, World } from "../wit/types.ts";
import type { Value } from "../wit/value.ts";
import type { Source, Span } from "./source.ts";
import type { RecordType, Type } from "./types.ts";

export interface CheckedProgram {
  /** The main file first. */
  readonly files: readonly Source[];
  /** [0] is the top level of the main file, a workflow without parameters whose first locals are its `param`s. */
  readonly functions: readonly Fn[];
  readonly packages: readonly PackageUse[];
  readonly params: readonly Param[];
  /** What the program itself does to the world, for the refusal before the run (`run`, `run:<command>` when constant). */
  readonly shells: readonly { readonly command: string | null; readonly file: number; readonly span: Span }[];
}

/** A package, or the functions of the embedding program (`specifier` null). */
export interface PackageUse {
  /** As `require` wrote it. */
  readonly specifier: string | null;
  /** `acme:stats`; for the embedding program, `program`. */
  readonly name: string;
  readonly world: World;
}

export interface Param {
  readonly name: string;
  readonly type: Type;
  readonly local: Local;
  /** A constant; null when the param is required. */
  readonly fallback: Value | null;
  readonly required: boolean;
}

/** `pure`: nothing observable. `reads`: foreign calls with capabilities, now, random. `writes`: print and its kind. `suspends`: may wait. */
export type EffectRow = "pure" | "reads" | "writes" | "suspends";

export interface Fn {
  /** Its place in `CheckedProgram.functions`. */
  readonly index: number;
  /** Unique and stable under edits elsewhere: `main`, `area`, `main.lambda#0`, `main.para#0.branch#1`, `util:area` for another file's. */
  readonly name: string;
  readonly kind: "main" | "function" | "workflow" | "lambda" | "branch" | "undo";
  readonly file: number;
  readonly span: Span;
  readonly params: readonly Local[];
  /** Filled from the closure, after the params. */
  readonly captures: readonly Local[];
  /** Every local of this function, by index: params, captures, then the rest. */
  readonly locals: readonly Local[];
  /** How a parameter is taken apart, when it is a tuple pattern: done before the body. */
  readonly unpack: readonly { readonly from: Local; readonly into: Bind }[];
  readonly body: Block;
  readonly result: Type;
  readonly row: EffectRow;
}

export interface Local {
  /** Per function, from 0. */
  readonly index: number;
  readonly name: string;
  readonly type: Type;
  /** Some path reads it unassigned: reads check (code `unassigned`). */
  readonly checked: boolean;
}

export type Bind =
  | { readonly kind: "local"; readonly local: Local }
  | { readonly kind: "tuple"; readonly items: readonly Bind[] };

/** Statements, then the value: null when the block gives nil. */
export interface Block {
  readonly statements: readonly Statement[];
  readonly value: Expr | null;
  readonly type: Type;
}

export type Statement =
  | { readonly kind: "expression"; readonly expr: Expr }
  | { readonly kind: "while"; readonly condition: Expr; readonly body: Block; readonly span: Span }
  /** Over a list, Bytes, a map (elements are key-value tuples) or an Any that holds a list or map. */
  | {
      readonly kind: "for";
      readonly over: "list" | "map" | "Any";
      readonly list: Expr;
      readonly bind: Bind;
      readonly body: Block;
      readonly span: Span;
    }
  /** `value` has type String. */
  | { readonly kind: "print"; readonly value: Expr; readonly span: Span }
  /** `value` is an Error (re-raised unchanged) or anything else; `text` is its print form (String expression of local temp), made by the compiler from `of`. */
  | { readonly kind: "raise"; readonly value: Expr; readonly of: Type; readonly span: Span }
  /** `source` is the condition as written, for the message. `message` is a String. */
  | {
      readonly kind: "assert";
      readonly condition: Expr;
      readonly source: string;
      readonly message: Expr | null;
      readonly span: Span;
    }
  | { readonly kind: "return"; readonly value: Expr | null; readonly span: Span }
  | { readonly kind: "break"; readonly span: Span }
  | { readonly kind: "continue"; readonly span: Span }
  /** Registers a compensation with the enclosing `try` of this function. */
  | { readonly kind: "undo"; readonly body: Capture; readonly span: Span };

/** A function of kind lambda, branch or undo, and the locals of the enclosing function that fill its captures, in order. */
export interface Capture {
  readonly fn: number;
  readonly captures: readonly Local[];
}

export type Conversion =
  | { readonly kind: "int-to-float" }
  /** A value of type `from` into an Any. */
  | { readonly kind: "to-any"; readonly from: Type }
  /** A deep check (`type-mismatch` with the path). */
  | { readonly kind: "from-any"; readonly to: Type }
  /** T to T? where T is nullable (`isNullable`), and back. For other T both are the identity, and no node stands. */
  | { readonly kind: "wrap-some" }
  | { readonly kind: "unwrap-some" }
  /** A Map passed for, or taken from, a WIT `list<tuple<K, V>>`. A repeated key: the last one holds. */
  | { readonly kind: "map-to-list" }
  | { readonly kind: "list-to-map" }
  /** A function value passed as a `callback`: arguments arrive as Any and are checked against the parameters. */
  | { readonly kind: "to-callback"; readonly params: readonly Type[]; readonly result: Type };

/** Where two operands differ in type, a `convert` made them equal before, except in mixed comparisons (`Number`). */
export type BinaryOp =
  | { readonly op: "add" | "sub" | "mul" | "pow"; readonly on: "Int" | "Float" | "Any" }
  | { readonly op: "div"; readonly on: "Float" | "Any" }
  | { readonly op: "floor-div" | "mod"; readonly on: "Int" | "Any" }
  | { readonly op: "add"; readonly on: "String" | "list" | "Bytes" | "Duration" }
  | { readonly op: "sub"; readonly on: "Duration" | "Instant" }
  | { readonly op: "add-duration" | "sub-duration"; readonly on: "Instant" }
  /** Duration by a number on the right (the checker swaps `2 * d`); `ratio` gives a Float. */
  | { readonly op: "mul-int" | "mul-float" | "div-int" | "div-float" | "ratio"; readonly on: "Duration" }
  /** `Number`: Int or Float on either side, compared exactly. */
  | {
      readonly op: "lt" | "le" | "gt" | "ge";
      readonly on: "Int" | "Float" | "Number" | "String" | "Char" | "Duration" | "Instant" | "Any";
    }
  /** Structural (rule 45). `of` is the type of both sides; Int against Float has `of` Float on one side: `on` Number. */
  | {
      readonly op: "eq" | "ne";
      readonly on: "Int" | "Float" | "Number" | "Bool" | "String" | "structure";
      readonly of: Type;
    };

interface Node {
  readonly type: Type;
  readonly span: Span;
}

export interface ForeignCall extends Node {
  readonly kind: "foreign";
  /** Index into `CheckedProgram.packages`. */
  readonly package: number;
  readonly function: FunctionKey;
  readonly wit: WitFunction;
  readonly args: readonly Argument[];
  /** `try?`: an `err` is the value, not raised. */
  readonly takeResult: boolean;
  readonly fork: boolean;
  readonly label: string | null;
}

/** `param` is the parameter it fills. */
export interface Argument {
  readonly param: number;
  readonly value: Expr;
}

export type Expr =
  | (Node & { readonly kind: "const"; readonly value: Value })
  | (Node & { readonly kind: "local"; readonly local: Local })
  /** Its value is the value assigned. */
  | (Node & { readonly kind: "assign"; readonly local: Local; readonly value: Expr })
  | (Node & { readonly kind: "destructure"; readonly into: readonly Local[]; readonly value: Expr })
  | (Node & { readonly kind: "convert"; readonly conversion: Conversion; readonly value: Expr })
  /** The print form of a value of type `from`; a String is itself. */
  | (Node & { readonly kind: "text"; readonly from: Type; readonly value: Expr })
  /** Strings joined: `..` and `$"…"`. */
  | (Node & { readonly kind: "concat"; readonly parts: readonly Expr[] })
  | (Node & { readonly kind: "negate"; readonly on: "Int" | "Float" | "Any"; readonly value: Expr })
  | (Node & { readonly kind: "not"; readonly value: Expr })
  | (Node & { readonly kind: "binary"; readonly op: BinaryOp; readonly left: Expr; readonly right: Expr })
  | (Node & { readonly kind: "logical"; readonly op: "and" | "or"; readonly left: Expr; readonly right: Expr })
  /** `left ?? right`; `boxed`: left's some is in a `Some`. */
  | (Node & { readonly kind: "coalesce"; readonly boxed: boolean; readonly left: Expr; readonly right: Expr })
  | (Node & { readonly kind: "list"; readonly items: readonly Expr[] })
  | (Node & { readonly kind: "tuple"; readonly items: readonly Expr[] })
  | (Node & { readonly kind: "map"; readonly entries: readonly { readonly key: Expr; readonly value: Expr }[] })
  /** `base` for `P(..p, x: 1)`, evaluated where it is written: first. */
  | (Node & {
      readonly kind: "record";
      readonly of: RecordType;
      readonly base: Expr | null;
      readonly fields: readonly Argument[];
    })
  /** A case of a variant or result. */
  | (Node & { readonly kind: "case"; readonly index: number; readonly payload: Expr | null })
  /** A field of a record or an item of a tuple. */
  | (Node & { readonly kind: "field"; readonly object: Expr; readonly index: number })
  | (Node & {
      readonly kind: "error-field";
      readonly object: Expr;
      readonly name: "code" | "message" | "value" | "trace" | "source" | "branch" | "suppressed";
    })
  | (Node & { readonly kind: "any-field"; readonly object: Expr; readonly name: string })
  | (Node & { readonly kind: "flag"; readonly object: Expr; readonly bit: number })
  | (Node & {
      readonly kind: "index";
      readonly on: "list" | "Bytes" | "map" | "Any";
      readonly object: Expr;
      readonly index: Expr;
    })
  /** A function or workflow of the program. */
  | (Node & { readonly kind: "call"; readonly fn: number; readonly args: readonly Argument[] })
  | (Node & { readonly kind: "call-value"; readonly callee: Expr; readonly args: readonly Expr[] })
  /** A prelude function; `overload` is its index in the table; `types` fills its type parameters, in order. */
  | (Node & {
      readonly kind: "prelude";
      readonly name: string;
      readonly overload: number;
      readonly types: readonly Type[];
      readonly args: readonly Expr[];
      readonly label: string | null;
    })
  | ForeignCall
  | (Node & { readonly kind: "lambda"; readonly body: Capture })
  | (Node & { readonly kind: "block"; readonly block: Block })
  | (Node & { readonly kind: "if"; readonly condition: Expr; readonly then: Block; readonly otherwise: Block | null })
  | (Node & { readonly kind: "match"; readonly subject: Expr; readonly arms: readonly Arm[] })
  | (Node & {
      readonly kind: "try";
      readonly body: Block;
      readonly handler: { readonly local: Local; readonly body: Block } | null;
      readonly cleanup: Block | null;
    })
  /** `collect`: whether the value is a list or a tuple of the branches' values; items are already converted. */
  | (Node & { readonly kind: "para"; readonly branches: readonly Capture[] })
  /** The body has one parameter: the element. */
  | (Node & {
      readonly kind: "para-for";
      readonly over: "list" | "map" | "Any";
      readonly list: Expr;
      readonly limit: Expr | null;
      readonly body: Capture;
    })
  | (Node & { readonly kind: "race"; readonly branches: readonly Capture[] })
  | (Node & { readonly kind: "timeout"; readonly duration: Expr; readonly body: Block })
  | (Node & {
      readonly kind: "retry";
      readonly times: Expr;
      readonly backoff: Expr;
      readonly within: Expr | null;
      readonly freshKey: Expr | null;
      readonly body: Block;
    })
  | (Node & {
      readonly kind: "spawn";
      readonly fn: number;
      readonly args: readonly Argument[];
      readonly label: string | null;
    })
  /** Of a Task, or of a webhook (an Any). */
  | (Node & { readonly kind: "await"; readonly task: Expr })
  /** Gives an Any. */
  | (Node & {
      readonly kind: "wait-signal";
      readonly name: Expr;
      readonly timeout: Expr | null;
      readonly label: string | null;
    })
  /** `command` String, `args` a list of Strings, `input` String or Bytes. Gives the record `ShellResult`. */
  | (Node & {
      readonly kind: "shell";
      readonly command: Expr;
      readonly args: readonly Expr[] | Expr;
      readonly input: Expr | null;
      readonly label: string | null;
    })
  | (Node & {
      readonly kind: "shellpipe";
      readonly commands: readonly (readonly Expr[])[];
      readonly label: string | null;
    });

export interface Arm {
  readonly pattern: Pattern;
  readonly guard: Expr | null;
  readonly body: Block;
}

export type Pattern =
  | { readonly kind: "any" }
  | { readonly kind: "bind"; readonly local: Local }
  /** Equal to a constant, as `==` on type `of` (Any included: then the constant is an Any). Also enum cases. */
  | { readonly kind: "const"; readonly value: Value; readonly of: Type }
  /** An option with a value; `boxed` as in coalesce. */
  | { readonly kind: "some"; readonly boxed: boolean; readonly inner: Pattern }
  | { readonly kind: "case"; readonly index: number; readonly payload: Pattern | null }
  | { readonly kind: "tuple"; readonly items: readonly Pattern[] }
  | { readonly kind: "record"; readonly fields: readonly { readonly index: number; readonly pattern: Pattern }[] }
  | { readonly kind: "or"; readonly alternatives: readonly Pattern[] };

/** What `shell` and `shellpipe` give. */
export const shellResult: RecordType = {
  kind: "record",
  id: "sennit:ShellResult",
  name: "ShellResult",
  fields: [
    { name: "stdout", type: { kind: "String" } },
    { name: "stderr", type: { kind: "String" } },
    { name: "status", type: { kind: "Int" } },
  ],
};
