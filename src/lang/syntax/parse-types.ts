/** Types: `Int`, `p.point_cloud`, `Map<K, V>`, `T?`, `(A, B)`, `[T; 3]`, `fn(A) -> B`. */
import type { Ident, TypeExpr } from "../ast.ts";
import { Cursor } from "./parse-cursor.ts";

export class TypeParser extends Cursor {
  type(): TypeExpr {
    return this.nested<TypeExpr>(
      () => this.#optional(),
      (span) => ({ kind: "error", span }),
    );
  }

  #optional(): TypeExpr {
    const start = this.token.start;
    let type = this.#plain();
    // `nested` bounds the tree too: every `?` is a level.
    let layers = 0;
    while (layers < 8 && this.eatSplit("?", "?")) {
      type = { kind: "option", some: type, span: this.spanFrom(start) };
      layers += 1;
    }
    return type;
  }

  #plain(): TypeExpr {
    if (this.at("(") || this.at("&")) return this.#tuple();
    if (this.at("[")) return this.#list();
    if (this.atWord("fn") && this.peek(1).type === "(") return this.#function();
    if (this.at("NAME")) return this.#named();
    const span = this.here();
    this.unexpected("a type");
    return { kind: "error", span };
  }

  #named(): TypeExpr {
    const start = this.token.start;
    const path: Ident[] = [this.name("a type")];
    while (this.eat(".")) path.push(this.word("a name after `.`"));
    const args = this.at("<") ? this.#arguments() : [];
    return { kind: "name", path, args, span: this.spanFrom(start) };
  }

  #arguments(): TypeExpr[] {
    const { index, token: open } = this;
    this.advance();
    const args = [this.type()];
    while (!this.panicking && this.eat(",")) args.push(this.type());
    this.close(">", index, open, "`,` or ");
    return args;
  }

  #tuple(): TypeExpr {
    const start = this.token.start;
    this.eat("&");
    const items = this.#parenthesized();
    return { kind: "tuple", items, span: this.spanFrom(start) };
  }

  #parenthesized(mayBeEmpty = false): TypeExpr[] {
    const { index, token: open } = this;
    const items: TypeExpr[] = [];
    if (!this.expect("(")) return items;
    if (!(mayBeEmpty && this.at(")"))) items.push(this.type());
    while (!this.panicking && this.eat(",") && !this.at(")")) items.push(this.type());
    this.close(")", index, open, "`,` or ");
    return items;
  }

  #list(): TypeExpr {
    const { index, token: open } = this;
    this.advance();
    const element = this.type();
    const length = !this.panicking && this.eat(";") ? this.#length() : null;
    this.close("]", index, open);
    return { kind: "list", element, length, span: this.spanFrom(open.start) };
  }

  #length(): number | "*" | null {
    if (this.eat("*")) return "*";
    const { value } = this.token;
    if (this.at("INT") && typeof value === "number") {
      this.advance();
      return value;
    }
    this.unexpected("a length or `*`");
    return null;
  }

  #function(): TypeExpr {
    const start = this.token.start;
    this.advance();
    const params = this.#parenthesized(true);
    const result = this.eat("->") ? this.type() : null;
    return { kind: "fn", params, result, span: this.spanFrom(start) };
  }
}
