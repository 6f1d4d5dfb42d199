/**
 * Untyped data as plain JavaScript, and back.
 *
 *   A1  To JavaScript: null, boolean, number, bigint beyond the safe integers, string, Uint8Array, Array, Map. A Float of 5 is the number 5.
 *   A2  From JavaScript: a safe integer is an Int, −0 and every other number a Float, a bigint an Int. `new AnyFloat(5)` is the Float 5.
 *       undefined is null; an object without class is a map of its own enumerable data properties; a typed array is a list of numbers.
 */
import { Fault } from "../../fault.ts";
import { AnyFloat, type AnyValue } from "../../wit/any.ts";
import { decodeAny, encodeAny } from "../../wit/cbor.ts";
import { isTypedNumbers } from "../../wit/numbers.ts";
import { Callback, integer, Opaque } from "../../wit/value.ts";

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

/** @throws {Fault} `type-mismatch` for what is no data, and for data that contains itself */
export function anyFromPlain(plain: unknown, path: string, depth: number = MOST_DEPTH): AnyValue {
  if (depth === 0) throw new Fault("type-mismatch", `${path.slice(0, 200)}: nested too deeply, or contains itself`);
  switch (typeof plain) {
    case "undefined":
      return null;
    case "boolean":
      return plain;
    case "bigint":
      return wholeNumber(plain, path);
    case "number":
      return Number.isSafeInteger(plain) && !Object.is(plain, -0) ? plain : new AnyFloat(plain);
    case "string":
      if (!plain.isWellFormed()) throw new Fault("type-mismatch", `${path}: the text has a lone surrogate`);
      return plain;
    case "object":
      return plain === null ? null : objectFromPlain(plain, path, depth - 1);
    default:
      throw new Fault("type-mismatch", `${path}: a ${typeof plain} is no data`);
  }
}

function wholeNumber(plain: bigint, path: string): number | bigint {
  if (plain >= -(2n ** 63n) && plain < 2n ** 64n) return integer(plain);
  throw new Fault("out-of-range", `${path}: ${plain} is not an Int`);
}

function objectFromPlain(plain: object, path: string, depth: number): AnyValue {
  if (plain instanceof AnyFloat) return plain;
  if (plain instanceof Uint8Array) return plain.slice();
  if (isTypedNumbers(plain))
    return Array.from(plain as Iterable<number | bigint>, (item) => anyFromPlain(item, path, depth));
  if (Array.isArray(plain)) {
    return Array.from({ length: plain.length }, (_, index) =>
      anyFromPlain((plain as unknown[])[index], `${path}[${index}]`, depth),
    );
  }
  return new Map(entries(plain, path).map(([key, value]) => [key, anyFromPlain(value, `${path}.${key}`, depth)]));
}

function entries(plain: object, path: string): [string, unknown][] {
  if (plain instanceof Map)
    return [...(plain as ReadonlyMap<unknown, unknown>)].map(([key, value]) => [textKey(key, path), value]);
  const prototype: unknown = Object.getPrototypeOf(plain);
  if (prototype !== null && prototype !== Object.prototype) {
    throw new Fault("type-mismatch", `${path}: an object of a class is no data`, {
      hint: "Return a plain object or a Map.",
    });
  }
  return Object.entries(Object.getOwnPropertyDescriptors(plain))
    .filter(([, found]) => found.enumerable === true)
    .map(([key, found]) => {
      if (!("value" in found)) throw new Fault("type-mismatch", `${path}.${key} is a getter, which is not called`);
      return [textKey(key, path), found.value];
    });
}

function textKey(key: unknown, path: string): string {
  if (typeof key === "string" && key.isWellFormed()) return key;
  throw new Fault("type-mismatch", `${path}: the keys of a map are text`);
}

/** A function of the workflow, for JavaScript to call. */
export function callbackToFunction(callback: Callback): (...args: unknown[]) => Promise<unknown> {
  return async (...args) => {
    const answer = await callback.call(args.map((arg, index) => encodeAny(anyFromPlain(arg, `argument ${index + 1}`))));
    return anyToPlain(decodeAny(answer));
  };
}

/** A function of JavaScript, for a plugin to call. */
export function callbackFromFunction(fn: Function): Callback {
  return new Callback(async (args) => {
    const answer: unknown = await fn(...args.map((arg) => anyToPlain(decodeAny(arg))));
    return encodeAny(anyFromPlain(answer, "the callback's result"));
  });
}
