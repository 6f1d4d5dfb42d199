/** What becomes of the runs of a worker that is gone, and of a program that a worker could not open. */
import { Fault } from "../../fault.ts";

/** A run whose worker is gone. `again`: nothing of it was seen; `alone`, and nobody knows whether it was to blame. */
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
  /** The worker lied: in whose name is not to be told. */
  readonly isBreach: boolean;
}

/** J3 of `realm.node.ts`. */
export function lostBy(
  { code, why, guilty, runs, isBreach }: Loss,
  run: { readonly number: number; readonly seen: boolean },
): Lost {
  if (isBreach || guilty === run.number || (guilty === null && runs === 1)) {
    return { state: "lost", fault: new Fault(code, `The run was ended: ${why}`), again: "no" };
  }
  const fault = new Fault("run-lost", `The run was lost with its worker, which another run ended: ${why}`, {
    hint: "Run it again. Only what is durable goes on by itself.",
  });
  return { state: "lost", fault, again: run.seen ? "no" : guilty === null ? "alone" : "yes" };
}
