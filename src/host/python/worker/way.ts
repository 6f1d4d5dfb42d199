/**
 * A worker's way out: first to the thread that started it, which may hand it over to another once.
 *
 *   Y1  After a handover nothing goes to the first thread any more, and nothing comes from it: only the worker's end.
 *   Y2  The worker ends with the way that it has.
 */

/** What is used of a message port. */
export interface Port {
  postMessage(message: ArrayBuffer, transfer: readonly ArrayBuffer[]): void;
  on(event: "message" | "close", listener: (message: unknown) => void): unknown;
  close(): void;
}

export class Way {
  #port: Port | null;
  #receive: (message: unknown) => void = () => undefined;
  #handedOver = false;

  constructor(port: Port | null) {
    this.#port = port;
    port?.on("message", (message) => {
      if (this.#handedOver) return;
      if (isHandover(message)) this.#handOver(message.way);
      else this.#receive(message);
    });
  }

  on(_event: "message", receive: (message: unknown) => void): void {
    this.#receive = receive;
  }

  send(message: ArrayBuffer): void {
    this.#port?.postMessage(message, [message]);
  }

  close(): void {
    this.#port?.close();
  }

  #handOver(next: Port): void {
    const first = this.#port;
    this.#handedOver = true;
    this.#port = next;
    next.on("message", (message) => this.#receive(message));
    next.on("close", () => first?.close()); // Y2
  }
}

/** The host wrote it. */
function isHandover(message: unknown): message is { readonly way: Port } {
  return typeof message === "object" && message !== null && "way" in message;
}
