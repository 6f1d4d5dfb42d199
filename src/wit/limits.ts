/**
 * What one decode may cost. Every limit exists because a few hostile bytes could otherwise ask for unbounded work:
 *
 *   L1  Every item read and every item evaluated is charged before it is built, so that a component whose instances
 *       double at each level ends at the limit and not at the end of time.
 *   L2  A type counts as the tree it stands for, however much of it is shared: who walks a type without a memory of
 *       what it saw stays within `typeNodes`, and who walks a whole world within `worldNodes`.
 */
import { WitError } from "./error.ts";

export interface DecodeLimits {
  /** Nesting of types, and of components and instance types in one another. */
  readonly depth: number;
  /** Items read plus items evaluated. */
  readonly work: number;
  /** Nodes of one type, written out as a tree. */
  readonly typeNodes: number;
  /** Nodes of all types of the world's functions, written out as trees. */
  readonly worldNodes: number;
  /** Bytes of one name. */
  readonly nameBytes: number;
}

/** Ample for every known component (one with the whole of WASI: 6,000 items), and below a second when exhausted. */
export const DEFAULT_LIMITS: DecodeLimits = {
  depth: 100,
  work: 500_000,
  typeNodes: 20_000,
  worldNodes: 500_000,
  nameBytes: 1_000,
};

/** Counts what was spent of the limits. One per decode. */
export class Budget {
  readonly limits: DecodeLimits;
  #work = 0;
  #depth = 0;

  constructor(limits: DecodeLimits) {
    this.limits = limits;
  }

  /** Pays for `items` items (L1). */
  charge(items: number, offset: number): void {
    this.#work += items;
    if (this.#work > this.limits.work) {
      throw new WitError("too-large", `The component takes more than ${this.limits.work} steps to decode`, offset);
    }
  }

  /** Runs `inner` one level deeper. */
  nested<T>(offset: number, inner: () => T): T {
    if (this.#depth >= this.limits.depth) {
      throw new WitError("too-deep", `Nested more than ${this.limits.depth} levels deep`, offset);
    }
    this.#depth += 1;
    try {
      return inner();
    } finally {
      this.#depth -= 1;
    }
  }
}
