/**
 * What a program asks of `std:http`, checked before anything of it leaves, and what a redirect makes of it.
 *
 *   Q1  Nothing of the program can end a line of the request or add one: no CR, LF or NUL anywhere.
 *   Q2  The headers that say where a request goes and where it ends are the host's: a program cannot name another virtual
 *       host than the one that was granted, or hide a second request in the first.
 *   Q3  A redirect to another scheme, host or port takes along only headers that tell nothing of who asks.
 */
import { canonicalHost } from "../../host/capability.ts";
import type { CaseValue, Value } from "../../wit/value.ts";
import { HttpError } from "./http-world.ts";

export interface Header {
  /** Lower case. */
  readonly name: string;
  readonly value: HeaderValue;
}

export type HeaderValue =
  | { readonly kind: "plain"; readonly text: string }
  | { readonly kind: "secret"; readonly secret: string; readonly scheme: "bare" | "bearer" }
  | { readonly kind: "secret"; readonly secret: string; readonly scheme: "basic"; readonly user: string };

export interface HttpRequest {
  readonly method: string;
  /** http or https, without user, password and fragment; its host as `canonicalHost` gives it. */
  readonly url: URL;
  readonly headers: readonly Header[];
  readonly body: Uint8Array | null;
}

const METHODS: readonly string[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** @throws {HttpError} `invalid` */
export function readRequest(method: string, url: string, headers: Value, body: Uint8Array | null): HttpRequest {
  const upper = method.toUpperCase();
  if (!METHODS.includes(upper)) throw new HttpError("invalid", `the method is none of ${METHODS.join(", ")}`);
  const bodiless = upper === "GET" || upper === "HEAD";
  if (bodiless && body !== null) throw new HttpError("invalid", `${upper} takes no body`);
  return { method: upper, url: readUrl(url), headers: readHeaders(headers), body };
}

function readUrl(text: string): URL {
  // URLs would drop these silently, and what was checked should be what was written (Q1).
  if (/[\0-\x20\x7f]/.test(text)) throw new HttpError("invalid", "the URL has spaces or control characters in it");
  if (!URL.canParse(text)) throw new HttpError("invalid", "the URL is none: write `https://api.example.org/items`");
  return checkedUrl(new URL(text));
}

/** @throws {HttpError} `invalid` */
function checkedUrl(url: URL): URL {
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw new HttpError("invalid", `only http and https are spoken, not \`${url.protocol.slice(0, -1)}\``);
  if (url.username !== "" || url.password !== "")
    throw new HttpError("invalid", "the URL has a user or password in it: use the header `authorization`");
  const host = canonicalHost(url.hostname);
  if (host === null || url.port === "0") throw new HttpError("invalid", "the URL has no usable host and port");
  url.hostname = host;
  url.hash = "";
  return url;
}

export function portOf(url: URL): number {
  if (url.port !== "") return Number(url.port);
  return url.protocol === "https:" ? 443 : 80;
}

/** Q2 */
const OURS: ReadonlySet<string> = new Set([
  "host",
  "connection",
  "content-length",
  "transfer-encoding",
  "te",
  "trailer",
  "upgrade",
  "expect",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
]);

function readHeaders(value: Value): readonly Header[] {
  return (value as readonly (readonly [string, CaseValue])[]).map(([written, value]) => {
    const name = written.toLowerCase();
    if (!/^[!#$%&'*+.^_`|~a-z0-9-]+$/.test(name))
      throw new HttpError("invalid", `${JSON.stringify(written)} is no header's name`);
    if (OURS.has(name)) throw new HttpError("invalid", `the header \`${name}\` is set by the host`);
    return { name, value: readHeaderValue(name, value) };
  });
}

function readHeaderValue(name: string, { index, payload }: CaseValue): HeaderValue {
  switch (index) {
    case 1:
      return { kind: "secret", scheme: "bare", secret: String(payload) };
    case 2:
      return { kind: "secret", scheme: "bearer", secret: String(payload) };
    case 3: {
      const [user = "", secret = ""] = payload as readonly string[];
      if (/[:\0-\x1f\x7f]/.test(user)) throw new HttpError("invalid", "a user has no colon or control character");
      return { kind: "secret", scheme: "basic", user, secret };
    }
    default:
      return { kind: "plain", text: checkedText(String(payload), `the header \`${name}\``) };
  }
}

/** Q1. @throws {HttpError} `invalid`, without the text */
export function checkedText(text: string, what: string): string {
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(text))
    throw new HttpError("invalid", `${what} holds a line break, another control character, or one beyond Latin-1`);
  return text;
}

const ANONYMOUS: ReadonlySet<string> = new Set(["accept", "accept-language", "content-type", "user-agent"]);

export function isRedirect(status: number, location: string | undefined): location is string {
  return location !== undefined && [301, 302, 303, 307, 308].includes(status);
}

/** The request that a redirect asks for. @throws {HttpError} `failed`, `invalid` */
export function redirected(from: HttpRequest, status: number, location: string): HttpRequest {
  if (!URL.canParse(location, from.url)) throw new HttpError("failed", `${from.url.host}: redirected to no URL`);
  const url = checkedUrl(new URL(location, from.url));
  const isHead = from.method === "HEAD";
  const becomesGet = status === 303 || (status < 303 && from.method === "POST");
  const dropsBody = becomesGet && !isHead;
  const kept = from.headers.filter(
    ({ name }) =>
      (url.origin === from.url.origin || ANONYMOUS.has(name)) && !(dropsBody && name.startsWith("content-")),
  );
  const headers = url.origin === from.url.origin ? kept : kept.filter(({ value }) => value.kind === "plain"); // Q3
  return { method: dropsBody ? "GET" : from.method, url, headers, body: dropsBody ? null : from.body };
}
