/**
 * Tokens: the smallest pieces of a program that mean something, and the comments between them.
 *
 * A token's `type` is its own spelling for symbols and reserved words, else one of the capital classes. The text
 * between tokens is white space and comments only, so tokens, comments and the source together lose nothing.
 */

/** oxiida's own words, then those of this language (rule 23). None can be a variable's name. */
export const reservedWords = [
  "seq",
  "para",
  "if",
  "else",
  "while",
  "for",
  "in",
  "require",
  "shell",
  "shellpipe",
  "print",
  "true",
  "false",
  "nil",
  "and",
  "or",
  "function",
  "workflow",
  "return",
  "break",
  "continue",
  "try",
  "catch",
  "finally",
  "raise",
  "assert",
  "match",
] as const;

/** Longest first, so that the lexer may take the first that fits. `|`, `&` and `:` are always single. */
export const symbols = [
  "??",
  "==",
  "!=",
  "<=",
  ">=",
  "->",
  "..",
  "(",
  ")",
  "[",
  "]",
  "{",
  "}",
  ",",
  ";",
  ":",
  ".",
  "?",
  "=",
  "<",
  ">",
  "+",
  "-",
  "*",
  "/",
  "%",
  "^",
  "!",
  "|",
  "&",
  "@",
] as const;

export type ReservedWord = (typeof reservedWords)[number];
export type Sign = (typeof symbols)[number];

/**
 * `$"a {b} c"` is INTERP `$"`, TEXT `a `, HOLE `{`, the tokens of `b`, HOLE-END `}`, TEXT ` c`, INTERP-END `"`.
 * INVALID is a literal that was already reported; it stands where its expression would.
 */
export type TokenClass =
  | "NAME"
  | "INT"
  | "FLOAT"
  | "DURATION"
  | "STRING"
  | "CHAR"
  | "BYTES"
  | "INTERP"
  | "TEXT"
  | "HOLE"
  | "HOLE-END"
  | "INTERP-END"
  | "INVALID"
  | "EOF";

export type TokenType = ReservedWord | Sign | TokenClass;

/** What a literal means; durations in nanoseconds. Integers beyond 2^53 are bigints. */
export type TokenValue = number | bigint | string | Uint8Array | null;

export interface Token {
  readonly type: TokenType;
  readonly text: string;
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  readonly value: TokenValue;
  /** Nothing but white space and comments stands before it on its line. */
  readonly startsLine: boolean;
}

export interface Comment {
  /** With its `//` or `/*`, as written. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export interface Tokens {
  /** The last one is EOF. */
  readonly tokens: readonly Token[];
  readonly comments: readonly Comment[];
}

const reserved: ReadonlySet<string> = new Set(reservedWords);

export function isReserved(word: string): word is ReservedWord {
  return reserved.has(word);
}
