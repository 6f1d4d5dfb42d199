/** What reached a run comes in again in its order, with its clock, whatever order it arrives in (G1–G4 of gate.ts, T1, T2 of tape.ts). */
import { setImmediate } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import fc from "../../../fast-check.ts";
import { CANCEL, Gate } from "../../../../src/engine/realm/again/gate.ts";
import { Tape, TapeWriter } from "../../../../src/engine/realm/again/tape.ts";
import { Fault } from "../../../../src/fault.ts";

const never = (): void => {
  throw new Error("it stalled");
};

describe("a tape", () => {
  it("reads as what was written, in however many pieces", () => {
    const item = fc.oneof(
      fc.nat(60).map((source) => ({ kind: "event", source }) as const),
      fc.constantFrom(1, 2.5, 1e12).map((value) => ({ kind: "reading", value }) as const),
      fc.nat(3).map((after) => ({ kind: "crowded", after }) as const),
      fc.nat(9).map((call) => ({ kind: "stopped", call }) as const),
      fc.boolean().map((isOther) => ({ kind: "take", isOther }) as const),
    );
    fc.assert(
      fc.property(fc.array(item, { maxLength: 60 }), (items) => {
        let writer = new TapeWriter();
        const pieces: Uint8Array[] = [];
        const take = (isOther = false): void => {
          const piece = writer.take();
          if (piece !== null) pieces.push(piece);
          if (isOther) writer = new TapeWriter();
        };
        for (const each of items) {
          if (each.kind === "event") writer.event(each.source);
          else if (each.kind === "reading") writer.reading(each.value);
          else if (each.kind === "crowded") writer.crowded(each.after);
          else if (each.kind === "stopped")
            writer.stopped({ call: each.call, fault: new Fault("deadline-exceeded", "late") });
          else take(each.isOther);
        }
        take();
        const tape = new Tape(pieces);
        for (const each of items) {
          if (each.kind === "event") {
            expect(tape.next).toBe(each.source);
            tape.passed();
          } else if (each.kind === "reading") expect(tape.reading()).toBe(each.value);
          else if (each.kind === "crowded") {
            expect(tape.crowded).toBe(each.after);
            tape.waited();
          } else if (each.kind === "stopped") {
            expect(tape.stopped).toMatchObject({ call: each.call, fault: { code: "deadline-exceeded" } });
            tape.isStopped();
          }
        }
        expect([tape.next, tape.reading(), tape.crowded, tape.stopped]).toEqual([null, null, null, null]);
      }),
    );
  });

  it("is refused when nobody can have written it", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (bytes) => {
        try {
          void new Tape([bytes]).next;
        } catch (error) {
          expect(["malformed", undefined]).toContain((error as Fault).code);
        }
      }),
    );
    expect(() => new Tape([Uint8Array.of(1, 9)])).toThrow(expect.objectContaining({ code: "malformed" }) as Error);
  });
});

/** A run of so many sources that notes what comes in; each work asks the clock. */
function life(tape: readonly Uint8Array[], clock: { now: number }, sources: number): { gate: Gate; log: string[] } {
  const gate = new Gate({ tape, now: () => clock.now, stalled: never });
  const log: string[] = [];
  for (let at = 0; at < sources; at++) gate.source();
  return { gate, log };
}

describe("a gate", () => {
  it("lets in again in the same order, and then what is new", async () => {
    const order = fc.shuffledSubarray([CANCEL, 1, 2, 3, 4, 5, 6, 7, 8], { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(order, fc.nat(9), fc.infiniteStream(fc.nat()), async (first, cut, chance) => {
        const clock = { now: 100 };
        const one = life([], clock, 8);
        const event = ({ gate, log }: typeof one, source: number): void =>
          gate.event(source, () => void log.push(`${source} at ${gate.read()}`));
        const pieces: Uint8Array[] = [];
        first.forEach((source, at) => {
          clock.now += 1;
          event(one, source);
          if (at < cut) pieces.push(...[one.gate.take()].filter((piece) => piece !== null));
        });
        const known = Math.min(cut, first.length);
        clock.now = 1000;
        using again = life(pieces, clock, 8).gate;
        const two = { gate: again, log: [] as string[] };
        const shuffled = first.toSorted(() => ((chance.next().value as number) % 3) - 1);
        for (const source of shuffled) {
          event(two, source);
          if ((chance.next().value as number) % 2 === 0) await setImmediate();
        }
        for (let turns = 0; turns <= first.length + 1; turns++) await setImmediate();
        expect(two.log.slice(0, known)).toEqual(one.log.slice(0, known));
        expect(two.log).toHaveLength(first.length);
        expect(two.log.slice(known).every((line) => line.endsWith("at 1000"))).toBe(true);
      }),
    );
  });

  it("says once that all was played back, before anything new leaves", async () => {
    using first = new Gate({ tape: [], now: () => 1, stalled: never });
    expect(first.take()).toBeNull();
    first.event(first.source(), () => {});
    const tape = first.take() as Uint8Array;
    using again = new Gate({ tape: [tape], now: () => 2, stalled: never });
    expect(again.take()).toBeNull();
    again.event(again.source(), () => expect(again.take()).toEqual(new Uint8Array()));
    expect(again.take()).toBeNull();
  });

  it("tells that what was noted does not come", () => {
    vi.useFakeTimers();
    try {
      let stalled = 0;
      const writer = new TapeWriter();
      writer.event(3);
      using gate = new Gate({ tape: [writer.take() as Uint8Array], now: () => 0, stalled: () => (stalled += 1) });
      gate.event(1, () => expect.unreachable());
      vi.advanceTimersByTime(59_000);
      expect(stalled).toBe(0);
      vi.advanceTimersByTime(2000);
      expect(stalled).toBe(1);
    } finally {
      vi.useRealTimers();
    }
  });

  it("notes nothing of a run that nobody plays back, and holds nothing", async () => {
    using gate = new Gate({ tape: null, now: () => 7, stalled: never });
    const answer = Promise.resolve(1);
    expect(gate.async(answer)).toBe(answer);
    expect(gate.read()).toBe(7);
    gate.event(CANCEL, () => {});
    expect([gate.crowded(true), gate.crowded(false), gate.take()]).toEqual([true, false, null]);
  });
});
