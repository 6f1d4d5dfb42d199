/**
 * `canon lift`: an exported function, called by the host with workflow values.
 *
 *   L1  Arguments are lowered, the core function is called, its answer is lifted, and then, exactly once, post-return
 *       runs: never after a trap.
 *   L2  What comes back shares nothing with the guest's memory.
 *   L3  Handles among the arguments are looked at by `admit` before anything of the guest is touched.
 */
import type { WitFunction } from "../../../wit/types.ts";
import type { Value } from "../../../wit/value.ts";
import type { CanonOptions, CoreFunction, CoreValue } from "./abi.ts";
import { admission } from "./admit.ts";
import { callerOf } from "./arity.ts";
import { flattenFunction } from "./flat.ts";
import type { AbiGuest } from "./guest.ts";
import { BorrowScope } from "./handles.ts";
import { Context } from "./context.ts";
import { compileParamsLower, compileResultLift, hasBorrow, type ParamsLower, type ResultLift } from "./signature.ts";

/** A core function wrapped by `WebAssembly.promising`. */
export type PromisingFunction = (...args: CoreValue[]) => Promise<CoreValue | undefined>;

/** One exported function, compiled once per WIT function and shared by all instances. */
export interface CompiledExport {
  readonly fn: WitFunction;
  /**
   * Refuses handles that are not this instance's or were passed away, before a call: nothing has happened yet, and the
   * instance lives on. Null when the function takes none. @throws {Fault} `type-mismatch`, `moved`
   */
  readonly admit: ((guest: AbiGuest, args: readonly Value[]) => void) | null;
  /** Arguments are checked already (H5). @throws {AbiTrap | NotOfItsType | Fault} and whatever the guest throws */
  readonly bind: (guest: AbiGuest, core: CoreFunction, options: CanonOptions) => (args: readonly Value[]) => Value;
  /** The same for a guest that may suspend. The arguments are lowered before it returns. */
  readonly bindSuspending: (
    guest: AbiGuest,
    core: PromisingFunction,
    options: CanonOptions,
  ) => (args: readonly Value[]) => Promise<Value>;
}

/** What is compiled of a function. */
interface Code {
  readonly lower: ParamsLower;
  readonly lift: ResultLift;
  readonly borrows: boolean;
}

function codeOf(fn: WitFunction): Code {
  return { lower: compileParamsLower(fn), lift: compileResultLift(fn.result), borrows: hasBorrow(fn) };
}

export function compileExport(fn: WitFunction): CompiledExport {
  let code: Code | undefined; // at the first call: most functions of most components are never called
  const count = flattenFunction(fn).params?.length ?? 1;
  return {
    fn,
    admit: admission(fn),
    bind: (guest, core, options) => {
      const cx = new Context(guest, options);
      const call = callerOf(core, count);
      const { postReturn } = options;
      return (args) => {
        const { lower, lift, borrows } = (code ??= codeOf(fn));
        const scope = begin(cx, borrows);
        const raw = call(lower(cx, args));
        return finish(cx, scope, raw, lift, postReturn);
      };
    },
    bindSuspending: (guest, core, options) => {
      const cx = new Context(guest, options);
      const { postReturn } = options;
      return async (args) => {
        const { lower, lift, borrows } = (code ??= codeOf(fn));
        const scope = begin(cx, borrows);
        const raw = await core(...lower(cx, args));
        return finish(cx, scope, raw, lift, postReturn);
      };
    },
  };
}

function begin(cx: Context, borrows: boolean): BorrowScope | null {
  cx.refresh();
  cx.scope = borrows ? new BorrowScope(cx.handles) : null;
  return cx.scope;
}

function finish(
  cx: Context,
  scope: BorrowScope | null,
  raw: CoreValue | undefined,
  lift: ResultLift,
  postReturn: CoreFunction | null,
): Value {
  cx.refresh();
  cx.budget.reset();
  const value = lift(cx, raw);
  scope?.refuseHeld();
  if (postReturn !== null) cleanUp(cx.guest, raw, postReturn); // L1
  return value;
}

function cleanUp(guest: AbiGuest, raw: CoreValue | undefined, postReturn: CoreFunction): void {
  guest.mayLeave = false;
  if (raw === undefined) postReturn();
  else postReturn(raw);
  guest.mayLeave = true;
}
