/** What a VM is given from outside, and what it says when it stops. */
import type { Value } from "../../wit/value.ts";
import type { Answer, EffectRequest } from "../effect.ts";
import type { ErrorValue } from "../value.ts";
import type { Scope } from "./identity.ts";

/** From `callNow`: not at once; ask by an `EffectRequest`. */
export const LATER: unique symbol = Symbol("later");

export interface VmHost {
  /**
   * A foreign call that can be answered without waiting. A WIT result is a CaseValue here too. A `Fault` it throws is
   * raised in the program. It must not call back into the VM: a function with callbacks is answered LATER.
   * After LATER the request that follows carries this very `args` array, which tells whose call it is. `call` is its
   * number in `ir.calls`.
   */
  callNow(call: number, args: readonly Value[]): Value | typeof LATER;
}

export interface VmLimits {
  /** Calls within calls of one fiber; beyond: `stack-overflow`. */
  readonly frames: number;
  /** Branches, elements and callbacks at work at once; beyond: `out-of-range`. */
  readonly fibers: number;
}

export const DEFAULT_VM_LIMITS: VmLimits = { frames: 10_000, fibers: 250_000 };

export interface Decision {
  /** The race. */
  readonly scope: Scope;
  /** The branch, from 0. */
  readonly winner: number;
}

/** Every state carries what happened on the way to it. `abandoned` is to be looked at before `requests`. */
export interface Told {
  /** New since the last run, in order. */
  readonly requests: readonly EffectRequest[];
  /** Ids of effects whose answers nobody wants any more. The id of an answered `spawn`: its child is to be cancelled. */
  readonly abandoned: readonly string[];
  /** Which branches won their races. The others were cancelled for it, and what was abandoned may be theirs. */
  readonly decisions: readonly Decision[];
  /** What callbacks answered. */
  readonly callbacks: readonly { readonly call: string; readonly id: string; readonly answer: Answer }[];
}

export type Outcome = Told &
  (
    | { readonly state: "waiting" }
    | { readonly state: "done"; readonly value: Value }
    | { readonly state: "failed"; readonly error: ErrorValue }
    | { readonly state: "cancelled" }
    /** The budget is spent; `run` again goes on. */
    | { readonly state: "yielded" }
  );
