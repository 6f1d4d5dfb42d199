/** How a run can end. */
import type { ErrorValue } from "../../lang/value.ts";
import type { Value } from "../../wit/value.ts";

export type RunResult =
  | { readonly state: "done"; readonly value: Value }
  | { readonly state: "failed"; readonly error: ErrorValue }
  | { readonly state: "cancelled" };
