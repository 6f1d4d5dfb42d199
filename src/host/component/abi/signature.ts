/**
 * The parameters and the result of a function as a whole: as core values, or in memory at a pointer when there are
 * more than cross as core values.
 */
import { partsOf } from "../../../wit/parts.ts";
import type { WitFunction, WitType } from "../../../wit/types.ts";
import type { Value } from "../../../wit/value.ts";
import type { CoreValue } from "./abi.ts";
import { flatten, flattenFunction, MAX_FLAT_RESULTS } from "./flat.ts";
import { compileFlatLifts } from "./flat-lift.ts";
import { compileFlatLowers, type FlatLower } from "./flat-lower.ts";
import { fieldsLayout, layoutOf, typesOf } from "./layout.ts";
import { compileLoad, loadFields } from "./load.ts";
import type { Context } from "./context.ts";
import type { Flats } from "./places.ts";
import { fromCore } from "./scalars.ts";
import { compileStore, storeFields } from "./store.ts";

/** Arguments as core values. */
export type ParamsLower = (cx: Context, args: readonly Value[]) => Flats;

export function compileParamsLower(fn: WitFunction): ParamsLower {
  const types = typesOf(fn.params);
  const have = flattenFunction(fn).params;
  return have === null ? storeParams(types) : lowerFlat(compileFlatLowers(types, have));
}

function lowerFlat(lowers: readonly FlatLower[]): ParamsLower {
  const count = lowers.length;
  return (cx, args) => {
    const flats: Flats = [];
    for (let index = 0; index < count; index++) (lowers[index] as FlatLower)(cx, args[index] as Value, flats);
    return flats;
  };
}

function storeParams(types: readonly WitType[]): ParamsLower {
  const { size, align } = fieldsLayout(types);
  const store = storeFields(types, 0);
  return (cx, args) => {
    const at = cx.allocate(size, align, "argument list");
    store(cx, at, args);
    return [at];
  };
}

/** What the core function answered, as a value. */
export type ResultLift = (cx: Context, raw: CoreValue | undefined) => Value;

export function compileResultLift(type: WitType | null): ResultLift {
  if (type === null) return () => null;
  const scalar = fromCore(type);
  if (scalar !== null) return (_, raw) => scalar(raw as CoreValue);
  const have = flatten([type], MAX_FLAT_RESULTS);
  if (have === null) return loadResult(type);
  const [lift] = compileFlatLifts([type], have);
  return (cx, raw) => (lift === undefined ? null : lift(cx, [raw as CoreValue]));
}

function loadResult(type: WitType): ResultLift {
  const { size, align } = layoutOf(type);
  const load = compileLoad(type, 0);
  return (cx, raw) => {
    const at = (raw as number) >>> 0;
    cx.refuseOutside(at, size, align, "result");
    return load(cx, at);
  };
}

/** Core values as arguments. */
export type ParamsLift = (cx: Context, flats: Flats) => Value[];

export function compileParamsLift(fn: WitFunction): ParamsLift {
  const types = typesOf(fn.params);
  const have = flattenFunction(fn).params;
  if (have === null) return loadParams(types);
  const lifts = compileFlatLifts(types, have);
  return (cx, flats) => {
    const args: Value[] = [];
    for (const each of lifts) args.push(each(cx, flats));
    return args;
  };
}

function loadParams(types: readonly WitType[]): ParamsLift {
  const { size, align } = fieldsLayout(types);
  const load = loadFields(types, 0);
  return (cx, flats) => {
    const at = (flats[0] as number) >>> 0;
    cx.refuseOutside(at, size, align, "argument list");
    return load(cx, at) as Value[];
  };
}

/** The host's answer as a core value, or written at `at`, where the guest wants one that is more than that. */
export type ResultLower = (cx: Context, value: Value, at: number) => CoreValue | undefined;

export function compileResultLower(type: WitType | null): ResultLower {
  if (type === null) return () => undefined;
  const have = flatten([type], MAX_FLAT_RESULTS);
  if (have === null) return storeResult(type);
  const [lower] = compileFlatLowers([type], have);
  return (cx, value) => {
    const flats: Flats = [];
    lower?.(cx, value, flats);
    return flats[0];
  };
}

function storeResult(type: WitType): ResultLower {
  const { size, align } = layoutOf(type);
  const store = compileStore(type, 0);
  return (cx, value, at) => {
    cx.refuseOutside(at, size, align, "place of the result");
    store(cx, at, value);
    return undefined;
  };
}

/** Whether some parameter contains a borrowed handle. */
export function hasBorrow(fn: WitFunction): boolean {
  return typesOf(fn.params).some((type) => contains(type, "borrow"));
}

/** Whether a type contains a handle of this kind. */
export function contains(type: WitType, kind: "own" | "borrow"): boolean {
  return type.kind === kind || partsOf(type).some((part) => contains(part, kind));
}
