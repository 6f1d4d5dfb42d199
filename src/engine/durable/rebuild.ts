/**
 * Brings a group of instances to where its records say it was (RECOVERY, REBUILD): fresh ones, and every call before, again.
 */
import { Fault } from "../../fault.ts";
import type { FunctionKey } from "../../wit/types.ts";
import type { Value } from "../../wit/value.ts";
import { crossIn, crossOut } from "../crossing.ts";
import type { Crossing } from "../crossing.ts";
import { faultOf } from "../failure.ts";
import type { InstanceGroup } from "../instances.ts";
import type { CallRecords } from "./call-records.ts";
import type { Entered } from "./recorded.ts";

/** @throws {Fault} `state-diverged` when a call gives something else than it gave */
export async function rebuild(
  records: CallRecords,
  pack: number,
  group: InstanceGroup,
  crossingOf: (pack: number, fn: FunctionKey) => Crossing,
): Promise<void> {
  await group.reset(records.groupOf(pack));
  records.starts(pack);
  const calls = await records.toRebuild(pack);
  using again = records.again();
  void again;
  await Promise.all(records.groupOf(pack).map((each) => group.begin(each)));
  for (const call of calls) {
    const { entry } = call;
    records.enterAgain(entry);
    const crossing = crossingOf(entry.package, entry.function);
    const args = crossOut(crossing, records.valueOf(entry.args) as readonly Value[]);
    compare(records, call, await ended(group, call, args, crossing));
  }
  records.rebuilt(pack);
}

type End = { readonly value: Value } | { readonly failure: unknown };

async function ended(
  group: InstanceGroup,
  { entry }: Entered,
  args: readonly Value[],
  crossing: Crossing,
): Promise<End> {
  try {
    return { value: crossIn(crossing, await group.call(entry.package, entry.function, args)) };
  } catch (failure) {
    return { failure };
  }
}

function compare(records: CallRecords, { entry, done }: Entered, end: End): void {
  if (done === null || done.outcome === "abandoned") return;
  const before = records.answerOf(done);
  const isSame =
    before.kind === "ok"
      ? "value" in end && records.isSame(done.value, end.value)
      : "failure" in end && end.failure instanceof Fault && faultOf(before.error).code === end.failure.code;
  if (isSame) return;
  throw new Fault("state-diverged", `${entry.function} does not give again what it gave: its state cannot be rebuilt`, {
    hint: "Use the version of the plugin that the run began with, or a plugin whose calls depend on its state and arguments alone",
  });
}
