/** Upper and lower case by the pinned tables of Unicode 15.1, without locale: ß → SS, Σ at the end of a word → ς. */
import { CASE_IGNORABLE, CASED, LOWER, LOWER_SPECIAL, UPPER, UPPER_SPECIAL } from "./tables/case.ts";

type Mapping = ReadonlyMap<number, string>;

function rows(table: string): number[][] {
  return table.split(",").map((row) => row.split(" ").map((n) => Number.parseInt(n, 36)));
}

function mapping(runs: string, special: string): Mapping {
  const map = new Map<number, string>();
  for (const [start, count, step, delta] of rows(runs) as [number, number, number, number][]) {
    for (let i = 0; i < count; i++) map.set(start + i * step, String.fromCodePoint(start + i * step + delta));
  }
  for (const [from, ...to] of rows(special)) map.set(from as number, String.fromCodePoint(...to));
  return map;
}

function points(table: string): ReadonlySet<number> {
  const set = new Set<number>();
  for (const [start, length] of rows(table) as [number, number][]) for (let i = 0; i < length; i++) set.add(start + i);
  return set;
}

/** Made when first needed: most programs never ask. */
function lazy<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

const upperMapping = lazy(() => mapping(UPPER, UPPER_SPECIAL));
const lowerMapping = lazy(() => mapping(LOWER, LOWER_SPECIAL));
const cased = lazy(() => points(CASED));
const ignorable = lazy(() => points(CASE_IGNORABLE));

const SIGMA = 0x3a3;
const FINAL_SIGMA = "\u03c2";

export function upper(text: string): string {
  const map = upperMapping();
  let result = "";
  for (const char of text) result += map.get(char.codePointAt(0) as number) ?? char;
  return result;
}

export function lower(text: string): string {
  const map = lowerMapping();
  const chars = Array.from(text, (char) => char.codePointAt(0) as number);
  let result = "";
  chars.forEach((code, i) => {
    if (code === SIGMA && isFinal(chars, i)) result += FINAL_SIGMA;
    else result += map.get(code) ?? String.fromCodePoint(code);
  });
  return result;
}

/** Final_Sigma: a cased letter before it and none after it, whatever is ignorable apart. */
function isFinal(chars: readonly number[], at: number): boolean {
  return touches(chars, at, -1) && !touches(chars, at, 1);
}

function touches(chars: readonly number[], at: number, step: 1 | -1): boolean {
  for (let i = at + step; i >= 0 && i < chars.length; i += step) {
    const code = chars[i] as number;
    if (!ignorable().has(code)) return cased().has(code);
  }
  return false;
}
