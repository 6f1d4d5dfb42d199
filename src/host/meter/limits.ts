/**
 * Whose word counts: the manifest says what a call may take, and whoever makes the instance decides (package/limits.ts).
 */
import type { LiftLimits } from "../../wit/budget.ts";
import { DEFAULT_LIFT_LIMITS } from "../../wit/budget.ts";
import type { Limits } from "../manifest.ts";
import { raiseHint } from "../package/limits.ts";
import type { CallLimits } from "./meter.ts";

/** Key by key: what the caller says takes the place of what the manifest says. `Infinity` lifts a limit. */
export function limitsOf({ fuel, deadline }: Limits, given: CallLimits = {}): CallLimits {
  return {
    ...(fuel === undefined ? {} : { fuel }),
    ...(deadline === undefined ? {} : { deadline }),
    ...given,
  };
}

/** What the values of one answer, or of one import's arguments, may have. */
export function liftLimitsOf({ name, limits }: { readonly name: string; readonly limits: Limits }): LiftLimits {
  return {
    nodes: limits.resultNodes ?? DEFAULT_LIFT_LIMITS.nodes,
    bytes: limits.resultBytes ?? DEFAULT_LIFT_LIMITS.bytes,
    source: name,
    raise: (limit) => raiseHint(name, `result-${limit}`),
  };
}
