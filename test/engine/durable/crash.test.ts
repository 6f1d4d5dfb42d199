import { describe, expect, it } from "vitest";

import fc from "../../fast-check.ts";
import type { LoadedProgram } from "../../../src/engine/load/loaded.ts";
import { Fault } from "../../../src/fault.ts";
import type { Instance } from "../../../src/host/plugin.ts";
import { arbitraryProgram } from "../../lang/vm/arbitrary-program.ts";
import { S32, witFunction } from "../../lang/vm/run-foreign.ts";
import { directInstance, DistantInstance, stubProgram } from "../stub-program.ts";
import { runWithCrashes } from "./crash.ts";
import type { CrashPlan, Finished } from "./crash.ts";
import { entriesOf, expectOneHistory, expectOrder, expectPlaysBack } from "./history.ts";
import type { Guest } from "./history.ts";

const LONG: boolean = process.env["SENNIT_LONG"] !== undefined;
const RUNS = LONG ? 60 : 4;
const TIMEOUT = LONG ? 3_600_000 : 120_000;

const FUNCTIONS = [witFunction("double", [S32], S32)];
const LANGUAGES = {
  sync: { language: "component" },
  distant: { language: "python" },
  stateless: { language: "component", stateless: true },
  outside: { language: "javascript", effects: { double: "keyed" } },
} as const;
type Kind = keyof typeof LANGUAGES;

const doubling = (): Guest => (_, args) => (2 * Number(args[0])) | 0;

/** What it gives depends on every call before; some calls it refuses, and some end it. */
function summing(): Guest {
  let total = 0;
  return (_, args) => {
    const next = (total * 3 + (Number(args[0]) % 1000)) % 10_000;
    if (next % 5 === 3) throw new Fault("plugin-trapped", "It ended");
    total = next;
    if (next % 7 === 5) throw new Fault("refused", "Not this one");
    return total;
  };
}

/** A guest that is gone once it has trapped. */
function instanceOf(kind: Kind, guest: Guest): Instance {
  let alive = true;
  const body: Guest = (fn, args) => {
    if (!alive) throw new Fault("plugin-lost", "It is gone");
    try {
      return guest(fn, args);
    } catch (thrown) {
      alive = (thrown as Fault).code !== "plugin-trapped";
      throw thrown;
    }
  };
  const instance = kind === "distant" ? new DistantInstance(body) : directInstance(body);
  return Object.defineProperty(instance, "alive", { get: () => alive });
}

function over(kind: Kind, text: string, guest: () => Guest): LoadedProgram {
  return stubProgram(text, FUNCTIONS, () => instanceOf(kind, guest()), { manifest: LANGUAGES[kind] });
}

const untouched = (): Guest => () => {
  throw new Error("a guest was called where nothing was to be done");
};

/** Generated programs need not call anything: these do, in turn and at once, and a `summing` guest fails some. */
const CALLS = ["for", "para for"]
  .map((loop) => `${loop} each in range(6) { try { print double(each); } catch (e) { print e.code; } }`)
  .join("\n");
const arbitraryText = arbitraryProgram.map((text) => text.replace("require double;\n", `require double;\n${CALLS}\n`));

/** Every so many of a number's values, the last among them. */
function some(count: number, most: number): readonly number[] {
  const step = Math.max(1, Math.floor(count / most));
  return Array.from({ length: Math.ceil(count / step) }, (_, at) => count - 1 - at * step).filter((at) => at > 0);
}

/** How a life ends, and what comes after it: once, twice or three times. */
const arbitraryEnds = fc.record({
  survives: fc.nat(9),
  more: fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 2 }),
  snapshotAfter: fc.constantFrom(undefined, 0, 400),
  sleepAfter: fc.constantFrom(undefined, undefined, undefined, undefined, 0),
});

async function finish(kind: Kind, text: string, guest: () => Guest, plan: CrashPlan): Promise<Finished> {
  const finished = await runWithCrashes(() => over(kind, text, guest), plan);
  expectOrder(await entriesOf(finished.store));
  await expectPlaysBack(finished.store, over(kind, text, kind === "stateless" ? guest : untouched), finished.result);
  return finished;
}

const KINDS = ["sync", "distant", "stateless", "outside"] as const;

describe.each(KINDS)("a run over a %s plugin, cut off anywhere,", (kind) => {
  /** What the clock decides may be decided otherwise after a cut. */
  const isTimed = (text: string): boolean => /race|timeout|now\(\)/u.test(text);

  it("gives the same lines and result as one that is not", { timeout: TIMEOUT }, async () => {
    let [said, cuts] = [0, 0];
    const untimed = arbitraryText.filter((text) => !isTimed(text));
    await fc.assert(
      fc.asyncProperty(untimed, arbitraryEnds, async (text, { survives, more, ...kept }) => {
        const whole = await finish(kind, text, doubling, { lives: [], survives });
        said += whole.lines.length;
        for (const at of some(whole.commits, 12)) {
          const cut = await finish(kind, text, doubling, { lives: [at, ...more], survives, ...kept });
          expect(cut.lines.toSorted()).toEqual(whole.lines.toSorted());
          expect(cut.result).toEqual(whole.result);
          cuts += 1;
        }
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
    expect([said > 20, cuts > RUNS]).toEqual([true, true]);
  });

  it("is cancelled when it is asked to be, and has one history", { timeout: TIMEOUT }, async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryText, arbitraryEnds, fc.nat(), async (text, { survives, more, ...kept }, when) => {
        const whole = await finish(kind, text, doubling, { lives: [], survives });
        const cancelAt = when % whole.commits;
        for (const at of some(whole.commits, 6)) {
          await finish(kind, text, doubling, {
            lives: [at, ...more],
            survives,
            cancelAt,
            ...kept,
          });
        }
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
  });
});

describe.each(["sync", "distant"] as const)("a run over a %s plugin that remembers, cut off anywhere,", (kind) => {
  it("goes on from what it said, with the state it had", { timeout: TIMEOUT }, async () => {
    const outcomes = new Set<string>();
    await fc.assert(
      fc.asyncProperty(arbitraryText, arbitraryEnds, async (text, { survives, more, ...kept }) => {
        const whole = await finish(kind, text, summing, { lives: [], survives });
        for (const at of some(whole.commits, 12)) {
          const { store } = await finish(kind, text, summing, { lives: [at, ...more], survives, ...kept });
          const entries = await entriesOf(store);
          expectOneHistory(entries, over(kind, text, summing), summing());
          for (const entry of entries) if (entry.kind === "DONE") outcomes.add(entry.outcome);
        }
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
    expect([...outcomes]).toEqual(expect.arrayContaining(["ok", "error", "fault"]));
  });
});
