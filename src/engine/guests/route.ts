/** What calls of one function are made of, as one run makes them. */
import type { Request } from "../../lang/effect.ts";
import type { Closure } from "../../lang/value.ts";
import type { FunctionKey } from "../../wit/types.ts";
import type { Value } from "../../wit/value.ts";
import type { Crossing } from "./crossing.ts";
import type { Pace } from "./look-ahead.ts";

export type ForeignRequest = Extract<Request, { readonly args: readonly Value[]; readonly package: number }>;

/** One function of a package, as this run calls it. */
export interface Route {
  readonly package: number;
  readonly function: FunctionKey;
  readonly crossing: Crossing;
  readonly pace: Pace;
}

/** A call that was given closures. */
export interface Lending {
  readonly eff: string;
  readonly attempt: number;
  /** It was made before, and is made again to rebuild a state. */
  readonly isAgain: boolean;
  readonly isOutside: boolean;
  /** Those among its arguments so far, in their order. */
  readonly closures: Closure[];
  /** How often the guest has called back. */
  count: number;
  over: boolean;
}

export function lendingOf(
  { eff, attempt }: Pick<Lending, "eff" | "attempt">,
  where: Partial<Pick<Lending, "isAgain" | "isOutside">> = {},
): Lending {
  return { eff, attempt, isAgain: false, isOutside: false, ...where, closures: [], count: 0, over: false };
}
