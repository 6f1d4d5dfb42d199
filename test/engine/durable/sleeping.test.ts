import { describe, expect, it } from "vitest";

import { beginRun, resumeRun } from "../../../src/engine/durable/durable-run.ts";
import type { ResumeOptions, Taken } from "../../../src/engine/durable/durable-run.ts";
import { sendSignal } from "../../../src/engine/durable/effects/send.ts";
import type { LoadedProgram } from "../../../src/engine/load/loaded.ts";
import { MemoryStore } from "../../../src/journal/memory-store.ts";
import { S32, witFunction } from "../../lang/vm/run-foreign.ts";
import { sha256 } from "../../journal/stores.ts";
import { directInstance, stubProgram } from "../stub-program.ts";
import { portsOf, runWithCrashes, VirtualClock } from "./crash.ts";
import type { CrashPlan } from "./crash.ts";
import { entriesOf, expectOrder, expectPlaysBack } from "./history.ts";

const DAY = 86_400_000;
const grants = { allowsCommand: () => false };
const plain = (text: string): LoadedProgram => stubProgram(text, [], () => directInstance(() => null));

/** Time goes on when the test says so. */
class Sleeper {
  readonly store: MemoryStore = new MemoryStore({ hash: sha256, now: () => 0 });
  readonly clock: VirtualClock = new VirtualClock();
  readonly #program: () => LoadedProgram;

  constructor(program: () => LoadedProgram) {
    this.#program = program;
  }

  async begin(): Promise<void> {
    const seed = new Uint8Array(32);
    const run = { id: "run", name: "", source: "", function: 0, args: [], seed, grants: [], created: 0 };
    await beginRun(this.store, this.#program(), run);
  }

  async resume(options: Partial<ResumeOptions> = {}): Promise<Taken> {
    return await resumeRun(this.store, this.#program(), "run", portsOf(this.clock), {
      grants,
      sleepAfter: 0,
      ...options,
    });
  }

  async signal(name: string, value: string): Promise<void> {
    await sendSignal(this.store, "run", { name, value, sender: `${name} ${value}` });
  }

  async kinds(): Promise<readonly string[]> {
    return (await entriesOf(this.store)).map(({ kind }) => kind);
  }
}

describe("a run that only waits", () => {
  it("sleeps for 30 days, and is done when it is taken up then", async () => {
    const sleeper = new Sleeper(() => plain(`t = now(); sleep (30d); print now() - t; "up";`));
    await sleeper.begin();
    expect(await sleeper.resume()).toEqual({ state: "asleep", wake: 30 * DAY });
    expect(await sleeper.store.header("run")).toMatchObject({ state: "waiting", wake: 30 * DAY });
    sleeper.clock.time = 30 * DAY - 1;
    expect(await sleeper.resume()).toEqual({ state: "asleep", wake: 30 * DAY });
    sleeper.clock.time = 30 * DAY;
    expect(await sleeper.resume()).toEqual({ state: "done", value: "up" });
    expect(await sleeper.store.header("run")).toMatchObject({ state: "done", wake: null });
  });

  it("is not misled by a clock that jumps back or forth", async () => {
    const sleeper = new Sleeper(() => plain(`sleep (1h); a = now(); sleep (1h); [a, now()];`));
    sleeper.clock.time = 10 * DAY;
    await sleeper.begin();
    const hour = 3_600_000;
    expect(await sleeper.resume()).toMatchObject({ wake: 10 * DAY + hour });
    sleeper.clock.time = 0;
    expect(await sleeper.resume()).toMatchObject({ wake: 10 * DAY + hour });
    sleeper.clock.time = 20 * DAY;
    expect(await sleeper.resume()).toMatchObject({ wake: 20 * DAY + hour });
    sleeper.clock.time = 5 * DAY;
    expect(await sleeper.resume()).toMatchObject({ wake: 20 * DAY + hour });
    sleeper.clock.time = 21 * DAY;
    const done = await sleeper.resume();
    const [a, b] = (done as { readonly value: readonly bigint[] }).value;
    expect([Number(a) / 1e6, Number(b) / 1e6]).toEqual([20 * DAY, 21 * DAY]);
  });

  it("is woken by the earliest of its timers, and waits for signals without one", async () => {
    const text = `x = race { seq { sleep (3h); "late" } seq { str(wait signal("a") timeout 2h) } }; print x; str(wait signal("b"));`;
    const sleeper = new Sleeper(() => plain(text));
    await sleeper.begin();
    expect(await sleeper.resume()).toEqual({ state: "asleep", wake: 7_200_000 });
    await sleeper.signal("b", "early");
    expect(await sleeper.resume()).toEqual({ state: "asleep", wake: 7_200_000 });
    await sleeper.signal("a", "one");
    expect(await sleeper.resume()).toEqual({ state: "done", value: "early" });
    const entries = await entriesOf(sleeper.store);
    expectOrder(entries);
  });

  it("is awake for a signal that comes while it falls asleep, at whichever moment", async () => {
    const text = `print wait signal("a"); print wait signal("a"); str(wait signal("a"));`;
    for (const survives of [0, 9]) {
      for (let at = 1; at < 16; at++) {
        const signals = ["one", "two", "three"].map((value, n) => ({ at: at + n * (at % 3), name: "a", value }));
        for (const lives of [[], [at], [at, 2]]) {
          const plan: CrashPlan = { lives, survives, sleepAfter: 0, signals };
          const finished = await runWithCrashes(() => plain(text), plan);
          expect(finished.lines).toEqual(["one", "two"]);
          expect(finished.result).toEqual({ state: "done", value: "three" });
          await expectPlaysBack(finished.store, plain(text), finished.result);
        }
      }
    }
  });

  it("keeps the signals that nobody waited for, through every sleep", async () => {
    const text = `for i in [1, 2, 3] { sleep (1h); } [str(wait signal("a")), str(wait signal("b")), str(wait signal("a"))];`;
    const sleeper = new Sleeper(() => plain(text));
    await sleeper.begin();
    for (const [hours, name] of [
      [1, "a"],
      [2, "b"],
      [3, "a"],
    ] as const) {
      expect(await sleeper.resume()).toMatchObject({ state: "asleep" });
      await sleeper.signal(name, `${name}${hours}`);
      sleeper.clock.time = hours * 3_600_000;
    }
    expect(await sleeper.resume({ keep: "snapshot" })).toEqual({ state: "done", value: ["a1", "b2", "a3"] });
  });

  it("has the state of its instances again when it wakes, and none while it sleeps", async () => {
    let [living, calls] = [0, 0];
    const program = (): LoadedProgram =>
      stubProgram(
        `require count; t = 0; for i in [1, 2, 3] { t = count(i); sleep (1h); } t;`,
        [witFunction("count", [S32], S32)],
        () => {
          let total = 0;
          living += 1;
          const instance = directInstance((_, args) => {
            calls += 1;
            return (total = total * 2 + Number(args[0]));
          });
          return { ...instance, [Symbol.asyncDispose]: async () => void (living -= 1) };
        },
        { manifest: { language: "component" } },
      );
    const sleeper = new Sleeper(program);
    await sleeper.begin();
    for (let hours = 1; hours <= 3; hours++) {
      expect(await sleeper.resume()).toMatchObject({ state: "asleep", wake: hours * 3_600_000 });
      expect(living).toBe(0);
      sleeper.clock.time = hours * 3_600_000;
    }
    expect(await sleeper.resume()).toEqual({ state: "done", value: 11 });
    // What is not called again is not rebuilt: 1, then 1 and 2, then 1, 2 and 3.
    expect([living, calls]).toEqual([0, 6]);
  });

  it("does not sleep while it computes, calls, or runs what it spawned", async () => {
    const text = `workflow child() { sleep (1h); 7 } c = spawn child(); await c;`;
    const sleeper = new Sleeper(() => plain(text));
    await sleeper.begin();
    const running = sleeper.resume();
    for (let turns = 0; turns < 200; turns++) {
      await new Promise((resolve) => void setImmediate(resolve));
      if (turns > 50) sleeper.clock.pass();
    }
    expect(await running).toEqual({ state: "done", value: 7 });
    expect(await sleeper.kinds()).not.toContain("SNAP");
  });

  it("sleeps while somebody else runs what it spawned, and has its value when it wakes", async () => {
    const text = `workflow child(n: Int) { n * 2 } c = spawn child(21); await c;`;
    const sleeper = new Sleeper(() => plain(text));
    await sleeper.begin();
    const asked: string[] = [];
    let isDone = false;
    const children: NonNullable<ResumeOptions["children"]> = {
      create: async (id) => void asked.push(id),
      run: async (_, __, stop) => {
        if (isDone) return { state: "done", value: 42 };
        await new Promise((resolve) => stop.addEventListener("abort", resolve, { once: true }));
        throw new Error("the parent waits no longer");
      },
    };
    expect(await sleeper.resume({ children })).toEqual({ state: "asleep", wake: null });
    isDone = true;
    expect(await sleeper.resume({ children })).toEqual({ state: "done", value: 42 });
    expect(asked).toHaveLength(1);
  });

  it("wakes to be cancelled, and cleans up", async () => {
    const text = `try { sleep (30d); } finally { sleep (1h); print "clean"; }`;
    const sleeper = new Sleeper(() => plain(text));
    await sleeper.begin();
    expect(await sleeper.resume()).toMatchObject({ wake: 30 * DAY });
    const signal = AbortSignal.abort();
    expect(await sleeper.resume({ signal })).toMatchObject({ wake: 3_600_000 });
    sleeper.clock.time = 3_600_000;
    expect(await sleeper.resume()).toEqual({ state: "cancelled" });
  });
});
