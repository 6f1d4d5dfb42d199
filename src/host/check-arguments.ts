/** The check of a call's arguments before any guest sees them (H5): the same words whatever the language. */
import { Fault } from "../fault.ts";
import type { WitFunction } from "../wit/types.ts";
import { checkValue } from "../wit/validate.ts";
import type { Value } from "../wit/value.ts";

/** @throws {Fault} `type-mismatch`, `out-of-range`, with source `sennit`: it is the caller who erred */
export type CheckArguments = (args: readonly Value[]) => void;

/** @param name what messages call the function */
export function argumentCheck(name: string, { params }: WitFunction): CheckArguments {
  const labels = params.map((param) => `argument \`${param.name}\` of ${name}`);
  return (args) => {
    if (args.length !== params.length) {
      throw new Fault("type-mismatch", `${name} takes ${params.length} arguments, got ${args.length}`);
    }
    for (let at = 0; at < params.length; at++) {
      const param = params[at];
      if (param !== undefined) checkValue(param.type, args[at] as Value, labels[at] ?? "");
    }
  };
}
