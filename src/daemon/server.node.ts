/**
 * The API on a port of the loopback address.
 *
 *   V1  Nothing that is sent to the port stops the server: every failure is an answer, or the end of that connection.
 *   V2  What is slow is cut off: heads and bodies have their time, connections are counted.
 *   V3  Closed, it has answered or ended every request.
 */
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { Fault } from "../fault.ts";
import type { Executor } from "../engine/executor/executor.ts";
import { data } from "./asked.ts";
import type { Home, Reply } from "./asked.ts";
import { readBody } from "./body.node.ts";
import { Exchange } from "./exchange.node.ts";
import { admit } from "./guard.node.ts";
import { LIMITS } from "./limits.ts";
import type { ServerLimits } from "./limits.ts";
import { operations } from "./operations.node.ts";
import { isNonce, proofOf } from "./proof.node.ts";
import { Query } from "./query.ts";
import { routes } from "./routes.ts";
import type { Found } from "./routes.ts";
import { receive } from "./upload.node.ts";

export interface ServerParts {
  readonly token: string;
  readonly home: Home;
  /** @throws {Fault} while the store is away */
  readonly executor: () => Executor;
  /** Aborts when that executor is lost; absent: it is not. */
  readonly left?: () => AbortSignal;
  /** What `GET /v1/status` says of the daemon. */
  readonly about: () => Readonly<Record<string, unknown>>;
  /** Somebody asked the daemon to stop. */
  readonly onStop: () => void;
  /** Gets what failed by our mistake. */
  readonly onDefect: (failure: unknown) => void;
  readonly limits?: Partial<ServerLimits>;
}

/** @throws {Fault} `port-taken` */
export async function serve(parts: ServerParts, port: number): Promise<ApiServer> {
  const server = new ApiServer(parts);
  await server.listen(port);
  return server;
}

export class ApiServer implements AsyncDisposable {
  readonly #parts: ServerParts;
  readonly #limits: ServerLimits;
  readonly #server: Server;
  readonly #stopping = new AbortController();
  readonly #ended = Promise.withResolvers<void>();
  readonly #answering = new Set<Promise<void>>();
  #port = 0;

  constructor(parts: ServerParts) {
    this.#parts = parts;
    this.#limits = { ...LIMITS, ...parts.limits };
    const { head, request } = this.#limits;
    // V2
    const times = { headersTimeout: head, requestTimeout: request, connectionsCheckingInterval: Math.min(head, 1000) };
    this.#server = createServer({ ...times, keepAliveTimeout: 5000, maxHeaderSize: 16 * 1024 });
    this.#server.maxConnections = this.#limits.connections;
    const take = (request: IncomingMessage, response: ServerResponse): void => this.#take(request, response);
    this.#server.on("request", take).on("checkContinue", take).on("clientError", answerMisfit);
  }

  get port(): number {
    return this.#port;
  }

  async listen(port: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once("error", reject);
    this.#server.listen({ port, host: "127.0.0.1", exclusive: true }, resolve);
    try {
      await promise;
    } catch (cause) {
      throw new Fault("port-taken", `Port ${port} of 127.0.0.1 cannot be listened on: ${String(cause)}`, {
        cause,
        hint: "Choose another with --port",
      });
    }
    this.#server.off("error", reject);
    this.#server.on("error", this.#parts.onDefect);
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Takes nothing more, and lets what is being answered end; what follows or waits is ended. V3 but for who asked to stop. */
  async quiet(): Promise<void> {
    this.#stopping.abort();
    this.#server.close();
    this.#server.closeIdleConnections();
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, this.#limits.stopping);
    await Promise.race([Promise.allSettled(this.#answering), late.promise]);
    clearTimeout(timer);
  }

  /** Ends every connection: who asked for the stop sees by that that it is done. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#stopping.signal.aborted) await this.quiet();
    this.#ended.resolve();
    const closed = Promise.withResolvers<void>();
    this.#server.close(() => closed.resolve());
    this.#server.closeAllConnections();
    await closed.promise;
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    const stale = (): readonly string[] => this.#stale();
    const exchange = new Exchange(request, response, stale, this.#stopping.signal);
    const answering = this.#answer(exchange).catch((failure: unknown) => {
      this.#parts.onDefect(failure);
      response.destroy();
    });
    if (request.url === routes.stop.path) return; // it is answered last of all
    this.#answering.add(answering);
    void answering.finally(() => this.#answering.delete(answering));
  }

  /** V1 */
  async #answer(exchange: Exchange): Promise<void> {
    try {
      const [path = "", query = ""] = split(exchange.request.url ?? "");
      const found = admit(exchange.request, path, { port: this.#port, token: this.#parts.token });
      if (this.#stopping.signal.aborted) throw new Fault("stopping", "The daemon is stopping");
      await exchange.answer(await this.#reply(found, query, exchange));
    } catch (failure) {
      if (!(failure instanceof Fault)) this.#parts.onDefect(failure);
      await exchange.refuse(failure, this.#limits.linger);
    }
  }

  async #reply({ name, route, params }: Found, queryText: string, exchange: Exchange): Promise<Reply> {
    const { request, gone } = exchange;
    const query = new Query(queryText, route);
    const param = (of: string): string => params[of] ?? "";
    const { home } = this.#parts;
    await using upload = route.bytes === undefined ? null : await receive(exchange, this.#limits.upload, home.store);
    const body = upload === null ? await this.#body(name, exchange) : undefined;
    switch (name) {
      case "describe":
        return data({ routes: Object.values(routes) });
      case "hello":
        if (!isNonce(param("nonce"))) throw new Fault("bad-request", "A nonce is 32 hex digits");
        return data({ proof: proofOf(this.#parts.token, param("nonce")) });
      case "status":
        return data({ ...this.#parts.about(), stale: this.#stale() });
      case "stop":
        return { kind: "lines", lines: this.#stop() };
      default: {
        const header = (of: string): string | undefined => request.headers[of]?.toString();
        const executor = this.#parts.executor();
        const left = this.#parts.left?.();
        const over = left === undefined ? gone : AbortSignal.any([gone, left]);
        return await operations[name]({ executor, home, param, query, body, upload, header, gone: over });
      }
    }
  }

  async #body(name: Found["name"], exchange: Exchange): Promise<unknown> {
    const { method, headers } = exchange.request;
    if (method === "GET") {
      if (headers["transfer-encoding"] === undefined && Number(headers["content-length"] ?? 0) === 0) return undefined;
      throw new Fault("bad-request", "A GET has no body");
    }
    const limit = name === "hook" ? this.#limits.hookBody : this.#limits.body;
    return await readBody(exchange, limit);
  }

  async *#stop(): AsyncGenerator<Readonly<Record<string, unknown>>> {
    yield { stopping: true };
    this.#parts.onStop();
    await this.#ended.promise;
  }

  #stale(): readonly string[] {
    try {
      return this.#parts.executor().stale();
    } catch {
      return []; // the store is away: the answer itself says so
    }
  }
}

function split(url: string): readonly string[] {
  const at = url.indexOf("?");
  return at < 0 ? [url] : [url.slice(0, at), url.slice(at + 1)];
}

const MISFITS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
};

/** What is no HTTP, or took too long. */
function answerMisfit(error: NodeJS.ErrnoException, socket: Socket): void {
  const status = MISFITS[error.code ?? ""] ?? "400 Bad Request";
  const body = `{"error":{"code":"bad-request","message":"${status.slice(4)}","hint":null}}`;
  const head = `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close`;
  if (socket.writable) socket.end(`${head}\r\n\r\n${body}`);
  socket.destroySoon();
}
