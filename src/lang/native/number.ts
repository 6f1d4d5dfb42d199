/** Natives over numbers. */
import { Fault } from "../../fault.ts";
import { AnyFloat } from "../../wit/any.ts";
import type { Value } from "../../wit/value.ts";
import { kindOf } from "../data/any-data.ts";
import * as maths from "../data/maths.ts";
import { fixed, roundTo } from "../data/maths-decimal.ts";
import { checked, fromFloat, negateInt, small } from "../data/maths-int.ts";
import type { Int } from "../data/maths-int.ts";
import { maxFloat, minFloat } from "./list.ts";
import type { Native } from "./type.ts";

/** Half away from zero. */
function roundHalfAway(x: number): number {
  const whole = Math.trunc(x);
  return Math.abs(x - whole) >= 0.5 ? whole + (x < 0 ? -1 : 1) : whole;
}

function parseInt10(text: string): Int {
  const plain = text.trim();
  if (/^[+-]?0x[0-9a-fA-F]+$/.test(plain)) {
    const magnitude = BigInt(plain.replace(/^[+-]/, ""));
    return checked(plain.startsWith("-") ? -magnitude : magnitude, `int(${JSON.stringify(text)})`);
  }
  if (!/^[+-]?[0-9]+(_[0-9]+)*$/.test(plain) || plain.length > 1000) throw unreadable("int", text);
  const value = BigInt(plain.replace(/^\+/, "").replaceAll("_", ""));
  if (value < -(2n ** 63n) || value >= 2n ** 64n) {
    throw new Fault("out-of-range", `${JSON.stringify(text)} is beyond the Ints`);
  }
  return checked(value, "int");
}

export function parseFloatText(text: string): number {
  const plain = text.trim();
  const named = /^([+-]?)(inf|nan)$/.exec(plain);
  if (named !== null) return named[2] === "nan" ? NaN : named[1] === "-" ? -Infinity : Infinity;
  if (!/^[+-]?([0-9]+(\.[0-9]+)?|\.[0-9]+)([eE][+-]?[0-9]+)?$/.test(plain)) throw unreadable("float", text);
  return Number(plain);
}

function unreadable(name: string, text: string): Fault {
  const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  return new Fault("invalid-text", `\`${name}\` cannot read ${JSON.stringify(shown)}`);
}

function digitsIn(value: Value, most: number, name: string): number {
  const digits = small(value as Int);
  if (digits < 0 || digits > most)
    throw new Fault("out-of-range", `\`${name}\` takes 0 to ${most} digits, got ${digits}`);
  return digits;
}

function intOfAny(any: Value, all: Parameters<Native>[2]): Value {
  if (typeof any === "number" || typeof any === "bigint") return any;
  if (any instanceof AnyFloat) return fromFloat(Math.trunc(any.value), "int");
  if (typeof any === "string") return parseInt10(any);
  throw new Fault("type-mismatch", `\`int\` of ${kindOf(any, all)}`);
}

function floatOfAny(any: Value, all: Parameters<Native>[2]): Value {
  if (typeof any === "number" || typeof any === "bigint") return Number(any);
  if (any instanceof AnyFloat) return any.value;
  if (typeof any === "string") return parseFloatText(any);
  throw new Fault("type-mismatch", `\`float\` of ${kindOf(any, all)}`);
}

const ofFloat =
  (compute: (x: number) => number): Native =>
  ([x]) =>
    compute(x as number);

export const numbers: Readonly<Record<string, Native>> = {
  "int/0": ([x]) => fromFloat(Math.trunc(x as number), "int"),
  "int/1": ([text]) => parseInt10(text as string),
  "int/2": ([x]) => x!,
  "int/3": ([char]) => (char as string).codePointAt(0) as number,
  "int/4": ([any], _, all) => intOfAny(any!, all),
  "float/0": ([x]) => x!,
  "float/1": ([text]) => parseFloatText(text as string),
  "float/2": ([any], _, all) => floatOfAny(any!, all),
  "abs/0": ([x]) => ((x as Int) < 0 ? negateInt(x as Int) : x!),
  "abs/1": ofFloat((x) => Math.abs(x)),
  "min/0": ([a, b]) => ((b as Int) < (a as Int) ? b! : a!),
  "min/1": ([a, b]) => minFloat(a as number, b as number),
  "max/0": ([a, b]) => ((b as Int) > (a as Int) ? b! : a!),
  "max/1": ([a, b]) => maxFloat(a as number, b as number),
  "floor/0": ([x]) => fromFloat(Math.floor(x as number), "floor"),
  "ceil/0": ([x]) => fromFloat(Math.ceil(x as number), "ceil"),
  "round/0": ([x]) => fromFloat(roundHalfAway(x as number), "round"),
  "round/1": ([x, digits]) => roundTo(x as number, small(digits as Int)),
  "fixed/0": ([x, digits]) => fixed(x as number, digitsIn(digits!, 100, "fixed")),
  "sqrt/0": ofFloat(Math.sqrt),
  "exp/0": ofFloat(maths.exp),
  "log/0": ofFloat(maths.log),
  "sin/0": ofFloat(maths.sin),
  "cos/0": ofFloat(maths.cos),
  "pi/0": () => Math.PI,
  "inf/0": () => Infinity,
  "nan/0": () => NaN,
};
