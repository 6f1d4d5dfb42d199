/**
 * Effect rows (rule 9): what calling something may do, as a graph that is read when the whole program is known.
 *
 *   F1  A node's row is the highest of its own causes and of every node it includes.
 *   F2  A limit is checked after inference: a function value's effect may become known later than its use.
 *   F3  A breach names the place inside the limited thing, and the cause at the far end.
 *   F4  A bounded node, a function value that a function takes, keeps to its bound: those who give one are told.
 */
import type { Source, Span } from "../source.ts";
import type { EffectRow } from "../typed.ts";

export interface Place {
  readonly source: Source;
  readonly span: Span;
}

/** One thing done directly: `sleep`, a foreign call, `retry`. */
export interface Cause extends Place {
  readonly row: EffectRow;
  readonly what: string;
}

export interface EffectNode {
  /** A limit that whoever fills it is held to (F4). */
  readonly bound?: EffectRow;
  readonly causes: Cause[];
  readonly includes: (Place & { readonly node: EffectNode })[];
}

export interface Limit {
  readonly node: EffectNode;
  readonly most: EffectRow;
  /** Says who sets the limit: "a function", "the key of `sort`". */
  readonly who: string;
  readonly hint: string;
}

export interface Breach {
  readonly limit: Limit;
  /** Where, in the limited thing. */
  readonly at: Place;
  readonly cause: Cause;
}

const order: Readonly<Record<EffectRow, number>> = { pure: 0, reads: 1, writes: 2, suspends: 3 };

export function effectNode(bound?: EffectRow): EffectNode {
  return { causes: [], includes: [], ...(bound === undefined ? {} : { bound }) };
}

/** Adds a direct effect; `pure` is none. */
export function addCause(node: EffectNode, cause: Cause): void {
  if (cause.row !== "pure") node.causes.push(cause);
}

export function include(node: EffectNode, other: EffectNode, at: Place): void {
  if (node !== other) node.includes.push({ node: other, source: at.source, span: at.span });
}

/** F1. */
export function rowOf(node: EffectNode): EffectRow {
  let row: EffectRow = "pure";
  for (const cause of reachable(node)) if (order[cause.row] > order[row]) row = cause.row;
  return row;
}

/** Every breach of a limit, one for each place in the limited thing (F3). */
export function breachesOf(limits: readonly Limit[]): readonly Breach[] {
  const found: Breach[] = [];
  for (const limit of limits) {
    const exceeds = (cause: Cause): boolean => order[cause.row] > order[limit.most];
    for (const cause of limit.node.causes) if (exceeds(cause)) found.push({ limit, at: cause, cause });
    const keeps = (node: EffectNode): boolean => node.bound !== undefined && order[node.bound] <= order[limit.most];
    for (const edge of limit.node.includes) {
      const cause = [...reachable(edge.node, keeps)].find(exceeds);
      if (cause !== undefined) found.push({ limit, at: edge, cause });
    }
  }
  return found;
}

function* reachable(start: EffectNode, skip: (node: EffectNode) => boolean = () => false): Generator<Cause> {
  const seen = new Set([start]);
  for (const node of seen) {
    if (skip(node)) continue;
    yield* node.causes;
    for (const edge of node.includes) seen.add(edge.node);
  }
}
