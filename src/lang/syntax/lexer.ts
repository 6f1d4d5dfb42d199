/**
 * The lexer: text to tokens and comments.
 *
 *   L1  Any text gives tokens that end in EOF: it never throws, and takes time linear in the text.
 *   L2  Every mistake is reported once; a literal that cannot be read and what cannot start a token become INVALID.
 *   L3  Tokens and comments lie in order without overlap, and only white space is between them (the formatter needs
 *       all of it; `#` lines apart, which are reported).
 *   L4  INTERP, HOLE … HOLE-END and INTERP-END are always balanced, and none of them spans lines.
 */
import type { Diagnostics, Extras } from "../diagnostics.ts";
import { readEscape } from "./lexer-escapes.ts";
import type { EscapeContext } from "./lexer-escapes.ts";
import { readNumber } from "./lexer-numbers.ts";
import type { NumberReading } from "./lexer-numbers.ts";
import type { Source } from "../source.ts";
import { isReserved, symbols } from "./token.ts";
import type { Comment, Sign, Token, Tokens, TokenType, TokenValue } from "./token.ts";

/** Splits a file into tokens and comments, reporting what is no token. */
export function tokenize(source: Source, diagnostics: Diagnostics): Tokens {
  return new Lexer(source, diagnostics).run();
}

/** An interpolation whose hole is open: where it began, and how many `{` are open inside the hole. */
interface Hole {
  readonly start: number;
  braces: number;
}

const WORD = /[A-Za-z_][A-Za-z0-9_]*/y;
const SPACE = /[ \t\r]+/y;
const LINE_COMMENT = /\/\/[^\n]*/y;
const STRAY = /[^\s"'A-Za-z0-9_(){}[\],;:.?=<>+\-*/%^!|&@]+/uy;
/** A text in the quotes of a word processor. */
const QUOTED = /[“„«][^\n”»"]{0,500}[”»“]/y;
const ANY = /[^]/y;
/** What a string holds up to its next special character. */
const PLAIN = /[^"\\\n{}\uD800-\uDFFF]+/y;
const PAIR = /[\uD800-\uDBFF][\uDC00-\uDFFF]/y;

class Lexer {
  readonly #source: Source;
  readonly #text: string;
  readonly #diagnostics: Diagnostics;
  readonly #tokens: Token[] = [];
  readonly #comments: Comment[] = [];
  readonly #holes: Hole[] = [];
  #at = 0;
  #startsLine = true;
  /** An unterminated text was reported on this line. */
  #isLineReported = false;

  constructor(source: Source, diagnostics: Diagnostics) {
    this.#source = source;
    this.#text = source.text;
    this.#diagnostics = diagnostics;
  }

  run(): Tokens {
    if (this.#text.startsWith("\uFEFF")) this.#at = 1;
    while (this.#at < this.#text.length) this.#next();
    this.#closeHoles();
    this.#push("EOF", this.#at);
    return { tokens: this.#tokens, comments: this.#comments };
  }

  /** Reads one token, comment, line end or stretch of white space. */
  #next(): void {
    const char = this.#text[this.#at] ?? "";
    if (char === "\n") this.#lineEnd();
    else if (this.#skip(SPACE)) return;
    else if (char === "/" && this.#peek(1) === "/") this.#lineComment();
    else if (char === "/" && this.#peek(1) === "*") this.#blockComment();
    else if (char >= "0" && char <= "9") this.#number();
    else if (char === '"') this.#string(this.#at + 1, "string");
    else if (char === "$" && this.#peek(1) === '"') this.#openInterpolation();
    else if (char === "b" && this.#peek(1) === '"') this.#string(this.#at + 2, "bytes");
    else if (char === "'") this.#char();
    else if (this.#match(WORD) !== null) this.#word();
    else if (this.#holes.length > 0 && (char === "{" || char === "}")) this.#braceInHole(char);
    else this.#symbol();
  }

  #lineEnd(): void {
    this.#closeHoles();
    this.#at += 1;
    this.#startsLine = true;
    this.#isLineReported = false;
  }

  #lineComment(): void {
    const start = this.#at;
    this.#skip(LINE_COMMENT);
    const text = this.#text.slice(start, this.#at).trimEnd();
    this.#comments.push({ text, start, end: start + text.length });
  }

  #blockComment(): void {
    const start = this.#at;
    const close = this.#text.indexOf("*/", start + 2);
    const end = close < 0 ? this.#text.length : close + 2;
    if (close < 0) {
      const hint = "End it with `*/`; comments do not nest";
      this.#error(start, start + 2, "unterminated-comment", { label: "opened here", hint });
    }
    const text = this.#text.slice(start, end);
    // A line end inside a hole ends the hole (L4).
    if (text.includes("\n")) this.#closeHoles();
    this.#comments.push({ text, start, end });
    this.#at = end;
  }

  #word(): void {
    const start = this.#at;
    this.#skip(WORD);
    const text = this.#text.slice(start, this.#at);
    this.#push(isReserved(text) ? text : "NAME", start);
  }

  #number(): void {
    const start = this.#at;
    const reading = readNumber(this.#text, start, this.#tokens.at(-1)?.type === ".");
    this.#at = reading.end;
    if (reading.type === "INVALID") this.#reportNumber(start, reading);
    this.#push(reading.type, start, reading.type === "INVALID" ? null : reading.value);
  }

  #reportNumber(start: number, reading: NumberReading & { type: "INVALID" }): void {
    const { problem, end } = reading;
    const number = abbreviate(this.#text.slice(start, end));
    const hint = problem.hint;
    switch (problem.kind) {
      case "suffix": {
        const suffix = abbreviate(problem.suffix);
        const label = "not a unit";
        return this.#diagnostics.error(
          this.#source,
          { start: problem.start, end },
          "number-suffix",
          { suffix },
          { label, hint },
        );
      }
      case "leading-zero":
        return this.#diagnostics.error(this.#source, { start, end }, "leading-zero", { number }, { hint });
      case "range":
        return this.#diagnostics.error(
          this.#source,
          { start, end },
          "number-out-of-range",
          { what: problem.what },
          { hint },
        );
    }
  }

  /** A string or bytes literal whose content starts at `from`; the lexer stands on its first character. */
  #string(from: number, context: "string" | "bytes"): void {
    const start = this.#at;
    this.#at = from;
    const content = this.#content(context);
    const closed = this.#text[this.#at] === '"';
    if (closed) this.#at += 1;
    else this.#unterminated(start, from);
    if (context === "bytes")
      this.#push(
        "BYTES",
        start,
        Uint8Array.from(content, (char) => char.charCodeAt(0)),
      );
    else this.#push("STRING", start, content);
  }

  #openInterpolation(): void {
    const start = this.#at;
    this.#at += 2;
    this.#push("INTERP", start);
    this.#interpolationText(start);
  }

  /** The text of an interpolation up to its next hole or its end. */
  #interpolationText(opened: number): void {
    const start = this.#at;
    const content = this.#content("interpolation");
    if (this.#at > start) this.#push("TEXT", start, content);
    const stop = this.#at;
    if (this.#text[stop] === "{") {
      this.#at += 1;
      this.#push("HOLE", stop);
      this.#holes.push({ start: opened, braces: 0 });
      return;
    }
    if (this.#text[stop] === '"') this.#at += 1;
    else this.#unterminated(opened, opened + 2);
    this.#push("INTERP-END", stop);
  }

  /** Reads up to the closing quote, the line's end, or the hole of an interpolation; unescaped. */
  #content(context: EscapeContext): string {
    let content = "";
    for (;;) {
      const start = this.#at;
      if (this.#skip(PLAIN) || this.#skip(PAIR)) content += this.#checked(start, context);
      else if (this.#text[start] === "\\") content += this.#escape(context);
      else if (this.#text[start] === "{" || this.#text[start] === "}") {
        if (context === "interpolation" && !this.#literalBrace()) return content;
        content += this.#text[start];
        this.#at = this.#at === start ? start + 1 : this.#at;
      } else if (this.#isLoneSurrogate()) this.#loneSurrogate();
      else return content;
    }
  }

  /** In an interpolation: `{{` and `}}` are braces; a single `}` is a mistake; a single `{` opens a hole. */
  #literalBrace(): boolean {
    const brace = this.#text[this.#at];
    const doubled = this.#peek(1) === brace;
    if (doubled) this.#at += 2;
    else if (brace === "}") {
      const extras: Extras = { label: "no `{` is open here", hint: "Write `}}` for a brace" };
      this.#stray(this.#at, this.#at + 1, extras);
    }
    return doubled || brace === "}";
  }

  /** The plain stretch just read; bytes must be ASCII. */
  #checked(start: number, context: EscapeContext): string {
    const text = this.#text.slice(start, this.#at);
    if (context !== "bytes") return text;
    const bad = text.search(/[^\0-\x7f]/);
    if (bad < 0) return text;
    this.#stray(start + bad, start + bad + 1, { hint: "Bytes outside ASCII are written `\\xff`" });
    return text.replaceAll(/[^\0-\x7f]/g, "");
  }

  #escape(context: EscapeContext): string {
    const start = this.#at;
    const reading = readEscape(this.#text, start, context);
    this.#at += reading.length;
    if (reading.kind === "text") return reading.text;
    if (reading.kind === "byte") return String.fromCharCode(reading.byte);
    const { escape, hint } = reading;
    // `\{` is taken for an unnecessary backslash, so that its `}` is no second mistake.
    const end = this.#at;
    if (escape === "\\{" && context === "interpolation") this.#at -= 1;
    this.#diagnostics.error(this.#source, { start, end }, "unknown-escape", { escape }, { hint });
    return "";
  }

  #isLoneSurrogate(): boolean {
    const code = this.#text.charCodeAt(this.#at);
    return code >= 0xd800 && code <= 0xdfff;
  }

  #loneSurrogate(): void {
    this.#stray(this.#at, this.#at + 1, { label: "half of a surrogate pair", hint: "Save the file as valid UTF-8" });
    this.#at += 1;
  }

  #char(): void {
    const start = this.#at;
    this.#at += 1;
    const content = this.#charContent();
    const closed = this.#text[this.#at] === "'";
    if (closed) this.#at += 1;
    const count = [...content].length;
    if (closed && count === 1) return this.#push("CHAR", start, content);
    const problem = closed ? `holds ${count === 0 ? "none" : count}` : "has no closing `'`";
    const hint = count > 1 ? 'Text stands in double quotes: `"…"`' : "Write `'c'`";
    this.#diagnostics.error(this.#source, { start, end: this.#at }, "bad-character", { problem }, { hint });
    this.#push("INVALID", start);
  }

  /** Up to the closing quote on this line; an unclosed one takes only the word after it. */
  #charContent(): string {
    let content = "";
    const near = this.#text.slice(this.#at, this.#at + 200).split("\n", 1)[0] ?? "";
    const limit = this.#at + near.length;
    const close = near.includes("'");
    while (this.#at < limit && this.#text[this.#at] !== "'") {
      const char = String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0);
      if (char === "\\") content += this.#escape("char");
      else if (!close && !/[A-Za-z0-9_]/.test(char)) return content;
      else if (this.#isLoneSurrogate() && char.length === 1) this.#loneSurrogate();
      else {
        content += char;
        this.#at += char.length;
      }
    }
    return content;
  }

  #braceInHole(brace: string): void {
    const hole = this.#holes.at(-1);
    if (hole === undefined) return;
    if (brace === "}" && hole.braces === 0) {
      this.#holes.pop();
      this.#at += 1;
      this.#push("HOLE-END", this.#at - 1);
      this.#interpolationText(hole.start);
      return;
    }
    hole.braces += brace === "{" ? 1 : -1;
    this.#symbol();
  }

  #symbol(): void {
    const start = this.#at;
    const symbol = symbolAt(this.#text, start);
    if (symbol !== undefined) {
      this.#at += symbol.length;
      return this.#push(symbol, start);
    }
    for (const pattern of [QUOTED, STRAY, ANY]) if (this.#skip(pattern)) break;
    this.#stray(start, this.#at, strayExtras(this.#text.slice(start, this.#at)));
    // The rest of a `#` line is meant as a comment: reading it as code would give mistakes that are none.
    if (this.#text[start] === "#") this.#at = lineEndAfter(this.#text, this.#at);
    else this.#push("INVALID", start);
  }

  /** At a line's or the file's end: every open interpolation ends here. */
  #closeHoles(): void {
    const innermost = this.#holes.at(-1);
    if (innermost === undefined) return;
    this.#unterminated(innermost.start, innermost.start + 2);
    for (; this.#holes.length > 0; this.#holes.pop()) {
      this.#push("HOLE-END", this.#at);
      this.#push("INTERP-END", this.#at);
    }
  }

  /** Once a line: what encloses the open text is open too. */
  #unterminated(start: number, end: number): void {
    if (this.#isLineReported) return;
    this.#isLineReported = true;
    const hint = 'Close it with `"`; a line end inside is written `\\n`';
    this.#error(start, end, "unterminated-string", { label: "opened here", hint });
  }

  #error(start: number, end: number, code: "unterminated-string" | "unterminated-comment", extras: Extras): void {
    this.#diagnostics.error(this.#source, { start, end }, code, undefined, extras);
  }

  #stray(start: number, end: number, extras: Extras): void {
    const character = visible(this.#text.slice(start, end));
    this.#diagnostics.error(this.#source, { start, end }, "unexpected-character", { character }, extras);
  }

  #push(type: TokenType, start: number, value: TokenValue = null): void {
    const text = this.#text.slice(start, this.#at);
    this.#tokens.push({ type, text, start, end: this.#at, value, startsLine: this.#startsLine });
    this.#startsLine = false;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text);
  }

  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    const found = pattern.test(this.#text);
    if (found) this.#at = pattern.lastIndex;
    return found;
  }

  #peek(ahead: number): string | undefined {
    return this.#text[this.#at + ahead];
  }
}

function symbolAt(text: string, at: number): Sign | undefined {
  return symbols.find((symbol) => text.startsWith(symbol, at));
}

function lineEndAfter(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}

function strayExtras(text: string): Extras {
  if (text.startsWith("#")) return { hint: "A comment starts with `//`" };
  if (/^[“”„«»]/.test(text)) return { hint: 'Text stands in straight quotes: `"…"`' };
  if (/^[‘’`]/.test(text)) return { hint: "Text stands in double quotes, a character in single ones: `'c'`" };
  if (text === "$") return { hint: 'Text with holes starts with `$"`' };
  if (/^\p{L}/u.test(text)) return { hint: "Names have the letters a–z, digits and `_`" };
  return {};
}

/** As shown in a message: printable ones in backticks, others by number. */
function visible(text: string): string {
  const first = String.fromCodePoint(text.codePointAt(0) ?? 0);
  if (/^[\p{L}\p{N}\p{P}\p{S}]$/u.test(first) && first !== "`") return `\`${abbreviate(text)}\``;
  return `U+${(text.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}

function abbreviate(text: string): string {
  return text.length > 24 ? `${text.slice(0, 24)}…` : text;
}
