/** Expressions as documents. */
import type { Arg, Block, Expr } from "../ast.ts";
import { concat, group, indent, line } from "./format-document.ts";
import type { Doc } from "./format-document.ts";
import { FormatParts } from "./format-parts.ts";

type Of<K extends Expr["kind"]> = Expr & { kind: K };
/** The forms that `syntax/format-blocks.ts` lays out. */
export type BlockForm = Of<"seq" | "if" | "para" | "para-for" | "race" | "timeout" | "retry" | "try" | "match">;

/** Operators of one level stand in one group; `^` and `??` associate to the right, comparisons stand alone. */
const LEVELS: Readonly<Record<Of<"binary">["op"], number>> = {
  "^": 7,
  "*": 6,
  "/": 6,
  "%": 6,
  div: 6,
  "+": 5,
  "-": 5,
  "..": 4,
  "??": 3,
  "<": 2,
  "<=": 2,
  ">": 2,
  ">=": 2,
  "==": 1,
  "!=": 1,
  and: 0,
  or: 0,
};

export abstract class FormatExpressions extends FormatParts {
  abstract block(block: Block): Doc;
  abstract blockForm(form: BlockForm): Doc;

  expression(expr: Expr): Doc {
    switch (expr.kind) {
      case "int":
      case "float":
      case "string":
      case "char":
      case "bytes":
      case "duration":
      case "bool":
      case "nil":
      case "name":
        return this.take();
      case "interpolation":
        return this.#interpolation(expr);
      case "assign":
        return this.#assign(expr);
      case "unary":
        return concat(this.take(), this.#gap(), this.expression(expr.operand));
      case "binary":
        return expr.op === "^" ? this.#power(expr) : this.#binary(expr);
      case "try-result":
        return concat(this.take("try"), this.take("?"), " ", this.expression(expr.operand));
      case "label":
        return concat(this.take("@"), this.take(), " ", this.expression(expr.operand));
      case "spawn":
      case "await":
        return concat(this.take(), " ", this.expression(expr.operand));
      case "wait-signal":
        return this.#waitSignal(expr);
      case "lambda":
        return this.#lambda(expr);
      case "fork":
        return concat(this.take("="), this.path(expr.path), this.take("="), this.args(expr.args));
      case "call":
        return concat(this.expression(expr.callee), this.args(expr.args));
      case "index":
        return concat(this.expression(expr.object), this.take("["), this.expression(expr.index), this.take("]"));
      case "member":
        return concat(this.expression(expr.object), this.take("."), this.take());
      case "item":
        return this.#item(expr);
      case "paren":
        return concat(this.take("("), indent(this.expression(expr.inner), this.comments()), this.take(")"));
      case "tuple":
        return this.#tuple(expr);
      case "list":
        return this.bracketed("[", "]", this.#all(expr.items), { fill: expr.items.every(isPlain) });
      case "map":
        return this.#map(expr);
      case "shell":
        return concat(this.take("shell"), " ", this.bracketed("{", "}", this.#all(expr.parts), { padded: true }));
      case "shellpipe":
        return this.#shellpipe(expr);
      case "error":
        return "";
      case "seq":
      case "if":
      case "para":
      case "para-for":
      case "race":
      case "timeout":
      case "retry":
      case "try":
      case "match":
        return this.blockForm(expr);
    }
  }

  #all(exprs: readonly Expr[]): (() => Doc)[] {
    return exprs.map((expr) => () => this.expression(expr));
  }

  /** A space where a fork's `=` would join the sign before it: `! =f=(x)`. */
  #gap(): Doc {
    return this.at("=") ? " " : "";
  }

  #assign({ target, value }: Of<"assign">): Doc {
    const start = target.kind === "name" ? this.take() : this.#targets(target.names.length);
    return concat(start, " ", this.take("="), " ", this.value(value));
  }

  /** After an `=`; indented where a comment keeps it from the same line. */
  value(value: Expr): Doc {
    const comments = this.comments();
    return comments === "" ? this.expression(value) : indent(comments, this.expression(value));
  }

  #targets(count: number): Doc {
    if (count === 1) return concat(this.take("("), this.take(), this.take(","), this.take(")"));
    return this.inline(
      "(",
      ")",
      Array.from({ length: count }, () => () => this.take()),
    );
  }

  #power({ left, right }: Of<"binary">): Doc {
    return concat(this.expression(left), this.take("^"), this.#gap(), this.expression(right));
  }

  /** A chain of one level, which breaks before each operator or before none. */
  #binary(expr: Of<"binary">): Doc {
    const level = LEVELS[expr.op];
    const chain: Of<"binary">[] = [];
    let first: Expr = expr;
    while (first.kind === "binary" && LEVELS[first.op] === level && (chain.length === 0 || level !== 3)) {
      chain.push(first);
      first = first.left;
    }
    const start = this.expression(first);
    const rest = chain.toReversed().map(({ right }) => concat(line, this.take(), " ", this.expression(right)));
    return group(start, indent(...rest));
  }

  #waitSignal({ name, timeout }: Of<"wait-signal">): Doc {
    const head = concat(this.take(), " ", this.take(), this.take("("), this.expression(name), this.take(")"));
    return timeout === null ? head : concat(head, " ", this.take(), " ", this.expression(timeout));
  }

  #lambda({ params, result, body }: Of<"lambda">): Doc {
    const binds = params.map((param) => () => this.bind(param));
    const head = this.inline("|", "|", binds);
    const type = result === null ? "" : concat(" ", this.take("->"), " ", this.type(result));
    return concat(head, type, " ", body.kind === "block" ? this.block(body) : this.expression(body));
  }

  /** `1 .0` keeps its space: `1.0` is a Float. */
  #item({ object }: Of<"item">): Doc {
    return concat(this.expression(object), object.kind === "int" ? " " : "", this.take("."), this.take());
  }

  #tuple({ items }: Of<"tuple">): Doc {
    const mark = this.takeIf("&", "");
    if (items.length !== 1 || mark !== "") return concat(mark, this.bracketed("(", ")", this.#all(items)));
    const [inner] = this.#all(items);
    return concat(this.take("("), inner?.() ?? "", this.take(","), this.take(")"));
  }

  #map({ entries }: Of<"map">): Doc {
    if (entries.length === 0) return concat(this.take("["), this.take(":"), this.take("]"));
    const items = entries.map(({ key, value }) => () => {
      const start = this.expression(key);
      return concat(start, this.take(":"), " ", this.expression(value));
    });
    return this.bracketed("[", "]", items);
  }

  #shellpipe({ commands }: Of<"shellpipe">): Doc {
    const start = concat(this.take("shellpipe"), " ", this.take("{"));
    const parts = commands.flatMap((words, index) => {
      const separator = index === 0 ? line : concat(line, this.take("|"), " ");
      return [separator, ...words.map((word, at) => concat(at === 0 ? "" : " ", this.expression(word)))];
    });
    return group(start, indent(...parts, this.comments()), line, this.take("}"));
  }

  /** Texts and holes as written, each hole on the one line it is on. */
  #interpolation({ parts }: Of<"interpolation">): Doc {
    const docs = [this.take("INTERP")];
    for (const part of parts) {
      if (typeof part === "string") docs.push(this.take("TEXT"));
      else
        docs.push(
          this.take("HOLE"),
          { kind: "flat", content: this.expression(part), forces: false },
          this.take("HOLE-END"),
        );
    }
    return concat(...docs, this.take("INTERP-END"));
  }

  // Arguments

  args(args: readonly Arg[]): Doc {
    if (this.#canHug(args)) return this.#hugged(args);
    return this.bracketed(
      "(",
      ")",
      args.map((arg) => () => this.#arg(arg)),
    );
  }

  /** The others must print the same on one line every time: no blocks, no comments. */
  #canHug(args: readonly Arg[]): boolean {
    const last = args.at(-1);
    if (last === undefined || !isHuggable(last.value, args.length)) return false;
    if (this.hasCommentBefore(last.span.start)) return false;
    return args.slice(0, -1).every(({ value }) => isSimple(value));
  }

  /** `f(a, |x| {` … `})`: the last argument opens at the end of the call's line. */
  #hugged(args: readonly Arg[]): Doc {
    const parts = [this.take("(")];
    for (const [index, arg] of args.entries()) {
      parts.push(this.#arg(arg));
      if (index < args.length - 1) parts.push(this.take(","), " ");
      else this.drop(",");
    }
    return concat(...parts, indent(this.comments()), this.take(")"));
  }

  #arg({ name, spread, value }: Arg): Doc {
    if (name !== null) return concat(this.take(), this.take(":"), " ", this.expression(value));
    return concat(spread ? this.take("..") : "", this.expression(value));
  }
}

/** Values that print well in a filled list. */
function isPlain(expr: Expr): boolean {
  if (expr.kind === "unary") return isPlain(expr.operand);
  return expr.kind === "int" || expr.kind === "float" || expr.kind === "duration" || expr.kind === "bool";
}

/** Without blocks, which could be broken once and forced to stay so the second time. */
function isSimple(expr: Expr): boolean {
  switch (expr.kind) {
    case "member":
    case "item":
      return isSimple(expr.object);
    case "index":
      return isSimple(expr.object) && isSimple(expr.index);
    case "call":
      return isSimple(expr.callee) && expr.args.every(({ value }) => isSimple(value));
    case "list":
    case "tuple":
      return expr.items.every(isSimple);
    case "unary":
      return isSimple(expr.operand);
    case "binary":
      return isSimple(expr.left) && isSimple(expr.right);
    case "interpolation":
      return true;
    default:
      return isLiteral(expr) || expr.kind === "name";
  }
}

function isLiteral({ kind }: Expr): boolean {
  return ["int", "float", "string", "char", "bytes", "duration", "bool", "nil"].includes(kind);
}

function isHuggable(value: Expr, count: number): boolean {
  if (value.kind === "lambda") return value.body.kind === "block";
  return (
    count === 1 && (value.kind === "list" || value.kind === "map" || value.kind === "shell" || value.kind === "seq")
  );
}
