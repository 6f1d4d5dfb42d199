/** The answer to what may happen once, and may have happened: the program decides (HAZARDS 3). */
import type { Answer } from "../../../lang/effect.ts";
import { ErrorValue } from "../../../lang/value.ts";

export function uncertain(what: string): Answer {
  const message = `Whether ${what} was done is not known: the run was interrupted before it was answered`;
  return { kind: "error", error: new ErrorValue({ code: "uncertain", message }) };
}
