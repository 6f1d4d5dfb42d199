/**
 * Requests that are made again, as a part of one effect, when what hindered them may pass.
 *
 *   A1  Only requests that may be made more than once are: those whose effect is not `once`.
 *   A2  At most four times, and never beyond the deadline of the first: what was answered last is the answer.
 *   A3  A server that says when to come again (`Retry-After`) is not asked before.
 */
import type { CallEffect } from "../../host/plugin.ts";
import type { HttpError } from "./http-world.ts";

const MOST = 4;
/** Milliseconds before the second time; twice as long before each that follows. */
const PAUSE = 200;
const PASSING: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** How one request ended. */
export type Outcome<T> =
  | { readonly status: number; readonly retryAfter: string | null; readonly value: T }
  | { readonly failure: HttpError };

export interface AgainPorts {
  /** Milliseconds since some moment. */
  readonly now: () => number;
  /** Milliseconds since the epoch. */
  readonly date: () => number;
  /** Resolves to whether it was waited for. */
  readonly pause: (milliseconds: number) => Promise<boolean>;
}

/** Makes the request, and again while that helps (A2). */
export async function again<T>(
  effect: CallEffect | undefined,
  timeout: number,
  ports: AgainPorts,
  once: () => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  const end = ports.now() + timeout;
  for (let count = 1; ; count++) {
    const outcome = await once();
    if (effect === undefined || effect.class === "once" || count === MOST || !isPassing(outcome)) return outcome;
    const wait = pauseOf(outcome, count, ports.date());
    if (ports.now() + wait >= end || !(await ports.pause(wait))) return outcome;
  }
}

function isPassing<T>(outcome: Outcome<T>): boolean {
  return "failure" in outcome ? outcome.failure.isPassing : PASSING.has(outcome.status);
}

/** A3 */
function pauseOf<T>(outcome: Outcome<T>, count: number, date: number): number {
  const least = PAUSE * 2 ** (count - 1);
  const said = "failure" in outcome ? null : outcome.retryAfter;
  if (said === null) return least;
  const wait = /^\d{1,9}$/u.test(said) ? Number(said) * 1_000 : Date.parse(said) - date;
  return Number.isFinite(wait) ? Math.max(least, wait) : least;
}
