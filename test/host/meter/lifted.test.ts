import { describe, expect, it } from "vitest";

import { METER } from "../../../src/host/meter/instrument.ts";
import { Meter } from "../../../src/host/meter/meter.ts";

/** What a guest's code sees of its meter: it has worked so much, and looks. Gives whether it may go on. */
function works(meter: Meter, units: number): boolean {
  const { counter, tick } = meter.imports[METER] as { counter: WebAssembly.Global; tick: () => number };
  counter.value = (counter.value as bigint) - BigInt(units);
  return tick() === 0;
}

describe("limits that are lifted for calls which are made again", () => {
  it("are none while that goes on, and are there for the next call", () => {
    let again: number | null = 60_000;
    const meter = new Meter({ fuel: 100, deadline: 0, lifted: () => again });
    meter.begin();
    expect(works(meter, 1_000_000)).toBe(true);
    expect(meter.isOver).toBe(false);
    again = null;
    meter.begin();
    expect(works(meter, 101)).toBe(false);
    expect(meter.fault("test:guest", "f")?.code).toMatch(/fuel-exhausted|deadline-exceeded/);
  });

  it("are the time that is left for bringing the instance to where it was", () => {
    const meter = new Meter({ fuel: 1_000_000, lifted: () => 0 });
    meter.begin();
    expect(works(meter, 1)).toBe(false);
    expect(meter.fault("test:guest", "f")?.code).toBe("deadline-exceeded");
  });
});
