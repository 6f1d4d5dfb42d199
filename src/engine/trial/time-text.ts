/** Durations as tests write them: `30d`, `1h 30m`, `1.5s`. */

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const ONE = /^(\d{1,9}(?:\.\d{1,3})?) ?(ms|s|m|h|d|w)(?:\s+|$)/;

/** Milliseconds; null for a text that is no duration. */
export function durationOf(text: string): number | null {
  let rest = text.trim();
  let sum = 0;
  if (rest === "0") return 0;
  if (rest === "") return null;
  while (rest !== "") {
    const found = ONE.exec(rest);
    if (found === null) return null;
    sum += Number(found[1]) * (UNITS[found[2] ?? ""] ?? 0);
    rest = rest.slice(found[0].length);
  }
  return sum;
}

export function durationText(milliseconds: number): string {
  const parts: string[] = [];
  let left = milliseconds;
  for (const [unit, size] of Object.entries(UNITS).toReversed()) {
    if (unit === "w") continue;
    const count = unit === "ms" ? left : Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(`${unit === "ms" ? Math.round(count * 1000) / 1000 : count}${unit}`);
  }
  return parts.join(" ") || "0s";
}
