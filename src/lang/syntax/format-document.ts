/**
 * Documents: text whose line breaks are still open. The formatter builds one from the tree, the printer decides.
 *
 * A *group* is printed on one line when it fits, else all its own lines break. What `forces` a break (a comment to the
 * line's end, a block the author broke) breaks every group around it.
 */

export type Doc =
  | string
  | { readonly kind: "concat"; readonly parts: readonly Doc[]; readonly forces: boolean }
  | { readonly kind: "group"; readonly content: Doc; readonly forces: boolean }
  /** Printed flat wherever it stands: the hole of an interpolation. */
  | { readonly kind: "flat"; readonly content: Doc; readonly forces: false }
  | { readonly kind: "indent"; readonly content: Doc; readonly forces: boolean }
  /** Flat it is `flat`; broken a line end, with an empty line before it when `blank`. */
  | { readonly kind: "line"; readonly flat: "" | " "; readonly blank: boolean; readonly forces: boolean }
  /** Text for broken groups only: the last comma. */
  | { readonly kind: "if-broken"; readonly text: string; readonly forces: false }
  | CommentDoc;

export interface CommentDoc {
  readonly kind: "comment";
  readonly text: string;
  /** Stands on a line of its own; otherwise it follows what is before it. */
  readonly ownLine: boolean;
  /** Is the last on its line. */
  readonly endsLine: boolean;
  readonly blank: boolean;
  readonly forces: boolean;
}

/** A space, or a line end. */
export const line: Doc = { kind: "line", flat: " ", blank: false, forces: false };
/** Nothing, or a line end. */
export const softLine: Doc = { kind: "line", flat: "", blank: false, forces: false };

/** Always a line end, with an empty line before it when `blank`. */
export function hardLine(blank: boolean): Doc {
  return { kind: "line", flat: " ", blank, forces: true };
}

export function ifBroken(text: string): Doc {
  return { kind: "if-broken", text, forces: false };
}

export function concat(...parts: readonly Doc[]): Doc {
  return { kind: "concat", parts, forces: parts.some(isForcing) };
}

export function indent(...parts: readonly Doc[]): Doc {
  const content = concat(...parts);
  return { kind: "indent", content, forces: isForcing(content) };
}

export function group(...parts: readonly Doc[]): Doc {
  const content = concat(...parts);
  return { kind: "group", content, forces: isForcing(content) };
}

/** A group that is broken whether it fits or not. */
export function brokenGroup(...parts: readonly Doc[]): Doc {
  return { kind: "group", content: concat(...parts), forces: true };
}

export function isForcing(doc: Doc): boolean {
  return typeof doc !== "string" && doc.forces;
}
