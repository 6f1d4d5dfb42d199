/** Decimal digits of Floats, exactly: a Float is an integer times a power of two, and bigints hold both. */

const view = new DataView(new ArrayBuffer(8));

/** |x| × 10^digits rounded half away from zero, for a finite x. */
function scaledMagnitude(x: number, digits: number): bigint {
  view.setFloat64(0, x);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  let numerator = exponent === 0 ? fraction : fraction | (1n << 52n);
  let denominator = 1n;
  const power = Math.max(exponent, 1) - 1075;
  if (power >= 0) numerator <<= BigInt(power);
  else denominator <<= BigInt(-power);
  if (digits >= 0) numerator *= 10n ** BigInt(digits);
  else denominator *= 10n ** BigInt(-digits);
  return (numerator * 2n + denominator) / (denominator * 2n);
}

/** With exactly so many digits after the point. */
export function fixed(x: number, digits: number): string {
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
  const text = String(scaledMagnitude(x, digits)).padStart(digits + 1, "0");
  const whole = text.slice(0, text.length - digits);
  const sign = x < 0 || Object.is(x, -0) ? "-" : "";
  return digits === 0 ? `${sign}${whole}` : `${sign}${whole}.${text.slice(text.length - digits)}`;
}

/** To so many decimal digits; negative ones are before the point. The Float nearest to the rounded decimal. */
export function roundTo(x: number, digits: number): number {
  // All Floats are whole multiples of 10^-1074, and none reaches 10^309.
  if (!Number.isFinite(x) || digits >= 1074) return x;
  if (digits < -309) return x < 0 || Object.is(x, -0) ? -0 : 0;
  const rounded = Number(`${scaledMagnitude(x, digits)}e${-digits}`);
  return x < 0 || Object.is(x, -0) ? -rounded : rounded;
}
