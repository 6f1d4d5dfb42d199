/** The formatter's small parts: bracketed lists, types, patterns, binds. */
import type { Bind, Pattern, TypeExpr } from "../ast.ts";
import { brokenGroup, concat, group, ifBroken, indent, line, softLine } from "./format-document.ts";
import type { Doc } from "./format-document.ts";
import { FormatTokens } from "./format-tokens.ts";
import type { TokenType } from "./token.ts";

export interface ListStyle {
  /** Between the brackets and the items when flat. */
  readonly padded?: boolean;
  /** Keeps the author's line breaks. */
  readonly keepBroken?: boolean;
  /** Fills the lines with as many items as fit, for lists of plain numbers and the like. */
  readonly fill?: boolean;
}

export class FormatParts extends FormatTokens {
  /** `open a, b, close`: on one line, or an item a line with a last comma. */
  bracketed(open: TokenType, close: TokenType, items: readonly (() => Doc)[], style: ListStyle = {}): Doc {
    const isBroken = style.keepBroken === true && this.isOnManyLines;
    const start = this.take(open);
    if (items.length === 0) return concat(start, indent(this.comments()), this.take(close));
    const edge = style.padded === true ? line : softLine;
    const parts = this.#items(items, style.fill === true);
    const content = indent(edge, ...parts, ifBroken(","), this.comments());
    return (isBroken ? brokenGroup : group)(start, content, edge, this.take(close));
  }

  #items(items: readonly (() => Doc)[], fill: boolean): Doc[] {
    const parts: Doc[] = [];
    for (const [index, item] of items.entries()) {
      // Before the item, not in it: where the line breaks here, they must not break the item too.
      const doc = concat(this.comments(), item());
      const separator = index === 0 ? "" : line;
      parts.push(fill ? group(separator, doc) : concat(separator, doc));
      if (index < items.length - 1) parts.push(this.take(","), this.trailing());
      else this.drop(",");
    }
    return parts;
  }

  /** `a, b` without breaks; a last comma is dropped. */
  inline(open: TokenType, close: TokenType, items: readonly (() => Doc)[]): Doc {
    const parts = [this.take(open)];
    for (const [index, item] of items.entries()) {
      parts.push(item());
      if (index < items.length - 1) parts.push(this.take(","), " ");
      else this.drop(",");
    }
    return concat(...parts, this.take(close));
  }

  /** `a.b.c` */
  path(path: readonly unknown[]): Doc {
    const parts = [this.take()];
    for (let taken = 1; taken < path.length; taken += 1) parts.push(this.take("."), this.take());
    return concat(...parts);
  }

  // Types

  type(type: TypeExpr): Doc {
    switch (type.kind) {
      case "name": {
        const path = this.path(type.path);
        return type.args.length === 0 ? path : concat(path, this.inline("<", ">", this.#types(type.args)));
      }
      case "option":
        return concat(this.type(type.some), this.take("?"));
      case "tuple":
        return concat(this.takeIf("&", ""), this.inline("(", ")", this.#types(type.items)));
      case "list":
        return concat(this.take("["), this.type(type.element), this.#length(type.length), this.take("]"));
      case "fn": {
        const head = concat(this.take(), this.inline("(", ")", this.#types(type.params)));
        return type.result === null ? head : concat(head, " ", this.take("->"), " ", this.type(type.result));
      }
      case "error":
        return "";
    }
  }

  #types(types: readonly TypeExpr[]): (() => Doc)[] {
    return types.map((type) => () => this.type(type));
  }

  #length(length: number | "*" | null): Doc {
    return length === null ? "" : concat(this.take(";"), " ", this.take());
  }

  // Binds and patterns

  bind(bind: Bind): Doc {
    if (bind.kind === "tuple") {
      return this.inline(
        "(",
        ")",
        bind.items.map((item) => () => this.bind(item)),
      );
    }
    const name = this.take();
    return bind.type === null ? name : concat(name, this.take(":"), " ", this.type(bind.type));
  }

  pattern(pattern: Pattern): Doc {
    // Parentheses around one pattern leave no node.
    if (this.at("(") && this.token.start < pattern.span.start) {
      return this.inline("(", ")", [() => this.pattern(pattern)]);
    }
    switch (pattern.kind) {
      case "any":
        return this.take();
      case "literal":
        return concat(this.takeIf("-", ""), this.take());
      case "tuple":
        return this.inline(
          "(",
          ")",
          pattern.items.map((item) => () => this.pattern(item)),
        );
      case "path":
        return this.#pathPattern(pattern);
      case "or": {
        const [first, ...rest] = pattern.alternatives;
        const parts = first === undefined ? [] : [this.pattern(first)];
        for (const alternative of rest) parts.push(" ", this.take("|"), " ", this.pattern(alternative));
        return concat(...parts);
      }
      case "error":
        return "";
    }
  }

  #pathPattern({ path, args }: Pattern & { kind: "path" }): Doc {
    const head = this.path(path);
    if (args === null) return head;
    const items = args.map(({ name, pattern }) => () => {
      const label = name === null ? "" : concat(this.take(), this.take(":"), " ");
      return concat(label, this.pattern(pattern));
    });
    return concat(head, this.inline("(", ")", items));
  }
}
