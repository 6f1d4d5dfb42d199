/**
 * A kept thread's own side. Its first import, as a rule: what the keeper asks is answered from then on, whenever the event loop
 * turns.
 */
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { Defect } from "../../fault.ts";
import { FLIGHT } from "./flight.ts";
import type { KeptData } from "./orders.ts";

export interface KeptSide {
  /** To whoever started this thread. */
  readonly port: MessagePort;
  /** For meters: `{ words: flight, package }`. */
  readonly flight: Int32Array;
  /** Says which run's VM is on; 0: none. */
  readonly run: (number: number) => void;
}

let side: KeptSide | undefined;

/** @throws {Defect} in a thread that the keeper did not start */
export function kept(): KeptSide {
  side ??= open((workerData as Partial<KeptData> | null)?.keeper);
  return side;
}

function open(given: KeptData["keeper"] | undefined): KeptSide {
  if (given === undefined) throw new Defect("a kept thread was started by somebody else than the keeper");
  const { port, flight, pings } = given;
  pings.on("message", (number: number) => Atomics.store(flight, FLIGHT.beat, number));
  pings.unref();
  parentPort?.close(); // the keeper hears nothing of a guest, and ends who tries
  return { port, flight, run: (number) => Atomics.store(flight, FLIGHT.run, number) };
}
