/** Failures as answers of the API, and back into what a client throws. */
import { Defect, Fault } from "../fault.ts";
import { ProgramRefused } from "../engine/embedding/refused.ts";
import type { Diagnostic } from "../lang/diagnostic.ts";

export interface FailureAnswer {
  readonly status: number;
  readonly body: { readonly error: ErrorBody };
}

export interface ErrorBody {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  /** Of a program with mistakes. */
  readonly diagnostics?: readonly unknown[];
}

/** Where a code is not the request's own fault, or has a status of its own. */
const STATUS: Readonly<Record<string, number>> = {
  "no-token": 401,
  "wrong-token": 401,
  "wrong-host": 421,
  "cross-origin": 403,
  "unknown-run": 404,
  "run-removed": 410,
  "unknown-route": 404,
  "unknown-queue": 404,
  "unknown-schedule": 404,
  "unknown-webhook": 404,
  "wrong-method": 405,
  "id-taken": 409,
  "file-exists": 409,
  "run-ended": 409,
  "run-running": 409,
  "not-paused": 409,
  "not-failed": 409,
  "not-cancelled": 409,
  "body-too-large": 413,
  "wrong-content-type": 415,
  stopping: 503,
  "store-lost": 503,
  "store-locked": 503,
  "store-readonly": 503,
  "store-newer": 503,
  "store-missing": 503,
  "store-unreadable": 503,
  "store-full": 507,
};

/** Names that are none are `bad-…`; what else the world refused is 422: the request was understood. */
function statusOf(code: string): number {
  return STATUS[code] ?? (code.startsWith("bad-") ? 400 : 422);
}

export function failureAnswer(failure: unknown): FailureAnswer {
  if (failure instanceof Fault) {
    const { code, message, hint = null } = failure;
    const more = failure instanceof ProgramRefused ? { diagnostics: failure.diagnostics.map(plainDiagnostic) } : {};
    return { status: statusOf(code), body: { error: { code, message, hint, ...more } } };
  }
  const message = failure instanceof Defect ? failure.message : "The daemon failed (this is a bug in sennit)";
  return { status: 500, body: { error: { code: "defect", message, hint: "Its log has more." } } };
}

/** As `check --json` has it. */
function plainDiagnostic({ code, severity, title, primary, hint }: Diagnostic): unknown {
  const { source, span } = primary;
  const place = { file: source.name, ...source.position(span.start), end: source.position(span.end) };
  return { code, severity, message: title, ...place, hint: hint ?? null };
}

/** What a client throws for an error that was answered. */
export function faultOfAnswer(error: unknown): Fault {
  const { code, message, hint } = (typeof error === "object" && error !== null ? error : {}) as Partial<
    Record<keyof ErrorBody, unknown>
  >;
  if (typeof code !== "string" || typeof message !== "string") {
    return new Fault("daemon-invalid", "The daemon answered what is no answer");
  }
  return new Fault(code, message, typeof hint === "string" ? { hint } : {});
}
