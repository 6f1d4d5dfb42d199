import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { LoadedProgram } from "../../../src/engine/loaded.ts";
import type { Value } from "../../../src/wit/value.ts";
import { arbitraryProgram } from "../../lang/vm/arbitrary-program.ts";
import { S32, STRING, witFunction } from "../../lang/vm/run-foreign.ts";
import { directInstance, DistantInstance, stubProgram } from "../stub-program.ts";
import { runWithCrashes } from "./crash.ts";

const FUNCTIONS = [
  witFunction("double", [S32], S32),
  witFunction("count", [S32], S32),
  witFunction("pay", [STRING], S32),
];

/** What a stateful one gives depends on every call before. */
function guest(isStateful: boolean): (fn: string, args: readonly Value[]) => Value {
  let total = 0;
  return (_, args) => {
    if (!isStateful) return (2 * Number(args[0])) | 0;
    total = (total * 3 + (Number(args[0]) % 1000)) % 10_000;
    return total;
  };
}

const KINDS = {
  sync: (text: string): LoadedProgram =>
    stubProgram(text, FUNCTIONS, () => directInstance(guest(true)), { manifest: { language: "component" } }),
  distant: (text: string): LoadedProgram =>
    stubProgram(text, FUNCTIONS, () => new DistantInstance(guest(true)), { manifest: { language: "python" } }),
  stateless: (text: string): LoadedProgram =>
    stubProgram(text, FUNCTIONS, () => directInstance(guest(false)), {
      manifest: { language: "component", stateless: true },
    }),
  outside: (text: string): LoadedProgram =>
    stubProgram(text, FUNCTIONS, () => directInstance(guest(false)), {
      manifest: { language: "javascript", effects: { double: "keyed", count: "keyed" } },
    }),
} as const;

describe.each(["sync", "distant", "stateless", "outside"] as const)("a run over a %s plugin", (kind) => {
  it("cut off at every commit gives the same lines and result as one that is not", { timeout: 120_000 }, async () => {
    let said = 0;
    await fc.assert(
      fc.asyncProperty(arbitraryProgram, fc.boolean(), async (text, acknowledgementLost) => {
        const program = (): LoadedProgram => KINDS[kind](text);
        const whole = await runWithCrashes(program, { lives: [], acknowledgementLost });
        said += whole.lines.length;
        for (let at = 1; at < whole.commits; at++) {
          const cut = await runWithCrashes(program, { lives: [at], acknowledgementLost });
          expect(cut.lines).toEqual(whole.lines);
          expect(cut.result).toEqual(whole.result);
        }
      }),
      { numRuns: 12 },
    );
    expect(said).toBeGreaterThan(0);
  });
});
