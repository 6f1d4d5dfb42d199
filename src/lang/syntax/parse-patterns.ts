/** Patterns of `match` arms, and the binds of `for` and lambdas. */
import type { Bind, Expr, Ident, Pattern } from "../ast.ts";
import { spanOf } from "./parse-cursor.ts";
import { TypeParser } from "./parse-types.ts";
import type { Token } from "./token.ts";

const SMALLEST = -(2n ** 63n);

type Parg = { readonly name: Ident | null; readonly pattern: Pattern };

export class PatternParser extends TypeParser {
  /** `a | b` */
  pattern(): Pattern {
    return this.nested<Pattern>(
      () => this.#alternatives(),
      (span) => ({ kind: "error", span }),
    );
  }

  #alternatives(): Pattern {
    const start = this.token.start;
    const first = this.#single();
    if (!this.at("|")) return first;
    const alternatives = [first];
    while (!this.panicking && this.eat("|")) alternatives.push(this.#single());
    return { kind: "or", alternatives, span: this.spanFrom(start) };
  }

  #single(): Pattern {
    if (this.atWord("_")) return { kind: "any", span: spanOf(this.advance()) };
    if (this.at("NAME")) return this.#path();
    if (this.at("(")) return this.#tuple();
    return this.#literal();
  }

  #literal(): Pattern {
    const start = this.token.start;
    const minus = this.eat("-");
    const literal = literalOf(this.token);
    const isNumber = literal?.kind === "int" || literal?.kind === "float";
    if (literal === undefined || (minus && !isNumber)) {
      const span = this.here();
      this.unexpected(minus ? "a number" : "a pattern", "Patterns are literals, cases, tuples, names, and `_`");
      return { kind: "error", span };
    }
    this.advance();
    const span = this.spanFrom(start);
    const value = minus ? negated(literal, span) : literal;
    if (value.kind === "int" && value.value < SMALLEST) {
      const hint = "An Int goes from -9223372036854775808 to 18446744073709551615";
      this.report(span, "number-out-of-range", { what: "Int" }, { hint });
    }
    return { kind: "literal", value, span };
  }

  #tuple(): Pattern {
    const { index, token: open } = this;
    this.advance();
    const items = [this.pattern()];
    while (!this.panicking && this.eat(",") && !this.at(")")) items.push(this.pattern());
    this.close(")", index, open, "`,` or ");
    const [only] = items;
    const span = this.spanFrom(open.start);
    return items.length === 1 && only !== undefined ? only : { kind: "tuple", items, span };
  }

  #path(): Pattern {
    const start = this.token.start;
    const path = [this.name("a pattern")];
    while (this.eat(".")) path.push(this.word("a case"));
    const args = this.at("(") ? this.#arguments() : null;
    return { kind: "path", path, args, span: this.spanFrom(start) };
  }

  #arguments(): Parg[] {
    const { index, token: open } = this;
    this.advance();
    const args: Parg[] = [];
    while (!this.panicking && !this.at(")")) {
      args.push(this.#argument());
      if (!this.eat(",")) break;
    }
    this.close(")", index, open, "`,` or ");
    return args;
  }

  #argument(): Parg {
    if (!(this.atAnyWord() && this.peek(1).type === ":")) return { name: null, pattern: this.pattern() };
    const name = this.word("a field");
    this.advance();
    return { name, pattern: this.pattern() };
  }

  /** `x`, `x: Int`, `(a, (b, c))` */
  bind(): Bind {
    return this.nested<Bind>(
      () => (this.at("(") ? this.#tupleBind() : this.#nameBind()),
      (span) => ({ kind: "tuple", items: [], span }),
    );
  }

  #nameBind(): Bind {
    const start = this.token.start;
    const name = this.name("a name");
    const type = !this.panicking && this.eat(":") ? this.type() : null;
    return { kind: "name", name, type, span: this.spanFrom(start) };
  }

  #tupleBind(): Bind {
    const { index, token: open } = this;
    this.advance();
    const items = [this.bind()];
    while (!this.panicking && this.eat(",") && !this.at(")")) items.push(this.bind());
    this.close(")", index, open, "`,` or ");
    return { kind: "tuple", items, span: this.spanFrom(open.start) };
  }
}

/** The expression of a one-token literal; undefined for other tokens. */
export function literalOf(token: Token): Expr | undefined {
  const span = spanOf(token);
  const { type, value } = token;
  if (type === "true" || type === "false") return { kind: "bool", value: type === "true", span };
  if (type === "nil") return { kind: "nil", span };
  if (value instanceof Uint8Array) return { kind: "bytes", value, span };
  if (type === "STRING" && typeof value === "string") return { kind: "string", value, span };
  if (type === "CHAR" && typeof value === "string") return { kind: "char", value, span };
  if (type === "FLOAT" && typeof value === "number") return { kind: "float", value, span };
  if (typeof value === "string" || value === null) return undefined;
  if (type === "INT") return { kind: "int", value, span };
  if (type === "DURATION") return { kind: "duration", value, span };
  return undefined;
}

function negated(literal: Expr, span: Expr["span"]): Expr {
  if (literal.kind === "float") return { kind: "float", value: -literal.value, span };
  if (literal.kind !== "int") return literal;
  const value = typeof literal.value === "bigint" ? -literal.value : 0 - literal.value;
  return { kind: "int", value, span };
}
