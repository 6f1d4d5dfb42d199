/**
 * One run of a program, from what it is given to its end: in memory, or with a log. Its loop is in run-loop.ts.
 *
 *   R3  However a run ends, its instances, timers, commands and children are gone before `execute` settles.
 */
import { Vm } from "../../lang/vm/vm.ts";
import type { Value } from "../../wit/value.ts";
import { Children } from "./children.ts";
import type { ChildRuns, StartChild } from "./children.ts";
import { DurableChildren } from "../durable/children/recorded-children.ts";
import { recordingOf } from "../durable/log/recording.ts";
import type { Recording } from "../durable/log/recording.ts";
import { groupOf } from "../guests/group-of.ts";
import { Tally } from "./limits.ts";
import type { LoadedProgram } from "../load/loaded.ts";
import type { RunPorts } from "../platform/ports.ts";
import { Run } from "./run-loop.ts";
import type { RunOptions, RunResult } from "./run-options.ts";

export { BUDGET } from "./run-loop.ts";

/**
 * Runs one function of a loaded program to its end. A run that another one started counts in its tally.
 *
 * @throws {Fault} `stopped`, `asleep`, `diverged`, … of a run with a log, which can be taken up again
 */
export async function execute(
  program: LoadedProgram,
  fn: number,
  args: readonly Value[],
  ports: RunPorts,
  options: RunOptions,
  tally: Tally = new Tally(program.limits),
): Promise<RunResult> {
  const { journal } = options;
  const recording =
    journal === undefined ? null : recordingOf(journal, program, ports.clock, tally.limits, options.snapshotAfter);
  await using group = groupOf(program, ports, options, tally, recording);
  const vm = vmOf(program, fn, args, options, tally, recording);
  const start: StartChild = (childFn, childArgs, id, signal) =>
    execute(program, childFn, childArgs, ports, { ...options, id, signal }, tally);
  const childrenOf = (failed: (why: unknown) => void): ChildRuns =>
    options.children === undefined
      ? new Children(options.id, start, tally)
      : new DurableChildren(options.id, options.children, tally, failed);
  const run = new Run({ program, vm, ports, options, group, tally, recording, childrenOf });
  await using children = run.children;
  void children;
  return await run.drive();
}

function vmOf(
  { ir }: LoadedProgram,
  fn: number,
  args: readonly Value[],
  { id }: RunOptions,
  tally: Tally,
  recording: Recording | null,
): Vm {
  const limits = { fibers: tally.limits.branches };
  const snapshot = recording?.snapshot ?? null;
  if (snapshot !== null) return Vm.decode(ir, snapshot.vm, limits);
  return Vm.start(ir, fn, args, { runId: recording?.root ?? id, limits });
}
