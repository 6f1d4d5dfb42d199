/** Prefixes, and what follows an operand: calls, indices, members, arguments. */
import type { Arg, Block, Expr, Ident, Target } from "../ast.ts";
import { PatternParser } from "./parse-patterns.ts";
import type { Span } from "../source.ts";
import type { TokenType } from "./token.ts";

export abstract class PrefixParser extends PatternParser {
  #isHead = false;

  abstract operand(): Expr;
  abstract block(): Block;
  /** With assignment. */
  abstract expression(): Expr;
  /** Without assignment: `expr2` of the grammar. */
  abstract simple(): Expr;

  /** Inside the head of a `for`, `limit` or `match`: a `{` there is the body, not a block (rule 23). */
  get isHead(): boolean {
    return this.#isHead;
  }

  withHead<T>(isHead: boolean, parse: () => T): T {
    const outer = this.#isHead;
    this.#isHead = isHead;
    const result = parse();
    this.#isHead = outer;
    return result;
  }

  head(): Expr {
    return this.withHead(true, () => this.simple());
  }

  errorAt(span: Span): Expr {
    return { kind: "error", span };
  }

  unary(): Expr {
    return this.nested(
      () => this.#prefixed(),
      (span) => this.errorAt(span),
    );
  }

  #prefixed(): Expr {
    const { type } = this.token;
    const next = this.peek(1);
    if (type === "-" || type === "+" || type === "!") return this.#sign(type);
    if (type === "try" && next.type === "?") return this.#tryResult();
    if (type === "@") return this.#label();
    if (type === "|") return this.#lambda();
    if (type === "=") return this.trails(this.#fork());
    if (next.type === "NAME" && next.text !== "div" && type === "NAME") return this.#wordPrefix();
    return this.trails(this.operand());
  }

  #sign(op: "-" | "+" | "!"): Expr {
    const { start } = this.advance();
    const operand = this.unary();
    return { kind: "unary", op, operand, span: this.spanFrom(start) };
  }

  #tryResult(): Expr {
    const { start } = this.advance();
    this.advance();
    const operand = this.#mustCall("try?", this.unary());
    return { kind: "try-result", operand, span: this.spanFrom(start) };
  }

  /** `@once f(x).y` labels the call, and takes the member of its value. */
  #label(): Expr {
    const { start } = this.advance();
    const label = this.name("a label");
    let core = this.trails(this.at("=") ? this.#fork() : this.operand());
    const around: (typeof core & { kind: "member" | "item" | "index" })[] = [];
    while (core.kind === "member" || core.kind === "item" || core.kind === "index") {
      around.push(core);
      core = core.object;
    }
    const operand = this.#mustCall("@", core);
    const labelled: Expr = { kind: "label", label, operand, span: { start, end: operand.span.end } };
    return around.reduceRight<Expr>(
      (object, outer) => ({ ...outer, object, span: { start, end: outer.span.end } }),
      labelled,
    );
  }

  /** `spawn w(x)`, `await h`, `wait signal(…)`: two names side by side mean nothing else. */
  #wordPrefix(): Expr {
    const { text, start } = this.token;
    if (text === "spawn") {
      this.advance();
      const operand = this.#mustCall(text, this.unary());
      return { kind: "spawn", operand, span: this.spanFrom(start) };
    }
    if (text === "await") {
      this.advance();
      const operand = this.unary();
      return { kind: "await", operand, span: this.spanFrom(start) };
    }
    if (text === "wait" && this.atWord("signal", 1)) return this.#waitSignal();
    if (text === "not") return this.#notWord();
    return this.trails(this.operand());
  }

  #waitSignal(): Expr {
    const { start } = this.advance();
    this.advance();
    const { index, token: open } = this;
    this.expect("(");
    const name = this.withHead(false, () => this.expression());
    this.close(")", index, open);
    const timeout = this.eatWord("timeout") ? this.unary() : null;
    return { kind: "wait-signal", name, timeout, span: this.spanFrom(start) };
  }

  #notWord(): Expr {
    const { start } = this.token;
    const hint = "Write `!`";
    const fix = { title: hint, edits: [{ source: this.source, span: { start, end: this.peek(1).start }, text: "!" }] };
    this.report(this.token, "foreign-syntax", { found: "not" }, { hint, fix });
    this.advance();
    const operand = this.unary();
    return { kind: "unary", op: "!", operand, span: this.spanFrom(start) };
  }

  #mustCall(word: string, operand: Expr): Expr {
    const inner = operand.kind === "label" || operand.kind === "paren" ? innerOf(operand) : operand;
    if (CALLS.has(inner.kind) || this.panicking) return operand;
    const hint = word === "@" ? "Write `@label f(x)`" : `Write \`${word} f(x)\``;
    this.report(operand.span, "needs-call", { word }, { label: "not a call", hint });
    return this.errorAt(operand.span);
  }

  #lambda(): Expr {
    const { start } = this.advance();
    const params = this.at("|") ? [] : [this.bind()];
    while (!this.panicking && this.eat(",")) params.push(this.bind());
    this.expect("|", params.length === 0 ? "`|`" : "`,` or `|`");
    const result = !this.panicking && this.eat("->") ? this.type() : null;
    const isBlock = result !== null || (this.at("{") && !this.isHead);
    const body = isBlock ? this.block() : this.simple();
    return { kind: "lambda", params, result, body, span: this.spanFrom(start) };
  }

  /** `=p.f=(x)` */
  #fork(): Expr {
    const start = this.token.start;
    if (!(this.peek(1).type === "NAME" && (this.peek(2).type === "=" || this.peek(2).type === "."))) {
      this.unexpected("an expression", "A call on another core is `=f=(x)`");
      return this.errorAt(this.here());
    }
    this.advance();
    const path = [this.name("a function")];
    while (this.eat(".")) path.push(this.word("a function"));
    this.expect("=", "`=` after the name", "A call on another core is `=f=(x)`");
    if (!this.at("(")) this.unexpected("`(`");
    const args = this.at("(") ? this.args() : [];
    return { kind: "fork", path, args, span: this.spanFrom(start) };
  }

  // Calls, indices and members

  trails(operand: Expr): Expr {
    let left = operand;
    while (!this.panicking) {
      if (this.at("(")) left = this.#call(left);
      else if (this.at("[")) left = this.#index(left);
      else if (this.at(".")) left = this.#member(left);
      else if (this.#atPath(left)) left = this.#foreignPath(left);
      else if (this.#atRecordBraces(left)) left = this.#recordBraces(left);
      else break;
    }
    return left;
  }

  #call(callee: Expr): Expr {
    const args = this.args();
    return { kind: "call", callee, args, span: this.spanFrom(callee.span.start) };
  }

  #index(object: Expr): Expr {
    const { index: at, token: open } = this;
    this.advance();
    const index = this.withHead(false, () => this.expression());
    this.close("]", at, open);
    return { kind: "index", object, index, span: this.spanFrom(object.span.start) };
  }

  #member(object: Expr): Expr {
    this.advance();
    const { start } = object.span;
    const { value } = this.token;
    if (this.at("INT") && typeof value === "number") {
      this.advance();
      return { kind: "item", object, index: value, span: this.spanFrom(start) };
    }
    const name = this.word("a name or an index after `.`");
    return { kind: "member", object, name, span: this.spanFrom(start) };
  }

  /** `std::f`, which oxiida's tutorial has and its grammar has not (rule 58). */
  #atPath(left: Expr): boolean {
    return left.kind === "name" && this.at(":") && this.peek(1).type === ":" && this.isAdjacent(1);
  }

  #foreignPath(left: Expr): Expr {
    this.advance();
    this.advance();
    const name = this.word("a name after `::`");
    const span = this.spanFrom(left.span.start);
    const found = this.source.text.slice(span.start, span.end);
    const hint = `Require it (\`require ${name.name} from "…";\`) and write \`${name.name}\``;
    this.report(span, "oxiida-path", { found }, { hint });
    return { kind: "error", span };
  }

  /** `Point { x: 1 }` of other languages. */
  #atRecordBraces(left: Expr): boolean {
    if (!this.at("{") || this.isHead || this.token.startsLine) return false;
    return (left.kind === "name" || left.kind === "member") && this.atAnyWord(1) && this.peek(2).type === ":";
  }

  #recordBraces(callee: Expr): Expr {
    const { index, token: open } = this;
    const found = `${callee.kind === "name" ? callee.name : "…"} {`;
    this.report(open, "foreign-syntax", { found }, { hint: "A record is made by a call: `Point(x: 1.0, y: 2.0)`" });
    this.advance();
    const args = this.withHead(false, () => this.#argList("}"));
    this.close("}", index, open, "`,` or ");
    return { kind: "call", callee, args, span: this.spanFrom(callee.span.start) };
  }

  args(): readonly Arg[] {
    const { index, token: open } = this;
    this.advance();
    const args = this.withHead(false, () => this.#argList(")"));
    this.close(")", index, open, "`,` or ");
    return args;
  }

  #argList(closer: TokenType): Arg[] {
    const args: Arg[] = [];
    while (!this.panicking && !this.at(closer)) {
      args.push(this.#arg());
      if (!this.eat(",")) break;
    }
    return args;
  }

  #arg(): Arg {
    const { start } = this.token;
    const isNamed = this.atAnyWord() && this.peek(1).type === ":" && this.peek(2).type !== ":";
    const name: Ident | null = isNamed ? this.word("a name") : null;
    if (isNamed) this.advance();
    const spread = !isNamed && this.eat("..");
    const value = this.expression();
    if (value.kind === "assign" && name === null) this.#warnOfAssigningArgument(value.target);
    return { name, spread, value, span: this.spanFrom(start) };
  }

  #warnOfAssigningArgument(target: Target): void {
    if (target.kind !== "name") return;
    const { name, span } = target.name;
    const equals = { start: span.end, end: this.source.text.indexOf("=", span.end) + 1 };
    const hint = `A named argument is written \`${name}: …\``;
    const fix = { title: `Write \`${name}:\``, edits: [{ source: this.source, span: equals, text: ":" }] };
    this.warn(span, "assignment-as-argument", { name }, { label: "a variable, not a parameter", hint, fix });
  }
}

const CALLS: ReadonlySet<Expr["kind"]> = new Set<Expr["kind"]>(["call", "fork", "shell", "shellpipe", "error"]);

function innerOf(expr: Expr & { kind: "label" | "paren" }): Expr {
  return expr.kind === "label" ? expr.operand : expr.inner;
}
