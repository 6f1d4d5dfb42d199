/** How long loops of calls into the Python sample take, seen from the workflow: for benchmarks. */
import { fileURLToPath } from "node:url";
import { wallClock } from "../../src/engine/platform/clock.ts";
import { loadProgram } from "../../src/engine/load/load.node.ts";
import { execute } from "../../src/engine/loop/run.ts";

const samples = fileURLToPath(new URL("../../plugins/samples/program.sennit", import.meta.url));

export const loopForms = {
  for: (calls: number) => `for x in range(${calls}) { p.add(x, 1); }`,
  map: (calls: number) => `map(range(${calls}), |x| p.add(x, 1));`,
  "para for": (calls: number) => `para for x in range(${calls}) { p.add(x, 1) };`,
} as const;

/** Seconds per call, for each round, all in one run on one instance. The first rounds warm up and are left out. */
export async function loopTimes(
  form: keyof typeof loopForms,
  options: { readonly calls: number; readonly rounds: number; readonly oneByOne: boolean },
): Promise<readonly number[]> {
  const { calls, rounds, oneByOne } = options;
  const text = `require "./counter-python" as p; for r in range(${rounds + WARMUP}) { print r; ${loopForms[form](calls)} } print "end";`;
  const loaded = await loadProgram({ file: samples, text, grants: [], warn: () => {} });
  if (!loaded.ok) throw new Error("the program is refused");
  await using program = loaded.program;
  // A line is shown before the calls after it are made.
  const marks: bigint[] = [];
  const ports = {
    clock: wallClock,
    shell: null,
    fork: null,
    follow: (event: { readonly kind: string }) => void (event.kind === "print" && marks.push(process.hrtime.bigint())),
    breathe: () => new Promise<void>((resolve) => void setImmediate(resolve)),
  };
  const { state } = await execute(program, 0, [], ports, {
    id: "loops",
    seed: new Uint8Array(32),
    grants: { allowsCommand: () => false },
    oneByOne,
  });
  if (state !== "done") throw new Error(`the run ${state}`);
  const times = marks.slice(1).map((mark, at) => Number(mark - marks[at]!) / 1e9 / calls);
  return times.slice(WARMUP);
}

const WARMUP = 3;
