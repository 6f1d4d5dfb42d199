/** Sets of processes that a value was made from. Never changed: two registers may share one. */

export type Label = ReadonlySet<number>;

export const NONE: Label = new Set();

export function only(node: number): Label {
  return new Set([node]);
}

export function union(a: Label, b: Label): Label {
  if (a === b || b.size === 0) return a;
  if (a.size === 0) return b;
  const [large, small] = a.size >= b.size ? [a, b] : [b, a];
  let both: Set<number> | null = null;
  for (const node of small) {
    if (large.has(node)) continue;
    both ??= new Set(large);
    both.add(node);
  }
  return both ?? large;
}
