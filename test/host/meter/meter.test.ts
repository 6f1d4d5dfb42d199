/** The runtime of one instance (T1–T6 of meter.ts). */
import { setTimeout as delay } from "node:timers/promises";

import { describe, expect, it } from "vitest";

import { FLIGHT, newFlight } from "../../../src/host/keeper/flight.ts";
import { isLimited, Meter } from "../../../src/host/meter/meter.ts";
import { bytesOf, endOf, instantiate, metered } from "./metered.ts";

const LOOP = `(module (func (export "f") (param i32) (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))`;

describe("a limit that is no number", () => {
  it.each([
    ["fuel", { fuel: Number.NaN }, "fuel-exhausted"],
    ["fuel below zero", { fuel: -1 }, "fuel-exhausted"],
    ["a part of a unit", { fuel: 0.5 }, "fuel-exhausted"],
    ["a deadline", { deadline: Number.NaN }, "deadline-exceeded"],
    ["a deadline below zero", { deadline: -1 }, "deadline-exceeded"],
  ])("is none at all: %s", async (_, limits, code) => {
    expect(isLimited(limits)).toBe(true);
    const guest = await metered(LOOP, limits);

    expect(endOf(guest, () => guest.call("f", 1_000_000))).toBe(code);
  });

  it("but for Infinity, which is as much as it likes", async () => {
    expect(isLimited({ fuel: Infinity, deadline: Infinity })).toBe(false);
    const guest = await metered(LOOP, { fuel: Infinity, deadline: Infinity });

    expect(endOf(guest, () => guest.call("f", 1_000_000))).toBe("it answered");
  });
});

describe("spent", () => {
  it("is the same however often the clock was looked at (T2)", async () => {
    const bytes = await bytesOf(LOOP);
    const costs = [{}, { fuel: 1e9 }, { deadline: 1e9 }, { fuel: 1e7, deadline: 1e9, stop: Int32Array.of(0) }].map(
      (limits) => {
        const guest = instantiate(bytes, limits);
        guest.call("f", 1_000_000);
        return guest.meter.spent;
      },
    );

    expect(costs).toEqual(costs.map(() => 5_000_000));
  });

  it("may be all of the fuel, and not one unit more", async () => {
    const bytes = await bytesOf(LOOP);
    const enough = instantiate(bytes, { fuel: 5000 });
    const short = instantiate(bytes, { fuel: 4999 });

    expect(endOf(enough, () => enough.call("f", 1000))).toBe("it answered");
    expect(endOf(short, () => short.call("f", 1000))).toBe("fuel-exhausted");
  });
});

it("a verdict is final (T3)", async () => {
  const guest = await metered(LOOP, { fuel: 1000 });
  endOf(guest, () => guest.call("f", 1000));
  guest.meter.begin();
  guest.meter.exempt();

  expect(endOf(guest, () => guest.call("f", 2))).toBe("fuel-exhausted");
});

it("a call that waits ends at its deadline, unless it is forgotten", async () => {
  const meter = new Meter({ deadline: 5 });
  meter.begin();
  const rung = await new Promise((resolve) => meter.alarm("guest", "f", resolve));
  const other = new Meter({ deadline: 5 });
  other.begin();
  let late = false;
  other.alarm("guest", "f", () => (late = true))();
  await new Promise((resolve) => meter.alarm("guest", "f", resolve));

  expect(rung).toMatchObject({ code: "deadline-exceeded" });
  expect([late, other.isOver]).toEqual([false, false]);
});

describe("calls that overlap (T5)", () => {
  it("bring their fuel with them, and may spend each other's", async () => {
    const bytes = await bytesOf(LOOP);
    const together = instantiate(bytes, { fuel: 5000 });
    const run = (turns: number): string => endOf(together, () => (together.exports["f"] as (n: number) => void)(turns));
    together.meter.begin();
    together.meter.begin(true);

    expect(run(1900)).toBe("it answered");
    expect(run(100)).toBe("it answered");
    expect(together.meter.spent).toBe(10_000);
    expect(run(1)).toBe("fuel-exhausted");
  });

  it("lose what was left when the last of them has ended", async () => {
    const bytes = await bytesOf(LOOP);
    const guest = instantiate(bytes, { fuel: 5000 });
    guest.meter.begin();
    guest.meter.begin(true);
    guest.meter.begin();

    expect(endOf(guest, () => (guest.exports["f"] as (n: number) => void)(1001))).toBe("fuel-exhausted");
  });

  it("are each as late as they are, whichever of them runs", async () => {
    const guest = await metered(LOOP, { deadline: 500 });
    guest.meter.begin();
    const { ends } = guest.meter;
    const forget = guest.meter.alarm("guest", "first", () => {});
    await delay(450);
    guest.meter.begin(true);
    const run = guest.exports["f"] as (n: number) => void;

    expect(endOf(guest, () => run(-1))).toBe("deadline-exceeded"); // 2^32 turns take seconds
    expect(performance.now()).toBeGreaterThanOrEqual(ends);
    expect(performance.now()).toBeLessThan(guest.meter.ends); // the second call's
    forget();
  });
});

describe("the flight recorder (T6)", () => {
  const recorded = async (words: Int32Array, index = 0): ReturnType<typeof metered> =>
    metered(LOOP, { flight: { words, package: index } });

  it("has a new number for each call, and the package that was called last", async () => {
    const words = newFlight();
    const [one, other] = [await recorded(words, 3), await recorded(words, 4)];
    const before = words[FLIGHT.calls] ?? 0;
    one.call("f", 1);
    expect([words[FLIGHT.calls], words[FLIGHT.package]]).toEqual([before + 1, 3]);
    other.call("f", 1);
    expect([words[FLIGHT.calls], words[FLIGHT.package]]).toEqual([before + 2, 4]);
  });

  it("stops the call that is named, at its next tick", async () => {
    const words = newFlight();
    const guest = await recorded(words);
    words[FLIGHT.stop] = (words[FLIGHT.calls] ?? 0) + 1;

    expect(endOf(guest, () => guest.call("f", 1_000_000))).toBe("deadline-exceeded");
    expect(guest.meter.fault("guest", "f")?.message).toBe("guest took too long in f");
  });

  it("a stop that comes too late hits no other call", async () => {
    const words = newFlight();
    const [guest, other] = [await recorded(words), await recorded(words)];
    guest.call("f", 1);
    words[FLIGHT.stop] = words[FLIGHT.calls] ?? 0;

    expect(endOf(guest, () => guest.call("f", 1_000_000))).toBe("it answered");
    expect(endOf(other, () => other.call("f", 1_000_000))).toBe("it answered");
  });

  it("a call that goes on after another takes a new number, by which it can be stopped, and not by the other's", async () => {
    const words = newFlight();
    const [caller, callee] = [await recorded(words, 1), await recorded(words, 2)];
    caller.meter.begin();
    callee.call("f", 1);
    const inner = words[FLIGHT.calls] ?? 0;
    words[FLIGHT.stop] = inner; // too late for the callee
    const goOn = (): string => endOf(caller, () => (caller.exports["f"] as (n: number) => void)(1_000_000));

    expect(goOn()).toBe("it answered");
    expect([words[FLIGHT.calls], words[FLIGHT.package]]).toEqual([inner + 1, 1]);
    words[FLIGHT.stop] = inner + 1;
    expect(goOn()).toBe("deadline-exceeded");
  });

  it("passes by the number that stands for none", async () => {
    const words = newFlight();
    words[FLIGHT.calls] = -2;
    const guest = await recorded(words);
    expect(words[FLIGHT.calls]).toBe(-1);
    guest.call("f", 1);
    expect(words[FLIGHT.calls]).toBe(1);
  });
});
