/** A fork of a run whose program is found on this machine. */
import { Fault } from "../../fault.ts";
import type { Store } from "../../journal/store.ts";
import { forkRun } from "./fork.ts";
import type { Forked, ForkRequest } from "./fork.ts";
import { readLog } from "./log.ts";
import { openProgramOf } from "./open.node.ts";
import type { OpenOptions } from "./open.node.ts";

/** Whoever resumes it drives it. @throws {Fault} as `forkRun`; `no-history` when the program is not what it was */
export async function forkHere(
  store: Store,
  run: string,
  { number, id, ...options }: Pick<ForkRequest, "number" | "id"> & OpenOptions,
): Promise<Forked> {
  const log = await readLog(store, run);
  const { loaded, why } = await openProgramOf(store, log, options);
  if (loaded === null) throw new Fault("no-history", `The run ${run} cannot be forked: ${why}`);
  await using program = loaded.program;
  void program;
  return await forkRun(store, log, loaded, { number, id, now: Date.now() });
}
