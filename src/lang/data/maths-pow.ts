/**
 * Float `^`: the same bits on every platform, within one unit in the last place.
 * The method is fdlibm's: the logarithm to the base 2 in two parts (24 and 53 bits), times the exponent, then 2 to that.
 */

import { wholePower } from "./maths-product.ts";

const view = new DataView(new ArrayBuffer(8));

function highWord(x: number): number {
  view.setFloat64(0, x);
  return view.getInt32(0);
}

function lowWord(x: number): number {
  view.setFloat64(0, x);
  return view.getUint32(4);
}

/** With another upper half. */
function withHigh(x: number, high: number): number {
  view.setFloat64(0, x);
  view.setInt32(0, high);
  return view.getFloat64(0);
}

/** With the lower half zero: 21 bits of it. */
function upper(x: number): number {
  view.setFloat64(0, x);
  view.setUint32(4, 0);
  return view.getFloat64(0);
}

const L: readonly number[] = [
  5.99999999999994648725e-1, 4.28571428578550184252e-1, 3.33333329818377432918e-1, 2.72728123808534006489e-1,
  2.30660745775561754067e-1, 2.06975017800338417784e-1,
];
const P: readonly number[] = [
  1.66666666666666019037e-1, -2.77777777770155933842e-3, 6.61375632143793436117e-5, -1.6533902205465251539e-6,
  4.13813679705723846039e-8,
];
const LN2 = 6.93147180559945286227e-1;
const LN2_HIGH = 6.93147182464599609375e-1;
const LN2_LOW = -1.90465429995776804525e-9;
/** 2 / (3 ln 2), whole and in two parts. */
const CP = 9.61796693925975554329e-1;
const CP_HIGH = 9.61796700954437255859e-1;
const CP_LOW = -7.02846165095275826516e-9;
/** 1 / ln 2. */
const INV_LN2 = 1.442695040888963387;
const INV_LN2_HIGH = 1.44269502162933349609;
const INV_LN2_LOW = 1.92596299112661746887e-8;
/** log2(1.5) in two parts. */
const LOG15_HIGH = 5.84962487220764160156e-1;
const LOG15_LOW = 1.35003920212974897128e-8;
/** −(1024 − log2 of what still rounds to the largest Float). */
const OVERFLOW_TAIL = 8.008566259537294e-17;

export function pow(x: number, y: number): number {
  const special = specialCase(x, y);
  if (special !== null) return special;
  const negative = x < 0 && Math.abs(y) % 2 === 1;
  const power = positivePower(Math.abs(x), y);
  return negative ? -power : power;
}

/** Everything but a finite, non-zero base (with an integral exponent when it is negative) and a finite exponent. */
function specialCase(x: number, y: number): number | null {
  if (y === 0) return 1;
  if (Number.isNaN(x) || Number.isNaN(y)) return NaN;
  if (!Number.isFinite(y)) return infiniteExponent(Math.abs(x), y);
  if (y === 1) return x;
  if (y === 2) return x * x;
  if (y === -1) return 1 / x;
  if (y === 0.5 && x >= 0) return Math.sqrt(x) + 0;
  const magnitude = Math.abs(x);
  if (magnitude === 0 || magnitude === Infinity || magnitude === 1) {
    const odd = Math.abs(y) % 2 === 1;
    if (x < 0 && y % 1 !== 0 && magnitude === 1) return NaN;
    const power = y < 0 ? 1 / magnitude : magnitude;
    return (x < 0 || Object.is(x, -0)) && odd ? -power : power;
  }
  return x < 0 && y % 1 !== 0 ? NaN : null;
}

function infiniteExponent(magnitude: number, y: number): number {
  // IEEE 754 and C say 1; ECMAScript says NaN. The language follows IEEE.
  if (magnitude === 1) return 1;
  return magnitude > 1 === y > 0 ? Infinity : 0;
}

function positivePower(x: number, y: number): number {
  const bits = highWord(x);
  const whole = y % 1 === 0 ? wholePower(x, y, (bits >> 20) - 1023) : null;
  if (whole !== null) return whole;
  if (Math.abs(y) > 2 ** 31) {
    if (Math.abs(y) > 2 ** 64 || bits < 0x3fefffff || bits > 0x3ff00000) {
      if (bits <= 0x3fefffff) return y < 0 ? Infinity : 0;
      if (bits >= 0x3ff00000) return y > 0 ? Infinity : 0;
    }
    return raise(nearOne(x), y);
  }
  return raise(logarithm(x), y);
}

/** log2(x) as [high, low] for |x − 1| up to 2^−20. */
function nearOne(x: number): readonly [number, number] {
  const t = x - 1;
  const w = t * t * (0.5 - t * (0.3333333333333333 - t * 0.25));
  const u = INV_LN2_HIGH * t;
  const v = t * INV_LN2_LOW - w * INV_LN2;
  const high = upper(u + v);
  return [high, v - (high - u)];
}

/** log2(x) as [high, low]. */
function logarithm(x: number): readonly [number, number] {
  let n = 0;
  let scaled = x;
  if (highWord(x) < 0x00100000) {
    scaled *= 2 ** 53;
    n -= 53;
  }
  let bits = highWord(scaled);
  n += (bits >> 20) - 0x3ff;
  const mantissa = bits & 0x000fffff;
  bits = mantissa | 0x3ff00000;
  let half = 0;
  if (mantissa > 0x3988e && mantissa < 0xbb67a) half = 1;
  else if (mantissa >= 0xbb67a) {
    n += 1;
    bits -= 0x00100000;
  }
  return seriesLogarithm(withHigh(scaled, bits), bits, n, half);
}

/** For a mantissa near 1 (`half` 0) or 1.5 (1). */
function seriesLogarithm(m: number, bits: number, n: number, half: number): readonly [number, number] {
  const base = half === 1 ? 1.5 : 1;
  const u = m - base;
  const v = 1 / (m + base);
  const s = u * v;
  const sHigh = upper(s);
  const tHigh = withHigh(0, ((bits >> 1) | 0x20000000) + 0x00080000 + (half << 18));
  const tLow = m - (tHigh - base);
  const sLow = v * (u - sHigh * tHigh - sHigh * tLow);
  const s2 = s * s;
  const series = s2 * s2 * (L[0]! + s2 * (L[1]! + s2 * (L[2]! + s2 * (L[3]! + s2 * (L[4]! + s2 * L[5]!)))));
  const r = series + sLow * (sHigh + s);
  const sHigh2 = sHigh * sHigh;
  const rHigh = upper(3 + sHigh2 + r);
  const rLow = r - (rHigh - 3 - sHigh2);
  const p = sHigh * rHigh;
  const q = sLow * rHigh + rLow * s;
  const pHigh = upper(p + q);
  const pLow = q - (pHigh - p);
  const zHigh = CP_HIGH * pHigh;
  const zLow = CP_LOW * pHigh + pLow * CP + (half === 1 ? LOG15_LOW : 0);
  const logHalf = half === 1 ? LOG15_HIGH : 0;
  const high = upper(zHigh + zLow + logHalf + n);
  return [high, zLow - (high - n - logHalf - zHigh)];
}

/** 2 ^ (y × log), y split so that the product is exact enough. */
function raise([logHigh, logLow]: readonly [number, number], y: number): number {
  const yHigh = upper(y);
  const low = (y - yHigh) * logHigh + y * logLow;
  const high = yHigh * logHigh;
  const z = high + low;
  const bits = highWord(z);
  if (bits >= 0x40900000) {
    if (bits > 0x40900000 || lowWord(z) !== 0 || low + OVERFLOW_TAIL > z - high) return Infinity;
  } else if ((bits & 0x7fffffff) >= 0x4090cc00) {
    if (bits >>> 0 > 0xc090cc00 || lowWord(z) !== 0 || low <= z - high) return 0;
  }
  return exponential(high, low, z);
}

function exponential(high: number, low: number, z: number): number {
  const bits = highWord(z);
  const exponent = ((bits & 0x7fffffff) >> 20) - 0x3ff;
  let n = 0;
  let whole = high;
  if ((bits & 0x7fffffff) > 0x3fe00000) {
    // n is z rounded to the nearest integer.
    n = Math.floor(Math.abs(z) + 0.5) * (z < 0 ? -1 : 1);
    if (exponent > 20) throw new RangeError("exponent out of range");
    whole = high - n;
  }
  const t = upper(low + whole);
  const u = t * LN2_HIGH;
  const v = (low - (t - whole)) * LN2 + t * LN2_LOW;
  const x = u + v;
  const w = v - (x - u);
  const x2 = x * x;
  const t1 = x - x2 * (P[0]! + x2 * (P[1]! + x2 * (P[2]! + x2 * (P[3]! + x2 * P[4]!))));
  const r = (x * t1) / (t1 - 2) - (w + x * w);
  return scale(1 - (r - x), n);
}

/** x × 2^n, rounded once. */
export function scale(x: number, n: number): number {
  let result = x;
  let rest = n;
  for (; rest > 1000; rest -= 1000) result *= 2 ** 1000;
  if (rest >= -1000) return result * powerOfTwo(rest);
  // Down to the subnormals in one rounding: first as far as is exact.
  return result * powerOfTwo(-960) * powerOfTwo(rest + 960);
}

/** For −1074 … 1023, exactly. */
function powerOfTwo(n: number): number {
  if (n < -1022) return Number.MIN_VALUE * 2 ** (n + 1074);
  return withHigh(0, (n + 1023) << 20);
}
