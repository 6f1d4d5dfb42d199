/** Limits of calls, as two numbers on their way. */
import type { CallLimits } from "../../meter/meter.ts";

/** NaN stands for a limit that was not given. */
export function limitsOf(fuel: number, deadline: number): CallLimits {
  return { ...(Number.isNaN(fuel) ? {} : { fuel }), ...(Number.isNaN(deadline) ? {} : { deadline }) };
}
