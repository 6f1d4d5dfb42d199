/** A program's foreign functions for tests: of the embedding program, typed by WIT as data. */
import type { CheckEnvironment } from "../../../src/lang/check/check.ts";
import type { WitFunction, WitType } from "../../../src/wit/types.ts";
import { nothing } from "./run-program.ts";

export const S32: WitType = { kind: "s32" };
export const STRING: WitType = { kind: "string" };

export function witFunction(name: string, params: readonly WitType[], result: WitType | null): WitFunction {
  return {
    name,
    shape: "function",
    resource: null,
    params: params.map((type, i) => ({ name: `p${i}`, type })),
    result,
    async: false,
  };
}

/** What a shop says when it fails. */
export const problem: WitType = {
  kind: "variant",
  name: { interface: "acme:shop/api", name: "problem" },
  cases: [
    { name: "out-of-stock", type: STRING },
    { name: "closed", type: null },
  ],
};

/** A function value of the program. */
const callback: WitType = {
  kind: "own",
  resource: { kind: "resource", name: { interface: "sennit:host/callback", name: "callback" } },
};

const functions: readonly WitFunction[] = [
  witFunction("double", [S32], S32),
  witFunction("numbers", [], { kind: "list", element: { kind: "s64" } }),
  witFunction("floats", [], { kind: "list", element: { kind: "f64" } }),
  witFunction("reserve", [STRING], { kind: "result", ok: S32, err: problem }),
  witFunction("apply", [callback], null),
  witFunction("risky", [], { kind: "result", ok: null, err: STRING }),
];

/** `double`, `numbers`, `floats`, `reserve`, `apply`, `risky`, and the untyped `echo`. */
export const withFunctions: CheckEnvironment = {
  ...nothing,
  functions: new Map<string, WitFunction | null>([...functions.map((fn) => [fn.name, fn] as const), ["echo", null]]),
};
