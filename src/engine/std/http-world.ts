/** The world of `wit/std/http.wit`, and its errors; a test compares the two. */
import type { RecordType, VariantType, WitType, World } from "../../wit/types.ts";
import { functionType, worldOf } from "./host-plugin.ts";

const STRING: WitType = { kind: "string" };
const BYTES: WitType = { kind: "list", element: { kind: "u8" } };
const U32: WitType = { kind: "u32" };

const HEADER_VALUE: VariantType = {
  kind: "variant",
  name: { interface: null, name: "header-value" },
  cases: [
    { name: "plain", type: STRING },
    { name: "secret", type: STRING },
    { name: "bearer", type: STRING },
    { name: "basic", type: { kind: "tuple", items: [STRING, STRING] } },
  ],
};

const RESPONSE: RecordType = {
  kind: "record",
  name: { interface: null, name: "response" },
  fields: [
    { name: "status", type: { kind: "u16" } },
    { name: "url", type: STRING },
    { name: "headers", type: pairs(STRING) },
    { name: "body", type: BYTES },
  ],
};

const ERRORS = ["denied", "invalid", "unreachable", "timeout", "too-large", "failed"] as const;

const ERROR: VariantType = {
  kind: "variant",
  name: { interface: null, name: "error" },
  cases: ERRORS.map((name) => ({ name, type: STRING })),
};

const RESULT: WitType = { kind: "result", ok: RESPONSE, err: ERROR };
const URL_AND_HEADERS = [
  ["url", STRING],
  ["headers", pairs(HEADER_VALUE)],
] as const;

export const httpWorld: World = worldOf(
  new Map<string, WitType>([
    ["header-value", HEADER_VALUE],
    ["response", RESPONSE],
    ["error", ERROR],
  ]),
  [
    functionType("get", URL_AND_HEADERS, RESULT),
    functionType("post", [...URL_AND_HEADERS, ["body", BYTES]], RESULT),
    functionType(
      "request",
      [
        ["method", STRING],
        ...URL_AND_HEADERS,
        ["body", { kind: "option", some: BYTES }],
        ["timeout", { kind: "option", some: U32 }],
        ["limit", { kind: "option", some: U32 }],
      ],
      RESULT,
    ),
  ],
);

function pairs(value: WitType): WitType {
  return { kind: "list", element: { kind: "tuple", items: [STRING, value] } };
}

export type HttpErrorName = (typeof ERRORS)[number];

/** An `error` of the world on its way to the program. Its message holds no path of a URL: those carry tokens. */
export class HttpError extends Error {
  readonly index: number;
  /** No connection came about, or it broke off: another one may do. */
  readonly isPassing: boolean;
  constructor(name: HttpErrorName, message: string, isPassing = false) {
    super(message);
    this.index = ERRORS.indexOf(name);
    this.isPassing = isPassing;
  }
}
