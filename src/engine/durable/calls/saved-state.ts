/** The states of a group of instances that its log has. */
import { Fault } from "../../../fault.ts";
import { Blob } from "../../../journal/entry/entry.ts";
import type { Group } from "./call-group.ts";
import type { Recorded } from "../log/recorded.ts";
import type { RunLog } from "../log/run-log.ts";

export interface SavedState {
  /** Of the last call that is in it. */
  readonly seq: number;
  /** By package. */
  readonly states: ReadonlyMap<number, Uint8Array>;
}

/** The last that the code of the group can read, and that no later loss of the group made worthless. */
export async function lastState(
  { number, from, cores, packages }: Group,
  recorded: Recorded,
  log: RunLog,
): Promise<SavedState | null> {
  const isOurs = (other: readonly string[]): boolean => other.join() === cores?.join();
  const last = recorded.saved(number).find(({ entry }) => entry.seq >= from && isOurs(entry.cores))?.entry;
  if (last === undefined) return null;
  const bytes = last.state instanceof Blob ? await log.fetch(last.state) : last.state;
  if (bytes === null) return null;
  const states = valueOrNull(log, bytes);
  if (!Array.isArray(states) || states.length !== packages.length) return null;
  const read = packages.map((pack, at) => [pack, states[at] as unknown] as const);
  const sound = read.flatMap(([pack, state]) => (state instanceof Uint8Array ? [[pack, state] as const] : []));
  return sound.length === packages.length ? { seq: last.seq, states: new Map(sound) } : null;
}

/** Bytes that say nothing are as good as none. */
function valueOrNull(log: RunLog, bytes: Uint8Array): unknown {
  try {
    return log.valueOf(bytes);
  } catch (failure) {
    if (failure instanceof Fault) return null;
    throw failure;
  }
}
