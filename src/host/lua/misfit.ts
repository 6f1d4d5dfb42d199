/** A Lua value that is not of the type it should have. */

export type MisfitCode = "type-mismatch" | "out-of-range" | "moved" | "import-in-callback";

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
