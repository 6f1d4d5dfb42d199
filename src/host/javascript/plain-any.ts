/**
 * Untyped data as plain JavaScript, and back.
 *
 *   A1  To JavaScript: null, boolean, number, bigint beyond the safe integers, string, Uint8Array, Array, Map. A Float of 5 is the number 5.
 *   A2  From JavaScript: a safe integer is an Int, −0 and every other number a Float, a bigint an Int. `new AnyFloat(5)` is the Float 5.
 *       undefined is null; an object without class is a map of its own enumerable data properties; a typed array is a list of numbers.
 */
import { Fault } from "../../fault.ts";
import { AnyFloat, type AnyValue } from "../../wit/any.ts";
import { LiftBudget } from "../../wit/budget.ts";
import { decodeAny, encodeAny } from "../../wit/cbor.ts";
import { WitError } from "../../wit/error.ts";
import { isTypedNumbers } from "../../wit/numbers.ts";
import { Callback, integer, Opaque, type Value } from "../../wit/value.ts";
import { faultAt, inside, Misfit } from "./misfit.ts";

const MOST_DEPTH = 100;

export function anyToPlain(value: AnyValue): unknown {
  if (value instanceof AnyFloat) return value.value;
  if (value instanceof Opaque) throw new Fault("type-mismatch", "a function of the program takes data only");
  if (value instanceof Uint8Array) return value.slice();
  if (Array.isArray(value)) return value.map((item: AnyValue) => anyToPlain(item));
  if (value instanceof Map)
    return new Map([...(value as ReadonlyMap<string, AnyValue>)].map(([k, v]) => [k, anyToPlain(v)]));
  return value;
}

/** @throws {Fault} `type-mismatch` for what is no data, and for data that contains itself; `value-too-large` */
export function anyFromPlain(plain: unknown, path: string, budget: LiftBudget = new LiftBudget()): AnyValue {
  try {
    return readAny(plain, budget, MOST_DEPTH);
  } catch (thrown) {
    throw faultAt(path, thrown);
  }
}

/** @throws {Misfit} */
export function readAny(plain: unknown, budget: LiftBudget, depth: number = MOST_DEPTH): AnyValue {
  if (depth === 0) throw new Misfit("type-mismatch", ": nested too deeply, or contains itself");
  switch (typeof plain) {
    case "undefined":
      return null;
    case "boolean":
      return plain;
    case "bigint":
      return wholeNumber(plain);
    case "number":
      return Number.isSafeInteger(plain) && !Object.is(plain, -0) ? plain : new AnyFloat(plain);
    case "string":
      budget.bytes(plain.length);
      if (!plain.isWellFormed()) throw new Misfit("type-mismatch", ": the text has a lone surrogate");
      return plain;
    case "object":
      return plain === null ? null : readObject(plain, budget, depth - 1);
    default:
      throw new Misfit("type-mismatch", `: a ${typeof plain} is no data`);
  }
}

function wholeNumber(plain: bigint): number | bigint {
  if (plain >= -(2n ** 63n) && plain < 2n ** 64n) return integer(plain);
  throw new Misfit("out-of-range", `: ${plain} is not an Int`);
}

function readObject(plain: object, budget: LiftBudget, depth: number): AnyValue {
  if (plain instanceof AnyFloat) return plain;
  if (plain instanceof Uint8Array) {
    budget.bytes(plain.byteLength);
    return new Uint8Array(plain);
  }
  if (isTypedNumbers(plain)) return readList(plain, budget, depth);
  if (Array.isArray(plain)) return readList(plain, budget, depth);
  return readMap(plain, budget, depth);
}

function readList(plain: ArrayLike<unknown>, budget: LiftBudget, depth: number): AnyValue {
  const { length } = plain;
  budget.nodes(length);
  const list: AnyValue[] = [];
  try {
    while (list.length < length) list.push(readAny(plain[list.length], budget, depth));
  } catch (thrown) {
    throw inside(`[${list.length}]`, thrown);
  }
  return list;
}

function readMap(plain: object, budget: LiftBudget, depth: number): AnyValue {
  const all = entries(plain);
  budget.nodes(2 * all.length);
  const map = new Map<string, AnyValue>();
  for (const [key, value] of all) {
    budget.bytes(key.length);
    try {
      map.set(key, readAny(value, budget, depth));
    } catch (thrown) {
      throw inside(`.${key.slice(0, 40)}`, thrown);
    }
  }
  return map;
}

function entries(plain: object): [string, unknown][] {
  if (plain instanceof Map)
    return [...(plain as ReadonlyMap<unknown, unknown>)].map(([key, value]) => [textKey(key), value]);
  const prototype: unknown = Object.getPrototypeOf(plain);
  if (prototype !== null && prototype !== Object.prototype) {
    throw new Misfit("type-mismatch", ": an object of a class is no data, but a plain object or a Map is");
  }
  return Object.entries(Object.getOwnPropertyDescriptors(plain))
    .filter(([, found]) => found.enumerable === true)
    .map(([key, found]) => {
      if (!("value" in found)) throw new Misfit("type-mismatch", `.${key} is a getter, which is not called`);
      return [textKey(key), found.value];
    });
}

function textKey(key: unknown): string {
  if (typeof key === "string" && key.isWellFormed()) return key;
  throw new Misfit("type-mismatch", ": the keys of a map are text");
}

/** What the bytes of an Any say, whoever wrote them. @throws {Fault} `type-mismatch` */
export function readBytes(bytes: Value): AnyValue {
  try {
    return decodeAny(bytes as Uint8Array);
  } catch (error) {
    if (!(error instanceof WitError)) throw error;
    throw new Fault("type-mismatch", `an untyped value cannot be read: ${error.message}`, { cause: error });
  }
}

/** A function of the workflow, for JavaScript to call. */
export function callbackToFunction(callback: Callback): (...args: unknown[]) => Promise<unknown> {
  return async (...args) => {
    const answer = await callback.call(args.map((arg, index) => encodeAny(anyFromPlain(arg, `argument ${index + 1}`))));
    return anyToPlain(readBytes(answer));
  };
}

/** A function of JavaScript, for a plugin to call. */
export function callbackFromFunction(fn: Function): Callback {
  return new Callback(async (args) => {
    const answer: unknown = await fn(...args.map((arg) => anyToPlain(readBytes(arg))));
    return encodeAny(anyFromPlain(answer, "the callback's result"));
  });
}
