/**
 * From a value of one program's type to the same value of another's. Types with names are compared by what they are made
 * of: each program declares its own.
 *
 *   C1  What can be converted is decided by the types alone, before there is a value.
 *   C2  Nothing of a program goes into another: no functions, tasks, handles, errors, and no typed values in an Any.
 *   C3  Nothing gets lost: an Int becomes a Float, a value an option of it, a case one of more; never the other way round.
 */
import { Fault } from "../../fault.ts";
import { show } from "../../lang/check/infer-types.ts";
import { isNullable } from "../../lang/types.ts";
import type { Type } from "../../lang/types.ts";
import { AnyFloat } from "../../wit/any.ts";
import { CaseValue, Some } from "../../wit/value.ts";
import type { Value } from "../../wit/value.ts";

export type Convert = (value: Value) => Value;

type Of<K extends Type["kind"]> = Extract<Type, { readonly kind: K }>;

const same: Convert = (value) => value;

/** C1. @param path what is converted, for the message @throws {Fault} `type-mismatch` */
export function conversion(from: Type, to: Type, path: string): Convert {
  if (to.kind === "option") return toOption(from, to, path);
  if (to.kind === "Float" && from.kind === "Int") return Number;
  if (from.kind !== to.kind) throw mismatch(from, to, path);
  switch (to.kind) {
    case "Int":
    case "Float":
    case "Bool":
    case "String":
    case "Char":
    case "Bytes":
    case "Nil":
    case "Duration":
    case "Instant":
      return same;
    case "Any":
      return (value) => data(value, path);
    case "list":
      return toList(conversion((from as Of<"list">).element, to.element, `${path}[…]`));
    case "tuple":
      return toTuple(from as Of<"tuple">, to, path);
    case "map":
      return toMap(from as Of<"map">, to, path);
    case "result":
      return toResult(from as Of<"result">, to, path);
    case "record":
      return toRecord(from as Of<"record">, to, path);
    case "variant":
      return toVariant(from as Of<"variant">, to, path);
    case "enum":
      return toEnum(from as Of<"enum">, to, path);
    case "flags":
      return toFlags(from as Of<"flags">, to, path);
    default:
      throw new Fault("type-mismatch", `${path}: ${show(to)} cannot be taken to another version`); // C2
  }
}

function toOption(from: Type, to: Of<"option">, path: string): Convert {
  if (from.kind === "Nil") return same;
  const boxed = isNullable(to.some);
  const wrap: Convert = (value) => (boxed ? new Some(value) : value);
  if (from.kind !== "option") {
    const inner = conversion(from, to.some, path);
    return (value) => wrap(inner(value));
  }
  const inner = conversion(from.some, to.some, path);
  return (value) => (value === null ? null : wrap(inner(value instanceof Some ? value.value : value)));
}

function toList(item: Convert): Convert {
  if (item === same) return same;
  return (value) => Array.from(value as Iterable<Value> & Value, (each) => item(each));
}

function toTuple(from: Of<"tuple">, to: Of<"tuple">, path: string): Convert {
  if (from.items.length !== to.items.length) throw mismatch(from, to, path);
  const items = to.items.map((item, at) => conversion(from.items[at] as Type, item, `${path}.${at}`));
  return (value) => items.map((item, at) => item((value as readonly Value[])[at] as Value));
}

function toMap(from: Of<"map">, to: Of<"map">, path: string): Convert {
  if (from.key.kind !== to.key.kind) throw mismatch(from, to, path);
  const item = conversion(from.value, to.value, `${path}[…]`);
  return (value) => new Map(Array.from(value as ReadonlyMap<Value, Value>, ([key, each]) => [key, item(each)]));
}

function toResult(from: Of<"result">, to: Of<"result">, path: string): Convert {
  const sides = [conversion(from.ok, to.ok, `${path} ok`), conversion(from.err, to.err, `${path} err`)];
  return (value) => {
    const { index, payload } = value as CaseValue;
    return new CaseValue(index, (sides[index] as Convert)(payload));
  };
}

/** The same fields, in whatever order. */
function toRecord(from: Of<"record">, to: Of<"record">, path: string): Convert {
  const names = new Set(to.fields.map(({ name }) => name));
  const lost = from.fields.find(({ name }) => !names.has(name));
  if (lost !== undefined) throw new Fault("type-mismatch", `${path}: ${to.name} has no field \`${lost.name}\``);
  const fields = to.fields.map(({ name, type }) => {
    const at = from.fields.findIndex((field) => field.name === name);
    const field = from.fields[at];
    if (field === undefined) throw new Fault("type-mismatch", `${path}: ${from.name} has no field \`${name}\``);
    return { at, convert: conversion(field.type, type, `${path}.${name}`) };
  });
  return (value) => fields.map(({ at, convert }) => convert((value as readonly Value[])[at] as Value));
}

function toVariant(from: Of<"variant">, to: Of<"variant">, path: string): Convert {
  const cases = from.cases.map(({ name, payload }) => {
    const index = to.cases.findIndex((each) => each.name === name);
    const wanted = to.cases[index]?.payload;
    if (wanted === undefined || (wanted === null) !== (payload === null)) throw caseMissing(to.name, name, path);
    const convert = wanted === null || payload === null ? same : conversion(payload, wanted, `${path}.${name}`);
    return { index, convert };
  });
  return (value) => {
    const { index, payload } = value as CaseValue;
    const found = cases[index] as (typeof cases)[number];
    return new CaseValue(found.index, found.convert(payload));
  };
}

function toEnum(from: Of<"enum">, to: Of<"enum">, path: string): Convert {
  const numbers = from.cases.map((name) => {
    const index = to.cases.indexOf(name);
    if (index < 0) throw caseMissing(to.name, name, path);
    return index;
  });
  return (value) => numbers[value as number] as number;
}

function toFlags(from: Of<"flags">, to: Of<"flags">, path: string): Convert {
  const bits = from.labels.map((name) => {
    const bit = to.labels.indexOf(name);
    if (bit < 0) throw caseMissing(to.name, name, path);
    return bit;
  });
  return (value) =>
    bits.reduce((all, bit, at) => ((((value as number) >>> at) & 1) === 1 ? (all | (1 << bit)) >>> 0 : all), 0);
}

/** C2. Data of any depth. */
function data(value: Value, path: string): Value {
  const work: Value[] = [value];
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    const inside = Array.isArray(next) ? (next as readonly Value[]) : next instanceof Map ? next.values() : null;
    if (inside !== null) for (const each of inside as Iterable<Value>) work.push(each);
    else if (!isLeaf(next)) throw new Fault("type-mismatch", `${path} holds more than data`);
  }
  return value;
}

function isLeaf(value: Value): boolean {
  return value === null || typeof value !== "object" || value instanceof Uint8Array || value instanceof AnyFloat;
}

function mismatch(from: Type, to: Type, path: string): Fault {
  return new Fault("type-mismatch", `${path}: expected ${show(to)}, found ${show(from)}`);
}

function caseMissing(type: string, name: string, path: string): Fault {
  return new Fault("type-mismatch", `${path}: ${type} has no such \`${name}\``);
}
