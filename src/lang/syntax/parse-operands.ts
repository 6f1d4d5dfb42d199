/** Operands: literals, names, brackets, interpolations, shell commands. */
import type { Expr } from "../ast.ts";
import { spanOf } from "./parse-cursor.ts";
import { ExpressionParser } from "./parse-expressions.ts";
import { literalOf } from "./parse-patterns.ts";

type Entry = { readonly key: Expr; readonly value: Expr };

export abstract class OperandParser extends ExpressionParser {
  /** The block form that begins here, such as `seq {…}`; undefined when none does. */
  abstract blockForm(): Expr | undefined;

  override operand(): Expr {
    const form = this.blockForm();
    if (form !== undefined) return form;
    const { token } = this;
    const literal = literalOf(token);
    if (literal !== undefined) {
      this.advance();
      return literal;
    }
    switch (token.type) {
      case "NAME":
        this.advance();
        return { kind: "name", name: token.text, span: spanOf(token) };
      case "INTERP":
        return this.#interpolation();
      case "(":
        return this.#parenthesized();
      case "&":
        return this.#markedTuple();
      case "[":
        return this.#listOrMap();
      case "shell":
        return this.#shell();
      case "shellpipe":
        return this.#shellpipe();
      case "function":
        return this.#anonymousFunction();
      case "INVALID":
        return this.errorAt(spanOf(this.advance()));
      default:
        return this.#noOperand();
    }
  }

  #noOperand(): Expr {
    const span = this.here();
    this.unexpected("an expression");
    return this.errorAt({ start: span.start, end: span.start });
  }

  #interpolation(): Expr {
    const { start } = this.advance();
    const parts: (string | Expr)[] = [];
    while (!this.at("EOF") && !this.eat("INTERP-END")) {
      const { value } = this.token;
      if (!this.at("TEXT")) parts.push(this.#hole());
      else {
        this.advance();
        if (typeof value === "string") parts.push(value);
      }
    }
    return { kind: "interpolation", parts, span: this.spanFrom(start) };
  }

  #hole(): Expr {
    const { index, token: open } = this;
    this.advance();
    if (this.skipOpenHole(index)) return this.errorAt(spanOf(open));
    const expr = this.withHead(false, () => this.expression());
    this.close("HOLE-END", index, open);
    return expr;
  }

  /** `(a)`, `(a, b)`, `(a,)` */
  #parenthesized(): Expr {
    const { index, token: open } = this;
    this.advance();
    const items = [this.withHead(false, () => this.expression())];
    const isTuple = !this.panicking && this.at(",");
    if (isTuple) this.#moreItems(items, ")");
    this.close(")", index, open, isTuple ? "`,` or " : "");
    const span = this.spanFrom(open.start);
    const [inner] = items;
    return isTuple || inner === undefined ? { kind: "tuple", items, span } : { kind: "paren", inner, span };
  }

  /** `&(a)`: the oxiida form, which alone can hold one. */
  #markedTuple(): Expr {
    const { start } = this.advance();
    const { index, token: open } = this;
    if (!this.expect("(")) return this.errorAt(this.spanFrom(start));
    const items = [this.withHead(false, () => this.expression())];
    this.#moreItems(items, ")");
    this.close(")", index, open, "`,` or ");
    return { kind: "tuple", items, span: this.spanFrom(start) };
  }

  #moreItems(items: Expr[], closer: ")" | "]"): void {
    while (!this.panicking && this.eat(",") && !this.at(closer)) {
      items.push(this.withHead(false, () => this.expression()));
    }
  }

  #listOrMap(): Expr {
    const { index, token: open } = this;
    this.advance();
    const content = this.withHead(false, () => this.#listContent());
    this.close("]", index, open, "`,` or ");
    return { ...content, span: this.spanFrom(open.start) };
  }

  #listContent(): { kind: "list"; items: Expr[] } | { kind: "map"; entries: Entry[] } {
    if (this.at("]")) return { kind: "list", items: [] };
    if (this.at(":") && this.peek(1).type === "]") {
      this.advance();
      return { kind: "map", entries: [] };
    }
    const first = this.expression();
    if (!this.panicking && this.at(":")) return { kind: "map", entries: this.#entries(first) };
    const items = [first];
    this.#moreItems(items, "]");
    return { kind: "list", items };
  }

  #entries(firstKey: Expr): Entry[] {
    const entries: Entry[] = [];
    for (let key = firstKey; ; key = this.expression()) {
      this.expect(":");
      entries.push({ key, value: this.expression() });
      if (this.panicking || !this.eat(",") || this.at("]")) return entries;
    }
  }

  #shell(): Expr {
    const { start } = this.advance();
    const { index, token: open } = this;
    if (!this.expect("{", "`{`", 'A command is `shell { "echo", ["hi"] }`')) return this.errorAt(this.spanFrom(start));
    const parts = this.withHead(false, () => this.#shellParts());
    this.close("}", index, open, parts.length < 3 ? "`,` or " : "");
    return { kind: "shell", parts, span: this.spanFrom(start) };
  }

  #shellParts(): Expr[] {
    const parts = [this.simple()];
    while (!this.panicking && parts.length < 3 && this.eat(",") && !this.at("}")) parts.push(this.simple());
    if (parts.length === 3) this.eat(",");
    return parts;
  }

  #shellpipe(): Expr {
    const { start } = this.advance();
    const { index, token: open } = this;
    if (!this.expect("{", "`{`", 'A pipe is `shellpipe { "a" "b" | "c" }`')) return this.errorAt(this.spanFrom(start));
    const commands = [this.#command()];
    while (!this.panicking && this.eat("|")) commands.push(this.#command());
    this.close("}", index, open, "`|` or ");
    return { kind: "shellpipe", commands, span: this.spanFrom(start) };
  }

  #command(): Expr[] {
    const words: Expr[] = [];
    while (!this.panicking && !this.at("|") && !this.at("}")) words.push(this.#commandWord());
    if (words.length === 0) this.unexpected("a command");
    return words;
  }

  #commandWord(): Expr {
    const { type } = this.token;
    const isWord = type === "STRING" || type === "INTERP" || type === "NAME" || type === "(" || type === "INVALID";
    if (!isWord) this.unexpected("a text, a name or `(`", "Other expressions stand in parentheses");
    // A name is a word here whatever follows it: `retry {` is no block.
    return isWord ? this.withHead(true, () => this.#plainOperand()) : this.errorAt(this.here());
  }

  #plainOperand(): Expr {
    if (!this.at("NAME")) return this.operand();
    const token = this.advance();
    return { kind: "name", name: token.text, span: spanOf(token) };
  }

  /** `function (x) {…}` of other languages: read as the lambda it means. */
  #anonymousFunction(): Expr {
    const { start } = this.token;
    if (this.peek(1).type !== "(") return this.#noOperand();
    this.report(this.token, "foreign-syntax", { found: "function (" }, { hint: "A function value is `|x| { … }`" });
    this.advance();
    const { index, token: open } = this;
    this.advance();
    const params = this.at(")") ? [] : [this.bind()];
    while (!this.panicking && this.eat(",")) params.push(this.bind());
    this.close(")", index, open, "`,` or ");
    const result = this.eat("->") ? this.type() : null;
    const body = this.block();
    return { kind: "lambda", params, result, body, span: this.spanFrom(start) };
  }
}
