/**
 * JSON text to an Any (RFC 8259).
 *
 *   J1  `1` is an Int (exactly, to 2^64−1; beyond: refused), `1.0` and `1e3` are Floats.
 *   J2  A repeated key keeps its place and takes the last value, as JavaScript and Python do.
 *   J3  Errors tell line and column; nesting ends at 500.
 */
import { Fault } from "../../fault.ts";
import { AnyFloat } from "../../wit/any.ts";
import type { AnyValue } from "../../wit/any.ts";
import { integer } from "../../wit/value.ts";
import { MAX_DEPTH } from "./any-data.ts";
import { lengthOf } from "./text.ts";

export function parseJson(text: string): AnyValue {
  return new Parser(text).whole();
}

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): AnyValue {
    const value = this.#value(0);
    this.#match(SPACE);
    if (this.#at < this.#text.length) throw this.#error("nothing more");
    return value;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match !== null) this.#at += match[0].length;
    return match;
  }

  #eat(token: string): boolean {
    if (!this.#text.startsWith(token, this.#at)) return false;
    this.#at += token.length;
    return true;
  }

  #value(depth: number): AnyValue {
    if (depth > MAX_DEPTH) throw this.#error(`no more than ${MAX_DEPTH} levels`);
    this.#match(SPACE);
    switch (this.#text[this.#at]) {
      case "{":
        return this.#object(depth);
      case "[":
        return this.#array(depth);
      case '"':
        return this.#string();
      default:
        return this.#word();
    }
  }

  #word(): AnyValue {
    if (this.#eat("true")) return true;
    if (this.#eat("false")) return false;
    if (this.#eat("null")) return null;
    const start = this.#at;
    const number = this.#match(NUMBER);
    if (number === null) throw this.#error("a value");
    if (number[1] !== undefined || number[2] !== undefined) return new AnyFloat(Number(number[0]));
    const digits = number[0];
    // A longer run of digits is out of range whatever it is; no need to convert it.
    const value = digits.length > 21 ? 2n ** 64n : BigInt(digits);
    if (value >= -(2n ** 63n) && value < 2n ** 64n) return integer(value);
    this.#at = start;
    throw this.#error("an Int from −2^63 to 2^64−1");
  }

  #array(depth: number): AnyValue {
    const list: AnyValue[] = [];
    this.#at++;
    this.#match(SPACE);
    if (this.#eat("]")) return list;
    for (;;) {
      list.push(this.#value(depth + 1));
      this.#match(SPACE);
      if (this.#eat("]")) return list;
      if (!this.#eat(",")) throw this.#error("`,` or `]`");
    }
  }

  #object(depth: number): AnyValue {
    const map = new Map<string, AnyValue>();
    this.#at++;
    this.#match(SPACE);
    if (this.#eat("}")) return map;
    for (;;) {
      this.#match(SPACE);
      if (this.#text[this.#at] !== '"') throw this.#error("a key in quotes");
      const key = this.#string();
      this.#match(SPACE);
      if (!this.#eat(":")) throw this.#error("`:`");
      map.set(key, this.#value(depth + 1));
      this.#match(SPACE);
      if (this.#eat("}")) return map;
      if (!this.#eat(",")) throw this.#error("`,` or `}`");
    }
  }

  #string(): string {
    const start = this.#at;
    let text = "";
    this.#at++;
    for (;;) {
      text += this.#match(PLAIN)?.[0] ?? "";
      if (this.#eat('"')) break;
      if (!this.#eat("\\")) throw this.#error("the end of the string");
      text += this.#escape();
    }
    if (text.isWellFormed()) return text;
    this.#at = start;
    throw this.#error("text without lone surrogates");
  }

  #escape(): string {
    const letter = this.#text[this.#at] ?? "";
    const plain = ESCAPES[letter];
    if (plain !== undefined) {
      this.#at++;
      return plain;
    }
    const code = /^u([0-9a-fA-F]{4})/.exec(this.#text.slice(this.#at, this.#at + 5));
    if (code === null) throw this.#error("an escape");
    this.#at += 5;
    return String.fromCharCode(Number.parseInt(code[1] as string, 16));
  }

  #error(expected: string): Fault {
    const before = this.#text.slice(0, this.#at);
    const line = before.split("\n").length;
    const column = lengthOf(before.slice(before.lastIndexOf("\n") + 1)) + 1;
    const found =
      this.#at < this.#text.length
        ? `\`${String.fromCodePoint(this.#text.codePointAt(this.#at) as number)}\``
        : "the end";
    return new Fault("invalid-text", `JSON, line ${line}, column ${column}: expected ${expected}, found ${found}`);
  }
}
