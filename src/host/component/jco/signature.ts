/**
 * The functions of a world with their codecs, compiled once per plugin and shared by its instances.
 */
import type { FunctionKey, WitFunction, WorldSide } from "../../../wit/types.ts";
import { argumentCheck, type CheckArguments } from "../../check-arguments.ts";
import { codecFor, type Codec } from "./codec.ts";

export interface Signature {
  readonly key: FunctionKey;
  /** Null for a function of the world itself. */
  readonly interface: string | null;
  readonly fn: WitFunction;
  readonly params: readonly Codec[];
  readonly check: CheckArguments;
  readonly result: Codec | null;
  /** The codec of the error payload when the function's own result is a `result`. */
  readonly failure: Codec | null | undefined;
  /** The codec of the good payload, likewise: jco unwraps both. */
  readonly success: Codec | null | undefined;
}

export function signaturesOf(side: WorldSide): readonly Signature[] {
  const own = [...side.functions.values()].map((fn) => signature(null, fn));
  const others = [...side.interfaces.values()].flatMap((each) =>
    [...each.functions.values()].map((fn) => signature(each.id, fn)),
  );
  return [...own, ...others];
}

function signature(id: string | null, fn: WitFunction): Signature {
  const type = fn.result;
  const result = type?.kind === "result" ? type : null;
  return {
    key: id === null ? fn.name : `${id}#${fn.name}`,
    interface: id,
    fn,
    params: fn.params.map((param) => codecFor(param.type)),
    check: argumentCheck(fn.name, fn),
    result: type === null ? null : codecFor(type),
    success: result === null ? undefined : result.ok === null ? null : codecFor(result.ok),
    failure: result === null ? undefined : result.err === null ? null : codecFor(result.err),
  };
}
