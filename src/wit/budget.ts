/**
 * What the values of one call may cost to lift: a few hostile bytes can claim, by lists that alias each other, to be
 * millions of nodes (HAZARDS 15).
 *
 *   B1  Everything is charged before it is allocated.
 *   B2  A list of numbers and a string cost bytes; an element of any other list, and an entry of a map, costs as many
 *       nodes as its type has when written out.
 *   B3  Whatever is an object of its own costs bytes even when it is empty (`OVERHEAD`): millions of empty ones are no
 *       small thing.
 */
import { Fault } from "../fault.ts";

/** What V8 takes, about, for one of these with nothing in it, in bytes. */
export const OVERHEAD: { readonly typedArray: number; readonly map: number; readonly handle: number } = {
  typedArray: 128,
  map: 256,
  handle: 128,
};

export interface LiftLimits {
  readonly nodes: number;
  readonly bytes: number;
  /** Who gives the values, for messages. */
  readonly source?: string;
  /** How to raise one of them, for messages. */
  readonly raise?: (limit: "nodes" | "bytes") => string;
}

/** 16 M nodes and 256 MiB: beyond any honest answer, and well below what ends a process. */
export const DEFAULT_LIFT_LIMITS: LiftLimits = { nodes: 16 * 2 ** 20, bytes: 256 * 2 ** 20 };

/** Counts what one lift spent. One per instance is enough: a lift ends before the next begins. */
export class LiftBudget {
  readonly #limits: LiftLimits;
  #nodes = 0;
  #bytes = 0;

  constructor(limits: LiftLimits = DEFAULT_LIFT_LIMITS) {
    this.#limits = limits;
  }

  /** Before every lift of a call's arguments or answer. */
  reset(): void {
    this.#nodes = 0;
    this.#bytes = 0;
  }

  /** @throws {Fault} `value-too-large` */
  nodes(count: number): void {
    this.#nodes += count;
    if (this.#nodes > this.#limits.nodes) throw tooLarge(this.#limits, "nodes");
  }

  /** @throws {Fault} `value-too-large` */
  bytes(count: number): void {
    this.#bytes += count;
    if (this.#bytes > this.#limits.bytes) throw tooLarge(this.#limits, "bytes");
  }
}

function tooLarge(limits: LiftLimits, limit: "nodes" | "bytes"): Fault {
  const { source, raise } = limits;
  const more = raise === undefined ? "" : ` ${raise(limit)}`;
  return new Fault(
    "value-too-large",
    `A value that ${source ?? "a plugin"} gave has more than ${limits[limit]} ${limit}`,
    {
      ...(source === undefined ? {} : { source }),
      hint: `Pass large data in parts, or as bytes.${more}`,
    },
  );
}
