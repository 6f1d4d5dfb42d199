/** R1 where the VM is not waiting: what arrives while a run computes, and what was abandoned before it was looked at. */
import { describe, expect, it } from "vitest";
import type { Value } from "../../src/wit/value.ts";
import { S32, witFunction } from "../lang/vm/run-foreign.ts";
import { directInstance, runStub, stubProgram } from "./stub-program.ts";

const functions = [witFunction("f", [S32], S32), witFunction("fails", [], S32)];

/** A world that moves only when a computing run breathes. */
class Breaths {
  count = 0;
  /** By the breath at which they happen. */
  readonly #plan = new Map<number, () => void>();

  at(breath: number, what: () => void): void {
    this.#plan.set(breath, what);
  }

  readonly breathe = async (): Promise<void> => {
    this.#plan.get(++this.count)?.();
    await new Promise<void>((resolve) => void setImmediate(resolve));
  };
}

describe("a run that computes", () => {
  it("hears of its timers at once, however many answers came before them", async () => {
    const world = new Breaths();
    const waiting = new Map<number, () => void>();
    let ring: () => void = () => {};
    const instance = directInstance(
      (_, [n]) => new Promise<Value>((resolve) => void waiting.set(Number(n), () => resolve(n!))),
    );
    const text = `require f; try { timeout (1h) {
        para { para for i in range(200) { f(i) }; seq { f(-1); n = 0; while (true) { n = n + 1; } } }
      } } catch (e) { print e.code; }`;
    const clock = { now: () => 0, sleep: () => new Promise<void>((resolve) => void (ring = resolve)) };
    const running = runStub(
      stubProgram(text, functions, () => instance),
      { ports: { clock, breathe: world.breathe } },
    );
    while (waiting.size < 201) await new Promise((resolve) => setImmediate(resolve));
    world.at(1, () => {
      for (let i = 0; i < 200; i++) waiting.get(i)!();
      setImmediate(() => ring());
    });
    waiting.get(-1)!();
    const { lines } = await running;

    expect(lines).toEqual(["timeout"]);
    // One at which it came, one at which it was handed over.
    expect(world.count).toBeLessThanOrEqual(3);
  });

  it("looks at answers in the order in which they came, also those that came meanwhile", async () => {
    const world = new Breaths();
    const waiting = new Map<number, () => void>();
    const instance = directInstance(
      (_, [n]) => new Promise<Value>((resolve) => void waiting.set(Number(n), () => resolve(n!))),
    );
    const text = `require f; para {
        seq { f(1); print "f"; } seq { sleep(1s); print "slept"; } seq { f(2); print "g"; }
        seq { f(3); n = 0; while (n < 100000) { n = n + 1; } print "computed"; }
      }`;
    let ring: () => void = () => {};
    const clock = { now: () => 0, sleep: () => new Promise<void>((resolve) => void (ring = resolve)) };
    const running = runStub(
      stubProgram(text, functions, () => instance),
      { ports: { clock, breathe: world.breathe } },
    );
    while (waiting.size < 3) await new Promise((resolve) => setImmediate(resolve));
    world.at(1, () => {
      waiting.get(2)!();
      queueMicrotask(() => {
        setImmediate(() => ring());
        setImmediate(() => waiting.get(1)!());
      });
    });
    waiting.get(3)!();
    const { lines } = await running;

    expect(world.count).toBeGreaterThan(3);
    expect(lines).toEqual(["computed", "g", "slept", "f"]);
  });
});

describe("an answer that arrived before its effect was abandoned", () => {
  it("is nobody's: the next attempt of a retry waits for its own", async () => {
    const answers: ((value: Value) => void)[] = [];
    let tries = 0;
    const instance = directInstance((fn) => {
      if (fn === "f") return new Promise<Value>((resolve) => void answers.push(resolve));
      tries++;
      // The first attempt fails, and in the same turn, after that, the call beside it is answered.
      if (tries > 1) return Promise.resolve(0);
      return new Promise<Value>((_, reject) => {
        queueMicrotask(() => {
          reject(new Error("first"));
          queueMicrotask(() => answers[0]!(111));
        });
      }).catch(() => 13);
    });
    const text = `require f, fails;
      print retry (times: 2, backoff: 1ms) { para { f(1); seq { if (fails() == 13) { raise "again"; } 5 } } };`;
    const running = runStub(stubProgram(text, functions, () => instance));
    while (answers.length < 2) await new Promise((resolve) => setImmediate(resolve));
    answers[1]!(222);
    const { lines, result } = await running;

    expect(result.state).toBe("done");
    expect(lines).toEqual(["[222, 5]"]);
  });
});
