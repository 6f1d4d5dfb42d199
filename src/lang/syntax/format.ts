/**
 * The formatter, `sennit fmt`: a file in the one way it is written.
 *
 *   F1, F2  All tokens and comments stay, in order (see `syntax/format-tokens.ts`).
 *   F3      The result parses to the same tree, and formatting it again changes nothing.
 *   F4      A file with syntax errors is refused: what its author meant is unknown.
 */
import type { Declaration, File, FunctionDeclaration, RequireDeclaration } from "../ast.ts";
import type { Diagnostic } from "../diagnostic.ts";
import { Diagnostics } from "../diagnostics.ts";
import { FormatBlocks } from "./format-blocks.ts";
import { concat, hardLine } from "./format-document.ts";
import type { Doc } from "./format-document.ts";
import { printDocument } from "./format-print.ts";
import { tokenize } from "./lexer.ts";
import { parseTokens } from "./parser.ts";
import type { Source } from "../source.ts";

/** Columns a line may have, where breaking it can help. */
export const LINE_WIDTH = 100;

/** The file's text as it should be, or the mistakes that keep it from being read. */
export function formatSource(source: Source): { text: string } | { diagnostics: readonly Diagnostic[] } {
  const diagnostics = new Diagnostics();
  const tokens = tokenize(source, diagnostics);
  const file = parseTokens(source, tokens, diagnostics);
  if (diagnostics.hasErrors) return { diagnostics: diagnostics.all().filter((d) => d.severity === "error") };
  return { text: printDocument(new FormatFile(source, tokens).file(file), LINE_WIDTH) };
}

class FormatFile extends FormatBlocks {
  file({ items }: File): Doc {
    const parts: Doc[] = [];
    for (const item of items) {
      const comments = this.comments();
      parts.push(
        comments,
        hardLine(this.isAfterBlank),
        isDeclaration(item) ? this.declaration(item) : this.statement(item),
      );
    }
    return concat(...parts, this.comments());
  }

  override declaration(declaration: Declaration): Doc {
    switch (declaration.kind) {
      case "function":
        return this.#function(declaration);
      case "record":
        return this.#named(
          declaration.fields.map(
            ({ type }) =>
              () =>
                concat(this.take(), this.take(":"), " ", this.type(type)),
          ),
        );
      case "variant":
        return this.#named(
          declaration.cases.map(
            ({ payload }) =>
              () =>
                this.#case(payload),
          ),
        );
      case "enum":
      case "flags":
        return this.#named(declaration.cases.map(() => () => this.take()));
      case "param": {
        const name = concat(this.take(), " ", this.take());
        const type = declaration.type === null ? "" : concat(this.take(":"), " ", this.type(declaration.type));
        return concat(name, type, this.#default(declaration.fallback), this.semicolon());
      }
      case "require":
        return this.#require(declaration);
    }
  }

  #function({ params, result, body }: FunctionDeclaration): Doc {
    const name = concat(this.take(), " ", this.take());
    const list = params.map(({ type, fallback }) => () => {
      const start = concat(this.take(), this.take(":"), " ", this.type(type));
      return concat(start, this.#default(fallback));
    });
    const head = concat(name, this.bracketed("(", ")", list));
    const arrow = result === null ? "" : concat(" ", this.take("->"), " ", this.type(result));
    const doc = concat(head, arrow, " ", this.block(body));
    this.drop(";");
    return doc;
  }

  #default(fallback: FunctionDeclaration["params"][number]["fallback"]): Doc {
    return fallback === null ? "" : concat(" ", this.take("="), " ", this.expression(fallback));
  }

  /** `record P { … }` and its kin. */
  #named(items: readonly (() => Doc)[]): Doc {
    const head = concat(this.take(), " ", this.take(), " ");
    const doc = concat(head, this.bracketed("{", "}", items, { padded: true, keepBroken: true }));
    this.drop(";");
    return doc;
  }

  #case(payload: readonly Parameters<FormatFile["type"]>[0][]): Doc {
    const name = this.take();
    if (payload.length === 0) return name;
    return concat(
      name,
      this.inline(
        "(",
        ")",
        payload.map((type) => () => this.type(type)),
      ),
    );
  }

  #require({ names, from, alias }: RequireDeclaration): Doc {
    const parts = [this.take("require"), " "];
    for (const [index, { alias: other }] of (names ?? []).entries()) {
      if (index > 0) parts.push(this.take(","), " ");
      parts.push(this.take(), this.#alias(other));
    }
    if (from !== null) parts.push(...(names === null ? [] : [" ", this.take(), " "]), this.take("STRING"));
    return concat(...parts, this.#alias(alias), this.semicolon());
  }

  #alias(alias: unknown): Doc {
    return alias === null ? "" : concat(" ", this.take(), " ", this.take());
  }
}

function isDeclaration(item: File["items"][number]): item is Declaration {
  switch (item.kind) {
    case "function":
    case "record":
    case "variant":
    case "enum":
    case "flags":
    case "param":
    case "require":
      return true;
    default:
      return false;
  }
}
