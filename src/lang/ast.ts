/**
 * The untyped tree: what was written, in the order it was written. Every node has the span of its text.
 * Erroneous parts are `error` nodes; the checker stays quiet about them (one mistake, one diagnostic).
 */
import type { Span } from "./source.ts";

export interface Ident {
  readonly name: string;
  readonly span: Span;
}

export interface File {
  /** Declarations and statements in order. */
  readonly items: readonly (Declaration | Statement)[];
  readonly span: Span;
}

// Declarations: top level only; the parser accepts them anywhere and says so.

export type Declaration =
  | FunctionDeclaration
  | RecordDeclaration
  | VariantDeclaration
  | EnumDeclaration
  | ParamDeclaration
  | RequireDeclaration;

export interface FunctionDeclaration {
  readonly kind: "function";
  /** A workflow may suspend; a function may not. */
  readonly workflow: boolean;
  readonly name: Ident;
  readonly params: readonly Parameter[];
  readonly result: TypeExpr | null;
  readonly body: Block;
  readonly span: Span;
}

export interface Parameter {
  readonly name: Ident;
  readonly type: TypeExpr;
  readonly fallback: Expr | null;
  readonly span: Span;
}

export interface RecordDeclaration {
  readonly kind: "record";
  readonly name: Ident;
  readonly fields: readonly { readonly name: Ident; readonly type: TypeExpr }[];
  readonly span: Span;
}

export interface VariantDeclaration {
  readonly kind: "variant";
  readonly name: Ident;
  readonly cases: readonly { readonly name: Ident; readonly payload: readonly TypeExpr[] }[];
  readonly span: Span;
}

export interface EnumDeclaration {
  readonly kind: "enum" | "flags";
  readonly name: Ident;
  readonly cases: readonly Ident[];
  readonly span: Span;
}

export interface ParamDeclaration {
  readonly kind: "param";
  readonly name: Ident;
  readonly type: TypeExpr | null;
  readonly fallback: Expr | null;
  readonly span: Span;
}

/**
 * `require "p" as n;` has names null; `require a, b as c from "p";` and `require a;` (of the embedding program,
 * from null) have names.
 */
export interface RequireDeclaration {
  readonly kind: "require";
  readonly names: readonly { readonly name: Ident; readonly alias: Ident | null }[] | null;
  readonly from: { readonly text: string; readonly span: Span } | null;
  readonly alias: Ident | null;
  readonly span: Span;
}

// Statements

export interface Block {
  readonly kind: "block";
  readonly statements: readonly Statement[];
  readonly span: Span;
}

/** The body of an `if`, `while` or `for`: one statement, or braces, which here open no scope (rule 3). */
export interface Body {
  readonly kind: "body";
  readonly statements: readonly Statement[];
  readonly braces: boolean;
  readonly span: Span;
}

export type Statement =
  /** `semicolon` tells whether one was written. */
  | { readonly kind: "expression"; readonly expr: Expr; readonly semicolon: boolean; readonly span: Span }
  | { readonly kind: "while"; readonly condition: Expr; readonly body: Body; readonly span: Span }
  | { readonly kind: "for"; readonly bind: Bind; readonly list: Expr; readonly body: Body; readonly span: Span }
  | { readonly kind: "undo"; readonly body: Block; readonly span: Span }
  | { readonly kind: "print"; readonly value: Expr; readonly span: Span }
  | { readonly kind: "raise"; readonly value: Expr; readonly span: Span }
  | { readonly kind: "assert"; readonly condition: Expr; readonly message: Expr | null; readonly span: Span }
  | { readonly kind: "return"; readonly value: Expr | null; readonly span: Span }
  | { readonly kind: "break"; readonly span: Span }
  | { readonly kind: "continue"; readonly span: Span }
  | {
      readonly kind: "declare";
      readonly name: Ident;
      readonly type: TypeExpr;
      readonly value: Expr;
      readonly span: Span;
    }
  /** A declaration in the wrong place (already reported). */
  | { readonly kind: "misplaced"; readonly declaration: Declaration; readonly span: Span }
  | { readonly kind: "error"; readonly span: Span };

export type Bind =
  | { readonly kind: "name"; readonly name: Ident; readonly type: TypeExpr | null; readonly span: Span }
  | { readonly kind: "tuple"; readonly items: readonly Bind[]; readonly span: Span };

// Expressions

export type BinaryOp =
  | "^"
  | "*"
  | "/"
  | "%"
  | "div"
  | "+"
  | "-"
  | ".."
  | "??"
  | "<"
  | "<="
  | ">"
  | ">="
  | "=="
  | "!="
  | "and"
  | "or";

export interface Arg {
  /** `x: e` */
  readonly name: Ident | null;
  /** `..e` */
  readonly spread: boolean;
  readonly value: Expr;
  readonly span: Span;
}

export type Target =
  | { readonly kind: "name"; readonly name: Ident; readonly span: Span }
  | { readonly kind: "tuple"; readonly names: readonly Ident[]; readonly span: Span };

export type Expr =
  | { readonly kind: "int"; readonly value: number | bigint; readonly span: Span }
  | { readonly kind: "float"; readonly value: number; readonly span: Span }
  | { readonly kind: "string"; readonly value: string; readonly span: Span }
  | { readonly kind: "interpolation"; readonly parts: readonly (string | Expr)[]; readonly span: Span }
  | { readonly kind: "char"; readonly value: string; readonly span: Span }
  | { readonly kind: "bytes"; readonly value: Uint8Array; readonly span: Span }
  /** Nanoseconds. */
  | { readonly kind: "duration"; readonly value: number | bigint; readonly span: Span }
  | { readonly kind: "bool"; readonly value: boolean; readonly span: Span }
  | { readonly kind: "nil"; readonly span: Span }
  | { readonly kind: "name"; readonly name: string; readonly span: Span }
  | { readonly kind: "assign"; readonly target: Target; readonly value: Expr; readonly span: Span }
  | { readonly kind: "unary"; readonly op: "-" | "+" | "!"; readonly operand: Expr; readonly span: Span }
  | {
      readonly kind: "binary";
      readonly op: BinaryOp;
      readonly opSpan: Span;
      readonly left: Expr;
      readonly right: Expr;
      readonly span: Span;
    }
  /** `try? f(x)` */
  | { readonly kind: "try-result"; readonly operand: Expr; readonly span: Span }
  /** `@name f(x)` */
  | { readonly kind: "label"; readonly label: Ident; readonly operand: Expr; readonly span: Span }
  | { readonly kind: "spawn"; readonly operand: Expr; readonly span: Span }
  | { readonly kind: "await"; readonly operand: Expr; readonly span: Span }
  | { readonly kind: "wait-signal"; readonly name: Expr; readonly timeout: Expr | null; readonly span: Span }
  | {
      readonly kind: "lambda";
      readonly params: readonly Bind[];
      readonly result: TypeExpr | null;
      readonly body: Expr | Block;
      readonly span: Span;
    }
  /** `=p.f=(x)` */
  | { readonly kind: "fork"; readonly path: readonly Ident[]; readonly args: readonly Arg[]; readonly span: Span }
  | { readonly kind: "call"; readonly callee: Expr; readonly args: readonly Arg[]; readonly span: Span }
  | { readonly kind: "index"; readonly object: Expr; readonly index: Expr; readonly span: Span }
  | { readonly kind: "member"; readonly object: Expr; readonly name: Ident; readonly span: Span }
  | { readonly kind: "item"; readonly object: Expr; readonly index: number; readonly span: Span }
  | { readonly kind: "paren"; readonly inner: Expr; readonly span: Span }
  | { readonly kind: "tuple"; readonly items: readonly Expr[]; readonly span: Span }
  | { readonly kind: "list"; readonly items: readonly Expr[]; readonly span: Span }
  | {
      readonly kind: "map";
      readonly entries: readonly { readonly key: Expr; readonly value: Expr }[];
      readonly span: Span;
    }
  /** `shell { command, second, third }` */
  | { readonly kind: "shell"; readonly parts: readonly Expr[]; readonly span: Span }
  | { readonly kind: "shellpipe"; readonly commands: readonly (readonly Expr[])[]; readonly span: Span }
  /** `seq { … }`, or a bare block when `keyword` is false. */
  | { readonly kind: "seq"; readonly keyword: boolean; readonly block: Block; readonly span: Span }
  | IfExpr
  | { readonly kind: "para"; readonly block: Block; readonly span: Span }
  | {
      readonly kind: "para-for";
      readonly bind: Bind;
      readonly list: Expr;
      readonly limit: Expr | null;
      readonly block: Block;
      readonly span: Span;
    }
  | { readonly kind: "race"; readonly block: Block; readonly span: Span }
  | { readonly kind: "timeout"; readonly args: readonly Arg[]; readonly block: Block; readonly span: Span }
  | { readonly kind: "retry"; readonly args: readonly Arg[]; readonly block: Block; readonly span: Span }
  | {
      readonly kind: "try";
      readonly body: Block;
      readonly handler: { readonly name: Ident; readonly body: Block } | null;
      readonly cleanup: Block | null;
      readonly span: Span;
    }
  | { readonly kind: "match"; readonly subject: Expr; readonly arms: readonly Arm[]; readonly span: Span }
  | { readonly kind: "error"; readonly span: Span };

export interface IfExpr {
  readonly kind: "if";
  readonly condition: Expr;
  readonly then: Body;
  /** `else if` is an IfExpr here. */
  readonly otherwise: Body | IfExpr | null;
  readonly span: Span;
}

export interface Arm {
  readonly pattern: Pattern;
  readonly guard: Expr | null;
  readonly body: Block;
  readonly span: Span;
}

export type Pattern =
  | { readonly kind: "any"; readonly span: Span }
  /** A literal: int, float, string, char, bytes, duration, bool, nil; a minus sign is folded in. */
  | { readonly kind: "literal"; readonly value: Expr; readonly span: Span }
  | { readonly kind: "tuple"; readonly items: readonly Pattern[]; readonly span: Span }
  /** `circle`, `Shape.circle(r)`, `Point(x: a)`, `some(p)`, or a bare binding. `args` null: no parentheses. */
  | {
      readonly kind: "path";
      readonly path: readonly Ident[];
      readonly args: readonly { readonly name: Ident | null; readonly pattern: Pattern }[] | null;
      readonly span: Span;
    }
  | { readonly kind: "or"; readonly alternatives: readonly Pattern[]; readonly span: Span }
  | { readonly kind: "error"; readonly span: Span };

// Types

export type TypeExpr =
  | {
      readonly kind: "name";
      readonly path: readonly Ident[];
      readonly args: readonly TypeExpr[];
      readonly span: Span;
    }
  | { readonly kind: "option"; readonly some: TypeExpr; readonly span: Span }
  | { readonly kind: "tuple"; readonly items: readonly TypeExpr[]; readonly span: Span }
  /** `[T]`, `[T; 3]` (length 3), `[T; *]` (length "*"). */
  | { readonly kind: "list"; readonly element: TypeExpr; readonly length: number | "*" | null; readonly span: Span }
  | { readonly kind: "fn"; readonly params: readonly TypeExpr[]; readonly result: TypeExpr | null; readonly span: Span }
  | { readonly kind: "error"; readonly span: Span };
