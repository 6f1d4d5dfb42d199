/** A function of the workflow that a plugin calls after the call that brought it. */
import { Fault } from "../fault.ts";

/** The workflow has gone on since. */
export function moved(): Fault {
  return new Fault("moved", "This function of the workflow was given for a call that is over", {
    hint: "Call it before the call that brought it returns",
  });
}
