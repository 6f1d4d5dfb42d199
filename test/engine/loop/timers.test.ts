import { describe, expect, it } from "vitest";

import fc from "../../fast-check.ts";
import { LONGEST, Timers } from "../../../src/engine/loop/timers.ts";
import type { TimerPort } from "../../../src/engine/loop/timers.ts";

const DAY = 86_400_000;

/** A clock in the test's hands, which is a strict platform: it refuses waits that a real one would not keep. */
class FakeClock implements TimerPort {
  time = 1_000_000;
  #pending: { readonly due: number; readonly work: () => void } | null = null;
  asked = 0;

  readonly now = (): number => this.time;

  readonly after = (milliseconds: number, work: () => void): (() => void) => {
    if (milliseconds < 0 || milliseconds > LONGEST) throw new RangeError(`${milliseconds} ms`);
    if (this.#pending !== null) throw new Error("two timers of the platform at once");
    this.asked += 1;
    const pending = { due: this.time + milliseconds, work };
    this.#pending = pending;
    return () => {
      if (this.#pending === pending) this.#pending = null;
    };
  };

  get isArmed(): boolean {
    return this.#pending !== null;
  }

  /** Time passes; timers go off when theirs has come. */
  pass(milliseconds: number): void {
    const end = this.time + milliseconds;
    while (this.#pending !== null && this.#pending.due <= end) {
      const { due, work } = this.#pending;
      this.#pending = null;
      this.time = Math.max(this.time, due);
      work();
    }
    this.time = end;
  }
}

describe("timers", () => {
  it("are told in the order of their times, and equal ones as they were set", () => {
    const clock = new FakeClock();
    const timers = new Timers(clock);
    const told: string[] = [];
    for (const [name, after] of [
      ["c", 30],
      ["a", 10],
      ["b1", 20],
      ["b2", 20],
      ["past", -5],
    ] as const)
      timers.set(clock.time + after, () => told.push(name));
    clock.pass(25);
    expect(told).toEqual(["past", "a", "b1", "b2"]);
    clock.pass(10);
    expect([told.at(-1), timers.size, clock.isArmed]).toEqual(["c", 0, false]);
  });

  it("sleep exactly 30 days, an hour at a time", () => {
    const clock = new FakeClock();
    const timers = new Timers(clock);
    let woken = 0;
    timers.set(clock.time + 30 * DAY, () => (woken += 1));
    clock.pass(30 * DAY - 1);
    expect(woken).toBe(0);
    clock.pass(1);
    expect([woken, clock.asked]).toEqual([1, 30 * 24]);
  });

  it("notice a clock that was set, within an hour", () => {
    const clock = new FakeClock();
    const timers = new Timers(clock);
    const told: string[] = [];
    timers.set(clock.time + 10 * DAY, () => told.push("ten days"));
    clock.pass(1000);
    clock.time += 11 * DAY; // somebody set it forward
    expect(told).toEqual([]);
    clock.pass(LONGEST);
    expect(told).toEqual(["ten days"]);
    timers.set(clock.time + 1000, () => told.push("a second"));
    clock.time -= DAY; // and back
    clock.pass(DAY);
    expect(told).toEqual(["ten days"]);
    clock.pass(1000);
    expect(told).toEqual(["ten days", "a second"]);
  });

  it("may set and cancel others while they are told", () => {
    const clock = new FakeClock();
    const timers = new Timers(clock);
    const told: string[] = [];
    const other = timers.set(clock.time + 10, () => told.push("cancelled"));
    timers.set(clock.time + 5, () => {
      told.push("first");
      other.cancel();
      timers.set(clock.time, () => told.push("at once"));
    });
    clock.pass(20);
    expect(told).toEqual(["first", "at once"]);
  });

  it("are gone when they are disposed", () => {
    const clock = new FakeClock();
    const timers = new Timers(clock);
    const timer = timers.set(clock.time + 10, () => expect.unreachable());
    timers[Symbol.dispose]();
    timer.cancel();
    clock.pass(100);
    expect([timers.size, clock.isArmed]).toEqual([0, false]);
  });

  it("tell what a sorted list would, whatever is set and cancelled", () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("set" as const), after: fc.integer({ min: -5, max: 5 * LONGEST }) }),
      fc.record({ kind: fc.constant("cancel" as const), which: fc.nat() }),
      fc.record({ kind: fc.constant("pass" as const), milliseconds: fc.nat(2 * LONGEST) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const clock = new FakeClock();
        const timers = new Timers(clock);
        const told: number[] = [];
        const expected: number[] = [];
        let left: { readonly id: number; readonly at: number; readonly cancel: () => void }[] = [];
        steps.forEach((each, id) => {
          if (each.kind === "set") {
            const timer = timers.set(clock.time + each.after, () => told.push(id));
            left.push({ id, ...timer });
          } else if (each.kind === "cancel") {
            const [gone] = left.splice(each.which % (left.length || 1), 1);
            gone?.cancel();
          } else {
            const end = clock.time + each.milliseconds;
            const due = left.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at || a.id - b.id);
            expected.push(...due.map(({ id: which }) => which));
            left = left.filter(({ at }) => at > end);
            clock.pass(each.milliseconds);
          }
        });
        expect(told).toEqual(expected);
        expect(timers.size).toBe(left.length);
      }),
      { numRuns: 500 },
    );
  });
});
