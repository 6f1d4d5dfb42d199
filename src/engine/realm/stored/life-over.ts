/**
 * A worker is gone, and a life of a stored run with it: what is still to be written, before the run is taken up again.
 *
 *   O1  A command that was asked for is run to its end, and its answer is written here: the run would not know of it otherwise,
 *       and could not ask again. It is given up when the run is cancelled or stopped.
 */
import { runCommands } from "../effects.ts";
import { SHELL } from "../said/frames.ts";
import { type Lost, workerLost } from "../lost.ts";
import type { Running } from "../running.ts";
import type { StoredRun } from "./stored-run.ts";

/** O1. Resolves when none is left. */
export async function answerCommands(run: Running, stored: StoredRun): Promise<void> {
  const { kept, options } = run;
  const ended = AbortSignal.any([options.signal, options.stop].filter((each) => each !== undefined));
  if (ended.aborted) return;
  const giveUp = (): void => kept.open(SHELL).forEach((each) => each.giveUp());
  ended.addEventListener("abort", giveUp, { once: true });
  await stored.answerCommands((question) => runCommands(question, run, ended), ended);
  ended.removeEventListener("abort", giveUp);
}

/** `pack`: the package that was executing, as the worker has said. Resolves when the run can be taken up again. */
export async function toTakeUp(stored: StoredRun, lost: Lost, pack: number): Promise<Lost> {
  if (lost.again === "no") await stored.ended(lost.fault, pack);
  else stored.isInnocent();
  return { state: "lost", fault: workerLost(lost.fault.message), again: lost.again };
}
