import { describe, expect, it } from "vitest";

import { historyOf } from "../../../src/engine/history/history.ts";
import { readLog } from "../../../src/engine/history/log.ts";
import type { HistoryStep } from "../../../src/engine/history/step.ts";
import { endOfStep, momentOf } from "../../../src/engine/history/variables.ts";
import type { Value } from "../../../src/wit/value.ts";
import { S32, STRING, witFunction } from "../../lang/vm/run-foreign.ts";
import { directInstance } from "../stub-program.ts";
import { PROGRAMS } from "./programs.ts";
import { played, readable } from "./recorded-run.ts";
import type { Play, Stub } from "./recorded-run.ts";

const FUNCTIONS = [witFunction("pay", [STRING], S32), witFunction("add", [S32, S32], S32)];

function stub(manifest: NonNullable<Stub["manifest"]> = {}): Stub {
  const guest = (fn: string, args: readonly Value[]): Value => (fn === "pay" ? 3 : Number(args[0]) + Number(args[1]));
  return { functions: FUNCTIONS, instance: () => directInstance(guest), manifest };
}

const ORDER = `param who: String;
require pay, add;
x = pay(who);
y = add(x, 4);
sleep (1ms);
print $"paid {y}";
t = wait signal("go");
y;`;
const GO: Play = { args: ["Ada"], signals: [{ name: "go", value: new Map([["by", "Bob"]]) }] };

async function stepsOf(text: string, given: Stub, play: Play = {}): Promise<readonly HistoryStep[]> {
  const program = readable(text, given);
  const { store } = await played(program, text, play);
  const { steps, partial } = await historyOf(await readLog(store, "run"), program);
  expect(partial).toBeNull();
  return steps.filter(({ kind }) => kind !== "note");
}

function told({ kind, what, state, place, input, output }: HistoryStep): string {
  const line = place === null ? "" : `${place.line} `;
  return `${line}${kind} ${what} ${state}: ${input?.text ?? ""} -> ${output?.text ?? ""}`;
}

const EXPECTED = [
  "5 sleep  delivered: 1ms -> nil",
  "6 print  noted: paid 7 -> ",
  '7 signal go delivered:  -> {"by": "Bob"}',
  "end done noted:  -> 7",
];

describe("the history of a run", () => {
  it("tells every step with what it was given and gave, and where it stands (H2)", async () => {
    const steps = await stepsOf(ORDER, stub(), GO);
    expect(steps.map(told)).toEqual([
      'begin  noted: ["Ada"] -> ',
      'sent go noted: {"by": "Bob"} -> ',
      '3 call pay delivered: "Ada" -> 3',
      "4 call add delivered: 3, 4 -> 7",
      ...EXPECTED,
    ]);
    const pay = steps.find(({ what }) => what === "pay");
    expect(pay).toMatchObject({ class: "once", attempt: 1 });
    expect(pay?.input?.data).toEqual(["Ada"]);
    expect((pay?.ended ?? 0) - (pay?.begun ?? 0)).toBeGreaterThan(0);
  });

  it("tells calls that were made at once from the log, and says of others that they are computed again", async () => {
    const kept = await stepsOf(ORDER, stub({ language: "component" }), GO);
    expect(kept.filter(({ kind }) => kind === "call").map(told)).toEqual([
      '3 call pay delivered: "Ada" -> 3',
      "4 call add delivered: 3, 4 -> 7",
    ]);
    const pure = await stepsOf(ORDER, stub({ language: "component", stateless: true }), GO);
    expect(pure.filter(({ kind }) => kind === "call").map(told)).toEqual([
      '3 call pay recomputed: "Ada" -> 3',
      "4 call add recomputed: 3, 4 -> 7",
    ]);
    expect(pure.filter(({ state }) => state === "recomputed").map(({ number }) => number)).toEqual([null, null]);
    for (const steps of [kept, pure]) expect(steps.slice(-EXPECTED.length).map(told)).toEqual(EXPECTED);
  });

  it("tells what the log says when the program is not there, or another (H3)", async () => {
    const { store } = await played(readable(ORDER, stub()), ORDER, GO);
    const log = await readLog(store, "run");
    const without = await historyOf(log, null, "no package pay");
    expect(without.partial).toBe("no package pay");
    expect(without.steps.map(({ kind }) => kind)).toContain("call");
    expect(without.steps.every(({ place }) => place === null)).toBe(true);
    const other = await historyOf(log, readable(ORDER.replace("4", "5"), stub()));
    expect(other.partial).toContain("not the version");
  });

  it("of any prefix tells the steps of that prefix, and what the program waits for (H1)", async () => {
    const program = readable(ORDER, stub());
    const { store } = await played(program, ORDER, GO);
    const log = await readLog(store, "run");
    const numbers = (steps: readonly HistoryStep[]): readonly number[] => steps.flatMap(({ number }) => number ?? []);
    const all = numbers((await historyOf(log, program)).steps);
    for (let lsn = 1; lsn < log.last; lsn++) {
      const { steps, partial } = await historyOf(log.upTo(lsn), program);
      expect(partial).toBeNull();
      expect(numbers(steps)).toEqual(all.filter((number) => number <= lsn));
    }
    const early = await historyOf(log.upTo(2), program);
    expect(early.steps.filter(({ state }) => state === "waiting").map(told)).toEqual(['3 call pay waiting: "Ada" -> ']);
  });

  it.each(PROGRAMS)("of $name plays back to the same end, and so does every prefix to a moment", async (each) => {
    const program = readable(each.text, each.stub);
    const { store, result } = await played(program, each.text, each.play);
    expect(result.state).toBe("done");
    const log = await readLog(store, "run");
    const { steps, partial } = await historyOf(log, program);
    expect(partial).toBeNull();
    expect(steps.filter(({ place }) => place !== null).length).toBeGreaterThan(0);
    for (const { lsn } of log.entries) {
      const { ending, branches } = await momentOf(log, program, lsn);
      expect(ending === null).toBe(branches.length > 0);
    }
  });
});

describe("the variables of a run", () => {
  const TEXT = `require add;
function twice(n: Int) -> Int {
  k = add(n, n);
  print str(k);
  k;
}
y = 0;
for i in [1, 2] {
  y = y + twice(i);
  print str(y);
}
para {
  { a = add(y, 1); sleep (1s); a; }
  { b = add(y, 2); sleep (2s); b; }
}`;

  async function variablesAt(text: string, given: Stub, at: (entry: string) => boolean): Promise<readonly string[]> {
    const program = readable(text, given);
    const { store } = await played(program, text);
    const log = await readLog(store, "run");
    const lsn =
      log.entries.find(({ entry }) => at(`${entry.kind} ${"channel" in entry ? entry.channel : ""}`))?.lsn ?? 0;
    const { branches } = await momentOf(log, program, lsn);
    return branches.map(({ name, waits, frames }) => {
      const calls = frames.map(({ function: fn, place, variables }) => {
        return [`${fn}:${place.line}`, ...variables.map((variable) => `${variable.name}=${variable.value.text}`)].join(
          " ",
        );
      });
      return `${name} (${waits}) ${calls.join(" > ")}`;
    });
  }

  it.each([
    ["asked one by one", {}, "main (call add) main:9 y=2 i=2 > twice:3 n=2"],
    ["made at once", { language: "component" as const }, "main () main:9 y=2 i=2 > twice:4 n=2 k=4"],
    ["computed again", { language: "component" as const, stateless: true }, "main () main:9 y=2 i=2 > twice:4 n=2 k=4"],
  ])("are those when the step was over, with calls %s", async (_, manifest, expected) => {
    let outs = 0;
    const found = await variablesAt(TEXT, stub(manifest), (entry) => entry === "OUT print" && ++outs === 2);
    expect(found).toEqual([expected]);
  });

  it("are told branch by branch", async () => {
    const found = await variablesAt(TEXT, stub({ language: "component" }), (entry) => entry.startsWith("ARM"));
    expect(found).toEqual([
      "main (the branches of para) main:12 y=6 i=2",
      "branch 1 of para (sleep) main.para#0.branch#1:14 y=6 b=8",
    ]);
  });

  it("are refused for a step that is none", async () => {
    const program = readable(ORDER, stub());
    const { store } = await played(program, ORDER, GO);
    const log = await readLog(store, "run");
    for (const number of [0, -1, 1.5, log.last + 1]) {
      await expect(momentOf(log, program, number)).rejects.toMatchObject({ code: "unknown-step" });
    }
    const pay = log.entries.find(({ entry }) => entry.kind === "REQ")?.lsn ?? 0;
    expect([endOfStep(log, pay), endOfStep(log, pay + 1)]).toEqual([pay + 2, pay + 2]);
  });
});
