/** `error-code` of `wasi:http/types`: which of them come about here, and the type of all. */
import { CaseValue, type Value } from "../../../../wit/value.ts";

/** The cases of `error` of `sennit:host/http`, in order. */
const HTTP_ERRORS = ["denied", "invalid", "unreachable", "timeout", "too-large", "failed"] as const;

export const LIMIT_REACHED: CaseValue = new CaseValue(11, null);
export const REQUEST_DENIED: CaseValue = new CaseValue(15, null);
export const METHOD_INVALID: CaseValue = new CaseValue(18, null);
export const URI_INVALID: CaseValue = new CaseValue(19, null);
export const TRAILERS_TOO_LARGE: CaseValue = new CaseValue(23, 0);
export const RESPONSE_BODY_SIZE: CaseValue = new CaseValue(28, null);
export const PROTOCOL_ERROR: CaseValue = new CaseValue(35, null);

/** @param bytes how many there were */
export function requestBodySize(bytes: number): CaseValue {
  return new CaseValue(17, bytes);
}

function meaning(name: (typeof HTTP_ERRORS)[number], text: string): CaseValue {
  switch (name) {
    case "denied":
      return REQUEST_DENIED;
    case "invalid":
      return URI_INVALID;
    case "unreachable":
      return new CaseValue(3, null); // destination-unavailable
    case "timeout":
      return new CaseValue(33, null); // HTTP-response-timeout
    case "too-large":
      return RESPONSE_BODY_SIZE;
    case "failed":
      return new CaseValue(38, text); // internal-error
  }
}

/** What an `error` of `sennit:host/http` is to a client of WASI's. */
export function errorCodeOf(error: Value): CaseValue {
  const { index, payload } = error as CaseValue;
  return meaning(HTTP_ERRORS[index] ?? "failed", String(payload));
}

const DNS = "record<option<string>, option<u16>>";
const TLS = "record<option<u8>, option<string>>";
const FIELD = "record<option<string>, option<u32>>";

/** The types of the cases that have one. */
const PAYLOADS: Readonly<Record<number, string>> = {
  1: DNS,
  14: TLS,
  17: "option<u64>",
  21: "option<u32>",
  22: `option<${FIELD}>`,
  23: "option<u32>",
  24: FIELD,
  26: "option<u32>",
  27: FIELD,
  28: "option<u64>",
  29: "option<u32>",
  30: FIELD,
  31: "option<string>",
  32: "option<string>",
  38: "option<string>",
};

/** Its form (form.ts of WASI). */
export const ERROR_CODE: string = `variant<${Array.from({ length: 39 }, (_, at) => PAYLOADS[at] ?? "_").join(", ")}>`;
