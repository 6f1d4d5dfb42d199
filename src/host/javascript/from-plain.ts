/**
 * Plain JavaScript as values: one closure per type, compiled once. They bring what is there into the form of a value;
 * whether it is one of the type, the check decides that follows (plain.ts).
 */
import { Defect, Fault } from "../../fault.ts";
import { type LiftBudget, OVERHEAD } from "../../wit/budget.ts";
import { encodeAny } from "../../wit/cbor.ts";
import type { Case, WitType } from "../../wit/types.ts";
import { checkValue } from "../../wit/validate.ts";
import { CaseValue, ERR, integer, isNullable, OK, Some, type Value } from "../../wit/value.ts";
import { isAnyType } from "../any-type.ts";
import { lowerCamel } from "../names.ts";
import { inside, Misfit, misfit } from "./misfit.ts";
import { weightOf } from "../../wit/weight.ts";
import { numbersOf, type Numbers } from "./number-lists.ts";
import { callbackFromFunction, readAny } from "./plain-any.ts";
import type { PlainHandles } from "./handles.ts";
import { hasOwn, optional, property, refuseNonObject } from "./properties.ts";

/** @throws {Misfit} for what cannot be read, `value-too-large` (B1) */
export type FromPlain = (plain: unknown, handles: PlainHandles, budget: LiftBudget) => Value;

export function fromPlainOf(type: WitType): FromPlain {
  if (isAnyType(type)) return (plain, _, budget) => encodeAny(readAny(plain, budget));
  switch (type.kind) {
    case "s8":
    case "u8":
    case "s16":
    case "u16":
    case "s32":
    case "u32":
    case "s64":
    case "u64":
      return readInteger;
    case "f32":
      return (plain) => (typeof plain === "number" ? Math.fround(plain) : (plain as Value));
    case "string":
      return readText;
    case "list":
      return listOf(type.element);
    case "tuple":
      return tupleOf(type.items.map(fromPlainOf));
    case "map":
      return mapOf(type.key, type.value);
    case "record":
      return recordOf(type.fields.map((field) => ({ key: lowerCamel(field.name), type: field.type })));
    case "option":
      return optionOf(type.some);
    case "variant":
      return variantOf(type.cases);
    case "result":
      return resultOf(type.ok, type.err);
    case "enum":
      return enumOf(type.cases);
    case "flags":
      return flagsOf(type.labels);
    case "own":
    case "borrow":
      return (plain, handles) =>
        typeof plain === "function" ? callbackFromFunction(plain) : handles.fromPlain(type, plain);
    default:
      return (plain) => plain as Value;
  }
}

const readInteger: FromPlain = (plain) => {
  if (typeof plain === "number" && Number.isSafeInteger(plain)) return plain + 0; // -0 is the integer 0
  if (typeof plain === "bigint") return integer(plain);
  throw misfit("an integer", plain);
};

const readText: FromPlain = (plain, _, budget) => {
  if (typeof plain === "string") budget.bytes(plain.length);
  return plain as Value;
};

function listOf(element: WitType): FromPlain {
  const numbers = numbersOf(element);
  const read = fromPlainOf(element);
  if (numbers !== undefined) return numberListOf(numbers, element, read);
  const nodes = weightOf(element);
  return (plain, handles, budget) => {
    const list = arrayIn(plain);
    const { length } = list;
    budget.nodes(length * nodes);
    const values: Value[] = [];
    try {
      while (values.length < length) values.push(read(list[values.length], handles, budget));
    } catch (thrown) {
      throw inside(`[${values.length}]`, thrown);
    }
    return values;
  };
}

function numberListOf({ isOne, copy, cost, fits }: Numbers, element: WitType, read: FromPlain): FromPlain {
  return (plain, handles, budget) => {
    if (isOne(plain)) {
      budget.bytes(cost(plain.length));
      return copy(plain);
    }
    if (ArrayBuffer.isView(plain)) throw refusal({ kind: "list", element }, plain as Uint8Array);
    const list = arrayIn(plain);
    const { length } = list;
    budget.bytes(cost(length));
    const values: Value[] = [];
    try {
      while (values.length < length) {
        const value = read(list[values.length], handles, budget);
        if (!fits(value)) throw refusal(element, value);
        values.push(value);
      }
    } catch (thrown) {
      throw inside(`[${values.length}]`, thrown);
    }
    return copy(values);
  };
}

/** What the check says of a value that is not of the type. */
function refusal(type: WitType, value: Value): Misfit {
  try {
    checkValue(type, value, "");
  } catch (thrown) {
    if (thrown instanceof Fault)
      return new Misfit(thrown.code === "out-of-range" ? thrown.code : "type-mismatch", thrown.message);
    throw thrown;
  }
  throw new Defect(`${String(value)} is a ${type.kind} after all`);
}

function tupleOf(items: readonly FromPlain[]): FromPlain {
  return (plain, handles, budget) => {
    const list = arrayIn(plain);
    if (list.length !== items.length)
      throw new Misfit("type-mismatch", `: expected an array of ${items.length}, found one of ${list.length}`);
    const values: Value[] = [];
    try {
      for (const item of items) values.push(item(list[values.length], handles, budget));
    } catch (thrown) {
      throw inside(`[${values.length}]`, thrown);
    }
    return values;
  };
}

function mapOf(keyType: WitType, entryType: WitType): FromPlain {
  const [key, entry] = [fromPlainOf(keyType), fromPlainOf(entryType)];
  const nodes = weightOf(keyType) + weightOf(entryType);
  return (plain, handles, budget) => {
    if (!(plain instanceof Map)) throw misfit("a Map", plain);
    budget.nodes(plain.size * nodes);
    budget.bytes(OVERHEAD.map);
    const map = new Map<Value, Value>();
    for (const [k, v] of plain as ReadonlyMap<unknown, unknown>) {
      map.set(
        within(" key", () => key(k, handles, budget)),
        within(`[${String(k)}]`, () => entry(v, handles, budget)),
      );
    }
    return map;
  };
}

function within(step: string, read: () => Value): Value {
  try {
    return read();
  } catch (thrown) {
    throw inside(step, thrown);
  }
}

function recordOf(fields: readonly { readonly key: string; readonly type: WitType }[]): FromPlain {
  const parts = fields.map(({ key, type }) => ({
    key,
    take: type.kind === "option" ? optional : property,
    read: fromPlainOf(type),
  }));
  return (plain, handles, budget) => {
    const values: Value[] = [];
    for (const { key, take, read } of parts) {
      const found = take(plain, key);
      try {
        values.push(read(found, handles, budget));
      } catch (thrown) {
        throw inside(`.${key}`, thrown);
      }
    }
    return values;
  };
}

function optionOf(some: WitType): FromPlain {
  const read = fromPlainOf(some);
  if (!isNullable(some)) {
    return (plain, handles, budget) => (plain === null || plain === undefined ? null : read(plain, handles, budget));
  }
  return (plain, handles, budget) => {
    if (plain === null || plain === undefined) return null;
    const content = property(plain, "some");
    return new Some(within(".some", () => read(content, handles, budget)));
  };
}

function variantOf(cases: readonly Case[]): FromPlain {
  const indexOf = new Map<unknown, number>(cases.map(({ name }, index) => [name, index]));
  const reads = cases.map(({ type }) => type && fromPlainOf(type));
  return (plain, handles, budget) => {
    const tag = property(plain, "tag");
    const index = indexOf.get(tag);
    const read = index === undefined ? undefined : reads[index];
    if (index === undefined || read === undefined)
      throw inside(".tag", misfit(oneOf(cases.map(({ name }) => name)), tag));
    if (read === null) return new CaseValue(index, null);
    const payload = property(plain, "value");
    return new CaseValue(
      index,
      within(".value", () => read(payload, handles, budget)),
    );
  };
}

function resultOf(ok: WitType | null, err: WitType | null): FromPlain {
  const reads = { ok: ok && fromPlainOf(ok), err: err && fromPlainOf(err) };
  return (plain, handles, budget) => {
    const isOk = hasOwn(plain, "ok");
    if (isOk === hasOwn(plain, "err")) throw misfit("{ ok } or { err }", plain);
    const name = isOk ? "ok" : "err";
    const payload = property(plain, name);
    const read = reads[name];
    if (read === null && payload !== null && payload !== undefined) throw inside(`.${name}`, misfit("null", payload));
    return new CaseValue(
      isOk ? OK : ERR,
      read === null ? null : within(`.${name}`, () => read(payload, handles, budget)),
    );
  };
}

function enumOf(cases: readonly string[]): FromPlain {
  const indexOf = new Map<unknown, number>(cases.map((name, index) => [name, index]));
  return (plain) => {
    const index = indexOf.get(plain);
    if (index === undefined) throw misfit(oneOf(cases), plain);
    return index;
  };
}

function flagsOf(labels: readonly string[]): FromPlain {
  const known = new Map<unknown, number>(
    labels.flatMap((label, index) => [[label, index] as const, [lowerCamel(label), index] as const]),
  );
  return (plain) => {
    const set = plain instanceof Set || Array.isArray(plain) ? [...(plain as Iterable<unknown>)] : flagsSet(plain);
    const bits = new Set<number>();
    for (const name of set) {
      const index = known.get(name);
      if (index === undefined) throw misfit(oneOf(labels), name);
      bits.add(index);
    }
    return [...bits].reduce((sum, index) => sum + 2 ** index, 0);
  };
}

function flagsSet(plain: unknown): string[] {
  refuseNonObject(plain, "an object of booleans");
  return Object.keys(plain).filter((key) => {
    const flag = property(plain, key);
    if (typeof flag !== "boolean" && flag !== undefined) throw inside(`.${key}`, misfit("a boolean", flag));
    return flag === true;
  });
}

function arrayIn(plain: unknown): readonly unknown[] {
  if (!Array.isArray(plain)) throw misfit("an array", plain);
  return plain;
}

function oneOf(all: readonly string[]): string {
  return all.map((name) => `"${name}"`).join(" or ");
}
