/**
 * The functions of a world with their codecs, compiled once per plugin and shared by its instances.
 */
import type { FunctionKey, WitFunction, WorldSide } from "../../wit/types.ts";
import { Fault } from "../../fault.ts";
import { checkValue } from "../../wit/validate.ts";
import type { Value } from "../../wit/value.ts";
import { codecFor, type Codec } from "./codec.ts";

export interface Signature {
  readonly key: FunctionKey;
  /** Null for a function of the world itself. */
  readonly interface: string | null;
  readonly fn: WitFunction;
  readonly params: readonly Codec[];
  /** What messages call each argument. */
  readonly labels: readonly string[];
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
    labels: fn.params.map((param) => `argument \`${param.name}\` of ${fn.name}`),
    result: type === null ? null : codecFor(type),
    success: result === null ? undefined : result.ok === null ? null : codecFor(result.ok),
    failure: result === null ? undefined : result.err === null ? null : codecFor(result.err),
  };
}

/** @throws {Fault} `type-mismatch`, `out-of-range` */
export function checkArguments({ fn, labels }: Signature, args: readonly Value[]): void {
  if (args.length !== fn.params.length) {
    throw new Fault("type-mismatch", `${fn.name} takes ${fn.params.length} arguments, got ${args.length}`);
  }
  for (let at = 0; at < args.length; at++) {
    const param = fn.params[at];
    if (param !== undefined) checkValue(param.type, args[at] as Value, labels[at] ?? "");
  }
}
