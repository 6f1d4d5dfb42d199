/**
 * What goes to the terminal: diagnostics and faults on stderr, one progress line when stderr is a terminal. What others wrote
 * is made harmless first; what a program prints to a file or a pipe stays as it is.
 */
import { Defect, Fault } from "../fault.ts";
import type { ShownEvent } from "../engine/embedding/run-program.node.ts";
import { renderDiagnostics } from "../lang/render.ts";
import type { Diagnostic } from "../lang/diagnostic.ts";
import { ErrorValue } from "../lang/value.ts";
import type { Invocation } from "./arguments.ts";
import { harmless } from "./harmless.ts";

export const EXIT = { done: 0, failed: 1, refused: 2, defect: 70, late: 124, interrupted: 130 } as const;

export class Terminal {
  readonly color: boolean;
  readonly debug: boolean;
  readonly #quiet: boolean;
  #progressShown = false;

  constructor(invocation: Invocation | null) {
    const plain = (process.env["NO_COLOR"] ?? "") !== "" || invocation?.has("no-color") === true;
    this.color = process.stderr.isTTY && !plain;
    this.debug = invocation?.has("debug") === true;
    this.#quiet = invocation?.has("quiet") === true;
  }

  print(line: string): void {
    this.clearProgress();
    process.stdout.write(`${process.stdout.isTTY ? harmless(line) : line}\n`);
  }

  warn(line: string): void {
    if (this.#quiet) return;
    this.clearProgress();
    process.stderr.write(`${harmless(line)}\n`);
  }

  diagnostics(list: readonly Diagnostic[]): void {
    const shown = this.#quiet ? list.filter((d) => d.severity === "error") : list;
    if (shown.length === 0) return;
    this.clearProgress();
    process.stderr.write(`${renderDiagnostics(shown, { color: this.color })}\n`);
  }

  event(event: ShownEvent): void {
    switch (event.kind) {
      case "print":
        return;
      case "log":
        this.warn(`${event.level} ${event.source}: ${event.text}`);
        return;
      case "emit":
        return;
      case "progress":
        this.#progress(event);
    }
  }

  clearProgress(): void {
    if (this.#progressShown) process.stderr.write("\r\u001B[K");
    this.#progressShown = false;
  }

  /** Shows a failure and gives the exit status for it. */
  failure(failure: unknown): number {
    this.clearProgress();
    process.stderr.write(`${this.#describe(failure)}\n`);
    if (this.debug && failure instanceof Error && failure.stack !== undefined)
      process.stderr.write(`${harmless(failure.stack)}\n`);
    return this.exitOf(failure);
  }

  /** 1 when the program itself failed, 2 when it was refused before it ran. */
  exitOf(failure: unknown): number {
    if (!(failure instanceof Fault)) return EXIT.defect;
    if (failure.code === "cancelled") return EXIT.interrupted;
    return failure.cause instanceof ErrorValue ? EXIT.failed : EXIT.refused;
  }

  #progress({ done, total, text }: ShownEvent & { kind: "progress" }): void {
    if (!process.stderr.isTTY || this.#quiet) return;
    const width = 24;
    const filled = total !== null && total > 0 ? Math.round((Math.min(done, total) / total) * width) : 0;
    const bar = "█".repeat(filled) + "░".repeat(width - filled);
    process.stderr.write(`\r\u001B[K${bar} ${done}/${total ?? "?"}${text === null ? "" : ` ${harmless(text)}`}`);
    this.#progressShown = true;
  }

  #describe(failure: unknown): string {
    if (failure instanceof Fault) return describeFault(failure, this.color);
    if (failure instanceof Defect) return harmless(`defect: ${failure.message}`);
    return `defect: ${harmless(String(failure))} (this is a bug in sennit; please report it)`;
  }
}

/** A fault as a person reads it: what, where in the guest, where in the workflow, one way out. */
export function describeFault(fault: Fault, color: boolean): string {
  const code = `error[${fault.code}]`;
  const lines = [`: ${fault.message}`];
  const trace = fault.cause instanceof ErrorValue ? fault.cause.trace : [];
  for (const { package: of, function: name, file, line, column } of trace) {
    const place = line > 0 ? `${file}:${line}${column > 0 ? `:${column}` : ""}` : file;
    lines.push(`  at ${name}${place === "" ? "" : ` (${place})`}${of === null ? "" : ` [${of}]`}`);
  }
  for (const frame of trace.length === 0 ? fault.frames : []) {
    const place = [frame.file, frame.line, frame.column].filter((part) => part !== undefined).join(":");
    lines.push(`  at ${frame.function}${place === "" ? "" : ` (${place})`}`);
  }
  if (fault.hint !== undefined) lines.push("", `Hint: ${fault.hint}`);
  return (color ? `\u001B[1;31m${code}\u001B[0m` : code) + harmless(lines.join("\n"));
}
