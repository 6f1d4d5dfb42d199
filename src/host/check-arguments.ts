/**
 * Checks of what crosses to a guest (H5): the same words whatever the language.
 *
 *   Compiled checks say yes or no; only what they refuse is walked again, for the place and the reason.
 */
import { Fault } from "../fault.ts";
import { compileCheck } from "../wit/check.ts";
import type { WitFunction, WitType } from "../wit/types.ts";
import { checkValue } from "../wit/validate.ts";
import type { Value } from "../wit/value.ts";

/** @throws {Fault} `type-mismatch`, `out-of-range`, with source `sennit`: it is the caller who erred */
export type CheckArguments = (args: readonly Value[]) => void;

/** @throws {Fault} `type-mismatch`, `out-of-range` */
export type CheckOne = (value: Value) => void;

/** @param what the value as messages name it: "answer of acme:clock/now#now" */
export function valueCheck(what: string, type: WitType): CheckOne {
  const check = compileCheck(type);
  return (value) => {
    if (!check(value)) checkValue(type, value, what);
  };
}

/** @param name what messages call the function */
export function argumentCheck(name: string, { params }: WitFunction): CheckArguments {
  const checks = params.map((param) => valueCheck(`argument \`${param.name}\` of ${name}`, param.type));
  const count = checks.length;
  return (args) => {
    if (args.length !== count) throw new Fault("type-mismatch", `${name} takes ${count} arguments, got ${args.length}`);
    for (let at = 0; at < count; at++) checks[at]?.(args[at] as Value);
  };
}
