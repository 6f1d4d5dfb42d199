/**
 * `=f=`: calls on every core at once, against the same calls one after another in one instance.
 */
import { availableParallelism } from "node:os";

import { CorePool } from "../../src/host/worker/core-pool.node.ts";
import type { Value } from "../../src/wit/value.ts";
import { plainOptions } from "../conformance/options.ts";
import { refuseWrongAnswer, spread } from "./measure.ts";
import type { Report } from "./report.ts";
import { readPackage } from "../../src/host/package/package.node.ts";
import { openSample, samplePlace } from "./subjects.ts";

const group = "Core calls";
const SAMPLE = "lennard-jones-rust";
const GOAL_ON_TWO = 1.6;

type Work = readonly (readonly [fn: string, args: readonly Value[]])[];

export async function benchCores(report: Report): Promise<void> {
  await using plugin = await openSample(SAMPLE);
  await using instance = await plugin.instantiate(plainOptions());
  await using pool = new CorePool();
  const ref = { files: await readPackage(samplePlace(SAMPLE)), digest: plugin.digest };
  const options = { seed: new Uint8Array(32), now: 0 };
  const onCore = ([fn, args]: Work[number]): Promise<Value> => pool.call(ref, fn, args, options);
  const oneByOne = async (work: Work): Promise<Value[]> => {
    const answers: Value[] = [];
    for (const [fn, args] of work) answers.push(await instance.call(fn, args));
    return answers;
  };
  const atOnce = (work: Work): Promise<Value[]> => Promise.all(work.map(onCore));

  const work = volumes(report.quick ? 4 : 16, report.quick ? 40 : 130);
  refuseWrongAnswer("core calls", await atOnce(work), await oneByOne(work)); // starts the threads, too
  await speedup(report, work, oneByOne, atOnce);
  await report.measure({
    group,
    what: "one core call that does nothing",
    excludes:
      "the start of a thread (once per core), large arguments; its time is a hop to a thread and a fresh instance there",
    expected: Number.NaN,
    contenders: [{ by: "sennit", run: () => onCore(["energy", [Number.NaN]]) }],
  });
}

/** The calls of the equation of state: one volume each. */
function volumes(count: number, cutoff: number): Work {
  return Array.from({ length: count }, (_, at) => ["energy-with-cutoff", [0.8 + at / 50, cutoff]] as const);
}

/** Times both ways in turn; a round's figure is the ratio within it, so that a disturbance counts on both sides. */
async function speedup(
  report: Report,
  work: Work,
  oneByOne: (work: Work) => Promise<unknown>,
  atOnce: (work: Work) => Promise<unknown>,
): Promise<void> {
  const rounds = report.quick ? 1 : 5;
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const alone = await seconds(() => oneByOne(work));
    ratios.push(alone / (await seconds(() => atOnce(work))));
  }
  const cores = availableParallelism();
  report.add({
    group,
    what: `=energy= for ${work.length} volumes on ${cores} cores, against one after another`,
    excludes: "the workflow language around the calls; cores that other programs use meanwhile count as missing",
    goal: 1 + (GOAL_ON_TWO - 1) * (cores - 1),
    unit: "×",
    figures: { sennit: spread(ratios) },
  });
}

async function seconds(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return (performance.now() - start) / 1000;
}
