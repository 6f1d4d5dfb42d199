/** Warnings that need the whole file: a hidden function that is also called, a `require` that nothing uses. */
import type { Program } from "./context.ts";
import { requiresOf } from "./files.ts";

/** An assignment may hide a required or prelude name (rule 22); odd only where that is called too. */
export function warnHidden(program: Program): void {
  for (const { r, name, span } of program.hidden) {
    const call = program.called.get(name);
    if (call === undefined || call.source !== r.file.source) continue;
    program.diagnostics.warning(
      r.file.source,
      span,
      "hides-function",
      { name },
      {
        label: "from here on this is the variable",
        also: [{ source: call.source, span: call.span, text: "called as a function here" }],
        hint: "Give the variable another name",
      },
    );
  }
}

export function warnUnusedRequires(program: Program): void {
  if (program.diagnostics.hasErrors) return;
  for (const file of program.files) {
    for (const { names, alias } of requiresOf(file.tree)) {
      const brought = alias === null ? (names ?? []).map((n) => n.alias ?? n.name) : [alias];
      for (const ident of brought) {
        if (file.used.has(ident.name) || file.declared.has(ident.name)) continue;
        program.diagnostics.warning(
          file.source,
          ident.span,
          "unused-require",
          { name: ident.name },
          {
            label: "required, and not used",
          },
        );
      }
    }
  }
}
