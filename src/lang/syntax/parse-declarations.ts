/** Declarations: functions, workflows, records, variants, enums, flags, params, requires. */
import type { Declaration, Expr, Ident, Parameter, RequireDeclaration, Statement, TypeExpr } from "../ast.ts";
import { spanOf } from "./parse-cursor.ts";
import { StatementParser } from "./parse-statements.ts";
import { isReserved } from "./token.ts";

/** Words of other languages before `name (`, and before `Name {`. */
const FUNCTION_WORDS: ReadonlySet<string> = new Set(["fn", "func", "fun", "def", "proc", "sub"]);
const RECORD_WORDS: ReadonlySet<string> = new Set(["struct", "class", "interface", "object"]);
const CONTEXTUAL: ReadonlySet<string> = new Set(["param", "record", "dataclass", "variant", "enum", "flags"]);

type Case = { readonly name: Ident; readonly payload: readonly TypeExpr[] };
type Field = { readonly name: Ident; readonly type: TypeExpr };

export class DeclarationParser extends StatementParser {
  /** A declaration or a statement, at the top level. */
  item(): Declaration | Statement {
    if (!this.startsDeclaration()) return this.statement();
    return this.declaration();
  }

  override startsDeclaration(): boolean {
    const { type, text } = this.token;
    const next = this.peek(1).type;
    if (type === "function") return next !== "(";
    if (type === "workflow" || type === "require") return next !== "=";
    if (type !== "NAME") return false;
    if (CONTEXTUAL.has(text)) return next === "NAME" ? !this.atWord("div", 1) : this.#namesReserved(text);
    const third = this.peek(2).type;
    if (FUNCTION_WORDS.has(text)) return next === "NAME" && third === "(";
    return (RECORD_WORDS.has(text) && next === "NAME" && third === "{") || this.#isImport();
  }

  /** `record match {`: meant as a declaration, with a reserved word for its name. */
  #namesReserved(word: string): boolean {
    const opens = this.peek(2).type;
    return isReserved(this.peek(1).type) && (word === "param" ? opens === "=" || opens === ":" : opens === "{");
  }

  override declaration(): Declaration {
    const { type, text } = this.token;
    if (type === "function" || type === "workflow") return this.#function(type === "workflow");
    if (type === "require") return this.#require();
    if (FUNCTION_WORDS.has(text)) return this.#foreign("function", () => this.#function(false));
    if (RECORD_WORDS.has(text)) return this.#foreign("record", () => this.#record());
    if (this.#isImport()) return this.#foreign("require", () => this.#require());
    switch (text) {
      case "variant":
        return this.#variant();
      case "enum":
      case "flags":
        return this.#enum(text);
      case "param":
        return this.#param();
      default:
        return this.#record();
    }
  }

  #foreign(ours: string, parse: () => Declaration): Declaration {
    const word = this.token;
    const hint = `Write \`${ours}\``;
    const fix = { title: hint, edits: [{ source: this.source, span: spanOf(word), text: ours }] };
    this.report(word, "foreign-syntax", { found: word.text }, { hint, fix });
    return parse();
  }

  #isImport(): boolean {
    const next = this.peek(1);
    return this.atWord("import") && !next.startsLine && (next.type === "NAME" || next.type === "STRING");
  }

  // Functions

  #function(workflow: boolean): Declaration {
    const { start } = this.advance();
    const name = this.name("a name for it");
    const params = this.#params();
    const result = !this.panicking && this.#eatResultArrow() ? this.type() : null;
    if (this.panicking) this.#skipToBody();
    const body = this.block();
    if (!this.panicking) this.eat(";");
    return { kind: "function", workflow, name, params, result, body, span: this.spanFrom(start) };
  }

  /** `->`; a `:` there is another language's. */
  #eatResultArrow(): boolean {
    if (this.eat("->")) return true;
    if (!this.at(":")) return false;
    const fix = { title: "Write `->`", edits: [{ source: this.source, span: this.here(), text: " ->" }] };
    this.report(this.token, "foreign-syntax", { found: "):" }, { hint: "The result's type follows `->`", fix });
    this.advance();
    return true;
  }

  /** After a mistake in the head the body is still worth reading when it starts on the same line. */
  #skipToBody(): void {
    while (!this.at("{") && !this.at("EOF") && !this.at(";") && !this.at("}") && !this.token.startsLine) this.advance();
  }

  #params(): readonly Parameter[] {
    const { index, token: open } = this;
    const params: Parameter[] = [];
    if (!this.expect("(", "`(`", "Parameters stand in parentheses, also when there are none")) return params;
    while (!this.panicking && !this.at(")")) {
      params.push(this.#parameter());
      if (!this.eat(",")) break;
    }
    this.close(")", index, open, "`,` or ");
    return params;
  }

  #parameter(): Parameter {
    const { start } = this.token;
    const name = this.name("a parameter");
    this.expect(":", "`:` and a type", "The type of a parameter is always written: `a: Int`");
    const type: TypeExpr = this.panicking ? { kind: "error", span: this.here() } : this.type();
    const fallback = this.#default();
    return { name, type, fallback, span: this.spanFrom(start) };
  }

  #default(): Expr | null {
    return !this.panicking && this.eat("=") ? this.expression() : null;
  }

  // Types

  #record(): Declaration {
    const { start } = this.advance();
    const name = this.name("a name for it");
    const fields = this.#braced(() => this.#field());
    return { kind: "record", name, fields, span: this.spanFrom(start) };
  }

  #field(): Field {
    const name = this.word("a field");
    this.expect(":", "`:` and a type");
    return { name, type: this.panicking ? { kind: "error", span: this.here() } : this.type() };
  }

  #variant(): Declaration {
    const { start } = this.advance();
    const name = this.name("a name for it");
    const cases = this.#braced(() => this.#case());
    return { kind: "variant", name, cases, span: this.spanFrom(start) };
  }

  #case(): Case {
    const name = this.word("a case");
    const payload: TypeExpr[] = [];
    const { index, token: open } = this;
    if (this.panicking || !this.eat("(")) return { name, payload };
    payload.push(this.type());
    while (!this.panicking && this.eat(",") && !this.at(")")) payload.push(this.type());
    this.close(")", index, open, "`,` or ");
    return { name, payload };
  }

  #enum(kind: "enum" | "flags"): Declaration {
    const { start } = this.advance();
    const name = this.name("a name for it");
    const cases = this.#braced(() => this.word("a case"));
    return { kind, name, cases, span: this.spanFrom(start) };
  }

  /** `{ a, b, }` of a type declaration, with the `;` that may follow it. */
  #braced<T>(parse: () => T): readonly T[] {
    const { index, token: open } = this;
    const items: T[] = [];
    if (!this.expect("{")) return items;
    while (!this.panicking && !this.at("}")) {
      items.push(parse());
      if (!this.eat(",")) break;
    }
    if (!this.panicking && this.at(";")) this.unexpected("`,` or `}`", "Parts are separated by `,`");
    this.close("}", index, open, "`,` or ");
    if (!this.panicking) this.eat(";");
    return items;
  }

  // param and require

  #param(): Declaration {
    const { start } = this.advance();
    const name = this.name("a name for it");
    const type = !this.panicking && this.eat(":") ? this.type() : null;
    const fallback = this.#default();
    this.end();
    return { kind: "param", name, type, fallback, span: this.spanFrom(start) };
  }

  #require(): Declaration {
    const { start } = this.advance();
    const parts = this.at("STRING") ? this.#requirePackage() : this.#requireNames();
    this.end();
    return { kind: "require", ...parts, span: this.spanFrom(start) };
  }

  #requirePackage(): Omit<RequireDeclaration, "kind" | "span"> {
    const from = this.#packageName();
    return { names: null, from, alias: this.#alias() };
  }

  #requireNames(): Omit<RequireDeclaration, "kind" | "span"> {
    const names: { name: Ident; alias: Ident | null }[] = [];
    do names.push({ name: this.word("a name or a package"), alias: this.#alias() });
    while (!this.panicking && this.eat(","));
    const hasFrom = !this.panicking && this.eatWord("from");
    if (hasFrom && !this.at("STRING")) this.unexpected("a package in quotes", 'Write `from "acme:stats"`');
    return { names, from: hasFrom ? this.#packageName() : null, alias: null };
  }

  #packageName(): RequireDeclaration["from"] {
    const { value, type } = this.token;
    if (type !== "STRING" || typeof value !== "string") return null;
    return { text: value, span: spanOf(this.advance()) };
  }

  #alias(): Ident | null {
    if (this.panicking || !this.atWord("as")) return null;
    this.advance();
    return this.name("a name after `as`");
  }
}
