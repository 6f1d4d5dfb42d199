/** Half-precision floats (IEEE 754 binary16), which CBOR uses where they are exact. */

const scratch = new DataView(new ArrayBuffer(4));

/** The 16 bits of a number, or null when it is no half-precision float. NaN is the caller's business. */
export function toHalf(value: number): number | null {
  scratch.setFloat32(0, value);
  if (scratch.getFloat32(0) !== value) return null;
  const bits = scratch.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 127;
  const mantissa = bits & 0x7fffff;
  if (value === 0) return sign;
  if (exponent === 128) return sign | 0x7c00;
  if (exponent >= -14 && exponent <= 15)
    return (mantissa & 0x1fff) === 0 ? sign | ((exponent + 15) << 10) | (mantissa >>> 13) : null;
  if (exponent < -24 || exponent > 15) return null;
  return subnormal(sign, mantissa | 0x800000, -1 - exponent);
}

/** Below 2^-14 the leading bit is written out, and the mantissa moves right by one place per power. */
function subnormal(sign: number, mantissa: number, shift: number): number | null {
  return mantissa % 2 ** shift === 0 ? sign | (mantissa >>> shift) : null;
}

/** The number that 16 bits stand for. */
export function fromHalf(bits: number): number {
  const sign = (bits & 0x8000) === 0 ? 1 : -1;
  const exponent = (bits >>> 10) & 0x1f;
  const mantissa = bits & 0x3ff;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa === 0 ? sign * Infinity : NaN;
  return sign * (1024 + mantissa) * 2 ** (exponent - 25);
}
