/** Statements. */
import type { Declaration, Expr, Statement } from "../ast.ts";
import { BlockParser } from "./parse-blocks.ts";
import { spanOf } from "./parse-cursor.ts";
import { literalOf } from "./parse-patterns.ts";
import { isReserved } from "./token.ts";
import type { TokenType } from "./token.ts";

/** What other languages put before a new variable. */
const DECLARING_WORDS: ReadonlySet<string> = new Set(["let", "var", "const", "val", "local", "mut", "auto"]);
/** Tokens that can only go on with an expression, or end a bracket. */
const CONTINUATIONS: ReadonlySet<TokenType> = new Set<TokenType>([")", "]", ",", ":", ".", "*", "/", "%", "^", "?"]);

export abstract class StatementParser extends BlockParser {
  abstract startsDeclaration(): boolean;
  abstract declaration(): Declaration;

  override statement(): Statement {
    return this.nested<Statement>(
      () => this.withHead(false, () => this.#statement()),
      (span) => ({ kind: "error", span }),
    );
  }

  #statement(): Statement {
    if (this.startsDeclaration()) return this.#misplaced();
    if (this.#isReservedTarget()) return this.#reservedTarget();
    switch (this.token.type) {
      case "while":
        return this.#while();
      case "for":
        return this.#for();
      case "print":
        return this.#print();
      case "raise":
        return this.#raise();
      case "assert":
        return this.#assert();
      case "return":
        return this.#return();
      case "break":
      case "continue":
        return this.#leave(this.token.type);
      case ";":
        return this.#loneSemicolon();
      case "else":
        return this.#loneElse();
      case "NAME":
        return this.#wordStatement();
      default:
        return this.#expressionStatement();
    }
  }

  #wordStatement(): Statement {
    const next = this.peek(1);
    const { text } = this.token;
    if (text === "undo" && next.type === "{") return this.#undo();
    if (text === "use" && next.type === "<") return this.#foreignUse();
    if (text === "elif" && next.type === "(") return this.#loneElse();
    if (DECLARING_WORDS.has(text) && next.type === "NAME" && !next.startsLine) return this.#foreignDeclaring();
    if (next.type === ":" && !(this.peek(2).type === ":" && this.peek(2).start === next.end)) return this.#declare();
    return this.#expressionStatement();
  }

  // Loops

  #while(): Statement {
    const { start } = this.advance();
    const condition = this.condition();
    const body = this.body();
    if (body.braces) this.eat(";");
    return { kind: "while", condition, body, span: this.spanFrom(start) };
  }

  #for(): Statement {
    const { start } = this.advance();
    const { bind, list } = this.forHead();
    const body = this.body();
    if (body.braces) this.eat(";");
    return { kind: "for", bind, list, body, span: this.spanFrom(start) };
  }

  #undo(): Statement {
    const { start } = this.advance();
    const body = this.block();
    this.eat(";");
    return { kind: "undo", body, span: this.spanFrom(start) };
  }

  // One-liners

  #print(): Statement {
    const { start } = this.advance();
    const value = this.expression();
    if (value.kind === "tuple" && this.source.text[value.span.start] === "(") {
      const hint = 'Join what should stand side by side: `print a .. " " .. b;`';
      this.warn(value.span, "print-tuple", undefined, { label: "`print` takes one expression", hint });
    }
    this.end();
    return { kind: "print", value, span: this.spanFrom(start) };
  }

  #raise(): Statement {
    const { start } = this.advance();
    const value = this.expression();
    this.end();
    return { kind: "raise", value, span: this.spanFrom(start) };
  }

  #assert(): Statement {
    const { start } = this.advance();
    const condition = this.expression();
    const message = !this.panicking && this.eat(",") ? this.expression() : null;
    this.end();
    return { kind: "assert", condition, message, span: this.spanFrom(start) };
  }

  #return(): Statement {
    const { start } = this.advance();
    const value = this.#atEnd() ? null : this.expression();
    this.end();
    return { kind: "return", value, span: this.spanFrom(start) };
  }

  #leave(kind: "break" | "continue"): Statement {
    const { start } = this.advance();
    this.end();
    return { kind, span: this.spanFrom(start) };
  }

  #declare(): Statement {
    const { start } = this.token;
    const name = this.name("a name");
    this.advance();
    if (literalOf(this.token) !== undefined) this.unexpected("a type", 'A map is `["a": 1]`, a record `P(a: 1)`');
    const type = this.type();
    this.expect("=", "`=`", "A variable gets its value where it is declared: `x: Int = 0;`");
    const value = this.panicking ? this.errorAt(this.here()) : this.expression();
    this.end();
    return { kind: "declare", name, type, value, span: this.spanFrom(start) };
  }

  // Expression statements

  #expressionStatement(): Statement {
    const { start, type } = this.token;
    if (type === "para" && this.peek(1).type === "while") return this.#paraWhile();
    const isTryResult = type === "try" && this.peek(1).type === "?";
    const form = isTryResult ? undefined : this.#statementForm();
    if (form !== undefined && form.kind !== "call") {
      // `if (a) f();` has taken its own.
      const semicolon = this.isAfterBrace && this.eat(";");
      return { kind: "expression", expr: form, semicolon, span: this.spanFrom(start) };
    }
    const expr = form === undefined ? this.expression() : this.expressionAfter(form);
    const semicolon = this.end();
    return { kind: "expression", expr, semicolon, span: this.spanFrom(start) };
  }

  /** A block form, or the call `timeout(…)` that turned out to be none. */
  #statementForm(): Expr | undefined {
    return this.at("if") ? this.if(() => this.body()) : this.blockForm();
  }

  #atEnd(): boolean {
    return this.at(";") || this.at("}") || this.at("EOF") || this.at("HOLE-END");
  }

  /** Takes the `;` that ends a statement, which before a `}` may be missing. Tells whether there was one. */
  end(): boolean {
    if (this.panicking) return false;
    if (this.eat(";")) return true;
    if (this.at("}") || this.at("HOLE-END")) return false;
    if (this.isAfterUnreadable) {
      if (!this.token.startsLine) this.hush();
      return false;
    }
    if (CONTINUATIONS.has(this.token.type)) this.#notAnEnd();
    else this.#missingSemicolon();
    return false;
  }

  #notAnEnd(): void {
    const isPair = this.at(":");
    this.unexpected("`;`", isPair ? 'A map is written in square brackets: `["a": 1]`' : undefined);
  }

  #missingSemicolon(): void {
    const span = { start: this.previousEnd, end: this.previousEnd };
    const fix = { title: "Add `;`", edits: [{ source: this.source, span, text: ";" }] };
    const { startsLine, type } = this.token;
    const extras = { label: "a statement ends in `;`", hint: "Add `;`", fix };
    const isFreshStart = startsLine || type === "EOF" || type === "{" || isReserved(type);
    if (type === "INVALID") this.unexpected("`;`");
    else if (isFreshStart) this.report(span, "missing-semicolon", undefined, extras);
    else this.fail(span, "missing-semicolon", undefined, extras);
  }

  // Mistakes whose meaning is clear

  #misplaced(): Statement {
    const { start } = this.token;
    const token = this.token;
    const what = token.type === "NAME" ? token.text : token.type;
    const hint = "Move it out of the block";
    this.report(token, "misplaced-declaration", { what }, { label: "inside a block", hint });
    const declaration = this.declaration();
    return { kind: "misplaced", declaration, span: this.spanFrom(start) };
  }

  #loneSemicolon(): Statement {
    const span = spanOf(this.token);
    const fix = { title: "Remove it", edits: [{ source: this.source, span, text: "" }] };
    this.report(span, "lone-semicolon", undefined, { label: "ends nothing", hint: "Remove it", fix });
    this.advance();
    return { kind: "error", span };
  }

  #loneElse(): Statement {
    const { start } = this.token;
    const hint = "`else` follows the `}` or `;` of its `if` directly";
    this.report(this.token, "else-without-if", undefined, { label: "no `if` before it", hint });
    const isElif = this.advance().type === "NAME";
    if (isElif) this.condition();
    this.body();
    return { kind: "error", span: this.spanFrom(start) };
  }

  #paraWhile(): Statement {
    const start = this.advance();
    const span = { start: start.start, end: this.token.end };
    const hint = "Use `para for x in xs { … }`, or a `para { … }` inside the `while`";
    this.report(span, "para-while", undefined, { hint });
    return this.statement();
  }

  #foreignUse(): Statement {
    const { start } = this.token;
    const end = this.peek(2).type === "NAME" && this.peek(3).type === ">" ? this.peek(3).end : this.peek(1).end;
    const hint = 'Write `require f from "package";` and call `f`';
    this.fail({ start, end }, "oxiida-use", undefined, {
      label: "oxiida's tutorial has it, its grammar has not",
      hint,
    });
    this.synchronize();
    return { kind: "error", span: this.spanFrom(start) };
  }

  #foreignDeclaring(): Statement {
    const word = this.token;
    const fix = {
      title: `Remove \`${word.text}\``,
      edits: [{ source: this.source, span: { start: word.start, end: this.peek(1).start }, text: "" }],
    };
    const name = this.peek(1).text;
    const hint = `Write \`${name} = …;\`: the first assignment declares`;
    this.report(word, "foreign-syntax", { found: word.text }, { hint, fix });
    this.advance();
    return this.statement();
  }

  /** `match = 3`: a reserved word where only a variable could stand (rule 23). */
  #isReservedTarget(): boolean {
    if (!isReserved(this.token.type) || this.peek(1).type !== "=") return false;
    // `print =f=(x)` forks.
    return !(this.peek(2).type === "NAME" && (this.peek(3).type === "=" || this.peek(3).type === "."));
  }

  #reservedTarget(): Statement {
    const { start } = this.token;
    const { name, span } = this.name("a name");
    const expr = this.expressionAfter({ kind: "name", name, span });
    const semicolon = this.end();
    return { kind: "expression", expr, semicolon, span: this.spanFrom(start) };
  }
}
