/**
 * `wasi:http/outgoing-handler`: sending, through `send` of `sennit:host/http`, and what comes of it.
 *
 *   S1  The engine judges where a request goes. Redirects are the guest's to follow: each is a request of its own.
 *   S2  What the engine fails with, rather than answers, ends the guest when it asks for the response.
 */
import { CaseValue, ERR, OK, Opaque, type Value } from "../../../../wit/value.ts";
import type { WasiContext } from "../context.ts";
import type { Ask } from "../ask.ts";
import type { Holdings } from "../holdings.ts";
import { type Event, readyAt } from "../poll.ts";
import { object, type Typed } from "../table.ts";
import {
  ERROR_CODE,
  errorCodeOf,
  LIMIT_REACHED,
  METHOD_INVALID,
  PROTOCOL_ERROR,
  REQUEST_DENIED,
  RESPONSE_BODY_SIZE,
  URI_INVALID,
} from "./error-code.ts";
import { type Field, Fields } from "./fields.ts";
import { IncomingResponse, METHODS, OutgoingRequest, RequestOptions, SCHEMES } from "./messages.ts";

/** Requests of one instance that are under way at once. */
const MOST_REQUESTS = 16;

/** What the engine takes, in its order. */
const METHODS_SENT: readonly string[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

type Outcome = { readonly response: IncomingResponse } | { readonly error: CaseValue } | { readonly thrown: unknown };

class FutureResponse extends Opaque implements Event {
  override readonly opaque = "future-incoming-response";
  readonly when: Promise<void>;
  #outcome: Outcome | null = null;
  #isTaken = false;

  constructor(coming: Promise<Outcome>, holdings: Holdings) {
    super();
    const settle = (outcome: Outcome): void => {
      this.#outcome = this.#counted(outcome, holdings);
    };
    this.when = coming.then(settle, (thrown: unknown) => settle({ thrown }));
  }

  /** A response counts from when it came; one that nobody waits for any more is not kept. */
  #counted(outcome: Outcome, holdings: Holdings): Outcome {
    if (!("response" in outcome)) return outcome;
    const { size } = outcome.response;
    if (!holdings.has(this) || !holdings.hasRoom(size)) return { error: RESPONSE_BODY_SIZE };
    holdings.hold(this, size);
    return outcome;
  }

  get happened(): boolean {
    return this.#outcome !== null;
  }

  /** As `get` answers it. */
  take({ holdings }: WasiContext): Value {
    if (this.#outcome === null) return null;
    if (this.#isTaken) return new CaseValue(ERR, null);
    this.#isTaken = true;
    if ("thrown" in this.#outcome) throw this.#outcome.thrown; // S2
    if ("error" in this.#outcome) return new CaseValue(OK, new CaseValue(ERR, this.#outcome.error));
    const { response } = this.#outcome;
    this.#outcome = { thrown: null }; // what is taken is the guest's to hold
    holdings.drop(this);
    return new CaseValue(OK, new CaseValue(OK, holdings.hold(response, response.size)));
  }
}

function handle(context: WasiContext, [given, options]: readonly Value[]): Value {
  const request = object(given, OutgoingRequest);
  const timeout = options === null ? null : timeoutOf(object(options, RequestOptions));
  context.holdings.drop(request);
  context.holdings.drop(options);
  const { http } = context.powers;
  if (http === null) return new CaseValue(ERR, REQUEST_DENIED);
  const method = methodOf(request);
  if (method === null) return new CaseValue(ERR, METHOD_INVALID);
  const url = urlOf(request);
  if (url === null) return new CaseValue(ERR, URI_INVALID);
  if (context.requests >= MOST_REQUESTS) return new CaseValue(ERR, LIMIT_REACHED);
  const future = new FutureResponse(sent(context, http, request, [method, url, timeout]), context.holdings);
  return new CaseValue(OK, context.holdings.hold(future));
}

function methodOf({ method: { index, payload } }: OutgoingRequest): string | null {
  const name = METHODS[index] ?? String(payload).toUpperCase();
  return METHODS_SENT.includes(name) ? name : null;
}

function urlOf({ scheme, authority, path }: OutgoingRequest): string | null {
  const name = scheme === null ? "https" : SCHEMES[scheme.index];
  if (name === undefined || authority === null) return null;
  const rest = path ?? "/";
  return `${name}://${authority}${rest.startsWith("/") ? "" : "/"}${rest}`;
}

/** Milliseconds for all of it: the engine has one deadline, and these are its parts. */
function timeoutOf({ connect, firstByte }: RequestOptions): number | null {
  if (connect === null && firstByte === null) return null;
  const part = (nanoseconds: Value): number => (nanoseconds === null ? 30_000 : Number(nanoseconds) / 1e6);
  return Math.min(600_000, Math.max(1, Math.ceil(part(connect) + part(firstByte))));
}

type Line = readonly [method: string, url: string, timeout: number | null];

async function sent(context: WasiContext, http: Ask, request: OutgoingRequest, line: Line): Promise<Outcome> {
  context.requests++;
  try {
    const body = request.body === null ? new Uint8Array() : await request.body.whole;
    if (body === null) return { error: PROTOCOL_ERROR };
    const [method, url, timeout] = line;
    const headers = request.headers.entries.flatMap(headerOf);
    const answer = await http("send", [[method, url, headers, body.length === 0 ? null : body, timeout, null, 0]]);
    return outcomeOf(answer as CaseValue);
  } finally {
    context.requests--;
  }
}

function headerOf([name, value]: Field): readonly Value[] {
  if (name.toLowerCase() === "content-length") return []; // the engine's to say
  return [[name, new CaseValue(0, Array.from(value, (byte) => String.fromCharCode(byte)).join(""))]];
}

function outcomeOf({ index, payload }: CaseValue): Outcome {
  if (index === ERR) return { error: errorCodeOf(payload) };
  const [status, , named, body] = payload as readonly [
    number,
    string,
    readonly (readonly [string, string])[],
    Uint8Array,
  ];
  const headers = new Fields(
    named.map(([name, value]) => [name, bytesOf(value)]),
    true,
  );
  return { response: new IncomingResponse(status, headers, body) };
}

/** Headers are Latin-1, as they were on the wire. */
function bytesOf(text: string): Uint8Array {
  const isLatin = /^[\0-\xff]*$/.test(text);
  return isLatin ? Uint8Array.from(text, (each) => each.charCodeAt(0)) : new TextEncoder().encode(text);
}

export const sendFunctions: Readonly<Record<string, Typed>> = {
  handle: [
    `own<outgoing-request>, option<own<request-options>> => result<own<future-incoming-response>, ${ERROR_CODE}>`,
    handle,
  ],
};

export const futureFunctions: Readonly<Record<string, Typed>> = {
  "[method]future-incoming-response.subscribe": [
    "borrow<future-incoming-response> => own<pollable>",
    (_, [self]) => readyAt(object(self, FutureResponse)),
  ],
  "[method]future-incoming-response.get": [
    `borrow<future-incoming-response> => option<result<result<own<incoming-response>, ${ERROR_CODE}>, _>>`,
    (context, [self]) => object(self, FutureResponse).take(context),
  ],
};
