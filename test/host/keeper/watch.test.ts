/** When a realm is late, by a clock that the test turns (W1–W4 of watch.ts). */
import { describe, expect, it } from "vitest";
import fc from "../../fast-check.ts";
import { FLIGHT, newFlight } from "../../../src/host/keeper/flight.ts";
import { LimitWords } from "../../../src/host/keeper/limit-words.ts";
import { GRACE, Watch } from "../../../src/host/keeper/watch.ts";

interface Watched {
  readonly watch: Watch;
  readonly limits: LimitWords;
  readonly flight: Int32Array;
}

function watched(longest = Infinity): Watched {
  const limits = new LimitWords();
  const flight = newFlight();
  return { watch: new Watch({ limits, flight, longest }, 0), limits, flight };
}

describe("a watch that is told later how long", () => {
  it("counts from then on", () => {
    const { watch, flight } = watched();
    flight[FLIGHT.beat] = 1;
    watch.look(10);
    expect(watch.look(1_000_000).kill).toBe(false);
    watch.watchFor(200, 1_000_000);
    expect(watch.look(1_000_100)).toEqual({ kill: false, next: 1_000_200 });
    expect(watch.look(1_000_200 + GRACE).kill).toBe(true);
  });
});

describe("what was allowed", () => {
  it("is over at its time: softly first, then by force (W1, W2)", () => {
    const { watch, limits, flight } = watched();
    flight[FLIGHT.calls] = 7;
    limits.allow(50);
    expect(watch.look(10)).toEqual({ kill: false, next: 60 });
    expect(flight[FLIGHT.stop]).toBe(0);
    expect(watch.look(60).kill).toBe(false);
    expect(flight[FLIGHT.stop]).toBe(7);
    expect(watch.look(60 + GRACE - 1)).toEqual({ kill: false, next: 60 + GRACE });
    expect(watch.look(60 + GRACE).kill).toBe(true);
  });

  it("names the call that a late one went on to", () => {
    const { watch, limits, flight } = watched();
    limits.allow(50);
    watch.look(0);
    flight[FLIGHT.calls] = 8;
    watch.look(60);
    flight[FLIGHT.calls] = 9;
    watch.look(65);
    expect(flight[FLIGHT.stop]).toBe(9);
  });

  it("is forgotten when it was done in time, or a little later (W3)", () => {
    const { watch, limits, flight } = watched();
    flight[FLIGHT.calls] = 7;
    limits.allow(50);
    watch.look(0);
    watch.look(60);
    limits.allow(null);
    expect(watch.look(200)).toEqual({ kill: false, next: Infinity });
    expect(flight[FLIGHT.stop]).toBe(0);
  });

  it.each([
    [0, 1],
    [0.2, 1],
    [1e12, 2 ** 31 - 1],
  ])("%s ms are %s", (given, allowed) => {
    const limits = new LimitWords();
    limits.allow(given);
    expect(limits.allowed).toBe(allowed);
  });
});

describe("a realm that is watched", () => {
  it("has time to start (W4)", () => {
    const { watch, flight } = watched(100);
    expect(watch.look(29_000).kill).toBe(false);
    flight[FLIGHT.beat] = 1;
    expect(watch.look(29_001)).toEqual({ kill: false, next: 29_101 });
  });

  it("that never starts is killed", () => {
    expect(watched(100).watch.look(31_000).kill).toBe(true);
  });

  it("is late exactly when no sign of life came for so long (W1)", () => {
    const gaps = fc.array(fc.record({ gap: fc.integer({ min: 1, max: 150 }), word: fc.constantFrom("calls", "beat") }));
    fc.assert(
      fc.property(gaps, (signs) => {
        const { watch, flight } = watched(100);
        flight[FLIGHT.beat] = 1;
        watch.look(0);
        let now = 0;
        for (const { gap, word } of signs) {
          const { kill } = watch.look(now + gap);
          expect(kill).toBe(false); // no gap is longer than the time and the grace
          expect(flight[FLIGHT.stop] !== 0).toBe(gap >= 100 && flight[FLIGHT.calls] !== 0);
          now += gap;
          flight[FLIGHT[word as "calls" | "beat"]] = (flight[FLIGHT[word as "calls" | "beat"]] ?? 0) + 1;
          watch.look(now);
          expect(flight[FLIGHT.stop]).toBe(0); // W3
        }
        expect(watch.look(now + 100 + GRACE).kill).toBe(true);
      }),
    );
  });

  it("that shares no memory is held to what was allowed alone", () => {
    const limits = new LimitWords();
    const watch = new Watch({ limits, flight: null, longest: Infinity }, 0);
    expect(watch.look(1e9)).toEqual({ kill: false, next: Infinity });
    limits.allow(10);
    expect(watch.look(1e9)).toEqual({ kill: false, next: 1e9 + 10 });
    expect(watch.look(1e9 + 10 + GRACE).kill).toBe(true);
  });
});
