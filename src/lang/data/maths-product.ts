/**
 * Whole powers of Floats in doubled precision: every product is kept with its rounding error, so that the result is
 * rounded once (`10.0 ^ -5` is the Float that `1e-5` reads as).
 */

/** For powers of at most this; squaring doubles the error with every step. */
const MOST = 1024;
/** Far enough from the ends of the Floats for the splitting below. */
const SAFE_EXPONENT = 900;
const SPLITTER = 2 ** 27 + 1;

/** What `x × y` loses by rounding, exactly (Dekker). */
function lost(x: number, y: number, product: number): number {
  const [bigX, bigY] = [x * SPLITTER, y * SPLITTER];
  const highX = bigX - (bigX - x);
  const highY = bigY - (bigY - y);
  const [lowX, lowY] = [x - highX, y - highY];
  return lowX * lowY - (product - highX * highY - lowX * highY - highX * lowY);
}

/** x^n for positive x and whole n, or null when it is too large a case for this method. `exponent` is that of x to the base 2. */
export function wholePower(x: number, n: number, exponent: number): number | null {
  const count = Math.abs(n);
  if (count > MOST || (Math.abs(exponent) + 1) * count > SAFE_EXPONENT) return null;
  let [high, low] = [1, 0];
  let [squareHigh, squareLow] = [x, 0];
  for (let rest = count; ;) {
    if ((rest & 1) === 1) {
      const product = high * squareHigh;
      const error = lost(high, squareHigh, product) + high * squareLow + low * squareHigh;
      high = product + error;
      low = error - (high - product);
    }
    rest >>= 1;
    if (rest === 0) break;
    const product = squareHigh * squareHigh;
    const error = lost(squareHigh, squareHigh, product) + 2 * squareHigh * squareLow;
    squareHigh = product + error;
    squareLow = error - (squareHigh - product);
  }
  return n > 0 ? high : reciprocal(high, low);
}

function reciprocal(high: number, low: number): number {
  const quotient = 1 / high;
  const product = quotient * high;
  const rest = 1 - product - lost(quotient, high, product) - quotient * low;
  return quotient + quotient * rest;
}
