/**
 * Requests, their options, and responses of `wasi:http/types`, before they are sent and after they came.
 */
import { CaseValue, ERR, OK, Opaque, type Value } from "../../../../wit/value.ts";
import type { WasiContext } from "../context.ts";
import { object, type Typed, type WasiFunction } from "../table.ts";
import { IncomingBody, OutgoingBody } from "./bodies.ts";
import { Fields } from "./fields.ts";

const DONE: CaseValue = new CaseValue(OK, null);
const REFUSED: CaseValue = new CaseValue(ERR, null);

/** Cases of `method`; the last has the text of another. */
export const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"] as const;
const OTHER_METHOD = METHODS.length;
/** Cases of `scheme`; the last has the text of another. */
export const SCHEMES = ["http", "https"] as const;

/** Of a URL's parts, in characters. */
const LONGEST = 8192;

/** A message that has headers and may have one body. */
abstract class Outgoing extends Opaque {
  readonly headers: Fields;
  #body: OutgoingBody | null = null;

  constructor(headers: Fields) {
    super();
    this.headers = headers;
  }

  get body(): OutgoingBody | null {
    return this.#body;
  }

  /** Once. */
  makeBody({ holdings }: WasiContext): OutgoingBody | null {
    if (this.#body !== null) return null;
    const [said] = this.headers.get("content-length");
    const length = said === undefined ? null : Number(new TextDecoder("latin1").decode(said));
    this.#body = holdings.hold(new OutgoingBody(holdings, Number.isSafeInteger(length) ? length : null));
    return this.#body;
  }
}

export class OutgoingRequest extends Outgoing {
  override readonly opaque = "outgoing-request";
  method: CaseValue = new CaseValue(0, null);
  path: string | null = null;
  scheme: CaseValue | null = null;
  authority: string | null = null;
}

class OutgoingResponse extends Outgoing {
  override readonly opaque = "outgoing-response";
  status = 200;
}

export class RequestOptions extends Opaque {
  override readonly opaque = "request-options";
  /** Nanoseconds. */
  connect: Value = null;
  firstByte: Value = null;
  betweenBytes: Value = null;
}

export class IncomingResponse extends Opaque {
  override readonly opaque = "incoming-response";
  readonly status: number;
  readonly headers: Fields;
  #body: Uint8Array | null;

  constructor(status: number, headers: Fields, body: Uint8Array) {
    super();
    this.status = status;
    this.headers = headers;
    this.#body = body;
  }

  /** Bytes of what is still here. */
  get size(): number {
    return this.headers.size + (this.#body?.length ?? 0);
  }

  /** Its body, once. */
  take(): Uint8Array | null {
    const body = this.#body;
    this.#body = null;
    return body;
  }
}

function made<T extends Outgoing>(make: (headers: Fields) => T): WasiFunction {
  return ({ holdings }, [headers]) => {
    const given = object(headers, Fields);
    holdings.drop(given);
    return holdings.hold(make(new Fields(given.entries, true)), given.size);
  };
}

function bodyOf(context: WasiContext, [self]: readonly Value[]): Value {
  const body = object(self, Outgoing).makeBody(context);
  return body === null ? REFUSED : new CaseValue(OK, body);
}

function headersOf({ holdings }: WasiContext, headers: Fields): Value {
  return holdings.hold(new Fields(headers.entries, true), headers.size);
}

function consume({ holdings }: WasiContext, [self]: readonly Value[]): Value {
  const response = object(self, IncomingResponse);
  const bytes = response.take();
  if (bytes === null) return REFUSED;
  holdings.hold(response, response.size);
  return new CaseValue(OK, holdings.hold(new IncomingBody(bytes), bytes.length));
}

/** Sets one part of a request, when it is one. */
function setting<T extends Opaque>(
  of: new (...args: never[]) => T,
  isOne: (value: Value) => boolean,
  set: (self: T, value: Value) => void,
): WasiFunction {
  return (_, [self, value = null]) => {
    const target = object(self, of);
    if (!isOne(value)) return REFUSED;
    set(target, value);
    return DONE;
  };
}

function matches(form: RegExp): (value: Value) => boolean {
  return (value) => value === null || (typeof value === "string" && value.length <= LONGEST && form.test(value));
}

const isPath = matches(/^(?:[/?][^\0-\x20\x7f#\\]*)?$/);
const isAuthority = matches(/^(?:[a-z0-9._~%!$&'()*+,;=-]+|\[[0-9a-f:.]+\])(?::\d{0,5})?$/i);
const isToken = matches(/^[!#$%&'*+.^_`|~a-z0-9-]+$/i);
const isMethod = (value: Value): boolean => {
  const { index, payload } = value as CaseValue;
  return index !== OTHER_METHOD || isToken(payload);
};
const isScheme = (value: Value): boolean => {
  if (value === null) return true;
  const { index, payload } = value as CaseValue;
  return index < SCHEMES.length || /^[a-z][a-z0-9+.-]{0,63}$/i.test(String(payload));
};

const REQUEST = "borrow<outgoing-request>";
const RESPONSE = "borrow<outgoing-response>";
const OPTIONS = "borrow<request-options>";
const METHOD = `variant<${"_, ".repeat(METHODS.length)}string>`;
const SCHEME = "option<variant<_, _, string>>";
const SET = "result<_, _>";

type Timeout = "connect" | "firstByte" | "betweenBytes";

function timeout(name: string, key: Timeout): Readonly<Record<string, Typed>> {
  return {
    [`[method]request-options.${name}`]: [
      `${OPTIONS} => option<u64>`,
      (_, [self]) => object(self, RequestOptions)[key],
    ],
    [`[method]request-options.set-${name}`]: [
      `${OPTIONS}, option<u64> => ${SET}`,
      setting(
        RequestOptions,
        () => true,
        (self, value) => {
          self[key] = value;
        },
      ),
    ],
  };
}

export const messageFunctions: Readonly<Record<string, Typed>> = {
  "[constructor]outgoing-request": [
    "own<fields> => own<outgoing-request>",
    made((headers) => new OutgoingRequest(headers)),
  ],
  "[method]outgoing-request.body": [`${REQUEST} => result<own<outgoing-body>, _>`, bodyOf],
  "[method]outgoing-request.method": [`${REQUEST} => ${METHOD}`, (_, [self]) => object(self, OutgoingRequest).method],
  "[method]outgoing-request.set-method": [
    `${REQUEST}, ${METHOD} => ${SET}`,
    setting(OutgoingRequest, isMethod, (self, value) => {
      self.method = value as CaseValue;
    }),
  ],
  "[method]outgoing-request.path-with-query": [
    `${REQUEST} => option<string>`,
    (_, [self]) => object(self, OutgoingRequest).path,
  ],
  "[method]outgoing-request.set-path-with-query": [
    `${REQUEST}, option<string> => ${SET}`,
    setting(OutgoingRequest, isPath, (self, value) => {
      self.path = value as string | null;
    }),
  ],
  "[method]outgoing-request.scheme": [`${REQUEST} => ${SCHEME}`, (_, [self]) => object(self, OutgoingRequest).scheme],
  "[method]outgoing-request.set-scheme": [
    `${REQUEST}, ${SCHEME} => ${SET}`,
    setting(OutgoingRequest, isScheme, (self, value) => {
      self.scheme = value as CaseValue | null;
    }),
  ],
  "[method]outgoing-request.authority": [
    `${REQUEST} => option<string>`,
    (_, [self]) => object(self, OutgoingRequest).authority,
  ],
  "[method]outgoing-request.set-authority": [
    `${REQUEST}, option<string> => ${SET}`,
    setting(OutgoingRequest, isAuthority, (self, value) => {
      self.authority = value as string | null;
    }),
  ],
  "[method]outgoing-request.headers": [
    `${REQUEST} => own<fields>`,
    (context, [self]) => headersOf(context, object(self, OutgoingRequest).headers),
  ],
  "[constructor]request-options": ["=> own<request-options>", ({ holdings }) => holdings.hold(new RequestOptions())],
  ...timeout("connect-timeout", "connect"),
  ...timeout("first-byte-timeout", "firstByte"),
  ...timeout("between-bytes-timeout", "betweenBytes"),
  "[method]incoming-response.status": [
    "borrow<incoming-response> => u16",
    (_, [self]) => object(self, IncomingResponse).status,
  ],
  "[method]incoming-response.headers": [
    "borrow<incoming-response> => own<fields>",
    (context, [self]) => headersOf(context, object(self, IncomingResponse).headers),
  ],
  "[method]incoming-response.consume": ["borrow<incoming-response> => result<own<incoming-body>, _>", consume],
  "[constructor]outgoing-response": [
    "own<fields> => own<outgoing-response>",
    made((headers) => new OutgoingResponse(headers)),
  ],
  "[method]outgoing-response.status-code": [`${RESPONSE} => u16`, (_, [self]) => object(self, OutgoingResponse).status],
  "[method]outgoing-response.set-status-code": [
    `${RESPONSE}, u16 => ${SET}`,
    setting(
      OutgoingResponse,
      (value) => Number(value) >= 100 && Number(value) < 600,
      (self, value) => {
        self.status = Number(value);
      },
    ),
  ],
  "[method]outgoing-response.headers": [
    `${RESPONSE} => own<fields>`,
    (context, [self]) => headersOf(context, object(self, OutgoingResponse).headers),
  ],
  "[method]outgoing-response.body": [`${RESPONSE} => result<own<outgoing-body>, _>`, bodyOf],
};
