/**
 * Brings a group of instances to where its records say it was (RECOVERY, REBUILD): instances as they were saved last, or fresh
 * ones, and every call since then, again.
 *
 *   B1  It has a time of its own, and takes no longer; no call's limits end it before.
 *   B2  A state that cannot be taken up is as good as none: all calls are made again.
 *   B3  A call that does not give again what it gave is `state-diverged`, unless the manifest of its package says otherwise:
 *       `accept` goes on with what there is, `fresh` with a group that remembers nothing.
 */
import { Fault } from "../../../fault.ts";
import type { FunctionKey } from "../../../wit/types.ts";
import type { Value } from "../../../wit/value.ts";
import { crossIn, crossOut } from "../../guests/crossing.ts";
import type { Crossing } from "../../guests/crossing.ts";
import { faultOf } from "../../guests/failure.ts";
import type { InstanceGroup } from "../../guests/instances.ts";
import type { CallId } from "./call-id.ts";
import type { CallRecords } from "./call-records.ts";
import type { Entered } from "../log/recorded.ts";

export interface RebuildPorts {
  readonly records: CallRecords;
  readonly group: InstanceGroup;
  readonly crossingOf: (pack: number, fn: FunctionKey) => Crossing;
  /** Whose arguments are made ready for the guest until it is disposed: a call that is made again. */
  readonly lend: (call: CallId) => Disposable;
  /** B1, in milliseconds. */
  readonly deadline: number;
}

/** @throws {Fault} `state-diverged`, `rebuild-limit`; `deadline-exceeded` when it takes too long */
export async function rebuild(ports: RebuildPorts, pack: number): Promise<void> {
  const { records, group, deadline } = ports;
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(tooLate(deadline)), Math.min(deadline, LONGEST));
  const over = new AbortController();
  using again = records.again(pack, deadline);
  void again;
  try {
    await Promise.race([rebuilt(ports, pack, over.signal), late.promise]);
  } catch (failure) {
    over.abort();
    await group.reset(records.groupOf(pack));
    throw failure;
  } finally {
    clearTimeout(timer);
  }
  records.rebuilt(pack);
}

const LONGEST = 2 ** 31 - 1;

async function rebuilt(ports: RebuildPorts, pack: number, over: AbortSignal): Promise<void> {
  const { records } = ports;
  try {
    await fromLog(ports, pack, over);
  } catch (failure) {
    if (!(failure instanceof StateDiverged) || over.aborted) throw failure;
    if (records.onDivergence(failure.package) !== "fresh") throw failure;
    records.forget(pack);
    await started(ports, pack, null);
  }
}

async function fromLog(ports: RebuildPorts, pack: number, over: AbortSignal): Promise<void> {
  const { records } = ports;
  let { states, calls } = await records.toRebuild(pack, false);
  try {
    await started(ports, pack, states);
  } catch (failure) {
    if (states === null || !(failure instanceof Fault) || failure.code !== "state-invalid") throw failure;
    ({ states, calls } = await records.toRebuild(pack, true)); // B2
    await started(ports, pack, null);
  }
  for (const call of calls) {
    if (over.aborted) return;
    compare(records, call, await made(ports, call));
  }
}

async function started(
  { records, group }: RebuildPorts,
  pack: number,
  states: ReadonlyMap<number, Uint8Array> | null,
): Promise<void> {
  const packages = records.groupOf(pack);
  await group.reset(packages, states ?? undefined);
  records.starts(pack);
  await Promise.all(packages.map((each) => group.begin(each)));
}

type End = { readonly value: Value } | { readonly failure: unknown };

async function made({ records, group, crossingOf, lend }: RebuildPorts, { entry }: Entered): Promise<End> {
  records.enterAgain(entry);
  const crossing = crossingOf(entry.package, entry.function);
  using lent = lend(entry);
  void lent;
  const args = crossOut(crossing, records.valueOf(entry.args) as readonly Value[]);
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
  if (isSame || records.onDivergence(entry.package) === "accept") return;
  throw new StateDiverged(entry.package, entry.function);
}

class StateDiverged extends Fault {
  readonly package: number;

  constructor(pack: number, fn: string) {
    super("state-diverged", `${fn} does not give again what it gave: its state cannot be rebuilt`, {
      hint: 'Use the version of the plugin that the run began with, or say `on-divergence = "accept"` or `"fresh"` in its manifest',
    });
    this.package = pack;
  }
}

function tooLate(deadline: number): Fault {
  return new Fault("deadline-exceeded", `Its calls could not be made again within ${deadline} ms`, {
    hint: "Let the plugin save its state, or give the run more time to rebuild it.",
  });
}
