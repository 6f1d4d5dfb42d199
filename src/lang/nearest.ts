/** "Did you mean …?": the candidate a misspelt name is nearest to. */

/**
 * The nearest candidate by edits (insert, delete, replace, swap neighbours), or undefined when none is near enough:
 * about one edit for every three characters. Ties go to equal spelling apart from case, then to the first in the
 * alphabet, so that the answer does not depend on the order of the candidates.
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const limit = Math.max(1, Math.floor(name.length / 3));
  let best: { readonly candidate: string; readonly cost: number } | undefined;
  for (const candidate of candidates) {
    if (candidate === name || Math.abs(candidate.length - name.length) > limit) continue;
    const cost = costOf(name, candidate, limit);
    if (cost > limit || (best !== undefined && cost > best.cost)) continue;
    if (best === undefined || cost < best.cost || candidate < best.candidate) best = { candidate, cost };
  }
  return best?.candidate;
}

/** Edits between the two; a half when only case and the separators `_ - .` differ. */
function costOf(name: string, candidate: string, limit: number): number {
  if (folded(name) === folded(candidate)) return 0.5;
  // One edit turns any one-letter name into any other: that is no likeness.
  if (name.length === 1 || candidate.length === 1) return limit + 1;
  return editDistance(name, candidate);
}

function folded(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]/g, "");
}

/** Optimal string alignment: Damerau–Levenshtein where no piece is edited twice. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replace = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = isSwap ? at(beforeLast, j - 2) + 1 : Infinity;
      row.push(Math.min(replace, swap, at(last, j) + 1, at(row, j - 1) + 1));
    }
    [beforeLast, last] = [last, row];
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity;
}
