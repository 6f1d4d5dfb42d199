/** Faults of the host as errors that a program can catch. */
import { Defect, Fault } from "../../fault.ts";
import { ErrorValue } from "../../lang/value.ts";
import type { TraceLine } from "../../lang/value.ts";

/** A Fault becomes an error with its code, source and the guest's frames; a Defect is thrown on. */
export function errorOf(failure: unknown, source: string): ErrorValue {
  if (failure instanceof Defect) throw failure;
  if (!(failure instanceof Fault)) throw new Defect(`a plugin call failed with ${String(failure)}`, failure);
  return new ErrorValue({
    code: failure.code,
    message: failure.hint === undefined ? failure.message : `${failure.message} (${failure.hint})`,
    source: failure.source === "sennit" ? source : failure.source,
    trace: failure.frames.map((frame): TraceLine => {
      return {
        package: failure.source === "sennit" ? source : failure.source,
        function: frame.function,
        file: frame.file ?? "",
        line: frame.line ?? 0,
        column: frame.column ?? 0,
      };
    }),
  });
}

/** An error of a program as the Fault that `run` rejects with. */
export function faultOf(error: ErrorValue): Fault {
  return new Fault(error.code, error.message, { source: error.source, cause: error });
}
