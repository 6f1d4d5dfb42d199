/** A tiny round of every benchmark: every answer is right, every case is measured, and the arithmetic of the figures holds. */
import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";

import { benches, named, type Bench } from "./benches.ts";
import { COPIES } from "./copies.ts";
import { benchPackages } from "./packages.ts";
import { orderOf, quantile, refuseWrongAnswer, time, type Plan } from "./measure.ts";
import { Report, type Row } from "./report.ts";
import { advantage, cellsOf, page, quantity } from "./table.ts";

const TINY: Plan = { rounds: 3, batch: 0, warmup: 0 };

describe("a quick round", { timeout: 300_000 }, () => {
  const least: Readonly<Record<Bench, number>> = {
    component: 8,
    collections: 6,
    imports: 7,
    javascript: 2,
    lua: 6,
    python: 12,
    vm: 4,
    loads: 8,
    instances: 5,
    cores: 2,
    metering: 9,
    isolation: 9,
    kills: 4,
    durable: 4,
  };

  /** Those that start threads and processes by the dozen are tried by `npm run test:long`. */
  const slow: ReadonlySet<string> = new Set(["python", "isolation", "loads", "kills", "instances", "durable"]);
  const tried = Object.entries(least).filter(([name]) => process.env["SENNIT_LONG"] !== undefined || !slow.has(name));

  /** Each benchmark runs once, for whoever looks at its report first. */
  const reports = new Map<Bench, Promise<Report>>();
  function reportOf(name: Bench): Promise<Report> {
    const made = reports.get(name) ?? benched(name);
    reports.set(name, made);
    return made;
  }

  it.each(tried)("measures every case of %s, after checking its answers (M3)", async (name, count) => {
    const report = await reportOf(name as Bench);

    expect(report.rows.map(({ what, missing }) => ({ what, missing })).filter(({ missing }) => missing)).toEqual([]);
    expect(report.rows.length).toBeGreaterThanOrEqual(count);
    for (const row of report.rows) {
      expect(row.excludes, row.what).not.toBe(""); // R1
      expect(Object.values(row.figures).length, row.what).toBeGreaterThan(0);
      for (const { median } of Object.values(row.figures)) expect(median, row.what).toBeGreaterThan(0);
    }
  });

  it("has jco, Extism and the engine beside the guest's component", async () => {
    const report = await reportOf("collections");

    const row = report.rows.find(({ what }) => what === "component: 1 MB of bytes in");
    expect(Object.keys(row?.figures ?? {})).toEqual(["sennit", "binding", "jco", "extism", "engine"]);
    expect(row?.goal).toBeCloseTo((row?.figures.engine?.median ?? Number.NaN) * 1.3);
  });
});

async function benched(name: Bench): Promise<Report> {
  const report = new Report(true);
  await using folder = await benchPackages();
  await benches[name](report, folder);
  return report;
}

describe("Report", () => {
  const right = { by: "sennit", run: () => 5 } as const;
  const heading = { group: "g", what: "w", excludes: "x" };

  it("measure() times nothing when an answer is wrong, also one that comes later (R3)", async () => {
    for (const wrong of [(): unknown => 6, (): unknown => Promise.resolve(6)]) {
      const report = new Report(true);
      const contenders = [right, { by: "jco", run: wrong } as const];

      await expect(report.measure({ ...heading, expected: 5, contenders })).rejects.toThrow(
        "w: jco answers 6 instead of 5",
      );
      expect(report.rows).toEqual([]);
    }
  });

  it("measure() lets an answer be brought into the form of the expected one", async () => {
    const report = new Report(true);
    const jco = { by: "jco", run: () => ({ x: 5 }), answer: (given: { x: number }) => given.x } as const;

    await report.measure({ ...heading, expected: 5, contenders: [right, jco] });

    expect(Object.keys(report.rows[0]?.figures ?? {})).toEqual(["sennit", "jco"]);
  });

  it("measure() gives the time of one call when a run makes many", async () => {
    const report = new Report(true);
    const slow = { by: "sennit", run: () => new Promise((resolve) => setTimeout(resolve, 10, 5)) } as const;

    await report.measure({ ...heading, per: 1000, expected: 5, contenders: [slow] });

    expect(report.rows[0]?.figures.sennit?.median).toBeGreaterThan(5e-6);
    expect(report.rows[0]?.figures.sennit?.median).toBeLessThan(1e-3);
  });

  it("measure() gives a rate when a run does many things", async () => {
    const report = new Report(true);

    await report.measure({ ...heading, rate: 1e6, goal: 1e7, expected: 5, contenders: [right] });

    expect(report.rows[0]).toMatchObject({ unit: "/s", goal: 1e7 });
    expect(report.rows[0]?.figures.sennit?.median).toBeGreaterThan(1e6);
  });

  it("missing() keeps the reason, without the place of the project (R2)", () => {
    const report = new Report(true);

    report.missing(heading, new Error(`no file ${import.meta.filename}\nand more`));

    expect(report.rows[0]?.missing).toBe("no file test/bench/bench.test.ts");
  });
});

describe("time()", () => {
  it("lets all contenders take turns within each round (M1)", async () => {
    const order: string[] = [];
    const runs = ["a", "b"].map((name) => () => void order.push(name));

    const timings = await time(runs, TINY);

    const rounds = [order.slice(-6, -4), order.slice(-4, -2), order.slice(-2)];
    expect(rounds.map((round) => round.toSorted().join(""))).toEqual(["ab", "ab", "ab"]);
    expect(timings).toHaveLength(2);
  });

  it("orderOf() has every contender in each round, and each of them after each other one in some (M1)", () => {
    const orders = Array.from({ length: 15 }, (_, round) => orderOf(round, 5));

    for (const order of orders) expect(order.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4]);
    const pairs = orders.flatMap((order) => order.slice(1).map((at, before) => `${order[before]} ${at}`));
    expect(new Set(pairs).size).toBe(20);
  });

  it("waits for a call that gives a promise before it makes the next", async () => {
    let running = 0;
    let most = 0;
    const run = async (): Promise<void> => {
      most = Math.max(most, ++running);
      await Promise.resolve();
      running--;
    };

    await time([run], { ...TINY, batch: 0.001 });

    expect(most).toBe(1);
  });

  it("quantile() is the sample in the middle, or between the two", () => {
    expect(quantile([1, 2, 1000], 0.5)).toBe(2);
    expect(quantile([1, 2, 4, 1000], 0.5)).toBe(3);
    expect(quantile([7], 0.25)).toBe(7);
  });

  it("refuseWrongAnswer() tells -0 from 0, and shows what it found", () => {
    expect(() => refuseWrongAnswer("f", [0], [-0])).toThrow("f answers [0] instead of [0]");
    expect(() => refuseWrongAnswer("f", 2n, 3n)).toThrow('f answers "2n" instead of "3n"');
    expect(() => refuseWrongAnswer("f", Number.NaN, Number.NaN)).not.toThrow();
  });
});

describe("named()", () => {
  it("gives one benchmark, or a set of them, and refuses what is neither", () => {
    expect(named("vm")).toEqual(["vm"]);
    expect(named("calls")).toContain("imports");
    expect(() => named("toString")).toThrow("There is no benchmark toString: choose from calls, component");
  });
});

describe("the table", () => {
  const at = (median: number) => ({ median, low: median, high: median });
  const row: Row = {
    group: "Calls",
    what: "add",
    excludes: "the weather",
    unit: "s",
    goal: 1e-6,
    figures: { sennit: at(2e-6), jco: at(5e-6), engine: at(4e-9) },
  };

  it("shows each peer with how many times better Sennit is", () => {
    expect(cellsOf(row)).toEqual([
      "add",
      "≤ 1.0 µs",
      "2.0 µs missed",
      "—",
      "5.0 µs (2.5 ×)",
      "—",
      "4.0 ns (1/500)",
      "2.0 µs – 2.0 µs",
    ]);
  });

  it("counts more as better for a rate", () => {
    expect(advantage(10, 5, "/s")).toBe(2);
    expect(cellsOf({ ...row, unit: "/s", goal: 1e7, figures: { sennit: at(1.2e7) } })[2]).toBe("12.0 M/s met");
  });

  it("quantity() picks the unit", () => {
    expect([3.5e-9, 2.2e-6, 0.25, 12].map((each) => quantity(each, "s"))).toEqual([
      "3.5 ns",
      "2.2 µs",
      "250 ms",
      "12.0 s",
    ]);
    expect(quantity(1.716, "×")).toBe("1.72 ×");
    expect(quantity(123_456, "/s")).toBe("123 k/s");
  });

  it("the page says under each table what its rows leave out (R1)", () => {
    const later = { ...row, what: "later", figures: {}, missing: "no guest" };
    const text = page([row, later, { ...row, what: "other", excludes: "the tide" }], "A machine");

    expect(text).toContain("| add | ≤ 1.0 µs | 2.0 µs missed |");
    expect(text).toContain("| later | ≤ 1.0 µs | not measured: no guest |");
    expect(text).toContain("- add; later: the weather\n- other: the tide\n");
  });

  it("the page says how often lists are copied, by files that exist", () => {
    const text = page([], "A machine");

    for (const { guest, where } of COPIES) {
      expect(text).toContain(`| ${guest} |`);
      for (const [, path = ""] of where.matchAll(/`(src\/[^`]+)`/g))
        expect(existsSync(new URL(`../../${path}`, import.meta.url)), path).toBe(true);
    }
  });
});
