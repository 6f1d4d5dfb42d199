/**
 * Is this value of this type? Asked of every value before a guest sees it, and of every value a guest gives back (H5).
 *
 *   C1  A value that passes has exactly the form that value.ts gives for the type: a codec need not look again.
 *   C2  The fault names the place in the value: "argument `p`.points[3].x: 300 is not a u8 (0 to 255)".
 *   C3  The walk is bounded by the type's depth, which the decoder bounds: a value cannot make it recurse for ever.
 */
import { Fault } from "../fault.ts";
import { isArrayOf, isInRange, type IntegerKind, isTypedNumbers, rangeOf } from "./numbers.ts";
import { formatType } from "./text.ts";
import type { Resource, WitType } from "./types.ts";
import { Callback, CaseValue, Handle, isNullable, Some, type Value } from "./value.ts";

export { equalValues } from "./equal.ts";

/**
 * Checks a value against its type.
 *
 * @param path what the value is, for the message: "argument `p`"
 * @throws {Fault} `type-mismatch` or `out-of-range`, naming the place
 */
export function checkValue(type: WitType, value: Value, path: string): void {
  const problem = find(type, value);
  if (problem === null) return;
  throw new Fault(problem.code, `${path}${problem.place.toReversed().join("")}: ${problem.text}`);
}

/** What is wrong, and where: the steps from the value to the place, innermost first. */
interface Problem {
  readonly code: "type-mismatch" | "out-of-range";
  readonly text: string;
  readonly place: string[];
}

function mismatch(value: unknown, type: WitType | string): Problem {
  const want = typeof type === "string" ? type : withArticle(formatType(type));
  return { code: "type-mismatch", text: `${describe(value)} is not ${want}`, place: [] };
}

function outOfRange(text: string): Problem {
  return { code: "out-of-range", text, place: [] };
}

function inside(step: string, problem: Problem | null): Problem | null {
  problem?.place.push(step);
  return problem;
}

function find(type: WitType, value: Value): Problem | null {
  switch (type.kind) {
    case "bool":
      return typeof value === "boolean" ? null : mismatch(value, type);
    case "s8":
    case "u8":
    case "s16":
    case "u16":
    case "s32":
    case "u32":
    case "s64":
    case "u64":
      return findInteger(type.kind, value);
    case "f32":
    case "f64":
      return findFloat(type.kind, value);
    case "char":
      return findChar(value);
    case "string":
      return findString(value);
    case "list":
      return findList(type, value);
    case "map":
      return findMap(type, value);
    case "tuple":
      return findTuple(type, value);
    case "record":
      return findRecord(type, value);
    case "option":
      return findOption(type, value);
    case "result":
    case "variant":
      return findCase(type, value);
    case "enum":
      return isIndex(value, type.cases.length) ? null : mismatch(value, `the index of a case of ${formatType(type)}`);
    case "flags":
      return isIndex(value, 2 ** type.labels.length) ? null : mismatch(value, `a set of ${formatType(type)}`);
    case "own":
    case "borrow":
      return value instanceof Handle || isCallback(type.resource, value) ? null : mismatch(value, type);
    case "stream":
    case "future":
    case "error-context":
      return value instanceof Handle ? null : mismatch(value, type);
  }
}

/** An integer is a number where that is exact, else a bigint (V2 of value.ts). */
function findInteger(kind: IntegerKind, value: Value): Problem | null {
  const isInteger =
    typeof value === "number" ? Number.isSafeInteger(value) : typeof value === "bigint" && !isSafe(value);
  if (!isInteger) return mismatch(value, withArticle(kind));
  if (isInRange(kind, value as number | bigint)) return null;
  const { min, max } = rangeOf(kind);
  return outOfRange(`${value as number | bigint} is not ${withArticle(kind)} (${min} to ${max})`);
}

function isSafe(value: bigint): boolean {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER);
}

function findFloat(kind: "f32" | "f64", value: Value): Problem | null {
  if (typeof value !== "number") return mismatch(value, withArticle(kind));
  if (kind === "f64" || Object.is(Math.fround(value), value)) return null;
  return outOfRange(`${value} is not exactly an f32`);
}

function findChar(value: Value): Problem | null {
  if (typeof value !== "string") return mismatch(value, "a char");
  const point = value.codePointAt(0);
  const length = point !== undefined && point > 0xffff ? 2 : 1;
  if (value.length !== length) return mismatch(value, "a char: one character is needed");
  return findString(value);
}

function findString(value: Value): Problem | null {
  if (typeof value !== "string") return mismatch(value, "a string");
  if (value.isWellFormed()) return null;
  return { code: "type-mismatch", text: "the text has a lone surrogate, which is not a character", place: [] };
}

function findList(type: Extract<WitType, { kind: "list" }>, value: Value): Problem | null {
  const { element } = type;
  const length = listLength(type, value);
  if (length === null) return mismatch(value, type);
  if (type.length !== undefined && length !== type.length) {
    return { code: "type-mismatch", text: `a list of ${length} elements is not ${formatType(type)}`, place: [] };
  }
  return isTypedNumbers(value) ? null : findElements(element, value as readonly Value[]);
}

/** Null when the value is no list of this type. A list of bytes is a Uint8Array and nothing else. */
function listLength({ element }: Extract<WitType, { kind: "list" }>, value: Value): number | null {
  if (isTypedNumbers(value)) return isArrayOf(element.kind, value) ? value.length : null;
  return Array.isArray(value) && element.kind !== "u8" ? value.length : null;
}

function findElements(element: WitType, list: readonly Value[]): Problem | null {
  // Indexed, because a hole in the array must be met as well.
  for (let index = 0; index < list.length; index += 1) {
    const problem = find(element, list[index] as Value);
    if (problem !== null) return inside(`[${index}]`, problem);
  }
  return null;
}

function findMap(type: Extract<WitType, { kind: "map" }>, value: Value): Problem | null {
  if (!(value instanceof Map)) return mismatch(value, type);
  for (const [key, entry] of value as ReadonlyMap<Value, Value>) {
    const step = `[${describe(key)}]`;
    const problem = inside(`${step} (key)`, find(type.key, key)) ?? inside(step, find(type.value, entry));
    if (problem !== null) return problem;
  }
  return null;
}

function findTuple(type: Extract<WitType, { kind: "tuple" }>, value: Value): Problem | null {
  if (!Array.isArray(value) || value.length !== type.items.length) return mismatch(value, type);
  for (const [index, item] of type.items.entries()) {
    const problem = find(item, value[index] as Value);
    if (problem !== null) return inside(`.${index}`, problem);
  }
  return null;
}

function findRecord(type: Extract<WitType, { kind: "record" }>, value: Value): Problem | null {
  if (!Array.isArray(value) || value.length !== type.fields.length) return mismatch(value, type);
  for (const [index, field] of type.fields.entries()) {
    const problem = find(field.type, value[index] as Value);
    if (problem !== null) return inside(`.${field.name}`, problem);
  }
  return null;
}

function findOption({ some }: Extract<WitType, { kind: "option" }>, value: Value): Problem | null {
  if (value === null) return null;
  if (!isNullable(some)) return find(some, value);
  if (!(value instanceof Some)) return mismatch(value, "an option in an option: `Some` is needed around it");
  return find(some, value.value);
}

function findCase(type: Extract<WitType, { kind: "result" | "variant" }>, value: Value): Problem | null {
  const cases =
    type.kind === "variant"
      ? type.cases
      : [
          { name: "ok", type: type.ok },
          { name: "err", type: type.err },
        ];
  if (!(value instanceof CaseValue)) return mismatch(value, type);
  const found = cases[value.index];
  if (found === undefined) return mismatch(value, type);
  const { payload } = value;
  if (found.type !== null) return inside(`.${found.name}`, find(found.type, payload));
  if (payload === null) return null;
  return inside(`.${found.name}`, mismatch(payload, "expected: the case has no payload"));
}

/** A whole number from 0 to below `count`. */
function isIndex(value: Value, count: number): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value < count;
}

const CALLBACK = /^sennit:host\/callback(?:@|$)/;

/** A function of the workflow stands where a plugin takes the resource `callback` of `sennit:host`. */
export function isCallbackResource(resource: Resource): boolean {
  return resource.name.name === "callback" && CALLBACK.test(resource.name.interface ?? "");
}

function isCallback(resource: Resource, value: Value): boolean {
  return value instanceof Callback && isCallbackResource(resource);
}

/** A value, or whatever came instead of one, in a few words. */
function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === "bigint" || typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (value === null || typeof value === "boolean") return String(value);
  if (isTypedNumbers(value)) return `${value.constructor.name}(${value.length})`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value instanceof Map) return `a map of ${value.size}`;
  if (value instanceof CaseValue) return `case ${value.index}`;
  if (value instanceof Handle) return "a handle";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function withArticle(noun: string): string {
  return `${/^(?:[aeio]|s8|s16|s32|s64|f32|f64)/.test(noun) ? "an" : "a"} ${noun}`;
}
