import { describe, expect, it } from "vitest";

import fc from "../../../fast-check.ts";
import type { LoadedProgram } from "../../../../src/engine/load/loaded.ts";
import { S32, witFunction } from "../../../lang/vm/run-foreign.ts";
import { arbitraryProgram } from "../../../lang/vm/arbitrary-program.ts";
import { directInstance, DistantInstance, stubProgram } from "../../stub-program.ts";
import { runWithCrashes } from "../crash.ts";
import { entriesOf, expectOrder, expectPlaysBack } from "../history.ts";

const FUNCTIONS = [witFunction("double", [S32], S32)];
const over = (text: string, kind: "component" | "python" | "javascript" = "component"): LoadedProgram => {
  const double = (_: string, args: readonly unknown[]): number => (2 * Number(args[0])) | 0;
  return stubProgram(
    text,
    FUNCTIONS,
    () => (kind === "python" ? new DistantInstance(double) : directInstance(double)),
    {
      manifest: { language: kind, effects: { double: "keyed" } },
    },
  );
};

const LONG: boolean = process.env["SENNIT_LONG"] !== undefined;

describe("a run that is kept in snapshots all the time", () => {
  const untimed = arbitraryProgram.filter((text) => !/race|timeout|now\(\)/u.test(text));
  const arbitraryEnds = fc.record({
    survives: fc.nat(9),
    lives: fc.array(fc.integer({ min: 1, max: 25 }), { maxLength: 3 }),
    kind: fc.constantFrom("component" as const, "python" as const, "javascript" as const),
    sleepAfter: fc.constantFrom(undefined, 0, 5),
  });

  it(
    "comes to the same end as one that is not, wherever it is cut off and put to sleep",
    { timeout: 600_000 },
    async () => {
      let [snapshots, sleeps] = [0, 0];
      await fc.assert(
        fc.asyncProperty(untimed, arbitraryEnds, async (text, { survives, lives, kind, sleepAfter }) => {
          const whole = await runWithCrashes(() => over(text, kind), { lives: [], survives });
          const plan = { lives, survives, snapshotAfter: 0, ...(sleepAfter === undefined ? {} : { sleepAfter }) };
          const kept = await runWithCrashes(() => over(text, kind), plan);
          expect(kept.lines.toSorted()).toEqual(whole.lines.toSorted());
          expect(kept.result).toEqual(whole.result);
          const entries = await entriesOf(kept.store);
          expectOrder(entries);
          await expectPlaysBack(kept.store, over(text, kind), kept.result);
          snapshots += entries.filter((entry) => entry.kind === "SNAP").length;
          sleeps += entries.filter((entry) => entry.kind === "NOTE").length - 1;
        }),
        { numRuns: LONG ? 1500 : 30, endOnFailure: true },
      );
      expect([snapshots, sleeps].map((count) => count > 10)).toEqual([true, true]);
    },
  );
});
