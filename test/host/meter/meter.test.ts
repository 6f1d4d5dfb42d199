/** The runtime of one instance (T1–T4 of meter.ts). */
import { describe, expect, it } from "vitest";

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
