/** Values that passed their check as plain JavaScript: one closure per type, compiled once. */
import type { Case, Field, WitType } from "../../wit/types.ts";
import { Callback, type CaseValue, type Handle, isNullable, OK, type Some, type Value } from "../../wit/value.ts";
import { isAnyType } from "../any-type.ts";
import { lowerCamel } from "../names.ts";
import { numbersOf } from "./number-lists.ts";
import { anyToPlain, callbackToFunction, readBytes } from "./plain-any.ts";
import type { HandleType, PlainHandles } from "./handles.ts";

export type ToPlain = (value: Value, handles: PlainHandles) => unknown;

export function toPlainOf(type: WitType): ToPlain {
  if (isAnyType(type)) return (value) => anyToPlain(readBytes(value));
  switch (type.kind) {
    case "list":
      return listOf(type.element);
    case "tuple":
      return tupleOf(type.items.map(toPlainOf));
    case "map":
      return mapOf(toPlainOf(type.key), toPlainOf(type.value));
    case "record":
      return recordOf(type.fields);
    case "option":
      return optionOf(type.some);
    case "variant":
      return variantOf(type.cases);
    case "result":
      return resultOf(payloadOf(type.ok), payloadOf(type.err));
    case "enum":
      return (value) => type.cases[value as number];
    case "flags":
      return flagsOf(type.labels);
    case "own":
    case "borrow":
      return handleOf(type);
    default:
      return identity;
  }
}

const identity: ToPlain = (value) => value;

/** The payload of a case that has none is null. */
function payloadOf(type: WitType | null): ToPlain {
  return type === null ? () => null : toPlainOf(type);
}

function listOf(element: WitType): ToPlain {
  const numbers = numbersOf(element);
  if (numbers !== undefined) return (value) => numbers.copy(value as readonly Value[]);
  const each = toPlainOf(element);
  if (each === identity) return (value) => (value as readonly Value[]).slice();
  return (value, handles) => (value as readonly Value[]).map((item) => each(item, handles));
}

function tupleOf(items: readonly ToPlain[]): ToPlain {
  return (value, handles) => items.map((item, index) => item(at(value, index), handles));
}

function mapOf(key: ToPlain, entry: ToPlain): ToPlain {
  return (value, handles) => {
    const map = new Map<unknown, unknown>();
    for (const [k, v] of value as ReadonlyMap<Value, Value>) map.set(key(k, handles), entry(v, handles));
    return map;
  };
}

/** A WIT name is never `__proto__`: assignment makes properties of the object itself. */
function recordOf(fields: readonly Field[]): ToPlain {
  const parts = fields.map(({ name, type }) => ({ key: lowerCamel(name), field: toPlainOf(type) }));
  return (value, handles) => {
    const record: Record<string, unknown> = {};
    let index = 0;
    for (const { key, field } of parts) record[key] = field(at(value, index++), handles);
    return record;
  };
}

function optionOf(some: WitType): ToPlain {
  const content = toPlainOf(some);
  return isNullable(some)
    ? (value, handles) => (value === null ? null : { some: content((value as Some).value, handles) })
    : (value, handles) => (value === null ? null : content(value, handles));
}

function variantOf(cases: readonly Case[]): ToPlain {
  const compiled = cases.map(({ name, type }) => ({ tag: name, payload: type && toPlainOf(type) }));
  return (value, handles) => {
    const { index, payload } = value as CaseValue;
    const found = compiled[index];
    return found?.payload ? { tag: found.tag, value: found.payload(payload, handles) } : { tag: found?.tag };
  };
}

function resultOf(ok: ToPlain, err: ToPlain): ToPlain {
  return (value, handles) => {
    const { index, payload } = value as CaseValue;
    return index === OK ? { ok: ok(payload, handles) } : { err: err(payload, handles) };
  };
}

function flagsOf(labels: readonly string[]): ToPlain {
  const keys = labels.map(lowerCamel);
  return (value) => Object.fromEntries(keys.map((key, bit) => [key, hasBit(value as number, bit)]));
}

function handleOf(type: HandleType): ToPlain {
  return (value, handles) =>
    value instanceof Callback ? callbackToFunction(value) : handles.toPlain(type, value as Handle);
}

function at(value: Value, index: number): Value {
  return (value as readonly Value[])[index] as Value;
}

function hasBit(bits: number, index: number): boolean {
  return Math.floor(bits / 2 ** index) % 2 === 1;
}
