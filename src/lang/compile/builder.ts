/**
 * Writes the code of one function: instructions, labels, registers, lines.
 * Registers below `locals` belong to the program's variables; those above are a stack of temporaries.
 */
import { Defect } from "../../fault.ts";
import { opNumber, operations } from "../ir/opcode.ts";
import type { OpName } from "../ir/opcode.ts";
import type { Source, Span } from "../source.ts";

export class Label {
  at = -1;
  readonly uses: number[] = [];
}

export class Builder {
  readonly #source: Source | null;
  readonly #code: number[] = [];
  readonly #lines: number[] = [];
  readonly #labels: Label[] = [];
  readonly locals: number;
  #top: number;
  #registers: number;
  #span: Span | null = null;

  constructor(locals: number, source: Source | null) {
    this.locals = locals;
    this.#top = locals;
    this.#registers = locals;
    this.#source = source;
  }

  /** The next instructions stand here in the source. */
  mark(span: Span): void {
    this.#span = span;
  }

  get span(): Span | null {
    return this.#span;
  }

  emit(name: OpName, ...operands: (number | Label)[]): void {
    const number = opNumber(name);
    if (operands.length + 1 !== operations[number]!.size) throw new Defect(`${name} has ${operands.length} operands`);
    this.#line();
    this.#code.push(number);
    for (const operand of operands) {
      if (typeof operand !== "number") operand.uses.push(this.#code.length);
      this.#code.push(typeof operand === "number" ? operand : -1);
    }
  }

  #line(): void {
    if (this.#span === null || this.#source === null) return;
    const { line, column } = this.#source.position(this.#span.start);
    const last = this.#lines.length;
    if (last > 0 && this.#lines[last - 2] === line && this.#lines[last - 1] === column) return;
    this.#lines.push(this.#code.length, line, column);
  }

  label(): Label {
    const label = new Label();
    this.#labels.push(label);
    return label;
  }

  /** Where the next instruction will stand. */
  get here(): number {
    return this.#code.length;
  }

  /** The label is the next instruction. */
  place(label: Label): void {
    label.at = this.#code.length;
  }

  temp(): number {
    return this.window(1);
  }

  /** So many registers in a row. */
  window(count: number): number {
    const first = this.#top;
    this.#top += count;
    this.#registers = Math.max(this.#registers, this.#top);
    return first;
  }

  /** Runs `body`, then gives back the temporaries it took. */
  scratch<T>(body: () => T): T {
    const top = this.#top;
    const result = body();
    this.#top = top;
    return result;
  }

  finish(): { code: Int32Array; lines: Int32Array; registers: number } {
    for (const label of this.#labels) {
      for (const use of label.uses) this.#code[use] = label.at;
    }
    return { code: Int32Array.from(this.#code), lines: Int32Array.from(this.#lines), registers: this.#registers };
  }
}
