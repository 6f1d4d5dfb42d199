/** A server of the API over a fake executor, and requests to it as they go over the wire. */
import { request } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serve } from "../../src/daemon/server.node.ts";
import type { ApiServer } from "../../src/daemon/server.node.ts";
import type { ServerLimits } from "../../src/daemon/limits.ts";
import { FakeExecutor } from "./fake-executor.ts";

export const TOKEN: string = "a1".repeat(32);

export interface Response {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly json: unknown;
}

export interface Sent {
  readonly body?: unknown;
  /** Instead of a JSON body. */
  readonly raw?: string | Uint8Array;
  /** `null` leaves a header out. */
  readonly headers?: Readonly<Record<string, string | null>>;
}

export class Api implements AsyncDisposable {
  readonly executor: FakeExecutor = new FakeExecutor();
  readonly defects: unknown[] = [];
  stops = 0;
  readonly server: ApiServer;

  private constructor(serving: (api: Api) => ApiServer) {
    this.server = serving(this);
  }

  static async open(limits: Partial<ServerLimits> = {}): Promise<Api> {
    const parts: { api: Api | null } = { api: null };
    const server = await serve(
      {
        token: TOKEN,
        home: { store: join(tmpdir(), `sennit-api-${process.pid}.db`), note: () => {} },
        executor: () => (parts.api as Api).executor,
        about: () => ({ pid: 1 }),
        onStop: () => void (parts.api as Api).stops++,
        onDefect: (failure) => (parts.api as Api).defects.push(failure),
        limits: { linger: 200, ...limits },
      },
      0,
    );
    return (parts.api = new Api(() => server));
  }

  get port(): number {
    return this.server.port;
  }

  ask(method: string, path: string, { body, raw, headers = {} }: Sent = {}): Promise<Response> {
    const bytes = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const all = {
      Authorization: `Bearer ${TOKEN}`,
      ...(bytes === undefined ? {} : { "Content-Type": "application/json" }),
      ...headers,
    };
    const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null)) as Record<
      string,
      string
    >;
    return new Promise((resolve, reject) => {
      const sent = request({ host: "127.0.0.1", port: this.port, method, path, headers: given, agent: false });
      sent.on("error", reject);
      sent.on("response", (response) => {
        let text = "";
        response.on("data", (part: Buffer) => (text += part.toString()));
        response.on("end", () => {
          const { statusCode = 0, headers: got } = response;
          const isJson = got["content-type"] === "application/json";
          resolve({ status: statusCode, headers: got, text, json: isJson ? (JSON.parse(text) as unknown) : undefined });
        });
        response.on("error", reject);
      });
      sent.end(bytes);
    });
  }

  /** What comes back, until the other side closes, for bytes that need not be HTTP. */
  raw(
    write: (
      send: (bytes: string | Uint8Array) => boolean,
      close: () => void,
      closed: AbortSignal,
    ) => void | Promise<void>,
  ): Promise<string> {
    return new Promise((resolve) => {
      const socket = connect(this.port, "127.0.0.1");
      const closed = new AbortController();
      let text = "";
      socket.on("data", (part: Buffer) => (text += part.toString()));
      socket.on("error", () => {}); // a reset is also an end
      socket.on("close", () => {
        closed.abort();
        resolve(text);
      });
      socket.on(
        "connect",
        () =>
          void write(
            (bytes) => socket.write(bytes),
            () => void socket.end(),
            closed.signal,
          ),
      );
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }
}

export const program: { readonly file: string; readonly source: string } = {
  file: "/w/a.sennit",
  source: 'print "a";',
};
