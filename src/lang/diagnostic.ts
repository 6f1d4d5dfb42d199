/** A mistake of the program's author, as a value: collected, never thrown (STYLE §4). Only `render.ts` draws one. */
import type { Code } from "./codes.ts";
import type { Source, Span } from "./source.ts";

export interface Label {
  readonly source: Source;
  readonly span: Span;
  /** What this place is: "nothing with this name is in scope". */
  readonly text: string;
}

export interface Diagnostic {
  readonly code: Code;
  readonly severity: "error" | "warning";
  /** Plain words, the reader's names in backticks, no full stop. */
  readonly title: string;
  /** The place that is wrong. */
  readonly primary: Label;
  /** The other half of a conflict. */
  readonly secondary: readonly Label[];
  /** One action. */
  readonly hint: string | undefined;
  /** A text edit that would mend it, for `--fix` and editors. */
  readonly fix: Fix | undefined;
}

export interface Fix {
  readonly title: string;
  readonly edits: readonly { readonly source: Source; readonly span: Span; readonly text: string }[];
}
