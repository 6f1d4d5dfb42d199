/** A server on this machine, a network whose names and routes a test decides, and calls of `std:http` over them. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from "node:http";
import { connect } from "node:net";
import type { AddressInfo } from "node:net";
import { httpPlugin } from "../../../src/engine/std/http.node.ts";
import type { Network } from "../../../src/engine/std/http-wire.node.ts";
import { isGranted, parseCapability } from "../../../src/host/capability.ts";
import type { Instance } from "../../../src/host/plugin.ts";
import { CaseValue } from "../../../src/wit/value.ts";
import type { Value } from "../../../src/wit/value.ts";

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

export class TestServer implements AsyncDisposable {
  readonly seen: Seen[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(handler: Handler): Promise<TestServer> {
    const server = createServer();
    const made = new TestServer(server);
    server.on("request", (request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const body = Buffer.concat(chunks).toString();
        made.seen.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers, body });
        handler(request, response, body);
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return made;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** Answers lookups in turn, leads addresses to this machine, and lets a test end the time. */
export class TestNetwork implements Network {
  readonly lookups: string[] = [];
  readonly connected: (readonly string[])[] = [];
  /** Ends the time of the requests that are under way. */
  readonly timers: Set<() => void> = new Set<() => void>();
  readonly #names: ReadonlyMap<string, (readonly string[])[]>;

  constructor(names: Readonly<Record<string, readonly (readonly string[])[]>> = {}) {
    this.#names = new Map(Object.entries(names).map(([name, answers]) => [name, [...answers]]));
  }

  resolve = (name: string): Promise<readonly string[]> => {
    this.lookups.push(name);
    const answer = this.#names.get(name)?.shift();
    if (answer === undefined) return Promise.reject(Object.assign(new Error("unknown"), { code: "ENOTFOUND" }));
    return Promise.resolve(answer);
  };

  connect = (addresses: readonly string[], port: number): ReturnType<Network["connect"]> => {
    this.connected.push(addresses);
    return connect({ host: "127.0.0.1", port });
  };

  after = (_milliseconds: number, fire: () => void): (() => void) => {
    this.timers.add(fire);
    return () => this.timers.delete(fire);
  };
}

export interface World {
  readonly grants: readonly string[];
  readonly secrets?: Readonly<Record<string, string>>;
  readonly network?: Network;
}

export async function instanceOf({ grants, secrets = {}, network }: World): Promise<Instance> {
  const granted = grants.map(parseCapability);
  const plugin = httpPlugin({
    isGranted: (want) => isGranted(granted, want),
    secret: (name) => secrets[name],
    ...(network === undefined ? {} : { network }),
  });
  return await plugin.instantiate({
    id: 1,
    imports: new Map(),
    seed: new Uint8Array(32),
    now: () => 0,
    sleep: () => Promise.resolve(),
    log: () => {},
  });
}

export type Headers = readonly (readonly [string, CaseValue])[];

export interface Answered {
  /** The name of the error's case, or `ok`. */
  readonly kind: string;
  readonly message: string;
  readonly status: number;
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
  readonly bytes: Uint8Array;
}

export async function call(world: World, fn: string, args: readonly Value[]): Promise<Answered> {
  await using instance = await instanceOf(world);
  return answered(await instance.call(fn, args));
}

export function get(world: World, url: string, headers: Headers = []): Promise<Answered> {
  return call(world, "get", [url, headers]);
}

const ERRORS = ["denied", "invalid", "unreachable", "timeout", "too-large", "failed"];

export function answered(value: Value): Answered {
  if (!(value instanceof CaseValue)) throw new Error("not a result");
  const nothing = { kind: "", message: "", status: 0, url: "", headers: [], body: "", bytes: new Uint8Array() };
  if (value.index === 1) {
    const { index, payload } = value.payload as CaseValue;
    return { ...nothing, kind: ERRORS[index] ?? "", message: String(payload) };
  }
  const [status, url, headers, bytes] = value.payload as readonly [number, string, Answered["headers"], Uint8Array];
  return { ...nothing, kind: "ok", status, url, headers, bytes, body: Buffer.from(bytes).toString() };
}

export const plain = (text: string): CaseValue => new CaseValue(0, text);
export const secret = (name: string): CaseValue => new CaseValue(1, name);
export const bearer = (name: string): CaseValue => new CaseValue(2, name);
export const basic = (user: string, name: string): CaseValue => new CaseValue(3, [user, name]);
