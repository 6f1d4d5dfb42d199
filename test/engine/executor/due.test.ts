import { describe, expect, it } from "vitest";

import fc from "../../fast-check.ts";
import { dueTimes } from "../../../src/engine/executor/due.ts";
import type { Schedule } from "../../../src/engine/executor/executor.ts";

const cron = (expression: string, zone = "UTC"): Schedule["when"] => ({ kind: "cron", expression, zone });

function next(when: Schedule["when"], from: string, count: number): readonly string[] {
  const due = dueTimes(when, 0);
  const times: string[] = [];
  for (let at: number | null = Date.parse(from); times.length < count;) {
    at = due.after(at);
    if (at === null) break;
    times.push(new Date(at).toISOString().slice(0, 19));
  }
  return times;
}

describe("a cron expression", () => {
  it("is read in its zone, to the minute or to the second", () => {
    expect(next(cron("0 9 * * 1-5", "America/New_York"), "2026-11-20T12:00:00Z", 2)).toEqual([
      "2026-11-20T14:00:00",
      "2026-11-23T14:00:00",
    ]);
    expect(next(cron("30 */15 * * * *"), "2026-01-01T00:00:30Z", 2)).toEqual([
      "2026-01-01T00:15:30",
      "2026-01-01T00:30:30",
    ]);
    expect(next(cron("0 0 29 2 *"), "2026-01-01T00:00:00Z", 2)).toEqual(["2028-02-29T00:00:00", "2032-02-29T00:00:00"]);
  });

  it("is due right after a time that the clocks skip, and the first time of one that they show twice", () => {
    const daily = cron("30 2 * * *", "Europe/Berlin");
    expect(next(daily, "2026-03-28T12:00:00Z", 2)).toEqual(["2026-03-29T01:00:00", "2026-03-30T00:30:00"]);
    expect(next(daily, "2026-10-24T12:00:00Z", 2)).toEqual(["2026-10-25T00:30:00", "2026-10-26T01:30:00"]);
  });

  it("of every so often goes on through both", () => {
    const halfHourly = cron("*/30 * * * *", "Europe/Berlin");
    const times = [...next(halfHourly, "2026-10-24T23:10:00Z", 8), ...next(halfHourly, "2026-03-29T00:10:00Z", 4)];
    const gaps = times.map((time, at) => Date.parse(`${time}Z`) - Date.parse(`${times[at - 1] ?? time}Z`));
    expect(gaps.filter((gap) => gap > 0).every((gap) => gap === 1_800_000)).toBe(true);
  });

  it.each([
    ["expression", cron("* * *")],
    ["expression", cron("61 * * * *")],
    ["expression", cron("* * * * * * *")],
    ["expression", cron("@daily")],
    ["expression", cron("")],
    ["expression", cron("? * * * *")],
    ["expression", cron("0 0 31 2 *")],
    ["expression", cron("* * * * *\n")],
    ["expression", cron(`${"1,".repeat(10_000)}1 * * * *`)],
    ["zone", cron("* * * * *", "Mars/Base")],
    ["zone", cron("* * * * *", "")],
    ["milliseconds", { kind: "interval", milliseconds: 0 }],
    ["milliseconds", { kind: "interval", milliseconds: 1.5 }],
    ["milliseconds", { kind: "interval", milliseconds: 1e15 }],
  ] as const)("with a mistake in its %s is refused: %j", (field, when) => {
    expect(() => dueTimes(when, 0)).toThrow(expect.objectContaining({ code: "schedule-invalid" }) as Error);
    expect(() => dueTimes(when, 0)).toThrow(`\`${field}\``);
  });
});

describe("times that are due", () => {
  it("are told the same, looking forward and back (U1)", () => {
    const when = fc.oneof(
      fc.record({ kind: fc.constant("interval" as const), milliseconds: fc.integer({ min: 1, max: 1e10 }) }),
      fc.constantFrom(
        cron("*/7 * * * *", "Europe/Berlin"),
        cron("30 2 * * *", "Europe/Berlin"),
        cron("0 0 * * 0", "Asia/Kolkata"),
        cron("15 30 1 1 * *", "America/St_Johns"),
      ),
    );
    const time = fc.integer({ min: Date.parse("2026-01-01"), max: Date.parse("2027-01-01") });
    fc.assert(
      fc.property(when, time, time, (schedule, at, since) => {
        const due = dueTimes(schedule, since);
        const after = due.after(at);
        expect(after).not.toBeNull();
        if (after === null) return;
        expect(after).toBeGreaterThan(at);
        expect(due.upTo(after)).toBe(after);
        const before = due.upTo(after - 1);
        if (before === null) return;
        expect(before).toBeLessThanOrEqual(at);
        expect(due.after(before)).toBe(after);
      }),
      { numRuns: 300 },
    );
  });
});
