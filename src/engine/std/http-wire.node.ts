/**
 * One request on the wire and its response: connections of our own, so that the address that was checked is the one
 * that is connected to.
 *
 *   X1  A connection goes to the given addresses and serves one request; nothing is pooled, no proxy is asked.
 *   X2  By https the other side proves the name of the URL, never the address.
 *   X3  A body that exceeds its limit is cut off there, and so are headers of more than 64 KiB; nothing is decompressed.
 *   X4  When `exchange` settles, however it does, its connection is closed.
 */
import { lookup } from "node:dns/promises";
import type { ClientRequest, IncomingMessage } from "node:http";
import { connect as connectTcp, isIP } from "node:net";
import type { Socket } from "node:net";
import { isRedirect, portOf } from "./http-request.ts";
import type { HttpRequest } from "./http-request.ts";
import { HttpError } from "./http-world.ts";

/** The network, as far as a test would want another. */
export interface Network {
  /** All addresses of a name. Rejects with an error that has a `code`. */
  readonly resolve: (name: string) => Promise<readonly string[]>;
  readonly connect: (addresses: readonly string[], port: number) => Socket;
  /** Calls `fire` once after so long; the answer gives that up. */
  readonly after: (milliseconds: number, fire: () => void) => () => void;
}

export const nodeNetwork: Network = {
  resolve: async (name) => (await lookup(name, { all: true })).map(({ address }) => address),
  connect: (addresses, port) => {
    const found = addresses.map((address) => ({ address, family: isIP(address) }));
    // The name is never looked up: whoever asks gets what was checked.
    return connectTcp({
      host: "checked.invalid",
      port,
      autoSelectFamily: true,
      lookup: (_name, _options, done) => done(null, found),
    });
  },
  after: (milliseconds, fire) => {
    const timer = setTimeout(fire, milliseconds);
    return () => clearTimeout(timer);
  },
};

export interface Exchange {
  readonly request: HttpRequest;
  /** In the order of the wire, ours not among them. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly addresses: readonly string[];
  /** The most bytes of the body. */
  readonly limit: number;
  /** Whether a redirect tells only where it leads; else it is a response like any other. */
  readonly redirects: boolean;
  readonly signal: AbortSignal;
}

const MOST_HEADERS = 64 * 1024;

export interface WireResponse {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Where a redirect leads; its body is not read. */
  readonly location: string | null;
  readonly body: Uint8Array;
}

/** @throws {HttpError} or the signal's reason */
export async function exchange(network: Network, asked: Exchange): Promise<WireResponse> {
  const { request, addresses, signal } = asked;
  signal.throwIfAborted();
  const socket = network.connect(addresses, portOf(request.url));
  socket.on("error", () => {}); // The request tells; after the request, nobody cares.
  let sent: ClientRequest | undefined;
  try {
    sent = send(asked, socket);
    return await read(await responseTo(sent, signal), asked);
  } catch (failure) {
    if (signal.aborted) throw signal.reason;
    throw failure instanceof HttpError ? failure : connectionError(request.url, failure);
  } finally {
    sent?.destroy();
    socket.destroy(); // X4
  }
}

function send({ request, headers }: Exchange, socket: Socket): ClientRequest {
  const { url, method, body } = request;
  const ours: [string, string][] = [
    ["host", url.host],
    ["connection", "close"],
    ["accept-encoding", "identity"],
  ];
  if (body !== null || method === "POST" || method === "PUT" || method === "PATCH")
    ours.push(["content-length", String(body?.length ?? 0)]);
  const theirs = headers.map(([name]) => name);
  const all = [...ours.filter(([name]) => !theirs.includes(name)), ...headers];
  // Not imported above: both take time to load, and most runs ask for nothing.
  const sent = process.getBuiltinModule("node:http").request({
    method,
    path: url.pathname + url.search,
    headers: all.flat(),
    insecureHTTPParser: false,
    maxHeaderSize: MOST_HEADERS,
    createConnection: () => (url.protocol === "https:" ? secured(url, socket) : socket),
  });
  sent.end(body ?? undefined);
  return sent;
}

/** X2 */
function secured(url: URL, socket: Socket): Socket {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const servername = isIP(host) === 0 ? { servername: host } : {};
  return process
    .getBuiltinModule("node:tls")
    .connect({ socket, host, ...servername, ALPNProtocols: ["http/1.1"], rejectUnauthorized: true });
}

function responseTo(sent: ClientRequest, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once("response", resolve);
    sent.on("error", reject);
    const abort = (): void => void sent.destroy(new Error("aborted"));
    signal.addEventListener("abort", abort, { once: true });
    sent.once("close", () => {
      signal.removeEventListener("abort", abort);
      reject(new Error("closed"));
    });
  });
}

async function read(message: IncomingMessage, { request, limit, redirects }: Exchange): Promise<WireResponse> {
  const status = message.statusCode ?? 0;
  if (status < 200) throw new HttpError("failed", `${request.url.host}: it would speak another protocol`);
  const headers = pairsOf(message.rawHeaders);
  const { location } = message.headers;
  if (redirects && isRedirect(status, location)) return { status, headers, location, body: new Uint8Array() };
  if (request.method !== "HEAD" && Number(message.headers["content-length"] ?? 0) > limit)
    throw tooLarge(request, limit);
  return { status, headers, location: null, body: await bodyOf(message, request, limit) };
}

async function bodyOf(message: IncomingMessage, request: HttpRequest, limit: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of message as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > limit) throw tooLarge(request, limit); // X3
      chunks.push(chunk);
    }
  } catch (failure) {
    if (failure instanceof HttpError) throw failure;
    throw new HttpError("failed", `${request.url.host}: the response broke off`, true);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

function pairsOf(raw: readonly string[]): readonly (readonly [string, string])[] {
  return raw.flatMap((name, at) => (at % 2 === 0 ? [[name.toLowerCase(), raw[at + 1] ?? ""] as const] : []));
}

function tooLarge({ url }: HttpRequest, limit: number): HttpError {
  return new HttpError("too-large", `${url.host}: the body has more than ${limit} bytes`);
}

function connectionError(url: URL, failure: unknown): HttpError {
  const code = codeOf(failure);
  if (code === "HPE_HEADER_OVERFLOW")
    return new HttpError("too-large", `${url.host}: the headers have more than ${MOST_HEADERS} bytes`);
  if (code.startsWith("HPE_")) return new HttpError("failed", `${url.host}: that is no HTTP (${code})`);
  return new HttpError("unreachable", `${url.host}: ${code}`, !isOfTrust(code));
}

/** The other side is not who it should be, and will not be the next time. */
function isOfTrust(code: string): boolean {
  return /CERT|^ERR_TLS|^ERR_SSL|SELF_SIGNED|ISSUER/u.test(code);
}

/** Of an error of Node: its code, which is stable where messages are not. */
export function codeOf(failure: unknown): string {
  if (failure instanceof AggregateError && failure.errors.length > 0) return codeOf(failure.errors[0]);
  return failure instanceof Error && "code" in failure ? String(failure.code) : "the connection broke off";
}
