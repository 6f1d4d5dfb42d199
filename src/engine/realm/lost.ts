/** What becomes of the runs of a worker that is gone, and of a program that a worker could not open. */
import { Fault } from "../../fault.ts";
import type { Kept } from "./again/kept.ts";

/** A run whose worker is gone. `again`: it can begin again; `alone`, and nobody knows whether it was to blame. */
export interface Lost {
  readonly state: "lost";
  readonly fault: Fault;
  readonly again: "no" | "yes" | "alone";
}

/** Why a program could not be opened, and at which of its packages. */
export class NotOpened extends Error {
  readonly fault: Fault;
  readonly package: number;
  constructor(fault: Fault, pack: number) {
    super(fault.message, { cause: fault });
    this.fault = fault;
    this.package = pack;
  }
}

export interface Loss {
  readonly code: string;
  /** As the end of a sentence. */
  readonly why: string;
  /** The number of the run that was executing; null: nobody knows. */
  readonly guilty: number | null;
  /** How many runs were in the worker. */
  readonly runs: number;
  /** The worker lied: in whose name is not to be told, and whom the recorder names means nothing. */
  readonly isBreach: boolean;
}

/** J3 of `realm.node.ts`. */
export function lostBy(
  { code, why, guilty, runs, isBreach }: Loss,
  { number, kept }: { readonly number: number; readonly kept: Pick<Kept, "canAgain" | "isTooMuch"> },
): Lost {
  const blamed = isBreach ? null : guilty;
  if (blamed === number || (blamed === null && runs === 1)) {
    return { state: "lost", fault: new Fault(code, `The run was ended: ${why}`), again: "no" };
  }
  const again = blamed === null ? "alone" : "yes";
  return { state: "lost", fault: lostWith(why, kept.isTooMuch), again: kept.canAgain ? again : "no" };
}

/** A stored run that is to be taken up again from its log. */
export function workerLost(why: string): Fault {
  return new Fault("worker-lost", `The run's worker is gone: ${why}`, { hint: "It is taken up again from its log." });
}

function lostWith(why: string, isTooMuch: boolean): Fault {
  const reason = isTooMuch ? "; too much had reached it to be kept" : "";
  return new Fault("run-lost", `The run was lost with its worker, which another run ended: ${why}${reason}`, {
    hint: "Run it again, or with a store: what is stored goes on by itself.",
  });
}
