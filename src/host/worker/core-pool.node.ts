/**
 * Core calls `=f=(x)`: threads, at most one per core, that each run one call at a time in a fresh instance.
 *
 *   Q1  As many calls run at once as there are cores; the others wait in the order in which they came.
 *   Q2  A thread that has opened a package is preferred for it, because opening costs more than most calls.
 *   Q3  Idle threads end by themselves and never keep the process alive; after dispose none is left.
 *   Q4  A thread that dies takes one call with it, and is replaced at the next.
 *   Q5  A pool belongs to one trust domain, as a rule to one run: so no thread ever serves two.
 *   Q6  This side compiles and runs nothing of a package: the threads get its bytes, and it checks what they answer.
 */
import { availableParallelism } from "node:os";

import { Fault } from "../../fault.ts";
import type { Value } from "../../wit/value.ts";
import { userCacheFolder } from "../cache.node.ts";
import type { LogLine } from "../plugin.ts";
import { prepare } from "../remote/caller/prepare.node.ts";
import { bounded } from "../remote/frames/bounded.ts";
import type { Export } from "../remote/caller/targets.ts";
import { Writer } from "../remote/frames/writer.ts";
import { type CorePackage, SentPackage } from "./core-package.ts";
import { CoreThread } from "./core-thread.node.ts";
import { STAYING } from "./protocol.ts";

export type { CorePackage } from "./core-package.ts";

export interface CorePoolOptions {
  /** Most threads; the number of cores unless given. */
  readonly size?: number;
  /** Milliseconds after which an idle thread ends. */
  readonly idle?: number;
  readonly cacheFolder?: string;
  /** The module that runs in a thread; ours, but in tests. */
  readonly entry?: URL;
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
  readonly pack: SentPackage;
  readonly start: (thread: CoreThread) => void;
  readonly refuse: (cause: unknown) => void;
}

export class CorePool implements AsyncDisposable {
  readonly #size: number;
  readonly #idle: number;
  readonly #cacheFolder: string;
  readonly #entry: { readonly entry?: URL };
  readonly #threads = new Set<CoreThread>();
  readonly #waiting: Waiting[] = [];
  readonly #packages = new Map<string, Promise<SentPackage>>();
  readonly #writer = new Writer(STAYING);
  #sent = 0;
  #open = true;

  constructor(options: CorePoolOptions = {}) {
    this.#size = Math.max(1, options.size ?? availableParallelism());
    this.#idle = options.idle ?? 5_000;
    this.#cacheFolder = options.cacheFolder ?? userCacheFolder();
    this.#entry = options.entry === undefined ? {} : { entry: options.entry };
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
  async call(pack: CorePackage, fn: string, args: readonly Value[], options: CoreCallOptions): Promise<Value> {
    const { signal, log } = options;
    signal?.throwIfAborted();
    if (!this.#open) throw closed();
    const sent = await this.#packageOf(pack);
    const target = sent.export(fn);
    const body = this.#bodyOf(sent, target, args, options);
    signal?.throwIfAborted();
    const thread = await this.#threadFor(sent, signal);
    try {
      return await thread.call({ pack: sent, target, body, log, signal });
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

  /** Prepared once for each set of limits. */
  #packageOf({ files, digest }: CorePackage): Promise<SentPackage> {
    const key = JSON.stringify([digest, files.place, files.manifest.limits]);
    const known = this.#packages.get(key);
    if (known !== undefined) return known;
    const prepared = this.#prepared(files, digest);
    this.#packages.set(key, prepared);
    prepared.catch(() => this.#packages.delete(key));
    return prepared;
  }

  async #prepared(files: CorePackage["files"], digest: string): Promise<SentPackage> {
    const prepared = await prepare(files, this.#cacheFolder);
    if (prepared.digest === digest) return new SentPackage((this.#sent += 1), prepared);
    throw new Fault("package-changed", `${files.place} changed while the program was running`);
  }

  /** @throws {Fault} `type-mismatch`, `out-of-range`, `not-transferable` */
  #bodyOf(pack: SentPackage, target: Export, args: readonly Value[], { now, seed }: CoreCallOptions): Uint8Array {
    target.check(args);
    const writer = this.#writer.start(0, 0);
    writer.u32(pack.number);
    writer.u32(target.number);
    writer.f64(now);
    writer.raw(seed);
    target.write(writer, args);
    return bounded(writer.finish()).subarray(HEAD);
  }

  /** A thread that is reserved for this call, now or when its turn comes (Q1). */
  #threadFor(pack: SentPackage, signal: AbortSignal | undefined): Promise<CoreThread> {
    if (!this.#open) throw closed();
    const free = this.#freeThread(pack);
    if (free !== undefined) return Promise.resolve(free);
    const { promise, resolve, reject } = Promise.withResolvers<CoreThread>();
    const waiting: Waiting = { pack, start: resolve, refuse: reject };
    this.#waiting.push(waiting);
    const abandon = (): void => {
      const at = this.#waiting.indexOf(waiting);
      if (at >= 0) this.#waiting.splice(at, 1);
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", abandon, { once: true });
    return promise.finally(() => signal?.removeEventListener("abort", abandon));
  }

  #freeThread(pack: SentPackage): CoreThread | undefined {
    const all = [...this.#threads].filter((thread) => thread.isFree);
    const free = all.filter((thread) => thread.forPython === pack.isPython);
    let found = free.find((thread) => thread.knows(pack)); // Q2
    if (found === undefined && this.#threads.size < this.#size) found = this.#started(pack);
    found ??= free[0] ?? this.#inPlaceOf(all[0], pack);
    found?.reserve();
    return found;
  }

  #started({ isPython }: SentPackage): CoreThread {
    const options = { forPython: isPython, idle: this.#idle, ...this.#entry };
    const thread = new CoreThread(options, () => this.#threads.delete(thread));
    this.#threads.add(thread);
    return thread;
  }

  /** A free thread that this package cannot use makes room for one that it can. */
  #inPlaceOf(other: CoreThread | undefined, pack: SentPackage): CoreThread | undefined {
    if (other === undefined) return undefined;
    void other.end(closed());
    return this.#started(pack);
  }

  #release(thread: CoreThread): void {
    thread.release();
    const next = this.#waiting[0];
    if (next === undefined) return;
    const free = this.#freeThread(next.pack);
    if (free === undefined) return;
    this.#waiting.shift();
    next.start(free);
  }
}

/** Of a frame: its kind and number, which the thread's own writer writes. */
const HEAD = 5;

function closed(): Fault {
  return new Fault("plugin-lost", "The pool of core calls was closed");
}
