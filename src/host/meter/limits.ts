/**
 * Whose word counts: the manifest lowers what a call may take, and whoever runs the plugin decides (DESIGN D6).
 */
import type { Limits } from "../manifest.ts";
import type { CallLimits } from "./meter.ts";

/** Key by key: what the caller says takes the place of what the manifest says. `Infinity` lifts a limit. */
export function limitsOf({ fuel, deadline }: Limits, given: CallLimits = {}): CallLimits {
  return {
    ...(fuel === undefined ? {} : { fuel }),
    ...(deadline === undefined ? {} : { deadline }),
    ...given,
  };
}
