import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { resumeRun } from "../../../src/engine/durable/durable-run.ts";
import { ValueBytes } from "../../../src/engine/durable/value-bytes.ts";
import type { LoadedProgram } from "../../../src/engine/loaded.ts";
import { decodeEntry } from "../../../src/journal/entry-codec.ts";
import type { EntryOf } from "../../../src/journal/entry.ts";
import type { MemoryStore } from "../../../src/journal/memory-store.ts";
import type { Value } from "../../../src/wit/value.ts";
import { arbitraryProgram } from "../../lang/vm/arbitrary-program.ts";
import { S32, witFunction } from "../../lang/vm/run-foreign.ts";
import { directInstance, DistantInstance, stubProgram } from "../stub-program.ts";
import { portsOf, runWithCrashes } from "./crash.ts";

const FUNCTIONS = [witFunction("double", [S32], S32)];
const LANGUAGES = {
  sync: { language: "component" },
  distant: { language: "python" },
  stateless: { language: "component", stateless: true },
  outside: { language: "javascript", effects: { double: "keyed" } },
} as const;
type Kind = keyof typeof LANGUAGES;

type Guest = (fn: string, args: readonly Value[]) => Value;
const doubling = (): Guest => (_, args) => (2 * Number(args[0])) | 0;

/** What it gives depends on every call before. */
function summing(): Guest {
  let total = 0;
  return (_, args) => {
    total = (total * 3 + (Number(args[0]) % 1000)) % 10_000;
    return total;
  };
}

function over(kind: Kind, text: string, guest: () => Guest): LoadedProgram {
  const instantiate = () => (kind === "distant" ? new DistantInstance(guest()) : directInstance(guest()));
  return stubProgram(text, FUNCTIONS, instantiate, { manifest: LANGUAGES[kind] });
}

/** Every so many of a number's values, the last among them. */
function some(count: number, most: number): readonly number[] {
  const step = Math.max(1, Math.floor(count / most));
  return Array.from({ length: Math.ceil(count / step) }, (_, at) => count - 1 - at * step).filter((at) => at > 0);
}

describe.each(["sync", "distant", "stateless", "outside"] as const)(
  "a run over a %s plugin, cut off anywhere,",
  (kind) => {
    it("gives the same lines and result as one that is not", { timeout: 120_000 }, async () => {
      let said = 0;
      let cuts = 0;
      await fc.assert(
        fc.asyncProperty(arbitraryProgram, fc.nat(6), async (text, survives) => {
          const program = (): LoadedProgram => over(kind, text, doubling);
          const whole = await runWithCrashes(program, { lives: [], survives });
          said += whole.lines.length;
          for (const at of some(whole.commits, 12)) {
            const cut = await runWithCrashes(program, { lives: [at], survives });
            expect(cut.lines.toSorted()).toEqual(whole.lines.toSorted());
            expect(cut.result).toEqual(whole.result);
            cuts += 1;
          }
        }),
        { numRuns: 12, endOnFailure: true },
      );
      expect([said, cuts].map((count) => count > 20)).toEqual([true, true]);
    });
  },
);

describe.each(["sync", "distant"] as const)("a run over a %s plugin that remembers, cut off anywhere,", (kind) => {
  it("goes on from what it said, with the state it had", { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryProgram, fc.nat(6), async (text, survives) => {
        const program = (): LoadedProgram => over(kind, text, summing);
        const whole = await runWithCrashes(program, { lives: [], survives });
        for (const at of some(whole.commits, 12)) {
          const { store, result, lines } = await runWithCrashes(program, { lives: [at, at], survives });
          await expectOneHistory(store, program());
          const again = await resumeRun(store, program(), "run", portsOf(), { grants: { allowsCommand: () => false } });
          expect(again).toEqual(result);
          expect(lines.length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 12, endOnFailure: true },
    );
  });
});

/** The answers of all calls are those of one guest that served them in the order of their entries. */
async function expectOneHistory(store: MemoryStore, { ir }: LoadedProgram): Promise<void> {
  const values = new ValueBytes(ir);
  const entries = (await store.read("run", 1)).map(({ bytes }) => decodeEntry(bytes));
  const done = new Map(entries.flatMap((entry) => (entry.kind === "DONE" ? [[nameOf(entry), entry] as const] : [])));
  const calls = entries.filter((entry) => entry.kind === "CALL") as EntryOf<"CALL">[];
  // A call that was cut off is made again, and stands there again.
  const last = new Map(calls.map((call) => [nameOf(call), call]));
  const guest = summing();
  for (const call of calls) {
    const answer = done.get(nameOf(call));
    if (last.get(nameOf(call)) !== call || answer === undefined) continue;
    const args = values.decode(call.args as Uint8Array) as readonly Value[];
    expect(values.decode(answer.value as Uint8Array)).toEqual(guest(call.function, args));
  }
}

function nameOf({ eff, attempt }: { readonly eff: string; readonly attempt: number }): string {
  return `${eff} ${attempt}`;
}
