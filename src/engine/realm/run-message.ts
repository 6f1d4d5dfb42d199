/** What a worker is told when a run begins in it. */
import type { Value } from "../../wit/value.ts";
import type { RunPorts } from "../platform/ports.ts";
import type { RunOptions } from "../loop/run-options.ts";
import type { ToWorker } from "./said/messages.ts";
import { valuesMessage } from "./program.ts";
import type { StoredRun } from "./stored/stored-run.ts";
import { webhookForm } from "./stored/webhook.ts";

export interface Begun {
  readonly run: number;
  /** By its number in the worker. */
  readonly program: number;
  readonly fn: number;
  readonly args: readonly Value[];
  /** What is to be played back, of a run in memory. */
  readonly played: readonly Uint8Array[];
  readonly stored: StoredRun | null;
  readonly ports: RunPorts;
  readonly options: RunOptions;
}

export function runMessage({ run, program, fn, args, played, stored, ports, options }: Begun): ToWorker {
  const { id, seed, oneByOne = false } = options;
  return {
    kind: "run",
    run,
    program,
    fn,
    args: valuesMessage(args),
    id,
    seed,
    oneByOne,
    tape: stored === null ? played : null,
    stored: stored?.start ?? null,
    webhook: webhookForm(ports),
  };
}
