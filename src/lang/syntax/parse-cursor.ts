/**
 * The ground all parts of the parser stand on: the current token, and what happens at a mistake.
 *
 *   P1  The parser never goes back, and never throws: a mistake is reported, and an `error` node stands in the tree.
 *   P2  After a mistake it is *panicking*: quiet, until a closing bracket, `;`, `}` or a statement's first word
 *       lets it start afresh. So one mistake gives one diagnostic, and the next statement is read as usual.
 *   P3  Nesting is bounded: at the limit one diagnostic is given and the rest of the file is left unread.
 */
import type { Ident } from "../ast.ts";
import type { Code, CodeParams } from "../codes.ts";
import type { Diagnostics, Extras } from "../diagnostics.ts";
import { matchBrackets } from "./parse-brackets.ts";
import type { Source, Span } from "../source.ts";
import { isReserved } from "./token.ts";
import type { Sign, Token, Tokens, TokenType } from "./token.ts";

/** Levels of nesting in the text (P3); each is a handful of stack frames here and in every later phase. */
export const MAX_NESTING = 128;

/** Words that begin a statement and nothing else, or only rarely something else. */
const STATEMENT_WORDS: ReadonlySet<TokenType> = new Set<TokenType>([
  "seq",
  "para",
  "if",
  "while",
  "for",
  "print",
  "raise",
  "assert",
  "return",
  "break",
  "continue",
  "try",
  "match",
  "function",
  "workflow",
  "require",
]);

export class Cursor {
  readonly source: Source;
  readonly #diagnostics: Diagnostics;
  readonly #tokens: Token[];
  /** For each opening bracket, the index of its closing one; -1 without one. */
  readonly #closers: Int32Array;
  #index = 0;
  #previous: Token | undefined;
  #depth = 0;
  #panicking = false;
  #stopped = false;

  constructor(source: Source, { tokens }: Tokens, diagnostics: Diagnostics) {
    this.source = source;
    this.#diagnostics = diagnostics;
    this.#tokens = [...tokens];
    this.#closers = matchBrackets(tokens);
  }

  // Looking

  get token(): Token {
    return this.peek(0);
  }

  get panicking(): boolean {
    return this.#panicking;
  }

  peek(ahead: number): Token {
    const index = Math.min(this.#index + ahead, this.#tokens.length - 1);
    return this.#tokens[index] as Token;
  }

  at(type: TokenType): boolean {
    return this.token.type === type;
  }

  /** At a name spelled `word`, `ahead` tokens on: the contextual words of rule 23. */
  atWord(word: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.type === "NAME" && token.text === word;
  }

  /** The token `ahead` follows the one before it without white space. */
  isAdjacent(ahead: number): boolean {
    return this.peek(ahead - 1).end === this.peek(ahead).start;
  }

  // Moving

  /** Takes the current token, whatever it is. */
  advance(): Token {
    const token = this.token;
    if (this.#index < this.#tokens.length - 1) this.#index += 1;
    this.#previous = token;
    return token;
  }

  /** Takes the current token when it is of this type. */
  eat(type: TokenType): boolean {
    if (!this.at(type)) return false;
    this.advance();
    return true;
  }

  eatWord(word: string): boolean {
    if (!this.atWord(word)) return false;
    this.advance();
    return true;
  }

  /** Takes `sign`, or the first half of a token that begins with it: `>=` and `??` split in types. */
  eatSplit(sign: Sign & (">" | "?"), rest: Sign): boolean {
    if (this.eat(sign)) return true;
    const token = this.token;
    if (token.type !== `${sign}${rest}`) return false;
    this.#tokens[this.#index] = { ...token, type: rest, text: rest, start: token.start + 1, startsLine: false };
    this.#previous = { ...token, type: sign, text: sign, end: token.start + 1 };
    return true;
  }

  /** Takes `type`, or reports that it is missing. */
  expect(type: TokenType, expected: string = quoted(type), hint?: string): boolean {
    if (this.eat(type)) return true;
    this.unexpected(expected, hint);
    return false;
  }

  /**
   * Ends a bracketed part that `open` began: takes the closing bracket; after a mistake inside it skips to the
   * bracket that matches and forgets the panic, so that what follows is read as usual (P2).
   */
  close(type: ")" | "]" | "}" | ">" | "HOLE-END", openIndex: number, open: Token, orElse = ""): void {
    if (!this.#panicking && (type === ">" ? this.eatSplit(">", "=") : this.eat(type))) return;
    const closer = this.#closers[openIndex] ?? -1;
    if (!this.#panicking) this.#reportUnclosed(type, closer, open, orElse);
    if (closer < this.#index || this.#stopped) return;
    this.#index = closer;
    this.advance();
    this.#panicking = false;
  }

  /** The index of the current token, for `close`. */
  get index(): number {
    return this.#index;
  }

  #reportUnclosed(type: TokenType, closer: number, open: Token, orElse: string): void {
    if (closer >= this.#index) return this.unexpected(orElse + quoted(type));
    const label = { span: open, text: "opened here" };
    if (!this.at("EOF")) return this.unexpected(orElse + quoted(type), undefined, [label]);
    const hint = `Add a \`${type}\``;
    this.fail(open, "unclosed-bracket", { open: open.text }, { label: "opened here", hint });
  }

  /**
   * The hole whose first token was just taken has no end on its line, which the lexer reported: skips it whole.
   */
  skipOpenHole(openIndex: number): boolean {
    const closer = this.#closers[openIndex] ?? -1;
    if (closer < 0 || this.#tokens[closer]?.text !== "") return false;
    this.#index = closer;
    this.advance();
    return true;
  }

  /** Grows quiet without a word: the lexer has said it. */
  hush(): void {
    this.#panicking = true;
  }

  // Words

  /** A name: not a reserved word, which gets a hint how to rename it. */
  name(expected: string): Ident {
    const token = this.token;
    if (token.type === "NAME") return identOf(this.advance());
    if (isReserved(token.type) && !this.#panicking) {
      this.report(token, "reserved-name", { name: token.text }, renaming(this.source, token));
      return identOf(this.advance());
    }
    this.unexpected(expected);
    return { name: "", span: this.here() };
  }

  atAnyWord(ahead = 0): boolean {
    const { type } = this.peek(ahead);
    return type === "NAME" || isReserved(type);
  }

  /** Any word, reserved or not: after `.`, before `:`, and as a field or case. */
  word(expected: string): Ident {
    if (this.atAnyWord()) return identOf(this.advance());
    this.unexpected(expected);
    return { name: "", span: this.here() };
  }

  // Spans

  /** From `start` to the end of the token taken last. */
  spanFrom(start: number): Span {
    return { start, end: Math.max(start, this.previousEnd) };
  }

  /** The current token's place. */
  here(): Span {
    return { start: this.token.start, end: this.token.end };
  }

  get previousEnd(): number {
    return this.#previous?.end ?? 0;
  }

  /** The token taken last closed a block. */
  get isAfterBrace(): boolean {
    return this.#previous?.type === "}";
  }

  /** The lexer reported the token taken last: unreadable, or a text that swallowed the rest of its line. */
  get isAfterUnreadable(): boolean {
    const { type, text = "" } = this.#previous ?? {};
    if (type === "INTERP-END") return text === "";
    return (
      type === "INVALID" || (type === "STRING" && !/".*"$/.test(text)) || (type === "BYTES" && !/".*"$/.test(text))
    );
  }

  // Mistakes

  /** Reports an error unless panicking, and goes on: for mistakes whose meaning is clear. */
  report<C extends Code>(span: Span, code: C, params: CodeParams<C>, extras: Extras = {}): void {
    if (this.#panicking) return;
    this.#diagnostics.error(this.source, spanOf(span), code, params, extras);
  }

  warn<C extends Code>(span: Span, code: C, params: CodeParams<C>, extras: Extras = {}): void {
    if (this.#panicking) return;
    this.#diagnostics.warning(this.source, spanOf(span), code, params, extras);
  }

  /** Reports an error and panics (P2). */
  fail<C extends Code>(span: Span, code: C, params: CodeParams<C>, extras: Extras = {}): void {
    this.report(span, code, params, extras);
    this.#panicking = true;
  }

  unexpected(expected: string, hint?: string, also: Extras["also"] = []): void {
    const token = this.token;
    // An INVALID token was reported by the lexer.
    if (token.type === "INVALID") this.#panicking = true;
    const extras: Extras = { label: `expected ${expected}`, hint, also };
    this.fail(token, "unexpected-token", { found: describe(token), expected }, extras);
  }

  /** Ends the panic where a new start is certain. */
  calm(): void {
    this.#panicking = this.#stopped;
  }

  /** Skips to where a statement can end or begin (P2). */
  synchronize(): void {
    while (!this.at("EOF") && !this.at("}") && !this.at("HOLE-END") && !this.#startsStatement()) {
      if (this.advance().type === ";") break;
    }
    this.calm();
  }

  /** A statement surely begins here: a statement's word, a brace, or `name =`, `name :` on a new line. */
  #startsStatement(): boolean {
    const { type, startsLine } = this.token;
    if (type === "{" || STATEMENT_WORDS.has(type)) return true;
    const next = this.peek(1).type;
    return type === "NAME" && startsLine && (next === "=" || next === ":" || next === "(");
  }

  // Depth

  /** Runs `parse` one level deeper; at the limit gives `orElse` and stops reading the file (P3). */
  nested<T>(parse: () => T, orElse: (span: Span) => T): T {
    if (this.#depth >= MAX_NESTING) {
      this.#stop();
      return orElse(this.spanFrom(this.token.start));
    }
    this.#depth += 1;
    const result = parse();
    this.#depth -= 1;
    return result;
  }

  #stop(): void {
    const hint = "Take parts out into functions or variables";
    this.fail(this.token, "too-deep", { limit: MAX_NESTING }, { label: "the rest of the file is not read", hint });
    this.#stopped = true;
    this.#index = this.#tokens.length - 1;
  }
}

export function identOf(token: Token): Ident {
  return { name: token.text, span: spanOf(token) };
}

/** A token or node as a bare span. */
export function spanOf({ start, end }: Span): Span {
  return { start, end };
}

function quoted(type: TokenType): string {
  return type === "HOLE-END" ? "`}`" : `\`${type}\``;
}

/** A token in a message. */
export function describe(token: Token): string {
  switch (token.type) {
    case "EOF":
      return "the end of the file";
    case "HOLE-END":
      return "the end of the hole";
    case "INVALID":
      return "an unreadable literal";
    default:
      return `\`${token.text.length > 30 ? `${token.text.slice(0, 30)}…` : token.text}\``;
  }
}

function renaming(source: Source, token: Token): Extras {
  const text = `${token.text}_`;
  const hint = `Rename it, for example to \`${text}\``;
  return { label: "not free to be a name", hint, fix: { title: hint, edits: [{ source, span: spanOf(token), text }] } };
}
