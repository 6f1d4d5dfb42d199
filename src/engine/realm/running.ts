/** One run in a worker, as the engine's side knows it, and what it says of a connection. */
import { limitsOf } from "../../host/remote/call-limits.ts";
import type { CallLimits } from "../../host/meter/meter.ts";
import type { Together } from "../../host/plugin.ts";
import { Broken, type Reader } from "../../host/remote/reader.ts";
import type { RunPorts } from "../ports.ts";
import type { RunOptions, RunResult } from "../run-options.ts";
import type { Lost } from "./lost.ts";
import type { RealmProgram } from "./program.ts";

export interface Running {
  readonly number: number;
  readonly of: RealmProgram;
  /** `options.grants` and the rest, for effects. */
  readonly program: RealmProgram["program"];
  readonly ports: RunPorts;
  readonly options: RunOptions;
  readonly together: Together;
  readonly links: Set<number>;
  readonly settle: (result: RunResult | Lost) => void;
  readonly fail: (why: unknown) => void;
  /** Whether anything of it was seen outside. */
  seen: boolean;
}

/** @throws {Broken} */
export function limitsFrom(reader: Reader): CallLimits {
  const [fuel, deadline] = [reader.f64(), reader.f64()];
  reader.close();
  if (fuel < 0 || deadline < 0) throw new Broken("a limit below nothing");
  return limitsOf(fuel, deadline);
}
