/**
 * Time per call, by the medians of interleaved rounds.
 *
 *   M1  All contenders of a case take turns within each round, so that whatever else the machine does meanwhile hits all of
 *       them; each round in another order, so that what one leaves to be collected is not always the same other's time.
 *   M2  A figure is the median over the rounds: a round that a collection or another process stretched does not move it.
 *   M3  The answer of a contender is compared with the expected one before anything of the case is timed: a wrong result is never timed.
 */
import { isDeepStrictEqual } from "node:util";

/** Taken now: a Python worker's realm has no `process` later. */
const { hrtime } = process;

/** One call. Gives its answer or a promise of it. */
export type Run = () => unknown;

export interface Plan {
  readonly rounds: number;
  /** Seconds that a batch of calls should last, and that each contender runs before the first round. */
  readonly batch: number;
  readonly warmup: number;
}

export const FULL: Plan = { rounds: 15, batch: 0.02, warmup: 0.2 };
/** Shows that every case runs; its figures mean nothing. */
export const QUICK: Plan = { rounds: 1, batch: 0.001, warmup: 0 };

/** Seconds per call: the median over the rounds, and the quartiles. */
export interface Timing {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** The timings of runs that do the same work in different ways, in the order of the runs (M1). */
export async function time(runs: readonly Run[], plan: Plan): Promise<readonly Timing[]> {
  const counts: number[] = [];
  for (const run of runs) counts.push(await calibrated(run, plan));
  const samples: number[][] = runs.map(() => []);
  for (let round = 0; round < plan.rounds; round++) {
    for (const at of orderOf(round, runs.length)) {
      const count = counts[at] ?? 1;
      samples[at]?.push((await batch(runs[at] as Run, count)) / count);
    }
  }
  return samples.map(spread);
}

/** The numbers below `count` in an order that each round has for itself, the same in every run: a shuffle. */
export function orderOf(round: number, count: number): readonly number[] {
  const order = Array.from({ length: count }, (_, at) => at);
  let state = Math.imul(round + 1, 2_654_435_761) >>> 0;
  for (let last = count - 1; last > 0; last--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = Math.floor((state / 2 ** 32) * (last + 1));
    [order[last], order[other]] = [order[other] as number, order[last] as number];
  }
  return order;
}

/** @throws {Error} when the answer is not the expected one (M3) */
export function refuseWrongAnswer(who: string, answer: unknown, expected: unknown): void {
  if (isDeepStrictEqual(answer, expected)) return;
  throw new Error(`${who} answers ${shown(answer)} instead of ${shown(expected)}: nothing was timed`);
}

/** The value in the middle of sorted samples (M2); between two, their mean. */
export function quantile(sorted: readonly number[], part: number): number {
  const at = (sorted.length - 1) * part;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}

/** Of samples in any order. */
export function spread(samples: readonly number[]): Timing {
  const sorted = samples.toSorted((a, b) => a - b);
  return { median: quantile(sorted, 0.5), low: quantile(sorted, 0.25), high: quantile(sorted, 0.75) };
}

/** How many calls make a batch of the planned length; finding out is part of the warm-up. */
async function calibrated(run: Run, plan: Plan): Promise<number> {
  let spent = 0;
  for (let count = 1; ; count *= 2) {
    const seconds = await batch(run, count);
    spent += seconds;
    if (seconds < plan.batch) continue;
    while (spent < plan.warmup) spent += await batch(run, count);
    const last = await batch(run, count);
    return Math.max(1, Math.round((count * plan.batch) / last));
  }
}

async function batch(run: Run, count: number): Promise<number> {
  const start = hrtime.bigint();
  const first = run();
  if (first instanceof Promise) {
    await first;
    for (let done = 1; done < count; done++) await run();
  } else {
    for (let done = 1; done < count; done++) run();
  }
  return Number(hrtime.bigint() - start) / 1e9;
}

function shown(answer: unknown): string {
  const text =
    JSON.stringify(answer, (_, part: unknown) => (typeof part === "bigint" ? `${part}n` : part)) ?? "nothing";
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
