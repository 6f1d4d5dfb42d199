/** What `--json` prints. */
import { ErrorValue } from "../lang/value.ts";
import type { TraceLine } from "../lang/value.ts";
import type { Fault } from "../fault.ts";

export { toJson } from "../daemon/json.ts";

/** The `error` of `--json`. */
export interface JsonError {
  readonly code: string;
  readonly source: string;
  readonly message: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
  readonly trace: readonly TraceLine[];
}

export function jsonError(fault: Fault): JsonError {
  const trace = fault.cause instanceof ErrorValue ? fault.cause.trace : [];
  const place = trace.find((line) => line.package === null) ?? trace[0];
  return {
    code: fault.code,
    source: fault.source,
    message: fault.message,
    file: place?.file ?? null,
    line: place?.line ?? null,
    column: place?.column ?? null,
    trace,
  };
}
