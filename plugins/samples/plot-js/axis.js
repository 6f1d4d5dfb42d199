/**
 * One axis: which part of the number line is shown, where its ticks stand and how they are written.
 */

/** Values of a scale of 1, 2 or 5 times a power of ten, about `wanted` of them, that enclose [low, high]. */
export function axisOver(values, wanted) {
  const [low, high] = rangeOf(values);
  const { step, decimals } = roundStep((high - low) / wanted);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  return { low: first * step, high: last * step, ticks, label: (x) => written(x, decimals, step) };
}

/** A range that is never empty: a single value gets room on both sides. */
function rangeOf(values) {
  if (values.length === 0) return [0, 1];
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  if (high - low > 1e-12 * Math.max(Math.abs(low), Math.abs(high))) return [low, high];
  const room = Math.abs(low) / 10 || 1;
  return [low - room, high + room];
}

function roundStep(rough) {
  const power = Math.floor(Math.log10(rough));
  const lead = rough / 10 ** power;
  const factor = lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10;
  const decimals = -power - (factor === 10 ? 1 : 0);
  return { step: factor * 10 ** power, decimals: Math.max(0, decimals) };
}

/** A real minus sign, no "-0", and powers of ten only where plain digits would be long. */
function written(x, decimals, step) {
  const value = Math.abs(x) < step / 2 ? 0 : x;
  const plain = decimals <= 6 && Math.abs(value) < 1e7;
  const text = plain ? value.toFixed(decimals) : Number(value.toPrecision(6)).toExponential();
  return text.replaceAll("-", "−");
}
