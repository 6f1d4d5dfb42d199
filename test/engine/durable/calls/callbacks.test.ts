import { describe, expect, it } from "vitest";

import fc from "../../../fast-check.ts";
import { program } from "./calling-back.ts";
import type { Kind } from "./calling-back.ts";
import { runWithCrashes } from "../crash.ts";
import type { CrashPlan, Finished } from "../crash.ts";
import { entriesOf, expectOrder, expectPlaysBack } from "../history.ts";

const LONG: boolean = process.env["SENNIT_LONG"] !== undefined;
const ALL = "require each; require both; require at_once; require hasty; require slow; require trap; require plain;\n";

async function finish(kind: Kind, text: string, plan: CrashPlan): Promise<Finished> {
  const finished = await runWithCrashes(() => program(kind, text), plan);
  expectOrder(await entriesOf(finished.store));
  await expectPlaysBack(finished.store, program(kind, text, untouched), finished.result);
  return finished;
}

const untouched = () => (): never => {
  throw new Error("a guest was called where nothing was to be done");
};

/** Cut off at every commit, twice: the lines and the result are those of a run that was not. */
async function expectSame(kind: Kind, text: string): Promise<Finished> {
  const whole = await finish(kind, text, { lives: [], survives: 0 });
  for (let at = 1; at < whole.commits; at++) {
    for (const [survives, kept] of [[0], [2], [2, { snapshotAfter: 1 }]] as const) {
      const cut = await finish(kind, text, { lives: [at, 1 + (at % 3)], survives, ...kept });
      expect(cut.lines).toEqual(whole.lines);
      expect(cut.result).toEqual(whole.result);
    }
  }
  return whole;
}

describe.each(["distant", "direct", "outside"] as const)("a function that a %s plugin calls back", (kind) => {
  it("does what it does once, wherever the run is cut off", async () => {
    const text = `${ALL} print each(3, |x| seq { print x; now(); x + 1 }); print plain(1);
      print both(|x| x + 1, |x| seq { print "second"; now(); x * 2 }); print each(2, |x| x);`;
    const { lines } = await expectSame(kind, text);
    const end = kind === "outside" ? ["1", "second", "2", "1"] : ["19", "second", "39", "352"];
    expect(lines).toEqual(["0", "1", "2", "18", ...end]);
  });

  it("may fail, and come twice at once", async () => {
    const text = `${ALL} print each(2, |x| 1 div x); print at_once(|x| seq { now(); x });
      try { print trap(|x| x); } catch (e) { print e.code; }
      print at_once(|x| if (random() < 2.0) { x } else { 0 }); print plain(1);`;
    await expectSame(kind, text);
  });

  it("has one history when nobody waits for it any more, or for its call", async () => {
    const text = `${ALL} print hasty(|x| seq { now(); now(); print "late"; x });
      try { timeout (5ms) { print slow(|x| seq { print "called"; x }); } } catch (e) { print e.code; } print plain(0);`;
    const whole = await finish(kind, text, { lives: [], survives: 0 });
    expect(whole.lines).toEqual(expect.arrayContaining(["called", "timeout"]));
    expect(whole.lines.at(-1)).toBe(kind === "outside" ? "0" : "10"); // `cancelled` has nine letters
    for (let at = 1; at < whole.commits; at++) {
      const cut = await finish(kind, text, { lives: [at], survives: at % 3 });
      expect(cut.lines).toContain("timeout");
    }
  });
});

describe("a function that a plugin calls back", () => {
  it.each(["distant", "direct"] as const)("is re-entrant where it calls that %s plugin again", async (kind) => {
    const text = `${ALL} print each(2, |x| plain(x)); print each(1, |x| seq { try { plain(x) } catch (e) { print e.code; 5 } });`;
    const { lines } = await expectSame(kind, text);
    expect(lines).toEqual(["40", "re-entrant", "125"]);
  });

  it("is in no snapshot while it is at it, also before its call is made again", async () => {
    const text = `${ALL} print each(0, |x| x); print at_once(|x| if (random() < 2.0) { x } else { 0 }); print each(0, |x| x);`;
    const whole = await finish("outside", text, { lives: [], survives: 2 });
    for (let at = 1; at < whole.commits; at++) {
      for (const next of [1, 2, 3, 4]) {
        const cut = await finish("outside", text, { lives: [at, next], survives: 2, snapshotAfter: 1 });
        expect(cut.lines).toEqual(whole.lines);
      }
    }
  });

  const arbitraryBody = fc.constantFrom(
    "x + 1",
    "seq { print x; x }",
    "seq { now(); x * 2 }",
    "1 div x",
    "seq { print para { seq { now(); x } seq { x + 1 } }; x }",
    "seq { for i in range(int(x)) { print i; now(); } x }",
    "if (random() < 2.0) { x } else { 0 }",
  );
  const arbitraryCall = fc.oneof(
    fc.tuple(fc.nat(3), arbitraryBody).map(([n, body]) => `each(${n}, |x| ${body})`),
    fc.tuple(arbitraryBody, arbitraryBody).map(([one, other]) => `both(|x| ${one}, |x| ${other})`),
    arbitraryBody.map((body) => `at_once(|x| ${body})`),
    arbitraryBody.map((body) => `trap(|x| ${body})`),
    fc.nat(9).map((n) => `plain(${n})`),
  );
  const arbitraryText = fc
    .array(arbitraryCall, { minLength: 1, maxLength: 4 })
    .map((calls) => ALL + calls.map((call) => `try { print ${call}; } catch (e) { print e.code; }`).join("\n"));

  it.each(["distant", "direct", "outside"] as const)(
    "of a %s plugin leaves the same lines, whatever it does and wherever it is cut off",
    { timeout: LONG ? 3_600_000 : 60_000 },
    async (kind) => {
      const ends = fc.record({ survives: fc.nat(9), more: fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 1 }) });
      await fc.assert(
        fc.asyncProperty(arbitraryText, ends, fc.nat(), async (text, { survives, more }, seed) => {
          const whole = await finish(kind, text, { lives: [], survives });
          const step = LONG ? 1 : Math.max(1, Math.floor(whole.commits / 5));
          for (let at = 1 + (seed % step); at < whole.commits; at += step) {
            for (const snapshots of [{}, { snapshotAfter: 1 }]) {
              const cut = await finish(kind, text, { lives: [at, ...more], survives, ...snapshots });
              expect(cut.lines).toEqual(whole.lines);
              expect(cut.result).toEqual(whole.result);
            }
          }
        }),
        { numRuns: LONG ? 200 : 8, endOnFailure: true },
      );
    },
  );
});
