/** Spans as OTLP has them in JSON, and the settings that tell where they go. */
import { Fault } from "../../fault.ts";
import type { Span } from "./spans.ts";

const KINDS: Readonly<Record<Span["kind"], number>> = { internal: 1, client: 3 };
const STATUS: Readonly<Record<Span["status"], number>> = { unset: 0, ok: 1, error: 2 };

export interface Destination {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly service: string;
}

/** Null when no endpoint is configured. @throws {Fault} `bad-endpoint` */
export function destinationOf(
  flag: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Destination | null {
  const of = (name: string): string | undefined => environment[name] || undefined;
  const base = flag ?? of("OTEL_EXPORTER_OTLP_ENDPOINT");
  const exact = flag === undefined ? of("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") : undefined;
  const text = exact ?? (base === undefined ? undefined : `${base.replace(/\/+$/, "")}/v1/traces`);
  if (text === undefined) return null;
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new Fault("bad-endpoint", "The endpoint for spans is no http or https address", {
      hint: "Set OTEL_EXPORTER_OTLP_ENDPOINT to such as http://localhost:4318, or leave it away",
    });
  }
  const headers = headersIn(of("OTEL_EXPORTER_OTLP_TRACES_HEADERS") ?? of("OTEL_EXPORTER_OTLP_HEADERS") ?? "");
  return { url: text, headers, service: of("OTEL_SERVICE_NAME") ?? "sennit" };
}

/** `name=value`, parted by commas, values percent-encoded. */
function headersIn(text: string): Readonly<Record<string, string>> {
  const pairs = text.split(",").flatMap((pair) => {
    const at = pair.indexOf("=");
    return at <= 0 ? [] : [[pair.slice(0, at).trim(), decoded(pair.slice(at + 1).trim())] as const];
  });
  return Object.fromEntries(pairs);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function otlpOf(spans: readonly Span[], service: string, version: string): unknown {
  return {
    resourceSpans: [
      {
        resource: { attributes: attributesOf({ "service.name": service }) },
        scopeSpans: [{ scope: { name: "sennit", version }, spans: spans.map(spanOf) }],
      },
    ],
  };
}

function spanOf({ traceId, spanId, parentSpanId, name, kind, start, end, status, attributes }: Span): unknown {
  return {
    traceId,
    spanId,
    ...(parentSpanId === null ? {} : { parentSpanId }),
    name,
    kind: KINDS[kind],
    startTimeUnixNano: nanoseconds(start),
    endTimeUnixNano: nanoseconds(end),
    attributes: attributesOf(attributes),
    status: { code: STATUS[status] },
  };
}

/** Beyond what a number holds: a text. */
function nanoseconds(milliseconds: number): string {
  return (BigInt(Math.round(milliseconds)) * 1_000_000n).toString();
}

function attributesOf(attributes: Readonly<Record<string, string | number>>): readonly unknown[] {
  return Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === "string" ? { stringValue: value } : { intValue: String(value) },
  }));
}
