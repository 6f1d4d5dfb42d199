/** From program text to IR, for tests of runs: programs without packages, or with the given WIT world's functions. */
import { checkProgram } from "../../../src/lang/check/check.ts";
import type { CheckEnvironment } from "../../../src/lang/check/check.ts";
import { compileProgram } from "../../../src/lang/compile/compile.ts";
import type { Ir } from "../../../src/lang/ir/ir.ts";
import { Source } from "../../../src/lang/source.ts";
import type { CheckedProgram } from "../../../src/lang/typed.ts";

/** A world without packages, on a platform that can do everything. */
export const nothing: CheckEnvironment = {
  file: () => null,
  package: () => ({ problem: "none here" }),
  functions: new Map(),
  packageNames: [],
  platform: { shell: true },
};

/** @throws {Error} with the diagnostics of a program that is not right */
export function compileText(text: string, env: CheckEnvironment = nothing): Ir {
  return compileProgram(checkText(text, env));
}

/** @throws {Error} as above */
export function checkText(text: string, env: CheckEnvironment = nothing): CheckedProgram {
  const { program, diagnostics } = checkProgram(new Source("test.sennit", text), env);
  if (program === null) {
    const lines = diagnostics.map((d) => `${d.code}: ${d.title} (${d.primary.text}) at ${d.primary.span.start}`);
    throw new Error(`the program is refused:\n${lines.join("\n")}\n${text}`);
  }
  return program;
}
