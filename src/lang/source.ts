/** Source text and places in it. Offsets count UTF-16 units from 0; lines and columns, shown to people, count from 1. */

export interface Span {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** One file of a program. */
export class Source {
  /** As the user named it: shown in messages, `order.sennit`. */
  readonly name: string;
  readonly text: string;
  readonly #lineStarts: readonly number[];

  constructor(name: string, text: string) {
    this.name = name;
    this.text = text;
    const starts = [0];
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
    this.#lineStarts = starts;
  }

  /** Columns count Unicode scalar values, as an editor does. */
  position(offset: number): Position {
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    const start = this.#lineStarts[low] ?? 0;
    return { line: low + 1, column: Array.from(this.text.slice(start, offset)).length + 1 };
  }

  /** The offset at which a line (from 1) begins. */
  lineStart(line: number): number {
    return this.#lineStarts[line - 1] ?? this.text.length;
  }

  /** The text of a line (from 1), without its end. */
  line(line: number): string {
    const start = this.#lineStarts[line - 1];
    if (start === undefined) return "";
    const end = this.#lineStarts[line] ?? this.text.length + 1;
    return this.text.slice(start, end - 1).replace(/\r$/, "");
  }
}
