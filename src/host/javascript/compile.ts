/** A function found in the program, with everything that calls of it need, compiled once per plugin. */
import type { LiftBudget } from "../../wit/budget.ts";
import type { AnyValue } from "../../wit/any.ts";
import { Callback, type Value } from "../../wit/value.ts";
import { argumentCheck } from "../check-arguments.ts";
import type { Found } from "./functions.ts";
import { anyFromPlain, anyToPlain, callbackToFunction } from "./plain-any.ts";
import type { PlainHandles } from "./handles.ts";
import { plainCodec } from "./plain.ts";
import type { WitType } from "../../wit/types.ts";

/** What a function of the embedding program finds as its `this`, when it is none of a class and not written as an arrow. */
export interface CallContext {
  /** The same however often the effect of a durable run is done: a receiver knows one by it that comes again. Null in memory. */
  readonly key: string | null;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal | null;
}

/** @param path what it is, for messages */
export type Read = (plain: unknown, path: string, handles: PlainHandles, budget: LiftBudget) => Value;

export interface Compiled {
  readonly found: Found;
  /** Checks the arguments (H5). Handles among them are checked by who holds the objects. */
  readonly check: (args: readonly Value[]) => void;
  readonly toPlain: (args: readonly Value[], handles: PlainHandles) => unknown[];
  readonly hasHandles: boolean;
  /** `about` is the function's `this`. */
  readonly invoke: (args: unknown[], about: CallContext | undefined) => unknown;
  /** The result; of a function that may fail in WIT, its good payload. */
  readonly result: Read;
  /** The payload of its err; undefined when its WIT result is no `result`. */
  readonly failure: Read | undefined;
}

export function compile(found: Found): Compiled {
  const { fn } = found;
  const invoke = invokerOf(found);
  if (fn === null) {
    const toPlain = (args: readonly Value[]): unknown[] => args.map(untypedArgument);
    return { found, check: () => {}, toPlain, hasHandles: false, invoke, result: readUntyped, failure: undefined };
  }
  const params = fn.params.map((param) => plainCodec(param.type).toPlain);
  const toPlain = (args: readonly Value[], handles: PlainHandles): unknown[] => {
    const plain: unknown[] = [];
    for (const param of params) plain.push(param(args[plain.length] as Value, handles));
    return plain;
  };
  const fallible = fn.result?.kind === "result" ? fn.result : null;
  return {
    found,
    check: argumentCheck(found.name, fn),
    toPlain,
    hasHandles: fn.params.some(({ type: { kind } }) => kind === "own" || kind === "borrow"),
    invoke,
    result: readerOf(fallible === null ? fn.result : fallible.ok),
    failure: fallible === null ? undefined : readerOf(fallible.err),
  };
}

function readerOf(type: WitType | null): Read {
  return type === null ? () => null : plainCodec(type).fromPlain;
}

const readUntyped: Read = (plain, path, _, budget) => anyFromPlain(plain, path, budget) as Value;

function untypedArgument(value: Value): unknown {
  return value instanceof Callback ? callbackToFunction(value) : anyToPlain(value as AnyValue);
}

/** A call with its arity known is several times cheaper than one that spreads an array. */
function invokerOf({ make, target }: Found): Compiled["invoke"] {
  switch (make) {
    case "call":
      return (args, about) => {
        switch (args.length) {
          case 0:
            return target.call(about) as unknown;
          case 1:
            return target.call(about, args[0]) as unknown;
          case 2:
            return target.call(about, args[0], args[1]) as unknown;
          default:
            return target.apply(about, args) as unknown;
        }
      };
    case "new":
      return (args) => Reflect.construct(target, args);
    case "method":
      return ([self, ...args]) => Reflect.apply(target, self, args);
  }
}
