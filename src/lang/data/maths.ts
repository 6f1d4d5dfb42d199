/**
 * exp, log, sin, cos: the same bits on every platform (HAZARDS 6), within one unit in the last place. The methods are
 * fdlibm's: reduce the argument, then a polynomial. `Math` is used only for what IEEE defines exactly.
 */
import { scale } from "./maths-pow.ts";
import { reduce } from "./maths-reduce.ts";

export { pow } from "./maths-pow.ts";

const LN2_HIGH = 6.9314718036912381649e-1;
const LN2_LOW = 1.90821492927058770002e-10;
const INV_LN2 = 1.442695040888963387;

/** e^x. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (x > 7.09782712893383973096e2) return Infinity;
  if (x < -7.4513321910194110842e2) return 0;
  if (Math.abs(x) < 2 ** -28) return 1 + x;
  let k = 0;
  let high = x;
  let low = 0;
  if (Math.abs(x) > 0.5 * (LN2_HIGH + LN2_LOW)) {
    k = Math.trunc(INV_LN2 * x + (x < 0 ? -0.5 : 0.5));
    high = x - k * LN2_HIGH;
    low = k * LN2_LOW;
  }
  const r = high - low;
  const t = r * r;
  const c =
    r -
    t *
      (1.66666666666666019037e-1 +
        t *
          (-2.77777777770155933842e-3 +
            t * (6.61375632143793436117e-5 + t * (-1.6533902205465251539e-6 + t * 4.13813679705723846039e-8))));
  if (k === 0) return 1 - ((r * c) / (c - 2) - r);
  return scale(1 - (low - (r * c) / (2 - c) - high), k);
}

const view = new DataView(new ArrayBuffer(8));

/** The natural logarithm. */
export function log(x: number): number {
  if (x === 0) return -Infinity;
  if (x < 0 || Number.isNaN(x)) return NaN;
  if (x === Infinity) return x;
  let k = 0;
  view.setFloat64(0, x);
  if (view.getInt32(0) < 0x00100000) {
    k -= 54;
    view.setFloat64(0, x * 2 ** 54);
  }
  const bits = view.getInt32(0);
  const mantissa = bits & 0x000fffff;
  // Mantissas above √2 are halved, so that the argument of the series is near 1.
  const shift = (mantissa + 0x95f64) & 0x100000;
  view.setInt32(0, mantissa | (shift ^ 0x3ff00000));
  k += (bits >> 20) - 1023 + (shift >> 20);
  return logNearOne(view.getFloat64(0) - 1, k, mantissa);
}

/** log(1 + f) + k ln 2. */
function logNearOne(f: number, k: number, mantissa: number): number {
  if (((2 + mantissa) & 0x000fffff) < 3) {
    if (f === 0) return k === 0 ? 0 : k * LN2_HIGH + k * LN2_LOW;
    const r = f * f * (0.5 - 0.3333333333333333 * f);
    return k === 0 ? f - r : k * LN2_HIGH - (r - k * LN2_LOW - f);
  }
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const even = w * (3.999999999940941908e-1 + w * (2.222219843214978396e-1 + w * 1.531383769920937332e-1));
  const odd =
    z *
    (6.66666666666673513e-1 +
      w * (2.857142874366239149e-1 + w * (1.818357216161805012e-1 + w * 1.479819860511658591e-1)));
  const r = even + odd;
  if (((mantissa - 0x6147a) | (0x6b851 - mantissa)) > 0) {
    const half = 0.5 * f * f;
    if (k === 0) return f - (half - s * (half + r));
    return k * LN2_HIGH - (half - (s * (half + r) + k * LN2_LOW) - f);
  }
  if (k === 0) return f - s * (f - r);
  return k * LN2_HIGH - (s * (f - r) - k * LN2_LOW - f);
}

/** sin(x + tail) for |x| ≤ π/4. */
function sinKernel(x: number, tail: number): number {
  if (Math.abs(x) < 2 ** -27) return x;
  const z = x * x;
  const v = z * x;
  const r =
    8.33333333332248946124e-3 +
    z *
      (-1.98412698298579493134e-4 +
        z * (2.75573137070700676789e-6 + z * (-2.50507602534068634195e-8 + z * 1.58969099521155010221e-10)));
  return x - (z * (0.5 * tail - v * r) - tail - v * -1.66666666666666324348e-1);
}

/** cos(x + tail) for |x| ≤ π/4. */
function cosKernel(x: number, tail: number): number {
  const z = x * x;
  const w = z * z;
  const r =
    z * (4.16666666666666019037e-2 + z * (-1.38888888888741095749e-3 + z * 2.48015872894767294178e-5)) +
    w * w * (-2.75573143513906633035e-7 + z * (2.0875723212981748279e-9 + z * -1.13596475577881948265e-11));
  const half = 0.5 * z;
  const rest = 1 - half;
  return rest + (1 - rest - half + (z * r - x * tail));
}

export function sin(x: number): number {
  if (!Number.isFinite(x)) return NaN;
  const { quadrant, high, low } = reduce(x);
  const value = quadrant % 2 === 0 ? sinKernel(high, low) : cosKernel(high, low);
  return quadrant < 2 ? value : -value;
}

export function cos(x: number): number {
  if (!Number.isFinite(x)) return NaN;
  const { quadrant, high, low } = reduce(x);
  const value = quadrant % 2 === 0 ? cosKernel(high, low) : sinKernel(high, low);
  return quadrant === 1 || quadrant === 2 ? -value : value;
}
