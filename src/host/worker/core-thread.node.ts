/**
 * One thread of a core pool, from the pool's side. It never outlives the pool, and ends when idle for long.
 */
import { Worker } from "node:worker_threads";

import { Fault } from "../../fault.ts";
import { siblingModule } from "../sibling.ts";
import type { LogLine } from "../plugin.ts";
import { faultFrom, type CallMessage, type PackageRef, type ThreadMessage, type ThreadSetup } from "./protocol.ts";

interface Current {
  readonly log: (line: LogLine) => void;
  readonly resolve: (value: unknown) => void;
  readonly reject: (cause: unknown) => void;
}

export interface ThreadCallOptions {
  readonly log?: (line: LogLine) => void;
  readonly signal?: AbortSignal;
}

export class CoreThread {
  readonly #worker: Worker;
  readonly #idle: number;
  readonly #gone: () => void;
  readonly #known = new Set<string>();
  #current: Current | undefined;
  #reserved = false;
  #alive = true;
  #timer: NodeJS.Timeout | undefined;

  constructor(setup: ThreadSetup, idle: number, gone: () => void) {
    this.#idle = idle;
    this.#gone = gone;
    this.#worker = new Worker(siblingModule("core-worker.node", import.meta.url), {
      workerData: setup,
      env: {},
      execArgv: [],
    });
    this.#worker.on("message", (message: ThreadMessage) => this.#received(message));
    this.#worker.on("error", (cause) =>
      this.#lost(new Fault("plugin-lost", `A core call's thread failed: ${String(cause)}`, { cause })),
    );
    this.#worker.on("exit", () => this.#lost(new Fault("plugin-lost", "A core call's thread ended")));
  }

  get isFree(): boolean {
    return this.#alive && !this.#reserved;
  }

  /** Has this thread been asked for this package before? */
  knows(ref: PackageRef): boolean {
    return this.#known.has(ref.digest);
  }

  reserve(): void {
    clearTimeout(this.#timer);
    this.#reserved = true;
    this.#worker.ref();
  }

  release(): void {
    this.#reserved = false;
    if (!this.#alive) return;
    this.#worker.unref();
    this.#timer = setTimeout(() => void this.end(new Fault("plugin-lost", "idle")), this.#idle).unref();
  }

  /** Only while reserved, one at a time. */
  async call(message: CallMessage, { log = () => {}, signal }: ThreadCallOptions): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const aborted = (): void => void this.end(signal?.reason);
    signal?.addEventListener("abort", aborted, { once: true });
    this.#current = { log, resolve, reject };
    this.#known.add(message.ref.digest);
    try {
      if (signal?.aborted === true) aborted();
      else if (!this.#alive) throw new Fault("plugin-lost", "A core call's thread ended before the call");
      else this.#worker.postMessage(message);
      return await promise;
    } finally {
      this.#current = undefined;
      signal?.removeEventListener("abort", aborted);
    }
  }

  /** Stops the thread where it is; a call in it fails with the cause. */
  async end(cause: unknown): Promise<void> {
    this.#lost(cause);
    await this.#worker.terminate();
  }

  #received(message: ThreadMessage): void {
    switch (message.kind) {
      case "log":
        return this.#current?.log(message.line);
      case "answer":
        return this.#current?.resolve(message.value);
      case "fault":
        return this.#current?.reject(faultFrom(message.fault));
    }
  }

  #lost(cause: unknown): void {
    if (!this.#alive) return;
    this.#alive = false;
    clearTimeout(this.#timer);
    this.#gone();
    this.#current?.reject(cause);
  }
}
