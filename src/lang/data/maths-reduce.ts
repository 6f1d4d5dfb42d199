/**
 * An angle brought to −π/4 … π/4, as quadrant, high and low part. Exact integers do it: every Float is an integer times
 * a power of two, and π/2 is known to more bits than any Float needs.
 */

export interface Reduced {
  /** 0 … 3: how many quarter turns were taken off, modulo 4. */
  readonly quadrant: number;
  /** What is left is high + low. */
  readonly high: number;
  readonly low: number;
}

/** Bits of π/2 after the point: 1024 for the largest Float, 160 for what is left near a multiple, and some. */
const BITS = 1300n;

/** π/2 × 2^BITS, by Machin's formula: π/4 = 4 arctan(1/5) − arctan(1/239). */
const HALF_PI: bigint = halfPi();

function halfPi(): bigint {
  const guard = 64n;
  const one = 1n << (BITS + guard);
  return (2n * (4n * arctanInverse(5n, one) - arctanInverse(239n, one))) >> guard;
}

/** arctan(1/n) × one. */
function arctanInverse(n: bigint, one: bigint): bigint {
  let power = one / n;
  let sum = power;
  for (let k = 3n, sign = -1n; power !== 0n; k += 2n, sign = -sign) {
    power /= n * n;
    sum += (sign * power) / k;
  }
  return sum;
}

/** π/2 in parts: 33 bits, 33 bits, the rest. Products of the first two with integers below 2^20 are exact. */
const PART1 = 1.57079632673412561417;
const PART2 = 6.0771005063039659766e-11;
const PART2_TAIL = 2.02226624879595063154e-21;

export function reduce(x: number): Reduced {
  if (Math.abs(x) <= Math.PI / 4) return { quadrant: 0, high: x, low: 0 };
  if (Math.abs(x) < 2 ** 19) {
    const quick = reduceSmall(x);
    if (quick !== null) return quick;
  }
  return reduceExactly(x);
}

/** Two steps of subtraction; null when too much cancelled. */
function reduceSmall(x: number): Reduced | null {
  const n = Math.floor(x * (2 / Math.PI) + 0.5);
  const first = x - n * PART1;
  const second = n * PART2;
  const r = first - second;
  const tail = n * PART2_TAIL - (first - r - second);
  const high = r - tail;
  // What is left must not be so small that the third part of π/2 would show.
  if (Math.abs(high) < 2 ** -20) return null;
  return { quadrant: ((n % 4) + 4) % 4, high, low: r - high - tail };
}

function reduceExactly(x: number): Reduced {
  const scaled = toScaled(Math.abs(x));
  let n = scaled / HALF_PI;
  let rest = scaled - n * HALF_PI;
  if (rest * 2n > HALF_PI) {
    n += 1n;
    rest -= HALF_PI;
  }
  const sign = x < 0 ? -1n : 1n;
  const high = fromScaled(sign * rest);
  const low = fromScaled(sign * rest - toScaledSigned(high));
  return { quadrant: Number((((sign * n) % 4n) + 4n) % 4n), high, low };
}

const view = new DataView(new ArrayBuffer(8));

/** x × 2^BITS for x ≥ 0; what lies below is cut off. */
function toScaled(x: number): bigint {
  view.setFloat64(0, x);
  const bits = view.getBigUint64(0);
  const exponent = bits >> 52n;
  const mantissa = exponent === 0n ? bits : (bits & ((1n << 52n) - 1n)) | (1n << 52n);
  const shift = BITS + (exponent === 0n ? 1n : exponent) - 1075n;
  return shift >= 0n ? mantissa << shift : mantissa >> -shift;
}

function toScaledSigned(x: number): bigint {
  return x < 0 ? -toScaled(-x) : toScaled(x);
}

/** The Float nearest to n / 2^BITS: 64 leading bits are enough for the rounding of `Number`. */
function fromScaled(n: bigint): number {
  const magnitude = n < 0n ? -n : n;
  if (magnitude === 0n) return 0;
  const length = BigInt(magnitude.toString(16).length) * 4n;
  const drop = length > 128n ? length - 128n : 0n;
  // In two factors, each a power of two in the range of a Float.
  const value =
    Number(magnitude >> drop) * 2 ** Number((drop - BITS) / 2n) * 2 ** Number(drop - BITS - (drop - BITS) / 2n);
  return n < 0n ? -value : value;
}
