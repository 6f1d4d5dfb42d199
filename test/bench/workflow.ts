/**
 * Calls as a workflow makes them: one run of a program whose loop makes the calls, through the checker's types, the VM, the
 * engine and the host. What is timed is the loop, between two calls of a function that looks at the clock; the loop's own steps count.
 */
import { join } from "node:path";

import type { HostFunction } from "../../src/engine/load/packages.node.ts";
import { load } from "../../src/engine/embedding/run-program.node.ts";
import type { Plain } from "../../src/engine/embedding/plain.ts";
import { refuseWrongAnswer, spread, type Timing } from "./measure.ts";
import type { Report, Row } from "./report.ts";

/** Taken now: the clock of a program's run is another. */
const { hrtime } = process;

export interface Workflow {
  /** The folder that `require` starts from. */
  readonly folder: string;
  /** Requires and parameters. */
  readonly head: string;
  /** What comes before the loops. */
  readonly start: string;
  /** One call; `i` counts them. The first, which starts the plugin, is not timed. */
  readonly call: string;
  /** What the program gives in the end. */
  readonly result: string;
  readonly params?: Readonly<Record<string, Plain>>;
  readonly functions?: Readonly<Record<string, HostFunction>>;
  /** How often a round runs `call`. */
  readonly calls: number;
  /** How many calls of a plugin one `call` makes: 1 unless given. */
  readonly per?: number;
}

/** @throws {Error} when the program gives another result than expected */
export async function timeWorkflow(report: Report, workflow: Workflow, expected: unknown): Promise<Timing> {
  const { head, start, call, result, calls, per = 1 } = workflow;
  const rounds = report.quick ? 2 : report.plan.rounds + WARMUP;
  const count = report.quick ? 2 : calls;
  const source = `require mark; ${head}
    param rounds: Int; param count: Int;
    ${start}
    i = 0; ${call} mark(); r = 0;
    while (r < rounds) { i = 0; while (i < count) { ${call} i = i + 1; } mark(); r = r + 1; }
    ${result}`;
  const stamps: bigint[] = [];
  await using program = await load(source, {
    file: join(workflow.folder, "bench.sennit"),
    functions: { ...workflow.functions, mark: () => stamps.push(hrtime.bigint()) },
  });
  const answer = await program.run({
    params: { ...workflow.params, rounds, count },
  });
  refuseWrongAnswer(call, structuredClone(answer), expected); // objects of the usual kind
  const samples = stamps.slice(1).map((stamp, at) => Number(stamp - (stamps[at] ?? stamp)) / 1e9 / count / per);
  return spread(samples.slice(report.quick ? 0 : WARMUP));
}

const WARMUP = 4;

/** Adds the row of one workflow. Without a package, the row says why. */
export async function benchWorkflow(
  report: Report,
  row: Omit<Row, "figures" | "unit">,
  workflow: Workflow,
  expected: unknown,
): Promise<void> {
  let figure: Timing;
  try {
    figure = await timeWorkflow(report, workflow, expected);
  } catch (why) {
    if (why instanceof Error && why.message.includes("nothing was timed")) throw why;
    return report.missing(row, why);
  }
  report.add({ ...row, unit: "s", figures: { sennit: figure } });
}
