/** One run in a worker, as the engine's side knows it, and what it says of a connection. */
import { limitsOf } from "../../host/remote/frames/call-limits.ts";
import type { CallLimits } from "../../host/meter/meter.ts";
import { Broken, type Reader } from "../../host/remote/frames/reader.ts";
import type { RunPorts } from "../platform/ports.ts";
import type { RunOptions, RunResult } from "../loop/run-options.ts";
import type { Kept } from "./again/kept.ts";
import type { StoredRun } from "./stored/stored-run.ts";
import type { Lost } from "./lost.ts";
import type { RealmProgram } from "./program.ts";

export interface Running {
  readonly number: number;
  readonly of: RealmProgram;
  /** `options.grants` and the rest, for effects. */
  readonly program: RealmProgram["program"];
  readonly ports: RunPorts;
  readonly options: RunOptions;
  /** What is kept of it, so that it can begin again. */
  readonly kept: Kept;
  /** Its Python workers, by the numbers of their connections. */
  readonly python: Set<number>;
  /** Its log. Null: it is in memory only. */
  readonly stored: StoredRun | null;
  readonly fn: number;
  /** When nobody waits any more for a run that it spawned. */
  readonly childStops: ReadonlyMap<string, AbortController>;
  readonly childStop: (id: string) => AbortSignal;
  readonly settle: (result: RunResult | Lost) => void;
  readonly fail: (why: unknown) => void;
}

export function stopOf(stops: Map<string, AbortController>, id: string): AbortController {
  const stop = stops.get(id) ?? new AbortController();
  stops.set(id, stop);
  return stop;
}

/** @throws {Broken} */
export function limitsFrom(reader: Reader): CallLimits {
  const [fuel, deadline] = [reader.f64(), reader.f64()];
  reader.close();
  if (fuel < 0 || deadline < 0) throw new Broken("a limit below nothing");
  return limitsOf(fuel, deadline);
}
