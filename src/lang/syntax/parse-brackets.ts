/** Which bracket closes which: found once for the whole file, so that the parser can leave a broken part at its end. */
import type { Token, TokenType } from "./token.ts";

const CLOSER_OF: Partial<Record<TokenType, TokenType>> = { "(": ")", "[": "]", "{": "}", HOLE: "HOLE-END" };
const STRENGTH: Partial<Record<TokenType, number>> = { "(": 1, "[": 1, "{": 2, HOLE: 3 };

/**
 * For each opening bracket the index of its closing one, -1 when there is none. A brace closes the parentheses left
 * open inside it, a hole's end everything inside it, and `;` ends open parentheses: no statement stands in them.
 */
export function matchBrackets(tokens: readonly Token[]): Int32Array {
  const closers = new Int32Array(tokens.length).fill(-1);
  const open: number[] = [];
  const typeAt = (index: number | undefined): TokenType => tokens[index ?? -1]?.type ?? "EOF";
  for (const [index, { type }] of tokens.entries()) {
    if (type in CLOSER_OF) open.push(index);
    else if (type === ";") dropWeaker(open, 2, typeAt);
    else if (type === ")" || type === "]") closeIfTop(open, type, index, closers, typeAt);
    else if (type === "}" || type === "HOLE-END") {
      dropWeaker(open, type === "}" ? 2 : 3, typeAt);
      closeIfTop(open, type, index, closers, typeAt);
    }
  }
  return closers;
}

function dropWeaker(open: number[], strength: number, typeAt: (index: number | undefined) => TokenType): void {
  while (open.length > 0 && (STRENGTH[typeAt(open.at(-1))] ?? 0) < strength) open.pop();
}

/** `)` over an open `[` drops it when a `(` lies beneath; a stray closer is ignored. */
function closeIfTop(
  open: number[],
  type: TokenType,
  index: number,
  closers: Int32Array,
  typeAt: (index: number | undefined) => TokenType,
): void {
  if (CLOSER_OF[typeAt(open.at(-1))] !== type && CLOSER_OF[typeAt(open.at(-2))] === type) {
    if (STRENGTH[typeAt(open.at(-1))] === 1) open.pop();
  }
  const top = open.at(-1);
  if (top === undefined || CLOSER_OF[typeAt(top)] !== type) return;
  closers[top] = index;
  open.pop();
}
