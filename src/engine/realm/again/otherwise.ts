/** A run that does not go the way it went. */
import { Fault } from "../../../fault.ts";

export function otherwise(what: string): Fault {
  return new Fault(
    "run-lost",
    `The run was lost with its worker: it was begun again elsewhere, and does not go the way it went: ${what}`,
    { hint: "Run it again. Something in it depends on time, or on what only its first worker had." },
  );
}
