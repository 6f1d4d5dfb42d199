/**
 * Whether a value that came from anywhere is one of a type: instructions do not look again (lang/ir/opcode.ts, O3).
 *
 *   T1  Functions fit nothing: what they captured could be anything.
 *   T2  A task fits when it is one that is known.
 */
import { AnyFloat } from "../../wit/any.ts";
import { CaseValue, Handle, integer, Some } from "../../wit/value.ts";
import type { Value } from "../../wit/value.ts";
import { isNullable } from "../../lang/types.ts";
import type { Type } from "../../lang/types.ts";
import { AnyTyped, ErrorValue, Task } from "../../lang/value.ts";

export interface Fitting {
  /** The program's types. */
  readonly types: readonly Type[];
  readonly isTask: (id: string) => boolean;
  /** What was found to fit: parts may be shared. */
  readonly known: WeakMap<object, Set<Type>>;
}

const ANY: Type = { kind: "Any" };

/** Levels of data within data. */
const DEEP = 500;

export function fits(value: Value, type: Type, fitting: Fitting, depth = 0): boolean {
  if (depth > DEEP) return false;
  if (value === null || typeof value !== "object") return isOf(value, type, fitting, depth);
  const known = fitting.known.get(value) ?? new Set();
  if (known.has(type)) return true;
  const isFit = isOf(value, type, fitting, depth);
  if (isFit) fitting.known.set(value, known.add(type));
  return isFit;
}

function isOf(value: Value, type: Type, fitting: Fitting, depth: number): boolean {
  const inner = (item: Value | undefined, of: Type): boolean =>
    item !== undefined && fits(item, of, fitting, depth + 1);
  switch (type.kind) {
    case "Int":
    case "Duration":
    case "Instant":
      return isInt(value);
    case "Float":
      return typeof value === "number";
    case "Bool":
      return typeof value === "boolean";
    case "String":
      return isText(value);
    case "Char":
      return isText(value) && [...value].length === 1;
    case "Bytes":
      return value instanceof Uint8Array;
    case "Nil":
      return value === null;
    case "Any":
      return fitsAny(value, fitting, depth);
    case "Error":
      return value instanceof ErrorValue;
    case "Never":
    case "fn":
      return false; // T1
    case "list":
      return isList(value) && every(value, (item) => inner(item, type.element));
    case "tuple":
      return isRow(value, type.items.length) && type.items.every((of, at) => inner(value[at], of));
    case "record":
      return isRow(value, type.fields.length) && type.fields.every((of, at) => inner(value[at], of.type));
    case "option":
      if (value === null) return true;
      if (!isNullable(type.some)) return inner(value, type.some);
      return value instanceof Some && inner(value.value, type.some);
    case "map":
      return value instanceof Map && [...pairs(value)].every(([k, v]) => inner(k, type.key) && inner(v, type.value));
    case "result":
      if (!(value instanceof CaseValue) || value.index > 1) return false;
      return inner(value.payload, value.index === 0 ? type.ok : type.err);
    case "variant": {
      const found = value instanceof CaseValue ? type.cases[value.index] : undefined;
      if (found === undefined || !(value instanceof CaseValue)) return false;
      return found.payload === null ? value.payload === null : inner(value.payload, found.payload);
    }
    case "enum":
      return typeof value === "number" && type.cases[value] !== undefined;
    case "flags":
      return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** type.labels.length;
    case "task":
      return value instanceof Task && fitting.isTask(value.id); // T2
    case "resource":
    case "stream":
    case "future":
      return value instanceof Handle;
  }
}

/** What an Any may hold: data, floats that say so, and typed values. */
function fitsAny(value: Value, fitting: Fitting, depth: number): boolean {
  if (depth > DEEP) return false;
  if (value === null || typeof value === "boolean" || isText(value) || isInt(value)) return true;
  if (value instanceof Uint8Array || value instanceof AnyFloat) return true;
  if (value instanceof AnyTyped) {
    const type = fitting.types[value.type];
    return type !== undefined && fits(value.value, type, fitting, depth + 1);
  }
  if (Array.isArray(value)) return (value as readonly Value[]).every((item) => fits(item, ANY, fitting, depth + 1));
  if (!(value instanceof Map)) return false;
  return [...pairs(value)].every(([k, v]) => typeof k === "string" && fits(v, ANY, fitting, depth + 1));
}

function isInt(value: Value): value is number | bigint {
  if (typeof value === "bigint") return integer(value) === value;
  return typeof value === "number" && Number.isSafeInteger(value) && !Object.is(value, -0);
}

function isText(value: Value): value is string {
  return typeof value === "string" && value.isWellFormed();
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value) || ArrayBuffer.isView(value);
}

function isRow(value: Value, length: number): value is readonly Value[] {
  return Array.isArray(value) && value.length === length;
}

function every(list: readonly Value[], test: (item: Value) => boolean): boolean {
  for (const item of list) if (!test(item)) return false;
  return true;
}

function pairs(map: ReadonlyMap<unknown, unknown>): Iterable<[Value, Value]> {
  return map as ReadonlyMap<Value, Value> as Map<Value, Value>;
}
