/** Plain values as JSON text: exact integers of any size; what JSON has no form for is spelt out. */
import { ErrorValue } from "../lang/value.ts";
import type { TraceLine } from "../lang/value.ts";
import type { Fault } from "../fault.ts";

export function toJson(value: unknown): string {
  if (value === undefined || value === null) return "null";
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number") return Number.isFinite(value) ? JSON.stringify(value) : `"${numberName(value)}"`;
  if (typeof value === "string" || typeof value === "boolean") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(toJson).join(",")}]`;
  if (ArrayBuffer.isView(value)) return toJson(Array.from(value as unknown as Iterable<number | bigint>));
  const entries: readonly (readonly [unknown, unknown])[] = value instanceof Map ? [...value] : Object.entries(value);
  return `{${entries.map(([k, v]) => `${JSON.stringify(String(k))}:${toJson(v)}`).join(",")}}`;
}

function numberName(value: number): string {
  if (Number.isNaN(value)) return "nan";
  return value > 0 ? "inf" : "-inf";
}

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
