/**
 * The tokens of a file in order, with the comments between them: the formatter's way to lose none.
 *
 *   F1  Every token is taken in order and every comment is given out with the next token (or by `comments`), so none
 *       can be lost or change places; only optional `,` and `;` are dropped or added.
 *   F2  A comment before a `,` or `;` comes after it.
 */
import type { CommentDoc, Doc } from "./format-document.ts";
import { concat } from "./format-document.ts";
import { Defect } from "../../fault.ts";
import { matchBrackets } from "./parse-brackets.ts";
import type { Source } from "../source.ts";
import type { Comment, Token, Tokens, TokenType } from "./token.ts";

export class FormatTokens {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  readonly #comments: readonly Comment[];
  readonly #closers: Int32Array;
  #index = 0;
  #nextComment = 0;
  /** Comments read but not given out yet. */
  #pending: CommentDoc[] = [];
  /** `>=` or `??` of which the first half was taken. */
  #isHalfTaken = false;

  constructor(source: Source, { tokens, comments }: Tokens) {
    this.#text = source.text;
    this.#tokens = tokens;
    this.#comments = comments;
    this.#closers = matchBrackets(tokens);
    this.#readComments(0);
  }

  get token(): Token {
    return this.#tokens[Math.min(this.#index, this.#tokens.length - 1)] as Token;
  }

  at(type: TokenType): boolean {
    return this.#isHalfTaken ? this.token.text[1] === type : this.token.type === type;
  }

  /** An empty line stands right before the current token. */
  get isAfterBlank(): boolean {
    const before = this.#tokens[this.#index - 1]?.end ?? 0;
    const comment = this.#comments[this.#nextComment - 1]?.end ?? 0;
    return isBlank(this.#text, Math.max(before, comment), this.token.start);
  }

  /** A comment stands between the current token and `offset`. */
  hasCommentBefore(offset: number): boolean {
    const next = this.#comments[this.#nextComment];
    return next !== undefined && next.start < offset;
  }

  /** The current token is a bracket whose closing one stands on another line. */
  get isOnManyLines(): boolean {
    const closer = this.#tokens[this.#closers[this.#index] ?? -1];
    return closer !== undefined && this.#text.slice(this.token.end, closer.start).includes("\n");
  }

  /** The next token, with the comments before it. */
  take(type?: TokenType): Doc {
    const { token } = this;
    if (type !== undefined && (this.#isHalfTaken || token.type !== type)) return this.#takeHalf(type);
    const text = this.#isHalfTaken ? token.text.slice(1) : token.text;
    const comments = type === "," || type === ";" ? "" : this.comments();
    this.#advance();
    return comments === "" ? text : concat(comments, text);
  }

  /** Takes the next token when it is of this type; `orElse` otherwise. */
  takeIf(type: TokenType, orElse: Doc): Doc {
    return this.at(type) ? this.take(type) : orElse;
  }

  /** Passes over an optional token; its comments stay. */
  drop(type: TokenType): void {
    if (this.at(type)) this.#advance();
  }

  /** The comments read since the last token. Empty lines between them are kept where statements stand. */
  comments(): Doc {
    const comments = this.#pending;
    this.#pending = [];
    return comments.length === 0 ? "" : concat(...comments);
  }

  /** Those of them that end the line of the last token: they stay on it. */
  trailing(): Doc {
    const ended = this.#pending.findIndex(({ ownLine, endsLine }) => ownLine || endsLine);
    const found = this.#pending[ended];
    if (found === undefined || found.ownLine) return "";
    return concat(...this.#pending.splice(0, ended + 1));
  }

  #takeHalf(type: TokenType): Doc {
    const { token } = this;
    const [first, second] = [token.text[0], token.text[1]];
    if (this.#isHalfTaken && second === type) {
      this.#advance();
      return type;
    }
    if (token.text.length !== 2 || first !== type) {
      throw new Defect(`The formatter expected ${type} at ${token.start} and found ${token.text}`);
    }
    const comments = this.comments();
    this.#isHalfTaken = true;
    return concat(comments, type);
  }

  #advance(): void {
    const { end } = this.token;
    this.#isHalfTaken = false;
    if (this.#index < this.#tokens.length - 1) this.#index += 1;
    this.#readComments(end);
  }

  #readComments(from: number): void {
    let before = from;
    for (;;) {
      const comment = this.#comments[this.#nextComment];
      if (comment === undefined || comment.start > this.token.start) return;
      this.#nextComment += 1;
      const gap = this.#text.slice(before, comment.start);
      const text = comment.text.replaceAll("\r\n", "\n");
      const ownLine = gap.includes("\n") || before === 0;
      const forces = ownLine || text.startsWith("//") || text.includes("\n");
      const blank = isBlank(gap, 0, gap.length);
      const after = this.#text.slice(comment.end, this.token.start);
      const endsLine = text.startsWith("//") || /^[ \t\r]*\n/.test(after) || this.token.type === "EOF";
      this.#pending.push({ kind: "comment", text, ownLine, endsLine, blank, forces });
      before = comment.end;
    }
  }
}

function isBlank(text: string, start: number, end: number): boolean {
  const first = text.indexOf("\n", start);
  if (first < 0 || first >= end) return false;
  const second = text.indexOf("\n", first + 1);
  return second >= 0 && second < end;
}
