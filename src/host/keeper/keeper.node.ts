/**
 * The keeper: one thread of this process that starts other threads, watches them and kills them, so that a busy engine thread
 * delays no kill (D6).
 *
 *   K1  It is started when something is to be kept, keeps no process alive by itself, and ends a while after the last that it
 *       kept. What it keeps ends with it, and it with the process.
 *   K2  A kept thread has an empty environment, no arguments and no standard streams; its messages go by a port to whoever
 *       started it, and not by the keeper.
 *   K3  `gone` settles once, for whatever reason the thread ended, after it has ended.
 *   K4  What is started is referenced, as any thread: the process goes on until it is killed, unless it is let go by `unref`.
 */
import { MessageChannel, type MessagePort, type Transferable, Worker } from "node:worker_threads";
import { siblingModule } from "../sibling.ts";
import type { Ended } from "../remote/ways/channel.ts";
import { newFlight } from "./flight.ts";
import { LimitWords } from "./limit-words.ts";
import type { KeeperSetup, Order, Report } from "./orders.ts";

export interface KeptOptions {
  readonly entry: URL;
  readonly execArgv: readonly string[];
  readonly heapMegabytes: number;
  /** The thread finds its parts in its own `workerData`, beside `keeper`. */
  readonly workerData?: unknown;
  readonly watch?: {
    /** Milliseconds without a new call and without a turn of its event loop. */
    readonly longest: number;
  };
}

export interface KeptThread {
  readonly port: MessagePort;
  readonly flight: Int32Array;
  /** What it does has so many milliseconds from now on; null: it does nothing. 100 ms later it is killed. */
  readonly allow: (milliseconds: number | null) => void;
  /** From now on it is killed after so many milliseconds without a sign of life, as `watch` says. */
  readonly watch: (longest: number) => void;
  readonly kill: () => Promise<void>;
  readonly gone: Promise<Ended>;
  readonly ref: () => void;
  readonly unref: () => void;
}

export interface KeptProcess {
  readonly allow: KeptThread["allow"];
  /** Whether the keeper killed it. */
  readonly wasKilled: () => boolean;
  /** It has ended. */
  readonly forget: () => void;
}

/** Starts a thread. Whoever starts it kills it, or lets it end by itself. */
export function startKept(options: KeptOptions): KeptThread {
  return theKeeper().start(options);
}

/** Watches a process that was started here; whoever did says when it has ended. */
export function watchProcess(pid: number): KeptProcess {
  return theKeeper().watch(pid);
}

/** Milliseconds without anything that it keeps. */
const IDLE = 500;

interface Entry {
  readonly over: (ended: Ended) => void;
  referenced: boolean;
}

let keeper: Keeper | undefined;

function theKeeper(): Keeper {
  keeper ??= new Keeper(() => (keeper = undefined));
  return keeper;
}

class Keeper {
  readonly #worker: Worker;
  readonly #sleeps = new Int32Array(new SharedArrayBuffer(4));
  readonly #kept = new Map<number, Entry>();
  readonly #ended: () => void;
  #next = 1;
  #idle: NodeJS.Timeout | undefined;

  constructor(ended: () => void) {
    this.#ended = ended;
    this.#worker = new Worker(siblingModule("keeper-thread.node", import.meta.url), {
      env: {},
      argv: [],
      execArgv: [],
      stdin: true,
      workerData: { sleeps: this.#sleeps } satisfies KeeperSetup,
    });
    this.#worker.unref();
    this.#worker.on("message", ({ id, code, why }: Report) => this.#over(id, { code, why }));
    this.#worker.on("error", (cause) => this.#lost(`the keeper failed: ${String(cause)}`));
    this.#worker.on("exit", () => this.#lost("the keeper ended"));
  }

  start({ entry, execArgv, heapMegabytes, workerData, watch }: KeptOptions): KeptThread {
    const { port1: port, port2: theirs } = new MessageChannel();
    const flight = newFlight();
    const limits = new LimitWords();
    const { id, gone } = this.#enter();
    const order: Order = {
      kind: "start",
      id,
      entry: entry.href,
      execArgv,
      heapMegabytes,
      workerData: workerData ?? {},
      port: theirs,
      flight,
      limits: limits.words,
      longest: watch?.longest ?? Infinity,
    };
    this.#send(order, [theirs]);
    return {
      port,
      flight,
      allow: (milliseconds) => this.#allow(limits, milliseconds),
      watch: (longest) => {
        if (this.#kept.has(id)) this.#send({ kind: "longest", id, longest });
      },
      kill: async () => {
        port.close(); // from here on nothing is heard of it
        this.#reference(id, true); // whoever waits for its end must live to see it
        if (this.#kept.has(id)) this.#send({ kind: "kill", id });
        await gone;
      },
      gone,
      ref: () => this.#reference(id, true),
      unref: () => this.#reference(id, false),
    };
  }

  watch(pid: number): KeptProcess {
    const limits = new LimitWords();
    const { id } = this.#enter();
    this.#reference(id, false); // its pipe keeps this process alive
    this.#send({ kind: "watch", id, pid, limits: limits.words });
    return {
      allow: (milliseconds) => this.#allow(limits, milliseconds),
      wasKilled: () => limits.wasKilled,
      forget: () => {
        limits.setGone();
        if (this.#kept.has(id)) this.#send({ kind: "forget", id });
        this.#over(id, { code: "plugin-trapped", why: "its process ended" });
      },
    };
  }

  #enter(): { readonly id: number; readonly gone: Promise<Ended> } {
    const { promise, resolve } = Promise.withResolvers<Ended>();
    const id = this.#next++;
    clearTimeout(this.#idle);
    this.#kept.set(id, { over: resolve, referenced: false });
    this.#reference(id, true);
    return { id, gone: promise };
  }

  #allow(limits: LimitWords, milliseconds: number | null): void {
    limits.allow(milliseconds);
    if (Atomics.load(this.#sleeps, 0) === 0) return;
    Atomics.store(this.#sleeps, 0, 0);
    this.#send({ kind: "wake" });
  }

  /** (K4) */
  #reference(id: number, referenced: boolean): void {
    const entry = this.#kept.get(id);
    if (entry === undefined) return;
    entry.referenced = referenced;
    this.#settle();
  }

  #settle(): void {
    if ([...this.#kept.values()].some((each) => each.referenced)) this.#worker.ref();
    else this.#worker.unref();
  }

  #over(id: number, ended: Ended): void {
    const entry = this.#kept.get(id);
    this.#kept.delete(id);
    entry?.over(ended);
    this.#settle();
    if (this.#kept.size > 0) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#end(), IDLE).unref(); // K1
  }

  #end(): void {
    this.#ended();
    void this.#worker.terminate();
  }

  #lost(why: string): void {
    clearTimeout(this.#idle);
    if (keeper === this) this.#ended();
    for (const [id] of this.#kept) this.#over(id, { code: "plugin-trapped", why });
    clearTimeout(this.#idle);
  }

  #send(order: Order, transfer: readonly Transferable[] = []): void {
    this.#worker.postMessage(order, transfer);
  }
}
