/** Telemetry over HTTP, when somebody said where to. */
import { createHash } from "node:crypto";
import type { Kept } from "../keeping.node.ts";
import { Exporter } from "./exporter.ts";
import { destinationOf, otlpOf } from "./otlp.ts";
import type { Destination } from "./otlp.ts";
import type { Naming } from "./spans.ts";
import { Telemetry } from "./telemetry.ts";

/** Milliseconds for one batch. */
const PATIENCE = 10_000;

export interface TelemetryOptions {
  /** Of the command line. */
  readonly endpoint: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly note: (line: string) => void;
}

/** Undefined when no endpoint is configured. @throws {Fault} `bad-endpoint` */
export function telemetryFor(options: TelemetryOptions): ((kept: Kept) => AsyncDisposable) | undefined {
  const { endpoint, environment, version, note } = options;
  const destination = destinationOf(endpoint, environment);
  if (destination === null) return undefined;
  return ({ store }) => {
    const closed = new AbortController();
    const exporter = new Exporter({
      post: (body) => post(destination, body, closed.signal),
      body: (spans) => otlpOf(spans, destination.service, version),
      elapsed: (milliseconds) => elapsed(milliseconds, closed.signal),
      note,
      closed: closed.signal,
    });
    const telemetry = new Telemetry(store, exporter, naming, (why) => note(`telemetry: ${String(why)}`));
    return {
      [Symbol.asyncDispose]: async () => {
        closed.abort();
        await telemetry[Symbol.asyncDispose]();
      },
    };
  };
}

export const naming: Naming = (text, digits) => createHash("sha256").update(text).digest("hex").slice(0, digits);

async function post(
  { url, headers }: Destination,
  body: unknown,
  closed: AbortSignal,
): Promise<{ readonly status: number }> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { ...headers, "Content-Type": "application/json" },
    body: JSON.stringify(body),
    redirect: "error",
    signal: AbortSignal.any([closed, AbortSignal.timeout(PATIENCE)]),
  });
  await answer.body?.cancel();
  return { status: answer.status };
}

async function elapsed(milliseconds: number, closed: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  closed.addEventListener("abort", () => resolve(), { once: true });
  if (closed.aborted) resolve();
  await promise;
  clearTimeout(timer);
}
