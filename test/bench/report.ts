/**
 * What the benchmarks found: rows of figures beside their goals and peers, printed as they come.
 *
 *   R1  Every row says what it does not measure.
 *   R2  What cannot be measured here is said with its reason, and stops nothing else.
 *   R3  A wrong answer stops everything: it is a defect, and a table without that line would hide it.
 */
import { fileURLToPath } from "node:url";

import { FULL, QUICK, refuseWrongAnswer, time, type Plan, type Run, type Timing } from "./measure.ts";

/**
 * Who does the work: this project; this project with the component linked by jco's binding instead of its own; jco's own
 * binding of the same component alone; an Extism plugin that does the same; or the engine alone: the core function called
 * directly, with values passed by hand (of a VM: the same written in JavaScript). Of durable runs: DBOS on PostgreSQL, or
 * Restate's single-node server.
 */
export type Peer = "sennit" | "binding" | "jco" | "extism" | "engine" | "dbos" | "restate";

export interface Contender {
  readonly by: Peer;
  readonly run: Run;
  /** The answer in the form that is compared with `expected`; as it is, unless given. */
  readonly answer?: (given: never) => unknown;
}

export interface Case {
  readonly group: string;
  readonly what: string;
  readonly excludes: string;
  /** In the unit of the row: seconds at most, or times per second at least. */
  readonly goal?: number;
  /** The goal as a multiple of the engine's own figure, where that is what matters. */
  readonly goalTimesEngine?: number;
  /** One run does this many of what is counted: the row is then a rate, in times per second. */
  readonly rate?: number;
  /** One run does this many calls: the row is the time of one. */
  readonly per?: number;
  readonly expected: unknown;
  readonly contenders: readonly Contender[];
}

/** `s` and `B` are better when smaller; `/s` and `×` are better when larger. */
export type Unit = "s" | "B" | "/s" | "×";

export interface Row {
  readonly group: string;
  readonly what: string;
  readonly excludes: string;
  readonly unit: Unit;
  readonly goal?: number;
  readonly figures: Readonly<Partial<Record<Peer, Timing>>>;
  /** Why there is no figure. */
  readonly missing?: string;
}

type Heading = Pick<Case, "group" | "what" | "excludes" | "goal" | "rate">;

/** Reasons name files below the project's folder, wherever that is. */
const HERE = fileURLToPath(new URL("../../", import.meta.url));

export class Report {
  readonly quick: boolean;
  readonly plan: Plan;
  readonly rows: Row[] = [];
  readonly #show: (row: Row) => void;

  constructor(quick: boolean, show: (row: Row) => void = () => {}) {
    this.quick = quick;
    this.plan = quick ? QUICK : FULL;
    this.#show = show;
  }

  /**
   * Checks every contender's answer, then times them.
   *
   * @throws {Error} when an answer is wrong (R3)
   * @example
   * await report.measure({ group: "vm", what: "loop", excludes: "calls", rate: 1e6, goal: 1e7, expected: 42,
   *   contenders: [{ by: "sennit", run: () => runLoop() }] });
   */
  async measure(each: Case): Promise<void> {
    for (const { by, run, answer = (given: never): unknown => given } of each.contenders)
      refuseWrongAnswer(`${each.what}: ${by}`, await answer((await run()) as never), each.expected);
    const timings = await time(
      each.contenders.map(({ run }) => run),
      this.plan,
    );
    const figures: Partial<Record<Peer, Timing>> = {};
    for (const [at, { by }] of each.contenders.entries()) {
      const found = timings[at];
      if (found !== undefined) figures[by] = counted(found, each);
    }
    const goal = each.goalTimesEngine === undefined ? each.goal : each.goalTimesEngine * (figures.engine?.median ?? 0);
    this.add({ ...heading({ ...each, ...(goal === undefined ? {} : { goal }) }), figures });
  }

  /** A row that was measured elsewhere. */
  add(row: Row): void {
    this.rows.push(row);
    this.#show(row);
  }

  /** A row without figures (R2). */
  missing(row: Heading, why: unknown): void {
    const reason = why instanceof Error ? why.message : String(why);
    this.add({ ...heading(row), figures: {}, missing: reason.split("\n")[0]?.replaceAll(HERE, "") ?? "" });
  }
}

function heading({ group, what, excludes, goal, rate }: Heading): Omit<Row, "figures"> {
  const unit = rate === undefined ? "s" : "/s";
  return goal === undefined ? { group, what, excludes, unit } : { group, what, excludes, unit, goal };
}

function counted(found: Timing, { rate, per = 1 }: Case): Timing {
  if (rate !== undefined) return asRate(found, rate);
  return { median: found.median / per, low: found.low / per, high: found.high / per };
}

function asRate({ median, low, high }: Timing, count: number): Timing {
  return { median: count / median, low: count / high, high: count / low };
}
