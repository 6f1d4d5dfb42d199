import { describe, expect, it } from "vitest";

import type { LoadedProgram } from "../../../../src/engine/load/loaded.ts";
import { Fault } from "../../../../src/fault.ts";
import type { ImportedFunction } from "../../../../src/host/plugin.ts";
import type { Value } from "../../../../src/wit/value.ts";
import { S32, witFunction } from "../../../lang/vm/run-foreign.ts";
import { directInstance, DistantInstance, stubProgram } from "../../stub-program.ts";
import { runWithCrashes } from "../crash.ts";
import { entriesOf, expectOrder, expectPlaysBack } from "../history.ts";

type Effect = "read" | "keyed" | "once";
const FUNCTIONS = [witFunction("order", [S32], S32)];

/**
 * `order(n)` of a guest charges n and then 1 through what it imports, and gives the sum of all it was told so far; `fails`
 * tells whether charging does.
 */
class Bank {
  readonly charged: number[] = [];
  fails: (amount: number) => boolean = () => false;

  program(text: string, effect: Effect): LoadedProgram {
    const outside = stubProgram("", [], () => directInstance((_, args) => this.#charge(Number(args[0]))), {
      manifest: { language: "javascript", effects: { charge: effect } },
    }).packages[0]!;
    const guest = stubProgram(text, FUNCTIONS, () => directInstance(() => null), { manifest: { language: "python" } });
    const [pack] = guest.packages;
    const plugin = {
      ...pack!.plugin,
      instantiate: async ({ imports }: { readonly imports: ReadonlyMap<string, ImportedFunction> }) =>
        ordering(imports.get("charge") as ImportedFunction),
    };
    const imports = new Map([["charge", { package: 1, function: "charge" }]]);
    return {
      ...guest,
      packages: [
        { ...pack!, plugin, imports },
        { ...outside, name: "bank" },
      ],
    };
  }

  #charge(amount: number): Value {
    this.charged.push(amount);
    if (this.fails(amount)) throw new Fault("declined", `Not ${amount}`);
    return this.charged.length;
  }
}

function ordering(charge: ImportedFunction): DistantInstance {
  let total = 0;
  return new DistantInstance(async (_, args) => {
    expect(charge.colour).toBe("async");
    total += 1000 * Number(args[0]);
    for (const amount of [Number(args[0]), 1]) {
      await charge.call([amount]);
      total += amount;
    }
    return total;
  });
}

const TEXT = `require order;
  for n in [10, 20, 30] { try { print order(n); } catch (e) { print e.code; } sleep (1ms); }`;

describe("what a guest imports from outside", () => {
  it("happens once, and is answered from the log when the call is made again", async () => {
    const bank = new Bank();
    const { lines, store, result } = await runWithCrashes(() => bank.program(TEXT, "keyed"), {
      lives: [],
      survives: 0,
    });
    expect(lines).toEqual(["10011", "30032", "60063"]);
    expect(bank.charged).toEqual([10, 1, 20, 1, 30, 1]);
    await expectPlaysBack(store, bank.program(TEXT, "keyed"), result);
    expect(bank.charged.length).toBe(6);
  });

  it.each(["read", "keyed"] as const)(
    "of the class %s is done again where its answer was lost, wherever it is cut off",
    async (effect) => {
      const whole = await runWithCrashes(() => new Bank().program(TEXT, effect), { lives: [], survives: 0 });
      for (let at = 1; at < whole.commits; at++) {
        for (const survives of [0, 1, 2]) {
          const bank = new Bank();
          const cut = await runWithCrashes(() => bank.program(TEXT, effect), { lives: [at, 2], survives });
          expect(cut.lines).toEqual(whole.lines);
          expect(cut.result).toEqual(whole.result);
          if (effect === "keyed") expect(bank.charged.length).toBeLessThanOrEqual(8);
          expectOrder(await entriesOf(cut.store));
        }
      }
    },
  );

  it("of the class once is done once at most, and the guest is told where nobody knows", async () => {
    const whole = await runWithCrashes(() => new Bank().program(TEXT, "once"), { lives: [], survives: 0 });
    let uncertain = 0;
    for (let at = 1; at < whole.commits; at++) {
      for (const survives of [0, 1, 9]) {
        const bank = new Bank();
        const { lines, store } = await runWithCrashes(() => bank.program(TEXT, "once"), { lives: [at, 3], survives });
        const asked = (await entriesOf(store)).filter(({ kind }) => kind === "REQ");
        expect(bank.charged.length).toBeLessThanOrEqual(asked.length);
        uncertain += lines.filter((line) => line === "uncertain").length;
      }
    }
    expect(uncertain).toBeGreaterThan(0);
  });

  it("is asked for anew by every attempt of a retry", async () => {
    const text = `require order; print retry (times: 3, backoff: 1ms) { order(5) };`;
    const whole = new Bank();
    whole.fails = () => whole.charged.length < 3;
    const { lines, commits } = await runWithCrashes(() => whole.program(text, "keyed"), { lives: [], survives: 0 });
    expect([lines, whole.charged]).toEqual([["15006"], [5, 5, 5, 1]]);
    expect(commits).toBeGreaterThan(3);
  });
});
