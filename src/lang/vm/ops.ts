/**
 * The instructions that only read and write registers and are not worth a place in the hot loop. Each may throw a
 * `Fault`, which the loop raises in the program.
 */
import { Defect, Fault } from "../../fault.ts";
import { CaseValue, Some } from "../../wit/value.ts";
import type { Value } from "../../wit/value.ts";
import { compareText, equal } from "../data/any-compare.ts";
import { elementAt, elements, fromAny, hasFlag, toAny } from "../data/any-data.ts";
import { anyArithmetic, anyField, anyIndex, anyItems, anyOrder, indexIn } from "../data/any-operators.ts";
import type { Register } from "./fiber.ts";
import type { Ir } from "../ir/ir.ts";
import * as ints from "../data/maths-int.ts";
import type { Int } from "../data/maths-int.ts";
import { pow } from "../data/maths-pow.ts";
import { timeOperation } from "../data/maths-time.ts";
import { natives } from "../native/native.ts";
import type { Native } from "../native/type.ts";
import { anyOps, operations, orderOps, timeOps } from "../ir/opcode.ts";
import { literal, printForm } from "../data/print.ts";
import type { Type } from "../types.ts";
import { Closure } from "../value.ts";
import type { ErrorValue, TraceLine } from "../value.ts";

/** Carries out the instruction at `pc`. */
export function coldOp(ir: Ir, linked: readonly LinkedNative[], code: Int32Array, pc: number, regs: Register[]): void {
  const d = code[pc + 1]!;
  const i2 = code[pc + 2]!;
  const i3 = code[pc + 3]!;
  const a = regs[i2] as Value;
  const b = regs[i3] as Value;
  const name = operations[code[pc]!]!.name;
  switch (name) {
    case "CHECK":
      if (regs[d] === undefined)
        throw new Fault("unassigned", `\`${ir.constants[i2] as string}\` was not assigned on this path`);
      return;
    case "FLOORDIV_I":
      regs[d] = ints.floorDivInt(a as Int, b as Int);
      return;
    case "POW_I":
      regs[d] = ints.powInt(a as Int, b as Int);
      return;
    case "NEG_I":
      regs[d] = ints.negateInt(a as Int);
      return;
    case "POW_F":
      regs[d] = pow(a as number, b as number);
      return;
    case "NEG_F":
      regs[d] = -(a as number);
      return;
    case "TO_FLOAT":
      regs[d] = Number(a);
      return;
    case "TIME":
      regs[d] = timeOperation(timeOps[code[pc + 4]!]!, a as Int, b as Int);
      return;
    case "ANY_ARITH":
      regs[d] = anyArithmetic(anyOps[code[pc + 4]!]!, a, b, ir.types);
      return;
    case "LT_S":
      regs[d] = compareText(a as string, b as string) < 0;
      return;
    case "LE_S":
      regs[d] = compareText(a as string, b as string) <= 0;
      return;
    case "ORDER_ANY":
      regs[d] = anyOrder(orderOps[code[pc + 4]!]!, a, b, ir.types);
      return;
    case "EQ":
      regs[d] = equal(a, b, ir.types[code[pc + 4]!]!, ir.types);
      return;
    case "LIST":
      regs[d] = regs.slice(i2, i2 + i3) as Value[];
      return;
    case "LIST_NEW":
      regs[d] = [];
      return;
    case "APPEND":
      (regs[d] as Value[]).push(a);
      return;
    case "APPEND_OWN":
      appendOwn(regs, d, a, i3);
      return;
    case "PUT_OWN":
      putOwn(regs, d, i2, i3);
      return;
    case "MAP":
      regs[d] = mapOf(regs, i2, i3);
      return;
    case "COPY":
      regs[d] = (a as Value[]).slice();
      return;
    case "SET":
      (regs[d] as Value[])[i2] = b;
      return;
    case "CASE":
      regs[d] = new CaseValue(i2, b);
      return;
    case "TAG":
      regs[d] = (a as CaseValue).index;
      return;
    case "PAYLOAD":
      regs[d] = (a as CaseValue).payload;
      return;
    case "SOME":
      regs[d] = new Some(a);
      return;
    case "UNSOME":
      regs[d] = (a as Some).value;
      return;
    case "ITEMS":
      regs[d] = items(a, i3, ir.types);
      return;
    case "INDEX":
      regs[d] = elementAt(a, indexIn((a as Value[]).length, b as Int));
      return;
    case "INDEX_MAP":
      regs[d] = mapIndex(a, b, ir.types[code[pc + 4]!]!, ir.types);
      return;
    case "INDEX_ANY":
      regs[d] = anyIndex(a, b, ir.types);
      return;
    case "FIELD_ANY":
      regs[d] = anyField(a, ir.constants[i3] as string, ir.types);
      return;
    case "FLAG":
      regs[d] = hasFlag(a as number, i3);
      return;
    case "ERROR_FIELD":
      regs[d] = errorField(a as ErrorValue, i3);
      return;
    case "CLOSURE":
      regs[d] = new Closure(i2, regs.slice(i3, i3 + code[pc + 4]!) as Value[]);
      return;
    case "TEXT":
      regs[d] = printForm(a, ir.types[i3]!, ir.types);
      return;
    case "CONCAT":
      regs[d] = concatenated(regs, i2, i3);
      return;
    case "TO_ANY":
      regs[d] = toAny(a, ir.types[i3]!, i3);
      return;
    case "FROM_ANY":
      regs[d] = fromAny(a, ir.types[i3]!, ir.types);
      return;
    case "MAP_TO_LIST":
      regs[d] = Array.from(a as ReadonlyMap<Value, Value>, ([key, value]) => [key, value]);
      return;
    case "LIST_TO_MAP":
      regs[d] = new Map(elements(a) as readonly (readonly [Value, Value])[]);
      return;
    case "NATIVE":
      regs[d] = native(linked[i2]!, regs.slice(i3, i3 + code[pc + 4]!) as Value[], ir.types);
      return;
    default:
      throw new Defect(`the instruction ${name} is missing`);
  }
}

/** A native with its type arguments, looked up once for a run. */
export interface LinkedNative {
  readonly run: Native;
  readonly types: readonly Type[];
}

export function linkNatives(ir: Ir): LinkedNative[] {
  return ir.natives.map(({ key, types }) => {
    const run = natives.get(key);
    if (run === undefined) throw new Defect(`the native ${key} is missing`);
    return { run, types: types.map((type) => ir.types[type]!) };
  });
}

function native({ run, types }: LinkedNative, args: readonly Value[], all: readonly Type[]): Value {
  return run(args, types, all);
}

/** By `+`, which the engine does without copying: a text that grows in a loop stays cheap. */
function concatenated(regs: Register[], first: number, count: number): string {
  let text = "";
  for (let i = first; i < first + count; i++) text += regs[i] as string;
  return text;
}

function appendOwn(regs: Register[], list: number, item: Value, own: number): void {
  if (regs[own] === true) {
    (regs[list] as Value[]).push(item);
    return;
  }
  regs[list] = [...elements(regs[list] as Value), item];
  regs[own] = true;
}

function putOwn(regs: Register[], map: number, key: number, own: number): void {
  if (regs[own] !== true) regs[map] = new Map(regs[map] as ReadonlyMap<Value, Value>);
  regs[own] = true;
  (regs[map] as Map<Value, Value>).set(regs[key] as Value, regs[key + 1] as Value);
}

/** A repeated key keeps its place and takes the later value. */
function mapOf(regs: Register[], first: number, count: number): ReadonlyMap<Value, Value> {
  const map = new Map<Value, Value>();
  for (let i = first; i < first + count; i += 2) map.set(regs[i] as Value, regs[i + 1] as Value);
  return map;
}

function items(value: Value, over: number, types: readonly Type[]): readonly Value[] {
  if (over === 0) return elements(value);
  if (over === 2) return anyItems(value, types);
  return Array.from(value as ReadonlyMap<Value, Value>, ([key, item]) => [key, item]);
}

function mapIndex(map: Value, key: Value, of: Type, types: readonly Type[]): Value {
  const value = (map as ReadonlyMap<Value, Value>).get(key);
  if (value === undefined) throw new Fault("missing-key", `There is no key ${literal(key, of, types, 0)}`);
  return value;
}

function errorField(error: ErrorValue, field: number): Value {
  switch (field) {
    case 0:
      return error.code;
    case 1:
      return error.message;
    case 2:
      return error.value;
    case 3:
      return error.trace.map(traceLine);
    case 4:
      return error.source;
    case 5:
      return error.branch;
    case 6:
      return error.suppressed;
    default:
      return error.trace.map(traceLine).join("\n");
  }
}

export function traceLine(line: TraceLine): string {
  const place = line.line > 0 ? `${line.file}:${line.line}:${line.column}` : line.file;
  return line.package === null ? `${line.function} (${place})` : `${line.function} (${place}) [${line.package}]`;
}
