/**
 * One request and its answer.
 *
 *   A1  Every answer of the store is JSON, and says when packages on disk are not what runs: in a header, and in `warnings`.
 *   A2  What is refused before its body was read is answered at once; the rest is read and forgotten for a moment, so that
 *       the answer arrives, and the connection is closed.
 *   A3  Lines are written as fast as they are read, and no faster.
 */
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Reply } from "./asked.ts";
import { failureAnswer } from "./failure.ts";
import { WrongMethod } from "./guard.node.ts";
import { toJson } from "./json.ts";

export class Exchange {
  readonly request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #stale: () => readonly string[];
  readonly #gone = new AbortController();
  /** Aborts when the other side has gone, or the server stops. */
  readonly gone: AbortSignal;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    stale: () => readonly string[],
    stopping: AbortSignal,
  ) {
    this.request = request;
    this.#response = response;
    this.#stale = stale;
    response.once("close", () => this.#gone.abort());
    this.gone = AbortSignal.any([this.#gone.signal, stopping]);
  }

  /** The other side waits to be asked for its body. */
  readonly invite = (): void => {
    if (this.request.headers.expect !== undefined) this.#response.writeContinue();
  };

  async answer(reply: Reply): Promise<void> {
    if (reply.kind === "data") this.#send(reply.status, reply.data);
    else if (reply.kind === "bytes") await this.#bytes(reply.pieces);
    else await this.#lines(reply.lines);
  }

  /** A2 */
  async refuse(failure: unknown, linger: number): Promise<void> {
    const { status, body } = failureAnswer(failure);
    if (this.#response.headersSent) {
      this.#response.end(`${toJson(body)}\n`);
      return;
    }
    if (failure instanceof WrongMethod) this.#response.setHeader("Allow", failure.allowed.join(", "));
    if (status === 401) this.#response.setHeader("WWW-Authenticate", "Bearer");
    if (this.request.complete) return this.#send(status, body);
    await this.#sendAndClose(status, body, linger);
  }

  /** A1 */
  #send(status: number, fields: object): void {
    const text = this.#head(status, fields);
    this.#response.end(text);
  }

  async #sendAndClose(status: number, fields: object, linger: number): Promise<void> {
    this.#response.setHeader("Connection", "close");
    this.#response.write(this.#head(status, fields));
    const late = AbortSignal.any([this.#gone.signal, AbortSignal.timeout(linger)]);
    this.request.on("error", () => {});
    this.request.resume();
    await once(this.request, "end", { signal: late }).catch(() => {}); // whatever was the end of it
    this.#response.end();
    this.request.socket.destroySoon();
  }

  #head(status: number, fields: object): string {
    const warnings = this.#warnings();
    const text = toJson(warnings.length === 0 ? fields : { ...fields, warnings });
    this.#response.writeHead(status, {
      "Content-Type": "application/json",
      "Content-Length": Buffer.byteLength(text),
      ...COMMON,
    });
    return text;
  }

  /** A3 */
  async #lines(lines: AsyncIterable<Readonly<Record<string, unknown>>>): Promise<void> {
    const warnings = this.#warnings();
    this.#response.writeHead(200, { "Content-Type": "application/x-ndjson", ...COMMON });
    this.#response.flushHeaders();
    if (warnings.length > 0) this.#response.write(`${toJson({ warnings })}\n`);
    for await (const line of lines) {
      if (this.#gone.signal.aborted) return;
      if (this.#response.write(`${toJson(line)}\n`)) continue;
      await once(this.#response, "drain", { signal: this.#gone.signal }).catch(() => {}); // gone: seen at the next line
    }
    this.#response.end();
  }

  /** A3 */
  async #bytes(pieces: Iterable<Uint8Array>): Promise<void> {
    this.#response.writeHead(200, { "Content-Type": "application/octet-stream", ...COMMON });
    for (const piece of pieces) {
      if (this.#gone.signal.aborted) return;
      if (this.#response.write(piece)) continue;
      await once(this.#response, "drain", { signal: this.#gone.signal }).catch(() => {}); // gone: seen at the next one
    }
    this.#response.end();
  }

  #warnings(): readonly unknown[] {
    const packages = this.#stale();
    if (packages.length === 0) return [];
    // Package names are plain; a header takes nothing else.
    this.#response.setHeader("Sennit-Warning", `stale-packages ${packages.join(" ").replace(/[^\x20-\x7e]/g, "?")}`);
    const message = `What is on disk is not what runs: ${packages.join(", ")} changed. \`sennit reload\` takes it up for new runs`;
    return [{ code: "stale-packages", packages, message }];
  }
}

const COMMON: Readonly<Record<string, string>> = { "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" };
