/** A program that was refused before it ran, because it has mistakes. */
import { Fault } from "../../fault.ts";
import type { Diagnostic } from "../../lang/diagnostic.ts";
import { renderDiagnostics } from "../../lang/render.ts";

/** Nothing of the program ran. `diagnostics` are values; the message shows them. */
export class ProgramRefused extends Fault {
  readonly diagnostics: readonly Diagnostic[];
  constructor(diagnostics: readonly Diagnostic[]) {
    super("refused", renderDiagnostics(diagnostics, { color: false }));
    this.name = "ProgramRefused";
    this.diagnostics = diagnostics;
  }
}
