/**
 * Ints: exact from −2^63 to 2^64−1, a number while safe, a bigint beyond (src/wit/value.ts, V2).
 *
 *   N1  A result outside the range raises `overflow`; it is never rounded and never wraps.
 *   N2  No Int is −0.
 */
import { Fault } from "../../fault.ts";
import { integer } from "../../wit/value.ts";

export type Int = number | bigint;

export const MAX_SAFE = 9007199254740991;
const LOWEST = -(2n ** 63n);
const HIGHEST = 2n ** 64n - 1n;

export function isSafe(x: number): boolean {
  return x <= MAX_SAFE && x >= -MAX_SAFE;
}

export function checked(x: bigint, what: string): Int {
  if (x < LOWEST || x > HIGHEST) throw new Fault("overflow", `${what} leaves the range of an Int, −2^63 to 2^64−1`);
  return integer(x);
}

export function addInt(x: Int, y: Int): Int {
  if (typeof x === "number" && typeof y === "number") {
    const sum = x + y;
    if (isSafe(sum)) return sum;
  }
  return checked(BigInt(x) + BigInt(y), "The sum");
}

export function subInt(x: Int, y: Int): Int {
  if (typeof x === "number" && typeof y === "number") {
    const difference = x - y;
    if (isSafe(difference)) return difference;
  }
  return checked(BigInt(x) - BigInt(y), "The difference");
}

export function mulInt(x: Int, y: Int, what: string = "The product"): Int {
  if (typeof x === "number" && typeof y === "number") {
    const product = x * y;
    if (isSafe(product)) return product + 0; // N2
  }
  return checked(BigInt(x) * BigInt(y), what);
}

export function negateInt(x: Int): Int {
  return typeof x === "number" ? 0 - x : checked(-x, "The negation");
}

/** Rounds down. */
export function floorDivInt(x: Int, y: Int): Int {
  if (y === 0) throw byZero("div");
  if (typeof x === "number" && typeof y === "number") {
    const multiple = x - (modInt(x, y) as number);
    if (isSafe(multiple)) return multiple / y + 0;
  }
  const [a, b] = [BigInt(x), BigInt(y)];
  const quotient = a / b;
  return checked(a % b !== 0n && a % b < 0n !== b < 0n ? quotient - 1n : quotient, "The quotient");
}

/** Has the sign of the divisor. */
export function modInt(x: Int, y: Int): Int {
  if (y === 0) throw byZero("%");
  if (typeof x === "number" && typeof y === "number") {
    const rest = x % y;
    return (rest !== 0 && rest < 0 !== y < 0 ? rest + y : rest) + 0;
  }
  const [a, b] = [BigInt(x), BigInt(y)];
  const rest = a % b;
  return integer(rest !== 0n && rest < 0n !== b < 0n ? rest + b : rest);
}

function byZero(operator: string): Fault {
  return new Fault("division-by-zero", `The right side of \`${operator}\` is zero`);
}

export function powInt(base: Int, exponent: Int): Int {
  if (exponent < 0)
    throw new Fault("negative-exponent", "An Int cannot be raised to a negative power", {
      hint: "Write a Float: `2.0^-1`",
    });
  if (base === 0 || base === 1) return exponent === 0 ? 1 : base;
  if (base === -1) return modInt(exponent, 2) === 0 ? 1 : -1;
  let power: Int = 1;
  let square: Int = base;
  for (let rest = exponent; ;) {
    if (modInt(rest, 2) === 1) power = mulInt(power, square, "The power");
    rest = floorDivInt(rest, 2);
    if (rest === 0) return power;
    square = mulInt(square, square, "The power");
  }
}

/** The Float nearest to an Int, ties to even. */
export function toFloat(x: Int): number {
  return Number(x);
}

/** A Float without fraction as an Int; `what` names the function for the message. */
export function fromFloat(x: number, what: string): Int {
  if (!Number.isFinite(x))
    throw new Fault("out-of-range", `\`${what}\` of ${Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf"} is no Int`);
  if (isSafe(x)) return x + 0;
  const big = BigInt(x);
  if (big < LOWEST || big > HIGHEST) throw new Fault("out-of-range", `\`${what}\` of ${x} is beyond the Ints`);
  return integer(big);
}

/** An Int that counts or indexes something in memory. */
export function small(x: Int): number {
  return typeof x === "number" ? x : x > 0n ? MAX_SAFE : -MAX_SAFE;
}
