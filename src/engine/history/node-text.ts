/** What a node of a drawing says. */
import type { ProcessNode } from "./provenance.ts";

/** Characters of a line. */
const WIDE = 36;

/** Its name, where it stands, and what it gave. */
export function linesOf({ name, place, step, value }: ProcessNode): readonly string[] {
  const where = place === null ? [] : [`line ${place.line}`];
  const what = [...where, ...(step === null ? [] : [`step ${step}`])].join(", ");
  return [name, what, value?.text ?? ""].filter((line) => line !== "").map((line) => cut(harmless(line), WIDE));
}

export function cut(text: string, most: number): string {
  const characters = [...text];
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join("")}…`;
}

/** Without what moves a cursor, ends a line or turns the direction of writing. */
function harmless(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, " ");
}
