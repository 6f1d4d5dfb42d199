/**
 * Core calls `=f=(x)`: threads, at most one per core, that each run one call at a time in a fresh instance.
 *
 *   Q1  As many calls run at once as there are cores; the others wait in the order in which they came.
 *   Q2  A thread that has opened a plugin is preferred for it, because opening costs more than most calls.
 *   Q3  Idle threads end by themselves and never keep the process alive; after dispose none is left.
 *   Q4  A thread that dies takes one call with it, and is replaced at the next.
 */
import { availableParallelism } from "node:os";

import { Fault } from "../../fault.ts";
import type { Value } from "../../wit/value.ts";
import { userCacheFolder } from "../cache.node.ts";
import type { LogLine } from "../plugin.ts";
import { CoreThread } from "./core-thread.node.ts";
import type { CallMessage, PackageRef } from "./protocol.ts";
import { decodeTransfer, encodeTransfer } from "./transfer.ts";

export interface CorePoolOptions {
  /** Most threads; the number of cores unless given. */
  readonly size?: number;
  /** Milliseconds after which an idle thread ends. */
  readonly idle?: number;
  readonly cacheFolder?: string;
}

export interface CoreCallOptions {
  /** 32 bytes (D8). */
  readonly seed: Uint8Array;
  /** Milliseconds since the epoch that the guest sees. */
  readonly now: number;
  readonly log?: (line: LogLine) => void;
  /** Ends the call, also in the middle of an endless loop. */
  readonly signal?: AbortSignal;
}

interface Waiting {
  readonly message: CallMessage;
  readonly options: CoreCallOptions;
  readonly start: (thread: CoreThread) => void;
  readonly refuse: (cause: unknown) => void;
}

export class CorePool implements AsyncDisposable {
  readonly #size: number;
  readonly #idle: number;
  readonly #cacheFolder: string;
  readonly #threads = new Set<CoreThread>();
  readonly #waiting: Waiting[] = [];
  #open = true;

  constructor(options: CorePoolOptions = {}) {
    this.#size = Math.max(1, options.size ?? availableParallelism());
    this.#idle = options.idle ?? 5_000;
    this.#cacheFolder = options.cacheFolder ?? userCacheFolder();
  }

  /** How many threads there are. */
  get threads(): number {
    return this.#threads.size;
  }

  /**
   * One call in a fresh instance on another core.
   *
   * @throws {Fault} (rejects with) what the call failed with; `not-transferable`, `package-changed`, `plugin-lost`.
   */
  async call(ref: PackageRef, fn: string, args: readonly Value[], options: CoreCallOptions): Promise<Value> {
    options.signal?.throwIfAborted();
    if (!this.#open) throw closed();
    const { seed, now } = options;
    const message: CallMessage = {
      ref: { place: ref.place, digest: ref.digest },
      fn,
      args: args.map(encodeTransfer),
      seed,
      now,
    };
    const thread = await this.#threadFor(message, options);
    try {
      return decodeTransfer(await thread.call(message, options));
    } finally {
      this.#release(thread);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#open = false;
    for (const each of this.#waiting.splice(0)) each.refuse(closed());
    await Promise.all([...this.#threads].map((thread) => thread.end(closed())));
    this.#threads.clear();
  }

  /** A thread that is reserved for this call, now or when its turn comes (Q1). */
  #threadFor(message: CallMessage, options: CoreCallOptions): Promise<CoreThread> {
    const free = this.#freeThread(message.ref);
    if (free !== undefined) return Promise.resolve(free);
    const { promise, resolve, reject } = Promise.withResolvers<CoreThread>();
    const waiting: Waiting = { message, options, start: resolve, refuse: reject };
    this.#waiting.push(waiting);
    const abandon = (): void => {
      const at = this.#waiting.indexOf(waiting);
      if (at >= 0) this.#waiting.splice(at, 1);
      reject(options.signal?.reason);
    };
    options.signal?.addEventListener("abort", abandon, { once: true });
    return promise.finally(() => options.signal?.removeEventListener("abort", abandon));
  }

  #freeThread(ref: PackageRef): CoreThread | undefined {
    const free = [...this.#threads].filter((thread) => thread.isFree);
    const found =
      free.find((thread) => thread.knows(ref)) ?? (this.#threads.size < this.#size ? this.#started() : free[0]); // Q2
    found?.reserve();
    return found;
  }

  #started(): CoreThread {
    const thread = new CoreThread({ cacheFolder: this.#cacheFolder }, this.#idle, () => this.#threads.delete(thread));
    this.#threads.add(thread);
    return thread;
  }

  #release(thread: CoreThread): void {
    thread.release();
    const next = this.#waiting[0];
    if (next === undefined) return;
    const free = this.#freeThread(next.message.ref);
    if (free === undefined) return;
    this.#waiting.shift();
    next.start(free);
  }
}

function closed(): Fault {
  return new Fault("plugin-lost", "The pool of core calls was closed");
}
