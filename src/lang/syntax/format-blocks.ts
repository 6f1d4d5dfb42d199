/** Blocks, block forms and statements as documents. */
import type { Block, Body, Declaration, Expr, IfExpr, Statement } from "../ast.ts";
import { brokenGroup, concat, group, hardLine, indent, line } from "./format-document.ts";
import type { Doc } from "./format-document.ts";
import { FormatExpressions } from "./format-expressions.ts";
import type { BlockForm } from "./format-expressions.ts";

type Form<K extends BlockForm["kind"]> = BlockForm & { kind: K };

export abstract class FormatBlocks extends FormatExpressions {
  abstract declaration(declaration: Declaration): Doc;

  /** Keeps an author's one-line block on one line if it fits. */
  override block(block: Block | Body): Doc {
    return this.#braced(block.statements.map((statement) => () => this.statement(statement)));
  }

  #braced(items: readonly (() => Doc)[]): Doc {
    const isBroken = this.isOnManyLines;
    const open = this.take("{");
    const parts: Doc[] = [];
    for (const [index, item] of items.entries()) {
      const comments = this.comments();
      const isSeparate = index > 0 || comments !== "";
      parts.push(comments, isSeparate && this.isAfterBlank ? hardLine(true) : line, item());
    }
    const rest = this.comments();
    if (parts.length === 0 && rest === "") return concat(open, this.take("}"));
    return (isBroken ? brokenGroup : group)(open, indent(...parts, rest), line, this.take("}"));
  }

  override blockForm(form: BlockForm): Doc {
    switch (form.kind) {
      case "seq":
        return form.keyword ? this.#worded(form.block) : this.block(form.block);
      case "para":
      case "race":
        return this.#worded(form.block);
      case "timeout":
      case "retry":
        return this.#racing(form);
      case "para-for":
        return this.#paraFor(form);
      case "if":
        return this.#if(form);
      case "try":
        return this.#try(form);
      case "match":
        return this.#match(form);
    }
  }

  #worded(block: Block): Doc {
    return concat(this.take(), " ", this.block(block));
  }

  #racing({ args, block }: Form<"timeout" | "retry">): Doc {
    const word = this.take();
    const list = this.at("(") ? concat(" ", this.args(args)) : "";
    return concat(word, list, " ", this.block(block));
  }

  #paraFor({ bind, list, limit, block }: Form<"para-for">): Doc {
    const head = concat(this.take("para"), " ", this.#forHead(bind, list));
    const most = limit === null ? "" : concat(" ", this.take(), " ", this.expression(limit));
    return concat(head, most, " ", this.block(block));
  }

  #forHead(bind: Form<"para-for">["bind"], list: Expr): Doc {
    const start = concat(this.take("for"), " ", this.bind(bind));
    return concat(start, " ", this.take("in"), " ", this.expression(list));
  }

  /** The whole chain in a loop: it may be long. */
  #if(form: IfExpr): Doc {
    const parts: Doc[] = [];
    let branch = form;
    for (;;) {
      parts.push(this.take("if"), " ", this.#condition(branch.condition), " ", this.body(branch.then));
      if (branch.otherwise === null) break;
      parts.push(branch.then.braces ? " " : line, this.take("else"), " ");
      if (branch.otherwise.kind === "body") {
        parts.push(this.body(branch.otherwise));
        break;
      }
      branch = branch.otherwise;
    }
    return group(...parts);
  }

  #condition(condition: Expr): Doc {
    return concat(this.take("("), indent(this.expression(condition), this.comments()), this.take(")"));
  }

  body(body: Body): Doc {
    if (body.braces) return this.block(body);
    return concat(...body.statements.map((statement) => this.statement(statement)));
  }

  #try({ body, handler, cleanup }: Form<"try">): Doc {
    const parts = [this.#worded(body)];
    if (handler !== null) {
      parts.push(
        " ",
        this.take("catch"),
        " ",
        this.take("("),
        this.take(),
        this.take(")"),
        " ",
        this.block(handler.body),
      );
    }
    if (cleanup !== null) parts.push(" ", this.#worded(cleanup));
    return concat(...parts);
  }

  #match({ subject, arms }: Form<"match">): Doc {
    const head = concat(this.take("match"), " ", this.expression(subject), " ");
    const items = arms.map(({ pattern, guard, body }) => () => {
      const start = this.pattern(pattern);
      const test = guard === null ? "" : concat(" ", this.take("if"), " ", this.#condition(guard));
      const arm = concat(start, test, " ", this.block(body));
      this.drop(",");
      return arm;
    });
    return concat(head, this.#braced(items));
  }

  // Statements

  statement(statement: Statement): Doc {
    switch (statement.kind) {
      case "expression":
        return this.#expressionStatement(statement);
      case "while":
        return this.#while(statement);
      case "for": {
        const head = this.#forHead(statement.bind, statement.list);
        return this.#bodyAfter(head, statement.body);
      }
      case "undo":
        return this.#withoutSemicolon(this.#worded(statement.body));
      case "print":
      case "raise":
        return concat(this.take(), " ", this.expression(statement.value), this.semicolon());
      case "assert":
        return this.#assert(statement);
      case "return":
        if (statement.value === null) return concat(this.take(), this.semicolon());
        return concat(this.take(), " ", this.expression(statement.value), this.semicolon());
      case "break":
      case "continue":
        return concat(this.take(), this.semicolon());
      case "declare":
        return this.#declare(statement);
      case "misplaced":
        return this.declaration(statement.declaration);
      case "error":
        return "";
    }
  }

  #expressionStatement({ expr, semicolon }: Statement & { kind: "expression" }): Doc {
    const doc = this.expression(expr);
    if (!isBlockForm(expr)) return concat(doc, semicolon ? this.take(";") : "");
    return semicolon ? this.#withoutSemicolon(doc) : doc;
  }

  #withoutSemicolon(doc: Doc): Doc {
    this.drop(";");
    return doc;
  }

  #while({ condition, body }: Statement & { kind: "while" }): Doc {
    const head = concat(this.take("while"), " ", this.#condition(condition));
    return this.#bodyAfter(head, body);
  }

  #bodyAfter(head: Doc, body: Body): Doc {
    const doc = concat(head, " ", this.body(body));
    return body.braces ? this.#withoutSemicolon(doc) : doc;
  }

  #assert({ condition, message }: Statement & { kind: "assert" }): Doc {
    const head = concat(this.take("assert"), " ", this.expression(condition));
    const reason = message === null ? "" : concat(this.take(","), " ", this.expression(message));
    return concat(head, reason, this.semicolon());
  }

  #declare({ type, value }: Statement & { kind: "declare" }): Doc {
    const head = concat(this.take(), this.take(":"), " ", this.type(type), " ");
    return concat(head, this.take("="), " ", this.value(value), this.semicolon());
  }

  /** Written, or added before the `}` where it may be missing. */
  semicolon(): Doc {
    return this.takeIf(";", ";");
  }
}

function isBlockForm(expr: Expr): boolean {
  switch (expr.kind) {
    case "seq":
    case "if":
    case "para":
    case "para-for":
    case "race":
    case "timeout":
    case "retry":
    case "try":
    case "match":
      return true;
    default:
      return false;
  }
}
