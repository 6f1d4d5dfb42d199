/** A Lua value that is not of the type it should have, and the limits on how much of one is read. */

export type MisfitCode = "type-mismatch" | "out-of-range" | "moved" | "too-large";

/** Thrown by codecs and caught by the instance, which knows whose value it was. */
export class Misfit extends Error {
  readonly code: MisfitCode;
  /** Steps from the value to the place, innermost first. */
  readonly #place: string[] = [];

  constructor(code: MisfitCode, message: string) {
    super(message);
    this.name = "Misfit";
    this.code = code;
  }

  get place(): string {
    return this.#place.toReversed().join("");
  }

  at(step: string): this {
    this.#place.push(step);
    return this;
  }
}

/** Passes an error on, noting where in the value it happened. */
export function within(error: unknown, step: string): unknown {
  return error instanceof Misfit ? error.at(step) : error;
}

const MOST_NODES = 16_000_000;
const MOST_BYTES = 256_000_000;

/**
 * How much of one call's values is still read. Charged before anything is allocated: tables may share their parts, so a few
 * kilobytes of Lua can stand for terabytes of data.
 */
export class Budget {
  #nodes = MOST_NODES;
  #bytes = MOST_BYTES;

  reset(): void {
    this.#nodes = MOST_NODES;
    this.#bytes = MOST_BYTES;
  }

  spend(nodes: number): void {
    this.#nodes -= nodes;
    if (this.#nodes < 0) throw new Misfit("too-large", `more than ${MOST_NODES} values in one call`);
  }

  spendBytes(bytes: number): void {
    this.#bytes -= bytes;
    if (this.#bytes < 0) throw new Misfit("too-large", `more than ${MOST_BYTES} bytes of text in one call`);
  }
}
