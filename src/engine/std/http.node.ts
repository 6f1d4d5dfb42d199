/**
 * Requests to the hosts that a program (`std:http`) or a plugin (`sennit:host/http`) was granted (HAZARDS 30, 34).
 *
 *   N1  The grant is asked for each host on the way, redirects included, before its name is looked up.
 *   N2  A name is looked up once per connection. Its addresses are judged, and only those that pass are connected to.
 *   N3  An address that is local is reached when it was granted itself, or as `localhost`. A public name that leads there
 *       is denied. What `addressKind` calls `never` is denied whatever was granted.
 *   N4  A secret is known to who asks by its name only. It leaves by https, or to this very machine, and a response
 *       that repeats it is withheld. No message has it.
 *   N5  One deadline covers lookups, connections, redirects and bodies.
 *   N6  Of one run at most 64 requests are under way, and at most 32 that begin at one host; the others wait, and their time
 *       begins when they do.
 *   N7  A request of a durable run that may be made more than once is made again when what hinders it may pass; a header
 *       `idempotency-key` that was left empty holds the key of its effect, the same every time.
 */
import { canonicalHost, formatCapability, isAddress } from "../../host/capability.ts";
import type { Capability } from "../../host/capability.ts";
import type { CallEffect, Plugin } from "../../host/plugin.ts";
import { CaseValue, ERR, OK } from "../../wit/value.ts";
import type { Value } from "../../wit/value.ts";
import { addressKind, isLoopback } from "./address.ts";
import { Gate } from "./gate.ts";
import { again } from "./http-again.ts";
import type { AgainPorts, Outcome } from "./http-again.ts";
import { KEY_HEADER } from "./http-class.ts";
import { hostPlugin } from "./host-plugin.ts";
import type { HostCall } from "./host-plugin.ts";
import { portOf, readRequest, redirected } from "./http-request.ts";
import type { Header, HttpRequest } from "./http-request.ts";
import { HttpError, httpWorld } from "./http-world.ts";
import { codeOf, exchange, nodeNetwork } from "./http-wire.node.ts";
import type { Network, WireResponse } from "./http-wire.node.ts";
import { SecretUse } from "./secret-use.node.ts";
import type { SecretPorts } from "./secret-use.node.ts";

/** The value of a secret is asked for only when its use was granted. */
export interface HttpPorts extends SecretPorts {
  readonly network?: Network;
}

const TIMEOUT = 30_000;
const LONGEST_TIMEOUT = 600_000;
const LIMIT = 10 * 1024 * 1024;
const HIGHEST_LIMIT = 100 * 1024 * 1024;
const REDIRECTS = 5;
/** N6 */
const AT_ONCE = { most: 64, mostEach: 32 };

export function httpPlugin(ports: HttpPorts): Plugin {
  return hostPlugin({
    name: "std:http",
    world: httpWorld,
    start: () => {
      const requests = new Requests(ports);
      const ask =
        (read: (args: readonly Value[]) => HttpCall): HostCall =>
        (args, givenUp, effect) =>
          requests.ask(() => read(args), givenUp, effect);
      return {
        get: ask(([url, headers]) => httpCall("GET", url, headers)),
        post: ask(([url, headers, body]) => httpCall("POST", url, headers, { body })),
        request: ask(([method, url, headers, body, timeout, limit]) =>
          httpCall(String(method), url, headers, { body, timeout, limit }),
        ),
      };
    },
    effects: { get: "read", post: "once", request: "once" },
  });
}

export interface HttpCall {
  readonly request: HttpRequest;
  readonly timeout: number;
  readonly limit: number;
  readonly redirects: number;
}

type Optional = Value | undefined;

/** What null or nothing leaves to us. */
export interface HttpBounds {
  readonly body?: Optional;
  readonly timeout?: Optional;
  readonly limit?: Optional;
  readonly redirects?: Optional;
}

/** @throws {HttpError} `invalid` */
export function httpCall(method: string, url: Optional, headers: Optional, bounds: HttpBounds = {}): HttpCall {
  const { body = null, timeout, limit, redirects } = bounds;
  return {
    request: readRequest(method, String(url), headers ?? [], body as Uint8Array | null),
    timeout: Math.min(Number(timeout ?? TIMEOUT), LONGEST_TIMEOUT),
    limit: Math.min(Number(limit ?? LIMIT), HIGHEST_LIMIT),
    redirects: Math.min(Number(redirects ?? REDIRECTS), REDIRECTS),
  };
}

/** The requests of one run under one holder's grants. */
export class Requests {
  readonly #ports: HttpPorts;
  readonly #network: Network;
  readonly #gate = new Gate(AT_ONCE);

  constructor(ports: HttpPorts) {
    this.#ports = ports;
    this.#network = ports.network ?? nodeNetwork;
  }

  /** A `result<response, error>`, of `std:http` and of `sennit:host/http` alike. */
  async ask(read: () => HttpCall, givenUp: AbortSignal, effect?: CallEffect): Promise<Value> {
    const secrets = new SecretUse(this.#ports);
    try {
      const call = keyed(read(), effect);
      const { host } = call.request.url;
      const work = (): Promise<Value> => this.#perform(call, secrets, givenUp, effect);
      return new CaseValue(OK, await this.#gate.pass(host, givenUp, work));
    } catch (failure) {
      const told = givenUp.aborted ? new HttpError("failed", "nobody waits for the response any more") : failure;
      if (!(told instanceof HttpError)) throw told;
      return new CaseValue(ERR, new CaseValue(told.index, secrets.without(told.message)));
    }
  }

  async #perform(call: HttpCall, secrets: SecretUse, givenUp: AbortSignal, effect?: CallEffect): Promise<Value> {
    const late = new AbortController();
    const { timeout, request } = call;
    const stop = this.#network.after(timeout, () =>
      late.abort(new HttpError("timeout", `${request.url.host}: no whole response within ${timeout} ms`)),
    );
    try {
      const signal = AbortSignal.any([late.signal, givenUp]);
      const way = new Way(this.#ports, this.#network, secrets, call, signal);
      const ports: AgainPorts = {
        now: () => performance.now(),
        date: () => Date.now(),
        pause: (milliseconds) => paused(this.#network, milliseconds, signal),
      };
      const outcome = await again(effect, timeout, ports, () => way.follow(request).catch(failed)); // N7
      if ("failure" in outcome) throw outcome.failure;
      return outcome.value;
    } finally {
      stop();
    }
  }
}

/** One request and where it leads. */
class Way {
  readonly #ports: HttpPorts;
  readonly #network: Network;
  readonly #secrets: SecretUse;
  readonly #call: HttpCall;
  readonly #signal: AbortSignal;

  constructor(ports: HttpPorts, network: Network, secrets: SecretUse, call: HttpCall, signal: AbortSignal) {
    this.#ports = ports;
    this.#network = network;
    this.#secrets = secrets;
    this.#call = call;
    this.#signal = signal;
  }

  async follow(first: HttpRequest): Promise<Outcome<Value>> {
    let request = first;
    for (let count = 1; ; count++) {
      const response = await this.#exchange(request);
      this.#withhold(request, response);
      if (response.location === null) return answered(request, response);
      const most = this.#call.redirects;
      if (count > most) throw new HttpError("failed", `${request.url.host}: more than ${most} redirects`);
      request = redirected(request, response.status, response.location);
    }
  }

  async #exchange(request: HttpRequest): Promise<WireResponse> {
    const addresses = await this.#addresses(request.url);
    const isPrivate = request.url.protocol === "https:" || addresses.every(isLoopback);
    const headers = request.headers.map(
      ({ name, value }) => [name, value.kind === "plain" ? value.text : this.#secrets.write(value, isPrivate)] as const,
    );
    return await exchange(this.#network, {
      request,
      headers,
      addresses,
      limit: this.#call.limit,
      redirects: this.#call.redirects > 0,
      signal: this.#signal,
    });
  }

  /** N1, N2, N3. */
  async #addresses(url: URL): Promise<readonly string[]> {
    const want = { kind: "net", host: url.hostname, port: portOf(url) } as const;
    if (!this.#ports.isGranted(want)) throw this.#denied(`${url.host}: no grant covers it`, want);
    const found = isAddress(want.host) ? [want.host.replace(/^\[|\]$/g, "")] : await this.#lookUp(want.host);
    const fit = found.filter((address) => this.#mayReach(want, address));
    const [other] = found;
    if (fit.length > 0) return fit;
    if (other === undefined) throw new HttpError("unreachable", `${url.host}: the name has no address`);
    if (found.every((address) => addressKind(address) === "never"))
      throw new HttpError("denied", `${url.host}: it leads to ${other}, which is never reached`);
    const local = found.find((address) => addressKind(address) === "local") ?? other;
    throw this.#denied(`${url.host}: it leads to ${local}, which is local and needs a grant of its own`, {
      ...want,
      host: hostOf(local),
    });
  }

  async #lookUp(name: string): Promise<readonly string[]> {
    try {
      return await raced(this.#network.resolve(name), this.#signal);
    } catch (failure) {
      if (this.#signal.aborted) throw this.#signal.reason;
      throw new HttpError("unreachable", `${name}: ${codeOf(failure)}`);
    }
  }

  /** N3 */
  #mayReach({ host, port }: { readonly host: string; readonly port: number }, address: string): boolean {
    const kind = addressKind(address);
    if (kind !== "local") return kind === "public";
    if (isLoopback(address) && (host === "localhost" || host.endsWith(".localhost"))) return true;
    return this.#ports.isGranted({ kind: "net", host: hostOf(address), port });
  }

  /** The one way out of a denial stands in it. */
  #denied(why: string, want: Capability & { readonly kind: "net" }): HttpError {
    const port = want.port === 80 || want.port === 443 ? null : want.port;
    const capability = formatCapability({ ...want, port });
    return new HttpError("denied", `${why} (--grant ${this.#ports.holder ?? ""}${capability})`);
  }

  /** N4 */
  #withhold({ url }: HttpRequest, { headers, body }: WireResponse): void {
    const repeated = this.#secrets.repeatedIn(headers.flat(), body);
    if (repeated !== null)
      throw new HttpError("failed", `${url.host}: the response repeats the secret ${repeated}, and is withheld`);
  }
}

function answered({ url }: HttpRequest, { status, headers, body }: WireResponse): Outcome<Value> {
  const retryAfter = headers.find(([name]) => name === "retry-after")?.[1] ?? null;
  return { status, retryAfter, value: [status, url.href, headers, body] };
}

function failed(failure: unknown): Outcome<Value> {
  if (failure instanceof HttpError) return { failure };
  throw failure;
}

/** N7: whoever asks for one gets a key. Outside of a durable run nobody asks again by it. */
function keyed(call: HttpCall, effect: CallEffect | undefined): HttpCall {
  const isEmpty = ({ name, value }: Header): boolean =>
    name === KEY_HEADER && value.kind === "plain" && value.text === "";
  if (!call.request.headers.some(isEmpty)) return call;
  const value = { kind: "plain", text: effect?.key ?? crypto.randomUUID() } as const;
  const headers = call.request.headers.map((header) => (isEmpty(header) ? { name: KEY_HEADER, value } : header));
  return { ...call, request: { ...call.request, headers } };
}

/** Whether it was not given up meanwhile. */
async function paused(network: Network, milliseconds: number, signal: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = network.after(milliseconds, resolve);
  const abort = (): void => resolve();
  signal.addEventListener("abort", abort, { once: true });
  if (!signal.aborted) await promise;
  signal.removeEventListener("abort", abort);
  stop();
  return !signal.aborted;
}

/** An address as a grant's host. */
function hostOf(address: string): string {
  return canonicalHost(address.includes(":") ? `[${address.replace(/%.*$/, "")}]` : address) ?? address;
}

async function raced<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
