/**
 * What of a request may be done more than once (HAZARDS 3): what only reads; what leaves the same however often it is done; and
 * what the other side knows again by a key, because the request says so.
 */
import type { EffectClass } from "../../journal/entry/entry.ts";
import type { CaseValue, Value } from "../../wit/value.ts";

/** The header by which a server knows a request again. Left empty, it is the key of the effect. */
export const KEY_HEADER = "idempotency-key";

/** The class of a call of `std:http` or of `sennit:host/http`; undefined for what is neither. */
export function requestClass(pack: string, fn: string, args: readonly Value[]): EffectClass | undefined {
  const [first, second, third] = args;
  if (pack === "std:http" && fn === "post") return classOf("POST", second);
  if (pack === "std:http" && fn === "request") return classOf(first, third);
  if (pack !== "sennit:host" || !/^sennit:host\/http@[^#]*#send$/u.test(fn)) return undefined;
  const [method, , headers] = Array.isArray(first) ? (first as readonly Value[]) : [];
  return classOf(method, headers);
}

function classOf(method: Value | undefined, headers: Value | undefined): EffectClass {
  switch (String(method).toUpperCase()) {
    case "GET":
    case "HEAD":
    case "OPTIONS":
      return "read";
    case "PUT":
    case "DELETE":
      return "idempotent";
    default:
      return hasKey(headers) ? "keyed" : "once";
  }
}

function hasKey(headers: Value | undefined): boolean {
  if (!Array.isArray(headers)) return false;
  return (headers as readonly (readonly [string, CaseValue])[]).some(([name]) => name.toLowerCase() === KEY_HEADER);
}
