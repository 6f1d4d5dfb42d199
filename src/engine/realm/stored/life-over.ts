/**
 * A worker is gone, and a life of a stored run with it: what is still to be written, before the run is taken up again.
 *
 *   O1  A command that was running goes on to its end, and its answer is written here: the run would not know of it otherwise,
 *       and could not ask again. It is given up when the run is cancelled or stopped.
 */
import { Reader } from "../../../host/remote/reader.ts";
import { LiftBudget } from "../../../wit/budget.ts";
import { SHELL } from "../frames.ts";
import { type Lost, workerLost } from "../lost.ts";
import { NO_HANDLES } from "../no-handles.ts";
import type { Running } from "../running.ts";
import type { StoredRun } from "./stored-run.ts";

/** O1. Resolves when none is left. */
export async function answerCommands({ kept, options }: Running, stored: StoredRun): Promise<void> {
  const questions = kept.open(SHELL);
  const giveUp = (): void => questions.forEach((each) => each.giveUp());
  const signals = [options.signal, options.stop].filter((each) => each !== undefined);
  for (const signal of signals) signal.addEventListener("abort", giveUp, { once: true });
  if (signals.some(({ aborted }) => aborted)) giveUp();
  await Promise.all(
    questions.map(async (question) => {
      const bytes = await question.answered();
      if (!signals.some(({ aborted }) => aborted)) stored.answered(reading(question.content), reading(bytes));
    }),
  );
  for (const signal of signals) signal.removeEventListener("abort", giveUp);
}

/** `pack`: the package that was executing, as the worker has said. Resolves when the run can be taken up again. */
export async function toTakeUp(stored: StoredRun, lost: Lost, pack: number): Promise<Lost> {
  if (lost.again === "no") await stored.ended(lost.fault, pack);
  else stored.isInnocent();
  return { state: "lost", fault: workerLost(lost.fault.message), again: lost.again };
}

function reading(bytes: Uint8Array): Reader {
  const reader = new Reader(NO_HANDLES, new LiftBudget());
  reader.open(new Uint8Array(bytes));
  return reader;
}
