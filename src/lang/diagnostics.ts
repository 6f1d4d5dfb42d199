/** Collects the diagnostics of one program, in order of place. */
import { catalogue } from "./codes.ts";
import type { Code, CodeParams } from "./codes.ts";
import type { Diagnostic, Fix } from "./diagnostic.ts";
import type { Source, Span } from "./source.ts";

export interface Extras {
  /** What the primary place is. */
  readonly label?: string;
  readonly hint?: string | undefined;
  readonly also?: readonly { readonly source?: Source; readonly span: Span; readonly text: string }[];
  readonly fix?: Fix;
}

export class Diagnostics {
  readonly #all: Diagnostic[] = [];

  error<C extends Code>(source: Source, span: Span, code: C, params: CodeParams<C>, extras: Extras = {}): void {
    this.#add("error", source, span, code, params, extras);
  }

  warning<C extends Code>(source: Source, span: Span, code: C, params: CodeParams<C>, extras: Extras = {}): void {
    this.#add("warning", source, span, code, params, extras);
  }

  get hasErrors(): boolean {
    return this.#all.some((d) => d.severity === "error");
  }

  /** Ordered by file as first seen, then by place. */
  all(): readonly Diagnostic[] {
    const files = [...new Set(this.#all.map((d) => d.primary.source))];
    return [...this.#all].sort(
      (a, b) =>
        files.indexOf(a.primary.source) - files.indexOf(b.primary.source) ||
        a.primary.span.start - b.primary.span.start ||
        a.primary.span.end - b.primary.span.end,
    );
  }

  #add<C extends Code>(
    severity: "error" | "warning",
    source: Source,
    span: Span,
    code: C,
    params: CodeParams<C>,
    extras: Extras,
  ): void {
    const title = (catalogue[code] as (p: CodeParams<C>) => string)(params);
    this.#all.push({
      code,
      severity,
      title,
      primary: { source, span, text: extras.label ?? "" },
      secondary: (extras.also ?? []).map((l) => ({ source: l.source ?? source, span: l.span, text: l.text })),
      hint: extras.hint,
      fix: extras.fix,
    });
  }
}
