/**
 * Draws diagnostics for a terminal or a page of text. Only this file does: others hand the values on.
 *
 * A file's labels are drawn by line, the primary place underlined with `^`, the others with `-`; lines further apart
 * are parted by `·`. Columns are terminal cells: a tab is up to the next multiple of four, wide characters take two,
 * combining ones none.
 */
import type { Diagnostic, Label } from "./diagnostic.ts";
import { expandTabs, widthOf } from "./render-width.ts";
import type { Source } from "./source.ts";

export interface RenderOptions {
  /** With ANSI colours. */
  readonly color: boolean;
}

/** One diagnostic, without a final line end. */
export function renderDiagnostic(diagnostic: Diagnostic, options: RenderOptions = { color: false }): string {
  return new Drawing(diagnostic, options.color).text();
}

/** More than these nobody reads; a file of another language can have one for each of its characters. */
const MOST_SHOWN = 100;

/** Several, parted by empty lines, without a final line end. The first hundred; then, how many more there are. */
export function renderDiagnostics(list: readonly Diagnostic[], options: RenderOptions = { color: false }): string {
  const shown = list.slice(0, MOST_SHOWN).map((diagnostic) => renderDiagnostic(diagnostic, options));
  const more = list.length - shown.length;
  return (more === 0 ? shown : [...shown, `… and ${more} more`]).join("\n\n");
}

type Style = "error" | "warning" | "note" | "frame" | "strong";
const ANSI: Readonly<Record<Style, string>> = {
  error: "1;31",
  warning: "1;33",
  note: "1;36",
  frame: "34",
  strong: "1",
};

/** The part of a label that lies on one line: cells from `from` to `to`. */
interface Mark {
  readonly line: number;
  readonly from: number;
  readonly to: number;
  readonly isPrimary: boolean;
  /** Empty on all lines of a span but its last. */
  readonly text: string;
}

/** Spans of more lines than this show their first and last only. */
const LONGEST_SPAN = 6;

class Drawing {
  readonly #diagnostic: Diagnostic;
  readonly #color: boolean;
  readonly #gutter: number;

  constructor(diagnostic: Diagnostic, color: boolean) {
    this.#diagnostic = diagnostic;
    this.#color = color;
    const labels = [diagnostic.primary, ...diagnostic.secondary];
    const last = labels.map(({ source, span }) => source.position(Math.max(span.start, span.end - 1)).line);
    this.#gutter = String(Math.max(...last)).length;
  }

  text(): string {
    const { code, severity, title, hint } = this.#diagnostic;
    const head = this.#paint(severity, `${severity}[${code}]`) + this.#paint("strong", `: ${expandTabs(title)}`);
    const lines = [head, ...this.#files()];
    if (hint !== undefined) lines.push("", `${this.#paint("note", "Hint")}: ${expandTabs(hint).replace(/\.$/, "")}`);
    return lines.join("\n");
  }

  #files(): string[] {
    const { primary, secondary } = this.#diagnostic;
    const sources = [...new Set([primary, ...secondary].map((label) => label.source))];
    return sources.flatMap((source) => this.#file(source));
  }

  #file(source: Source): string[] {
    const { primary, secondary } = this.#diagnostic;
    const labels = [primary, ...secondary].filter((label) => label.source === source);
    const [first = primary] = labels;
    const { line, column } = source.position(first.span.start);
    const pad = " ".repeat(this.#gutter);
    const title = `${pad} ${this.#paint("frame", "┌─")} ${expandTabs(source.name)}:${line}:${column}`;
    return [title, this.#edge("│"), ...this.#lines(source, labels)];
  }

  #lines(source: Source, labels: readonly Label[]): string[] {
    const marks = labels.flatMap((label) => marksOf(label, label === this.#diagnostic.primary));
    const numbers = [...new Set(marks.map((mark) => mark.line))].sort((a, b) => a - b);
    return numbers.flatMap((line, index) => {
      const isApart = index > 0 && numbers[index - 1] !== line - 1;
      const here = marks.filter((mark) => mark.line === line);
      return [...(isApart ? [this.#edge("·")] : []), this.#code(source, line), ...this.#underlines(here)];
    });
  }

  #code(source: Source, line: number): string {
    const number = this.#paint("frame", `${String(line).padStart(this.#gutter)} │`);
    return `${number} ${expandTabs(source.line(line))}`.trimEnd();
  }

  /** One line for each mark, the rightmost first, so that labels never run over one another. */
  #underlines(marks: readonly Mark[]): string[] {
    const ordered = [...marks].sort((a, b) => b.from - a.from || Number(b.isPrimary) - Number(a.isPrimary));
    return ordered.map(({ from, to, isPrimary, text }) => {
      const underline = (isPrimary ? "^" : "-").repeat(to - from);
      const painted = this.#paint(isPrimary ? this.#diagnostic.severity : "note", `${underline} ${text}`.trimEnd());
      return `${this.#edge("│")} ${" ".repeat(from)}${painted}`;
    });
  }

  #edge(sign: string): string {
    return `${" ".repeat(this.#gutter)} ${this.#paint("frame", sign)}`;
  }

  #paint(style: Style, text: string): string {
    return this.#color ? `\u001B[${ANSI[style]}m${text}\u001B[0m` : text;
  }
}

function marksOf({ source, span, text }: Label, isPrimary: boolean): Mark[] {
  const start = source.position(span.start).line;
  const end = source.position(Math.max(span.start, span.end - 1)).line;
  const marks: Mark[] = [];
  for (let line = start; line <= end; line += 1) {
    if (end - start >= LONGEST_SPAN && line > start && line < end) continue;
    const cells = cellsOf(source, line, span.start, span.end);
    marks.push({ line, ...cells, isPrimary, text: line === end ? expandTabs(text) : "" });
  }
  return marks;
}

/** Which cells of `line` lie in the span; at least one, so that an empty span is seen. White space before is left out. */
function cellsOf(source: Source, line: number, start: number, end: number): { from: number; to: number } {
  const text = source.line(line);
  const lineStart = source.lineStart(line);
  const indent = text.length - text.trimStart().length;
  const first = Math.max(start - lineStart, start < lineStart ? indent : 0);
  const last = Math.min(end - lineStart, text.trimEnd().length);
  const from = widthOf(text.slice(0, first));
  return { from, to: Math.max(from + 1, widthOf(text.slice(0, Math.max(first, last)))) };
}
