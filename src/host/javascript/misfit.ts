/**
 * What does not fit its type, while it is being read: thrown with the place growing from the inside out, so that nothing
 * is spent on places as long as everything fits.
 */
import { Fault } from "../../fault.ts";

/** Never leaves this folder: `faultAt` makes the fault. */
export class Misfit extends Error {
  readonly code: "type-mismatch" | "out-of-range";
  /** The steps from the value to the place, innermost first. */
  readonly steps: string[] = [];

  /** @param text what follows the place: ": expected …", " is missing" */
  constructor(code: "type-mismatch" | "out-of-range", text: string) {
    super(text);
    this.code = code;
  }
}

export function misfit(want: string, found: unknown): Misfit {
  return new Misfit("type-mismatch", `: expected ${want}, found ${describe(found)}`);
}

/** Gives back what was thrown, one step further out. */
export function inside(step: string, thrown: unknown): unknown {
  if (thrown instanceof Misfit) thrown.steps.push(step);
  return thrown;
}

/** @param path what the whole value is: "the result" */
export function faultAt(path: string, thrown: unknown): unknown {
  if (!(thrown instanceof Misfit)) return thrown;
  return new Fault(thrown.code, `${path}${thrown.steps.toReversed().join("")}${thrown.message}`);
}

function describe(found: unknown): string {
  if (found === undefined) return "nothing";
  if (typeof found === "string") return JSON.stringify(found.slice(0, 40));
  if (found === null || typeof found === "number" || typeof found === "boolean" || typeof found === "bigint")
    return String(found);
  if (typeof found === "function") return "a function";
  return Array.isArray(found) ? "an array" : "an object";
}
