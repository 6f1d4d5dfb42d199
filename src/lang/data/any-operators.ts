/** Arithmetic and access on Anys, whose types are known only now. */
import { Fault } from "../../fault.ts";
import { AnyFloat } from "../../wit/any.ts";
import type { Value } from "../../wit/value.ts";
import { compareAny, numberIn } from "./any-compare.ts";
import { kindOf, toAny } from "./any-data.ts";
import * as ints from "./maths-int.ts";
import { pow } from "./maths-pow.ts";
import type { AnyOp, OrderOp } from "../ir/opcode.ts";
import type { Type } from "../types.ts";
import { typeKey } from "../ir/type-key.ts";
import { AnyTyped } from "../value.ts";

const SYMBOLS: Readonly<Record<AnyOp, string>> = {
  add: "+",
  sub: "-",
  mul: "*",
  pow: "^",
  div: "/",
  "floor-div": "div",
  mod: "%",
  negate: "-",
};

export function anyArithmetic(op: AnyOp, x: Value, y: Value, types: readonly Type[]): Value {
  const [a, b] = [numberIn(x), numberIn(y)];
  if (a === null || b === null) return joined(op, x, y, types);
  const bothInts = !(x instanceof AnyFloat) && !(y instanceof AnyFloat);
  if (bothInts && op !== "div") return ofInts(op, a, b);
  if (op === "floor-div" || op === "mod") throw refused(op, x, y, types);
  return new AnyFloat(ofFloats(op, Number(a), Number(b)));
}

function joined(op: AnyOp, x: Value, y: Value, types: readonly Type[]): Value {
  if (op === "add" && typeof x === "string" && typeof y === "string") return x + y;
  if (op === "add" && Array.isArray(x) && Array.isArray(y)) return [...(x as Value[]), ...(y as Value[])];
  throw refused(op, x, y, types);
}

function refused(op: AnyOp, x: Value, y: Value, types: readonly Type[]): Fault {
  const operands = op === "negate" ? kindOf(x, types) : `${kindOf(x, types)} and ${kindOf(y, types)}`;
  return new Fault("type-mismatch", `\`${SYMBOLS[op]}\` does not work on ${operands}`);
}

function ofInts(op: Exclude<AnyOp, "div">, a: ints.Int, b: ints.Int): Value {
  switch (op) {
    case "add":
      return ints.addInt(a, b);
    case "sub":
      return ints.subInt(a, b);
    case "mul":
      return ints.mulInt(a, b);
    case "pow":
      return ints.powInt(a, b);
    case "floor-div":
      return ints.floorDivInt(a, b);
    case "mod":
      return ints.modInt(a, b);
    case "negate":
      return ints.negateInt(a);
  }
}

function ofFloats(op: Exclude<AnyOp, "floor-div" | "mod">, a: number, b: number): number {
  switch (op) {
    case "add":
      return a + b;
    case "sub":
      return a - b;
    case "mul":
      return a * b;
    case "pow":
      return pow(a, b);
    case "div":
      return a / b;
    case "negate":
      return -a;
  }
}

export function anyOrder(op: OrderOp, x: Value, y: Value, types: readonly Type[]): boolean {
  if (Number.isNaN(numberIn(x)) || Number.isNaN(numberIn(y))) return false;
  const order = compareAny(x, y, types);
  switch (op) {
    case "lt":
      return order < 0;
    case "le":
      return order <= 0;
    case "gt":
      return order > 0;
    case "ge":
      return order >= 0;
  }
}

export function anyIndex(object: Value, at: Value, types: readonly Type[]): Value {
  if (typeof at === "string") return anyField(object, at, types);
  if (!Array.isArray(object) && !(object instanceof Uint8Array)) throw noIndex(object, at, types);
  if (typeof at !== "number" && typeof at !== "bigint") throw noIndex(object, at, types);
  return (object as Value[])[indexIn(object.length, at)]!;
}

function noIndex(object: Value, at: Value, types: readonly Type[]): Fault {
  return new Fault("type-mismatch", `${kindOf(object, types)} has no element at ${kindOf(at, types)}`);
}

/** A position from an index that may count from the end. */
export function indexIn(length: number, at: ints.Int): number {
  const position = at < 0 ? Number(at) + length : Number(at);
  if (position >= 0 && position < length) return position;
  throw new Fault("out-of-range", `Index ${at} is outside a list of ${length}`);
}

export function anyField(object: Value, name: string, types: readonly Type[]): Value {
  if (object instanceof Map) {
    const value = (object as ReadonlyMap<Value, Value>).get(name);
    if (value === undefined) throw new Fault("missing-key", `There is no key ${JSON.stringify(name)}`);
    return value;
  }
  const field = object instanceof AnyTyped ? recordField(object, name, types) : undefined;
  if (field === undefined) throw new Fault("type-mismatch", `${kindOf(object, types)} has no field \`${name}\``);
  return field;
}

function recordField(object: AnyTyped, name: string, types: readonly Type[]): Value | undefined {
  const of = types[object.type]!;
  if (of.kind !== "record") return undefined;
  const at = of.fields.findIndex((field) => field.name === name);
  const field = of.fields[at];
  if (field === undefined) return undefined;
  const value = (object.value as readonly Value[])[at]!;
  const key = typeKey(field.type);
  return toAny(
    value,
    field.type,
    types.findIndex((type) => typeKey(type) === key),
  );
}

/** What `for` goes over when it is given an Any. */
export function anyItems(any: Value, types: readonly Type[]): readonly Value[] {
  if (Array.isArray(any)) return any as readonly Value[];
  if (any instanceof Uint8Array) return Array.from(any);
  if (any instanceof Map) return Array.from(any as ReadonlyMap<Value, Value>, ([key, value]) => [key, value]);
  throw new Fault("type-mismatch", `\`for\` needs a list or a map, found ${kindOf(any, types)}`);
}
