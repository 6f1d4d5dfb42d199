/** Block forms: `seq`, `if`, `para`, `race`, `timeout`, `retry`, `try`, `match`, bare blocks. */
import type { Arm, Bind, Block, Body, Expr, IfExpr, Statement } from "../ast.ts";
import { spanOf } from "./parse-cursor.ts";
import { OperandParser } from "./parse-operands.ts";
import type { Span } from "../source.ts";

/** One `if (c) body` of a chain. */
interface Branch {
  readonly start: number;
  readonly condition: Expr;
  readonly then: Body;
}

interface ForHead {
  readonly bind: Bind;
  readonly list: Expr;
}

export abstract class BlockParser extends OperandParser {
  abstract statement(): Statement;

  override blockForm(): Expr | undefined {
    switch (this.token.type) {
      case "{":
        return this.isHead ? undefined : this.#bareBlock();
      case "seq":
        return this.#seq();
      case "if":
        return this.if(() => this.#bracedBody());
      case "para":
        return this.#para();
      case "try":
        return this.#try();
      case "match":
        return this.#match();
      case "NAME":
        return this.isHead ? undefined : this.#wordForm();
      default:
        return undefined;
    }
  }

  /** `race {`, `timeout (…) {`, `retry {`. Without the brace, `timeout(…)` is the call of a variable. */
  #wordForm(): Expr | undefined {
    const { text, start } = this.token;
    if (text !== "race" && text !== "timeout" && text !== "retry") return undefined;
    const next = this.peek(1).type;
    if (next === "{") return this.#racing(text);
    if (next !== "(" || text === "race") return undefined;
    const name = spanOf(this.advance());
    const args = this.args();
    if (!this.at("{")) {
      return { kind: "call", callee: { kind: "name", name: text, span: name }, args, span: this.spanFrom(start) };
    }
    const block = this.block();
    return { kind: text, args, block, span: this.spanFrom(start) };
  }

  #racing(kind: "race" | "timeout" | "retry"): Expr {
    const { start } = this.advance();
    const block = this.block();
    const span = this.spanFrom(start);
    return kind === "race" ? { kind, block, span } : { kind, args: [], block, span };
  }

  #bareBlock(): Expr {
    const block = this.block();
    return { kind: "seq", keyword: false, block, span: block.span };
  }

  #seq(): Expr {
    const { start } = this.advance();
    const block = this.block();
    return { kind: "seq", keyword: true, block, span: this.spanFrom(start) };
  }

  // Blocks and bodies

  override block(): Block {
    const { start } = this.token;
    const statements = this.#braced("A block stands in braces");
    return { kind: "block", statements, span: this.spanFrom(start) };
  }

  #braced(hint: string): readonly Statement[] {
    const { index, token: open } = this;
    if (!this.expect("{", "`{`", hint)) return [];
    this.calm();
    const statements = this.withHead(false, () => this.#statements());
    this.close("}", index, open);
    return statements;
  }

  #statements(): Statement[] {
    const statements: Statement[] = [];
    while (!this.at("}") && !this.at("EOF") && !this.at("HOLE-END"))
      statements.push(this.recovering(() => this.statement()));
    return statements;
  }

  /** Parses one statement; afterwards the parser is calm and has moved on (P2). */
  recovering<T>(parse: () => T): T {
    const before = this.index;
    const result = parse();
    if (this.panicking) this.synchronize();
    if (this.index === before) this.advance();
    return result;
  }

  /** The body of an `if`, `while` or `for` statement. */
  body(): Body {
    const { start } = this.token;
    if (this.at("{")) return this.#bracedBody();
    const statements = [this.statement()];
    return { kind: "body", statements, braces: false, span: this.spanFrom(start) };
  }

  #bracedBody(): Body {
    const { start } = this.token;
    const statements = this.#braced("Inside an expression both branches stand in braces: `if (c) { a } else { b }`");
    return { kind: "body", statements, braces: true, span: this.spanFrom(start) };
  }

  // if

  /** A whole chain of `else if`, in a loop so that its length is not limited by the stack. */
  if(body: () => Body): IfExpr {
    const branches = [this.#branch(body)];
    let otherwise: Body | IfExpr | null = null;
    while (!this.panicking && this.#atElse()) {
      const isLast = !this.#eatElseIf();
      if (isLast) {
        otherwise = body();
        break;
      }
      branches.push(this.#branch(body));
    }
    const { end } = this.spanFrom(0);
    for (const { start, ...branch } of branches.reverse()) {
      otherwise = { kind: "if", ...branch, otherwise, span: { start, end } };
    }
    return otherwise as IfExpr;
  }

  /** The current token is the `if`. */
  #branch(body: () => Body): Branch {
    const { start } = this.token;
    if (!this.eat("if")) this.eatWord("elif");
    const condition = this.condition();
    return { start, condition, then: body() };
  }

  #atElse(): boolean {
    return this.at("else") || (this.atWord("elif") && this.peek(1).type === "(");
  }

  /** Takes `else`, and tells whether an `if` follows. */
  #eatElseIf(): boolean {
    if (this.eat("else")) return this.at("if");
    const hint = "Write `else if`";
    const fix = { title: hint, edits: [{ source: this.source, span: this.here(), text: "else if" }] };
    this.report(this.token, "foreign-syntax", { found: "elif" }, { hint, fix });
    return true;
  }

  /** `(c)` of `if`, `while` and guards. */
  condition(): Expr {
    const { index, token: open } = this;
    if (!this.at("(")) return this.#bareCondition();
    this.advance();
    const condition = this.withHead(false, () => this.expression());
    this.close(")", index, open);
    return condition.kind === "assign" ? this.#comparisonMeant(condition) : condition;
  }

  #bareCondition(): Expr {
    const before = this.token;
    const condition = this.head();
    const hint = "A condition stands in parentheses: `if (x > 0) …`";
    if (this.panicking) return condition;
    const extras = { label: "expected `(`", hint };
    this.report(before, "unexpected-token", { found: `\`${before.text}\``, expected: "`(`" }, extras);
    return condition;
  }

  #comparisonMeant({ target, value, span }: Expr & { kind: "assign" }): Expr {
    const equals = this.source.text.indexOf("=", target.span.end);
    const opSpan = { start: equals, end: equals + 1 };
    const hint = "Write `==`; an assignment that is meant needs its own parentheses";
    const fix = { title: "Write `==`", edits: [{ source: this.source, span: opSpan, text: "==" }] };
    this.report(opSpan, "assignment-in-condition", undefined, { label: "assigns", hint, fix });
    if (target.kind === "tuple") return this.errorAt(span);
    const left: Expr = { kind: "name", name: target.name.name, span: target.span };
    return { kind: "binary", op: "==", opSpan, left, right: value, span };
  }

  // para

  #para(): Expr {
    const { start } = this.advance();
    if (this.eat("for")) return this.#paraFor(start);
    const block = this.block();
    return { kind: "para", block, span: this.spanFrom(start) };
  }

  #paraFor(start: number): Expr {
    const { bind, list } = this.forHead();
    const limit = this.eatWord("limit") ? this.head() : null;
    const block = this.block();
    return { kind: "para-for", bind, list, limit, block, span: this.spanFrom(start) };
  }

  /** `x in xs`; also in parentheses, as other languages have it, with a report. */
  forHead(): ForHead {
    const { index, token: open } = this;
    const inner = open.type === "(" && this.peek(1).type === "NAME" ? this.peek(2).type : "EOF";
    if (inner !== "in" && inner !== "=") return this.#plainForHead();
    const hint = inner === "in" ? "Write `for x in xs { … }`" : "To count, write `for i in range(10) { … }`";
    this.report(open, "foreign-syntax", { found: "for (" }, { hint });
    this.advance();
    if (inner === "=") return this.#skipForHead(open);
    const head = this.withHead(false, () => this.#plainForHead());
    this.close(")", index, open);
    return head;
  }

  /** `(i = 0; i < n; i++)`: nothing of it is worth reading. */
  #skipForHead(open: Span): ForHead {
    while (!this.at("{") && !this.at("}") && !this.at("EOF") && !this.token.startsLine) this.advance();
    const span = this.spanFrom(open.start);
    return { bind: { kind: "tuple", items: [], span }, list: this.errorAt(span) };
  }

  #plainForHead(): ForHead {
    const bind = this.bind();
    this.expect("in", "`in`", "Write `for x in xs { … }`");
    return { bind, list: this.head() };
  }

  // try and match

  #try(): Expr {
    const { start } = this.advance();
    const body = this.block();
    const handler = this.eat("catch") ? this.#handler() : null;
    const cleanup = this.eat("finally") ? this.block() : null;
    return { kind: "try", body, handler, cleanup, span: this.spanFrom(start) };
  }

  #handler(): (Expr & { kind: "try" })["handler"] {
    const { index, token: open } = this;
    const hasOpen = this.expect("(", "`(`", "Name the error: `catch (e) { … }`");
    const name = this.name("a name for the error");
    if (hasOpen) this.close(")", index, open);
    return { name, body: this.block() };
  }

  #match(): Expr {
    const { start } = this.advance();
    const subject = this.head();
    const { index, token: open } = this;
    const arms: Arm[] = [];
    if (this.expect("{", "`{`", "Arms stand in braces: `match x { some(v) { … } nil { … } }`")) {
      while (!this.at("}") && !this.at("EOF") && !this.at("HOLE-END")) arms.push(this.recovering(() => this.#arm()));
      this.close("}", index, open);
    }
    return { kind: "match", subject, arms, span: this.spanFrom(start) };
  }

  #arm(): Arm {
    const { start } = this.token;
    const pattern = this.pattern();
    const guard = !this.panicking && this.eat("if") ? this.condition() : null;
    while (this.panicking && !this.at("{") && !this.at("}") && !this.at("EOF")) this.advance();
    const body = this.#armBody();
    if (!this.panicking) this.eat(",");
    return { pattern, guard, body, span: this.spanFrom(start) };
  }

  #armBody(): Block {
    const isArrow = this.at("->") || (this.at("=") && this.peek(1).type === ">" && this.isAdjacent(1));
    if (!isArrow) return this.block();
    const { start } = this.token;
    if (this.advance().type === "=") this.advance();
    const span = this.spanFrom(start);
    const hint = "An arm is a pattern and a block: `nil { 0 }`";
    this.report(span, "foreign-syntax", { found: this.source.text.slice(span.start, span.end) }, { hint });
    if (this.at("{")) return this.block();
    const expr = this.expression();
    return {
      kind: "block",
      statements: [{ kind: "expression", expr, semicolon: false, span: expr.span }],
      span: expr.span,
    };
  }
}
