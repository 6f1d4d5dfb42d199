/** Operators of other languages, recognized so that the message can name ours. */
import type { BinaryOp } from "../ast.ts";
import type { Cursor } from "./parse-cursor.ts";
import type { TokenType } from "./token.ts";

export interface ForeignOperator {
  readonly written: string;
  /** How many tokens it is to us. */
  readonly tokens: number;
  /** What it becomes, so that parsing can go on. */
  readonly meant: BinaryOp;
  readonly hint: string;
}

const PAIRS: readonly (readonly [TokenType, TokenType, BinaryOp])[] = [
  ["|", "|", "or"],
  ["&", "&", "and"],
  ["==", "=", "=="],
  ["!=", "=", "!="],
  ["*", "*", "^"],
];

/** The operator of another language at the cursor, where one of ours may stand. */
export function foreignOperator(cursor: Cursor): ForeignOperator | undefined {
  const first = cursor.token.type;
  for (const [left, right, meant] of PAIRS) {
    if (first !== left || cursor.peek(1).type !== right || !cursor.isAdjacent(1)) continue;
    const written = cursor.token.text + cursor.peek(1).text;
    return { written, tokens: 2, meant, hint: `Write \`${meant}\`` };
  }
  return undefined;
}

const COMPOUND: ReadonlySet<TokenType> = new Set<TokenType>(["+", "-", "*", "/", "%", "^", "..", "??"]);

/** At `+=` and its kin. */
export function isCompoundAssignment(cursor: Cursor): boolean {
  return COMPOUND.has(cursor.token.type) && cursor.peek(1).type === "=" && cursor.isAdjacent(1);
}

/** At `++` or `--` with nothing to add or subtract after it. */
export function isIncrement(cursor: Cursor): boolean {
  const { type } = cursor.token;
  if ((type !== "+" && type !== "-") || cursor.peek(1).type !== type || !cursor.isAdjacent(1)) return false;
  const after = cursor.peek(2).type;
  return after === ";" || after === ")" || after === "}" || after === "EOF";
}
