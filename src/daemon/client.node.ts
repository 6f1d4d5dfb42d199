/**
 * Talking to a daemon.
 *
 *   C1  The token is sent to nobody but who proved to have it (P1).
 *   C2  A daemon that does not answer in time is an error of its own, and none that is merely not there.
 */
import { request as httpRequest } from "node:http";
import type { IncomingMessage } from "node:http";
import { Fault } from "../fault.ts";
import { faultOfAnswer } from "./failure.ts";
import { parseJson, toJson } from "./json.ts";
import { readPlace } from "./place.node.ts";
import type { DaemonPlace } from "./place.node.ts";
import { isSameSecret, newNonce, proofOf } from "./proof.node.ts";

/** Milliseconds that a daemon has to say who it is. */
const PATIENCE = 10_000;

export type Answered = Readonly<Record<string, unknown>>;

export interface AskOptions {
  readonly body?: unknown;
  /** Instead of a body that is JSON. */
  readonly bytes?: Uint8Array;
  readonly signal?: AbortSignal;
}

/** The daemon that owns a store; null when none does. @throws {Fault} `daemon-silent`, `daemon-file-foreign` */
export async function findDaemon(store: string, patience: number = PATIENCE): Promise<DaemonClient | null> {
  const place = readPlace(store);
  if (place === null || !isAlive(place.pid)) return null;
  const client = new DaemonClient(place);
  return (await client.isThere(store, patience)) ? client : null;
}

/** Its number may be another process's by now: who it is, is asked. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return thrown instanceof Error && "code" in thrown && thrown.code === "EPERM";
  }
}

export class DaemonClient {
  readonly place: DaemonPlace;
  /** Gets each warning once. */
  onWarning: (text: string) => void = () => {};
  readonly #warned = new Set<string>();

  constructor(place: DaemonPlace) {
    this.place = place;
  }

  get url(): string {
    return `http://127.0.0.1:${this.place.port}`;
  }

  /** C1. False when nobody is there, or somebody else. */
  async isThere(store: string, patience: number): Promise<boolean> {
    const nonce = newNonce();
    const late = AbortSignal.timeout(patience);
    try {
      const answer = await this.#exchange("GET", `/v1/hello/${nonce}`, { signal: late }, {});
      const { proof } = (await wholeOf(answer)) as { readonly proof?: unknown };
      return typeof proof === "string" && isSameSecret(proof, proofOf(this.place.token, nonce));
    } catch {
      if (!late.aborted) return false;
      // C2
      throw new Fault("daemon-silent", `The daemon of ${store} does not answer`, {
        hint: `Its process is ${this.place.pid}; its log is beside the store.`,
      });
    }
  }

  /** @throws {Fault} what was answered; `daemon-lost` when the connection broke */
  async ask(method: string, path: string, options: AskOptions = {}): Promise<Answered> {
    const answer = await this.#exchange(method, path, options, this.#credentials());
    const value = (await wholeOf(answer)) as Answered;
    this.#warn(value);
    if ((answer.statusCode ?? 500) >= 400) throw faultOfAnswer(value["error"]);
    return value;
  }

  /** JSON lines, as they come. */
  async *lines(
    path: string,
    { method = "GET", signal }: { method?: string; signal?: AbortSignal } = {},
  ): AsyncGenerator<Answered> {
    const answer = await this.#exchange(method, path, signal === undefined ? {} : { signal }, this.#credentials());
    if ((answer.statusCode ?? 500) >= 400) throw faultOfAnswer(((await wholeOf(answer)) as Answered)["error"]);
    try {
      for await (const line of linesOf(answer)) {
        const value = parseJson(line) as Answered;
        this.#warn(value);
        if ("error" in value) throw faultOfAnswer(value["error"]);
        if (!("warnings" in value)) yield value;
      }
    } catch (thrown) {
      throw thrown instanceof Fault ? thrown : lost(thrown);
    } finally {
      answer.destroy();
    }
  }

  #credentials(): Readonly<Record<string, string>> {
    return { Authorization: `Bearer ${this.place.token}` };
  }

  #exchange(
    method: string,
    path: string,
    { body, bytes: given, signal }: AskOptions,
    headers: Readonly<Record<string, string>>,
  ): Promise<IncomingMessage> {
    const bytes = given ?? (body === undefined ? null : Buffer.from(toJson(body)));
    const type = given === undefined ? "application/json" : "application/octet-stream";
    const about = bytes === null ? {} : { "Content-Type": type, "Content-Length": bytes.length };
    return new Promise((resolve, reject) => {
      const request = httpRequest(`${this.url}${path}`, {
        method,
        agent: false,
        headers: { ...headers, ...about },
        ...(signal === undefined ? {} : { signal }),
      });
      request.once("response", resolve);
      request.on("error", (cause) => reject(lost(cause)));
      request.end(bytes ?? undefined);
    });
  }

  #warn(value: Answered): void {
    for (const warning of Array.isArray(value["warnings"]) ? (value["warnings"] as readonly unknown[]) : []) {
      const { message } = warning as { readonly message?: unknown };
      if (typeof message !== "string" || this.#warned.has(message)) continue;
      this.#warned.add(message);
      this.onWarning(message);
    }
  }
}

async function wholeOf(answer: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  try {
    for await (const part of answer) parts.push(part as Buffer);
  } catch (thrown) {
    throw lost(thrown);
  }
  return parseJson(Buffer.concat(parts));
}

async function* linesOf(answer: IncomingMessage): AsyncGenerator<Uint8Array> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const part of answer) {
    rest = rest.length === 0 ? (part as Buffer) : Buffer.concat([rest, part as Buffer]);
    for (let at = rest.indexOf(10); at >= 0; at = rest.indexOf(10)) {
      yield rest.subarray(0, at);
      rest = rest.subarray(at + 1);
    }
  }
}

function lost(cause: unknown): Fault {
  return new Fault("daemon-lost", "The connection to the daemon broke", {
    cause,
    hint: "`sennit daemon status` tells whether it is there. Runs go on when it is started again.",
  });
}
