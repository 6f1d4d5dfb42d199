/**
 * `canon lower`: an imported function, called by the guest with core values.
 *
 *   I1  Nothing leaves while the guest may not leave. Then: lift the arguments, call the host, lower its answer.
 *   I2  What the host answers is checked against its type by the host's own `call`; this only changes its form.
 *   I3  Whatever is thrown on the way goes through `failed` first: the guest could catch it on its way out.
 */
import type { WitFunction } from "../../../wit/types.ts";
import type { Value } from "../../../wit/value.ts";
import type { CallImport, CanonOptions, CoreFunction, CoreValue } from "./abi.ts";
import { collecting } from "./arity.ts";
import { flattenFunction } from "./flat.ts";
import type { AbiGuest } from "./guest.ts";
import { BorrowScope } from "./handles.ts";
import { Context } from "./context.ts";
import type { Flats } from "./places.ts";
import { compileParamsLift, compileResultLower, hasBorrow, type ParamsLift, type ResultLower } from "./signature.ts";

/** To be wrapped by `WebAssembly.Suspending`: a promise only when the host gave one. */
export type SuspendingFunction = (...args: CoreValue[]) => CoreValue | undefined | Promise<CoreValue | undefined>;

/** Learns of everything that an import throws, and gives what is thrown instead. */
export type ImportFailed = (thrown: unknown) => unknown;

/** One imported function, compiled once per WIT function and shared by all instances. */
export interface CompiledImport {
  readonly fn: WitFunction;
  readonly bind: (
    guest: AbiGuest,
    call: (args: readonly Value[]) => Value,
    options: CanonOptions,
    failed?: ImportFailed,
  ) => CoreFunction;
  readonly bindSuspending: (
    guest: AbiGuest,
    call: CallImport,
    options: CanonOptions,
    failed?: ImportFailed,
  ) => SuspendingFunction;
}

const asIs: ImportFailed = (thrown) => thrown;

/** What is compiled of a function. */
interface Code {
  readonly params: ParamsLift;
  readonly result: ResultLower;
  readonly borrows: boolean;
}

function codeOf(fn: WitFunction): Code {
  return { params: compileParamsLift(fn), result: compileResultLower(fn.result), borrows: hasBorrow(fn) };
}

export function compileImport(fn: WitFunction): CompiledImport {
  let code: Code | undefined; // at the first call: most imports of most components are never called
  const { params, results } = flattenFunction(fn);
  const given = params?.length ?? 1;
  const count = given + (results === null ? 1 : 0);
  const what = `the import ${fn.name}`;

  const begin = (cx: Context, flats: Flats): Value[] => {
    cx.guest.refuseLeaving(what); // I1
    code ??= codeOf(fn);
    cx.refresh();
    cx.budget.reset();
    cx.scope = code.borrows ? new BorrowScope(cx.handles) : null;
    return code.params(cx, flats);
  };
  const finish = (cx: Context, scope: BorrowScope | null, answer: Value, flats: Flats): CoreValue | undefined => {
    cx.refresh();
    const raw = code?.result(cx, answer, (flats[given] as number) >>> 0);
    scope?.giveBack();
    return raw;
  };

  return {
    fn,
    bind: (guest, call, options, failed = asIs) => {
      const cx = new Context(guest, options);
      return collecting((flats) => {
        try {
          const args = begin(cx, flats);
          const { scope } = cx;
          return finish(cx, scope, call(args), flats);
        } catch (thrown) {
          throw failed(thrown); // I3
        }
      }, count);
    },
    bindSuspending: (guest, call, options, failed = asIs) => {
      const cx = new Context(guest, options);
      const rejected = (thrown: unknown): never => {
        throw failed(thrown); // I3
      };
      return collecting((flats) => {
        try {
          const args = begin(cx, flats);
          const { scope } = cx;
          const answer = call(args);
          if (!(answer instanceof Promise)) return finish(cx, scope, answer, flats);
          return answer.then((value) => finish(cx, scope, value, flats)).catch(rejected);
        } catch (thrown) {
          return rejected(thrown);
        }
      }, count);
    },
  };
}
