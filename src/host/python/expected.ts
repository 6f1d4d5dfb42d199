/** What is said of a value that does not fit its type, and the check of integers that says it. */
import type { Value } from "../../wit/value.ts";
import { Mismatch } from "./marshal.ts";

export function expected(name: string, value: Value | undefined): Mismatch {
  return new Mismatch(`expected ${name}, found ${describe(value)}`);
}

/** The integer itself, as what is written: never -0. Throws a Mismatch. */
export function inRange(
  value: Value | undefined,
  low: number | bigint,
  high: number | bigint,
  name: string,
): number | bigint {
  if (typeof value === "number" ? !Number.isSafeInteger(value) : typeof value !== "bigint") throw expected(name, value);
  const number = value as number | bigint;
  if (number < low || number > high)
    throw new Mismatch(`expected ${name} (${low} to ${high}), found ${number}`, "out-of-range");
  return number === 0 ? 0 : number;
}

/** One Unicode scalar value, or a Mismatch. */
export function oneCharacter(value: Value): string {
  if (typeof value !== "string") throw expected("char", value);
  const point = value.codePointAt(0);
  if (point === undefined || value.length !== (point > 0xffff ? 2 : 1)) throw expected("char", value);
  return value;
}

function describe(value: Value | undefined): string {
  if (value === null || value === undefined) return "nothing";
  if (typeof value === "string") return value.length > 40 ? "a string" : `the string ${JSON.stringify(value)}`;
  if (typeof value !== "object") return `the ${typeof value} ${value}`;
  if (Array.isArray(value)) return `${value.length} values`;
  return `a ${value.constructor.name}`;
}
