/** Expressions by precedence (the table of rule 33), and assignment. */
import type { BinaryOp, Expr, Ident, Target } from "../ast.ts";
import { spanOf } from "./parse-cursor.ts";
import { foreignOperator, isCompoundAssignment, isIncrement } from "./parse-foreign.ts";
import { PrefixParser } from "./parse-prefixes.ts";
import type { Span } from "../source.ts";
import type { TokenType } from "./token.ts";

interface Binding {
  readonly op: BinaryOp;
  readonly power: number;
  readonly rightAssociative: boolean;
}

const COMPARISON = 2;
const LOGIC = 0;
const BINDINGS: ReadonlyMap<TokenType, Binding> = new Map(
  (
    [
      ["^", 7],
      ["*", 6],
      ["/", 6],
      ["%", 6],
      ["+", 5],
      ["-", 5],
      ["..", 4],
      ["??", 3],
      ["<", COMPARISON],
      ["<=", COMPARISON],
      [">", COMPARISON],
      [">=", COMPARISON],
      ["==", 1],
      ["!=", 1],
      ["and", LOGIC],
      ["or", LOGIC],
    ] as const
  ).map(([op, power]) => [op, { op, power, rightAssociative: op === "^" || op === "??" }]),
);
const DIV: Binding = { op: "div", power: 6, rightAssociative: false };

function bindingOf(op: BinaryOp): Binding | undefined {
  return op === "div" ? DIV : BINDINGS.get(op);
}

export abstract class ExpressionParser extends PrefixParser {
  /** With assignment. */
  override expression(): Expr {
    return this.#assignment(this.simple());
  }

  /** Without assignment: `expr2` of the grammar. */
  override simple(): Expr {
    return this.#binary(this.unary(), LOGIC);
  }

  /** Goes on after an operand that was read already. */
  expressionAfter(operand: Expr): Expr {
    return this.#assignment(this.#binary(this.trails(operand), LOGIC));
  }

  // Binary operators

  #binary(first: Expr, minimum: number): Expr {
    let left = first;
    while (!this.panicking) {
      const binding = this.#binding();
      if (binding === undefined || binding.power < minimum || isCompoundAssignment(this)) break;
      if (isIncrement(this)) return this.#increment(left);
      left = this.#binaryAfter(left, binding);
    }
    return this.#conditional(left);
  }

  #binding(): Binding | undefined {
    const foreign = foreignOperator(this);
    if (foreign !== undefined) return bindingOf(foreign.meant);
    return this.atWord("div") ? bindingOf("div") : BINDINGS.get(this.token.type);
  }

  #binaryAfter(left: Expr, { op, power, rightAssociative }: Binding): Expr {
    const opSpan = this.#operatorSpan();
    this.#checkMixing(left, op, power, opSpan);
    const rest = (): Expr => this.#binary(this.unary(), rightAssociative ? power : power + 1);
    const right = rightAssociative ? this.nested(rest, (span) => this.errorAt(span)) : rest();
    return { kind: "binary", op, opSpan, left, right, span: this.spanFrom(left.span.start) };
  }

  /** Takes the operator; one of another language is reported. */
  #operatorSpan(): Span {
    const foreign = foreignOperator(this);
    const start = this.token.start;
    for (let taken = 0; taken < (foreign?.tokens ?? 1); taken += 1) this.advance();
    const span = this.spanFrom(start);
    if (foreign !== undefined) {
      const { written, meant, hint } = foreign;
      const fix = { title: hint, edits: [{ source: this.source, span, text: ` ${meant} ` }] };
      this.report(span, "foreign-syntax", { found: written }, { hint, fix });
    }
    return span;
  }

  #checkMixing(left: Expr, op: BinaryOp, power: number, opSpan: Span): void {
    if (left.kind !== "binary") return;
    if (power === COMPARISON && bindingOf(left.op)?.power === COMPARISON) {
      const hint = "Compare twice: `a < b and b < c`";
      this.report(opSpan, "chained-comparison", undefined, { label: "a second comparison", hint });
    }
    if (power !== LOGIC || left.op === op || (left.op !== "and" && left.op !== "or")) return;
    const hint = "Add parentheses to show what is meant: `(a or b) and c`";
    const also = [{ span: left.opSpan, text: `this \`${left.op}\` is taken first` }];
    this.warn(opSpan, "mixed-and-or", undefined, { label: "taken second", hint, also });
  }

  #increment(left: Expr): Expr {
    const start = this.token.start;
    const sign = this.advance().text;
    this.advance();
    const hint = `Write \`x = x ${sign} 1\``;
    this.report(this.spanFrom(start), "foreign-syntax", { found: sign + sign }, { hint });
    return this.errorAt(this.spanFrom(left.span.start));
  }

  /** `c ? a : b` of other languages. */
  #conditional(left: Expr): Expr {
    if (this.panicking || !this.at("?")) return left;
    const hint = "Write `if (c) { a } else { b }`";
    this.fail(this.token, "foreign-syntax", { found: "?" }, { hint });
    return this.errorAt(spanOf(left.span));
  }

  // Assignment

  #assignment(left: Expr): Expr {
    if (this.panicking) return left;
    if (isCompoundAssignment(this)) return this.#compound(left);
    const isArrow = this.peek(1).type === ">" && this.isAdjacent(1);
    if (!this.at("=") || isArrow) return left;
    const target = this.#target(left);
    this.#warnOfFork(target);
    this.advance();
    const value = this.nested(
      () => this.expression(),
      (span) => this.errorAt(span),
    );
    const span = this.spanFrom(left.span.start);
    return target === undefined ? this.errorAt(span) : { kind: "assign", target, value, span };
  }

  #target(left: Expr): Target | undefined {
    if (left.kind === "name") return { kind: "name", name: nameOf(left), span: left.span };
    if (left.kind === "tuple" && this.source.text[left.span.start] === "(" && left.items.every(isName)) {
      return { kind: "tuple", names: left.items.map(nameOf), span: left.span };
    }
    if (left.kind !== "error") this.#notAssignable(left);
    return undefined;
  }

  #notAssignable(left: Expr): void {
    const [what, hint] = whyNotAssignable(left);
    this.report(left.span, "not-assignable", { what }, { label: "not a variable", hint });
  }

  /** `y=f=(1)`: two assignments that look like a fork (rule 31). */
  #warnOfFork(target: Target | undefined): void {
    const [name, equals, open] = [this.peek(1), this.peek(2), this.peek(3)];
    if (target?.kind !== "name" || name.type !== "NAME" || equals.type !== "=" || open.type !== "(") return;
    if (!this.isAdjacent(2) || !this.isAdjacent(3)) return;
    const hint = `For the call write \`${target.name.name} = =${name.text}=(…)\``;
    const title = "Make it a call on another core";
    const fix = { title, edits: [{ source: this.source, span: spanOf(this.token), text: " = =" }] };
    const span = { start: this.token.start, end: equals.end };
    const label = `assigns \`${name.text}\`, then \`${target.name.name}\``;
    this.warn(span, "ambiguous-fork", undefined, { label, hint, fix });
  }

  #compound(left: Expr): Expr {
    const start = this.token.start;
    const op = this.advance().text;
    this.advance();
    const name = left.kind === "name" ? left.name : "x";
    const hint = `Write \`${name} = ${name} ${op} …\``;
    this.report(this.spanFrom(start), "foreign-syntax", { found: `${op}=` }, { hint });
    this.nested(
      () => this.expression(),
      (span) => this.errorAt(span),
    );
    return this.errorAt(this.spanFrom(left.span.start));
  }
}

type Name = Expr & { kind: "name" };

function isName(expr: Expr): expr is Name {
  return expr.kind === "name";
}

function nameOf({ name, span }: Name): Ident {
  return { name, span };
}

function whyNotAssignable(left: Expr): readonly [what: string, hint: string] {
  switch (left.kind) {
    case "member":
      return ["a field", `Values do not change: make a changed copy, \`p = P(..p, ${left.name.name}: …)\``];
    case "item":
      return ["an item of a tuple", "Values do not change: make a new tuple"];
    case "index":
      return ["an element", "Values do not change: make a changed copy, `m = put(m, k, v)`, or a new list with `map`"];
    case "lambda":
      return ["a lambda", "To assign in a lambda, give it braces: `|x| { y = x; }`"];
    default:
      return ["this expression", "Only a variable or a tuple of variables can be assigned; `==` compares"];
  }
}
