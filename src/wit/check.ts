/**
 * Is this value of this type? The question of validate.ts, answered fast by closures compiled once per type.
 *
 *   C4  A compiled check says yes exactly when `checkValue` throws nothing. It says no without a reason: who needs one
 *       asks `checkValue`.
 */
import { isArrayOf, isIntegerKind, isTypedNumbers, type IntegerKind } from "./numbers.ts";
import type { Resource, WitType } from "./types.ts";
import { isCallbackResource } from "./validate.ts";
import { Callback, CaseValue, Handle, isNullable, Some, type Value } from "./value.ts";

export type Check = (value: Value) => boolean;

const compiled = new WeakMap<WitType, Check>();

/** The check of a type; types are immutable (W1), so each is compiled once. */
export function compileCheck(type: WitType): Check {
  const known = compiled.get(type);
  if (known !== undefined) return known;
  const check = compile(type);
  compiled.set(type, check);
  return check;
}

function compile(type: WitType): Check {
  switch (type.kind) {
    case "bool":
      return isBoolean;
    case "s8":
    case "u8":
    case "s16":
    case "u16":
    case "s32":
    case "u32":
    case "s64":
    case "u64":
      return INTEGERS[type.kind];
    case "f32":
      return isF32;
    case "f64":
      return isNumber;
    case "char":
      return isChar;
    case "string":
      return isText;
    case "list":
      return listCheck(type.element, type.length);
    case "map":
      return mapCheck(compileCheck(type.key), compileCheck(type.value));
    case "tuple":
      return fieldsCheck(type.items.map(compileCheck));
    case "record":
      return fieldsCheck(type.fields.map((field) => compileCheck(field.type)));
    case "option":
      return optionCheck(type.some);
    case "result":
      return caseCheck([type.ok, type.err]);
    case "variant":
      return caseCheck(type.cases.map((each) => each.type));
    case "enum":
      return indexCheck(type.cases.length);
    case "flags":
      return indexCheck(2 ** type.labels.length);
    case "own":
    case "borrow":
      return handleCheck(type.resource);
    case "stream":
    case "future":
    case "error-context":
      return isHandle;
  }
}

const isBoolean: Check = (value) => typeof value === "boolean";
const isNumber: Check = (value) => typeof value === "number";
const isF32: Check = (value) => typeof value === "number" && Object.is(Math.fround(value), value);
const isText: Check = (value) => typeof value === "string" && value.isWellFormed();
const isHandle: Check = (value) => value instanceof Handle;

/** An integer that the bits of a small type keep as it is. A negative zero is the integer 0, as everywhere. */
const INTEGERS: Readonly<Record<IntegerKind, Check>> = {
  u8: (value) => typeof value === "number" && (value & 0xff) === value,
  s8: (value) => typeof value === "number" && (value << 24) >> 24 === value,
  u16: (value) => typeof value === "number" && (value & 0xffff) === value,
  s16: (value) => typeof value === "number" && (value << 16) >> 16 === value,
  u32: (value) => typeof value === "number" && value >>> 0 === value,
  s32: (value) => typeof value === "number" && (value | 0) === value,
  u64: (value) =>
    typeof value === "number"
      ? value >= 0 && Number.isSafeInteger(value)
      : typeof value === "bigint" && value > MOST_SAFE && value <= 0xffff_ffff_ffff_ffffn,
  s64: (value) =>
    typeof value === "number"
      ? Number.isSafeInteger(value)
      : typeof value === "bigint" &&
        (value > MOST_SAFE ? value < 2n ** 63n : value < -MOST_SAFE && value >= -(2n ** 63n)),
};

const MOST_SAFE = 2n ** 53n - 1n;

function isChar(value: Value): boolean {
  if (typeof value !== "string") return false;
  if (value.length === 1) return value.isWellFormed();
  return value.length === 2 && (value.codePointAt(0) ?? 0) > 0xffff;
}

function listCheck(element: WitType, length: number | undefined): Check {
  const isItems = itemsCheck(element, length);
  if (!isIntegerKind(element.kind) && element.kind !== "f32" && element.kind !== "f64") return isItems;
  return (value) =>
    isTypedNumbers(value)
      ? isArrayOf(element.kind, value) && (length === undefined || value.length === length)
      : isItems(value);
}

function itemsCheck(element: WitType, length: number | undefined): Check {
  if (element.kind === "u8") return () => false;
  const isItem = compileCheck(element);
  return (value) => {
    if (!Array.isArray(value) || (length !== undefined && value.length !== length)) return false;
    // Indexed, because a hole in the array must be met as well.
    for (let index = 0; index < value.length; index += 1) if (!isItem(value[index] as Value)) return false;
    return true;
  };
}

function mapCheck(isKey: Check, isEntry: Check): Check {
  return (value) => {
    if (!(value instanceof Map)) return false;
    for (const [key, entry] of value as ReadonlyMap<Value, Value>) if (!isKey(key) || !isEntry(entry)) return false;
    return true;
  };
}

/** The usual small ones are written out, which is faster than a loop. */
function fieldsCheck(checks: readonly Check[]): Check {
  const [a, b, c, d] = checks;
  const count = checks.length;
  const rest = checks.slice(4);
  if (a === undefined) return (value) => Array.isArray(value) && value.length === 0;
  if (b === undefined) return (value) => isArray(value, 1) && a(value[0] as Value);
  if (c === undefined) return (value) => isArray(value, 2) && a(value[0] as Value) && b(value[1] as Value);
  if (d === undefined) {
    return (value) => isArray(value, 3) && a(value[0] as Value) && b(value[1] as Value) && c(value[2] as Value);
  }
  return (value) => {
    if (!isArray(value, count)) return false;
    if (!a(value[0] as Value) || !b(value[1] as Value) || !c(value[2] as Value) || !d(value[3] as Value)) return false;
    for (let index = 0; index < rest.length; index += 1) {
      if (!(rest[index] as Check)(value[index + 4] as Value)) return false;
    }
    return true;
  };
}

function isArray(value: Value, length: number): value is readonly Value[] {
  return Array.isArray(value) && value.length === length;
}

function optionCheck(some: WitType): Check {
  const isSome = compileCheck(some);
  if (!isNullable(some)) return (value) => value === null || isSome(value);
  return (value) => value === null || (value instanceof Some && isSome(value.value));
}

function caseCheck(payloads: readonly (WitType | null)[]): Check {
  const checks = payloads.map((type) => (type === null ? null : compileCheck(type)));
  return (value) => {
    if (!(value instanceof CaseValue)) return false;
    const check = checks[value.index];
    if (check === undefined) return false;
    return check === null ? value.payload === null : check(value.payload);
  };
}

function indexCheck(count: number): Check {
  return (value) => typeof value === "number" && value >= 0 && value < count && Number.isInteger(value);
}

function handleCheck(resource: Resource): Check {
  if (!isCallbackResource(resource)) return isHandle;
  return (value) => value instanceof Handle || value instanceof Callback;
}
