import { describe, expect, it } from "vitest";

import { forkRun } from "../../../src/engine/history/fork.ts";
import { historyOf } from "../../../src/engine/history/history.ts";
import { readLog } from "../../../src/engine/history/log.ts";
import { endOfStep } from "../../../src/engine/history/variables.ts";
import { Fault } from "../../../src/fault.ts";
import type { MemoryStore } from "../../../src/journal/memory-store.ts";
import { S32, STRING, witFunction } from "../../lang/vm/run-foreign.ts";
import { directInstance } from "../stub-program.ts";
import { PROGRAMS } from "./programs.ts";
import { played, readable, sendAll, taken } from "./recorded-run.ts";

async function linesOf(
  store: MemoryStore,
  program: ReturnType<typeof readable>,
  id: string,
): Promise<readonly unknown[]> {
  const { steps } = await historyOf(await readLog(store, id), program);
  return steps.filter(({ kind }) => kind === "print").map(({ input }) => input?.text);
}

describe("a fork of a run", () => {
  it.each(PROGRAMS)(
    "of $name goes on from every step, and comes to the same end (F1)",
    async ({ text, stub, play }) => {
      const program = readable(text, stub);
      const { store, result } = await played(program, text, play);
      const log = await readLog(store, "run");
      const lines = await linesOf(store, program, "run");
      let forks = 0;
      for (const lsn of new Set(log.entries.map((entry) => endOfStep(log, entry.lsn)))) {
        const id = `fork${lsn}`;
        try {
          await forkRun(store, log, program, { number: lsn, id, now: 1 });
        } catch (thrown) {
          if (!(thrown instanceof Fault)) throw thrown;
          expect(thrown.code).toBe("fork-refused"); // F3
          expect(await store.header(id)).toBeUndefined();
          continue;
        }
        forks += 1;
        const fresh = readable(text, stub).program;
        // What time decides may be decided otherwise, and what is outside has not come back with the run.
        const isOpen = /timeout|race/.test(text) || stub.manifest?.language === undefined;
        const received = log.entries.filter((each) => each.lsn <= lsn && each.entry.kind === "SIG").length;
        await sendAll(store, id, (play.signals ?? []).slice(received));
        const again = await taken(store, fresh, id);
        if (isOpen) expect(again.state).toBe("done");
        else expect(again).toEqual(result);
        if (!isOpen && !text.includes("para")) expect(await linesOf(store, program, id)).toEqual(lines);
      }
      expect(forks).toBeGreaterThan(1);
      expect(await linesOf(store, program, "run")).toEqual(lines);
    },
  );

  const PAY = 'require pay; a = pay("a"); print str(a); b = pay("b"); a + b;';
  const shop = (paid: string[]): Parameters<typeof readable>[1] => ({
    functions: [witFunction("pay", [STRING], S32)],
    instance: () => directInstance((_, args) => paid.push(String(args[0]))),
    manifest: { effects: { pay: "once" } },
  });

  it("does again what was not answered, and nothing else (F2)", async () => {
    const paid: string[] = [];
    const program = readable(PAY, shop(paid));
    const { store } = await played(program, PAY);
    const log = await readLog(store, "run");
    const asked = log.entries.findLast(({ entry }) => entry.kind === "REQ")?.lsn ?? 0;
    const short = log.upTo(asked);
    const made = await forkRun(store, short, program, { number: asked, id: "b", now: 1 });
    expect(made.again).toEqual(["program pay"]);
    expect(await taken(store, program.program, "b")).toEqual({ state: "done", value: 4 });
    expect(paid).toEqual(["a", "b", "b"]);
  });

  it("of a fork keeps the names of effects (F1)", async () => {
    const paid: string[] = [];
    const program = readable(PAY, shop(paid));
    const { store } = await played(program, PAY);
    const out = async (id: string): Promise<number> =>
      (await readLog(store, id)).entries.find(({ entry }) => entry.kind === "OUT")?.lsn ?? 0;
    await forkRun(store, await readLog(store, "run"), program, { number: await out("run"), id: "b", now: 1 });
    await taken(store, program.program, "b");
    await forkRun(store, await readLog(store, "b"), program, { number: await out("b"), id: "c", now: 1 });
    await taken(store, program.program, "c");
    const effects = async (id: string): Promise<readonly string[]> => [...(await readLog(store, id)).trails.keys()];
    expect(await effects("c")).toEqual(await effects("run"));
    expect(paid).toEqual(["a", "b", "b", "b"]);
  });

  it("is refused under an id that is taken, and after the end (F3)", async () => {
    const program = readable(PAY, shop([]));
    const { store } = await played(program, PAY);
    const log = await readLog(store, "run");
    const made = forkRun(store, log, program, { number: 1, id: "run", now: 1 });
    await expect(made).rejects.toMatchObject({ code: "id-taken" });
    const late = forkRun(store, log, program, { number: log.last, id: "b", now: 1 });
    await expect(late).rejects.toMatchObject({ code: "fork-refused" });
    expect(await store.header("b")).toBeUndefined();
  });
});
