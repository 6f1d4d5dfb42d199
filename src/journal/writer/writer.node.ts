/**
 * Who writes a store in Node: a thread of its own, so that no flush of a disk holds up anything else; or, where that is not
 * wanted, the caller's.
 */
import { MessageChannel, Worker, type MessagePort } from "node:worker_threads";
import { Defect, Fault } from "../../fault.ts";
import { Asking, newCounts } from "./awake.node.ts";
import type { Batch, Committed } from "../buffer/batch.ts";
import { doChore, own } from "../sqlite/owned.node.ts";
import type { Answer, Chore, Question, WriterOptions, WriterSetup } from "../sqlite/owned.node.ts";
import { pack } from "./packed.ts";
import { troubleWith } from "../sqlite/trouble.ts";

export interface Writer {
  readonly epoch: number;
  commit(batch: Batch): Promise<Committed>;
  /** Gives what `vacuum` freed; 0 for the others. */
  chore(chore: Chore): Promise<number>;
  close(): Promise<void>;
}

/** In the caller's thread. */
export function writeHere(options: WriterOptions): Writer {
  const { committer, close } = own(options);
  const here = <T>(work: () => T): Promise<T> => {
    try {
      return Promise.resolve(work());
    } catch (thrown) {
      return Promise.reject(troubleWith(options.path, thrown));
    }
  };
  return {
    epoch: committer.epoch,
    commit: (batch) => here(() => committer.commit(batch)),
    chore: (chore) => here(() => doChore(committer, chore)),
    close: () => Promise.resolve(close()),
  };
}

/** In a thread of its own. @throws {Fault} as `own` */
export async function writeInThread(options: WriterOptions): Promise<Writer> {
  const writer = new ThreadWriter(options);
  await writer.start();
  return writer;
}

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (why: unknown) => void;
}

class ThreadWriter implements Writer {
  epoch = 0;
  readonly #port: MessagePort;
  readonly #asking: Asking<Question, Answer>;
  readonly #worker: Worker;
  readonly #path: string;
  readonly #waiting = new Map<number, Waiting>();
  readonly #gone: Promise<void>;
  #asked = 0;
  #closing = false;

  constructor(options: WriterOptions) {
    this.#path = options.path;
    const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
    const { port1, port2 } = new MessageChannel();
    const counts = newCounts();
    const worker = new Worker(new URL(`writer-worker.node.${extension}`, import.meta.url), {
      workerData: { options, counts, port: port2 } satisfies WriterSetup,
      transferList: [port2],
      argv: [],
    });
    this.#port = port1;
    this.#asking = new Asking(port1, counts, (answer: Answer) => this.#answered(answer));
    worker.on("error", (cause) => this.#ended(cause));
    this.#gone = new Promise((resolve) => {
      worker.on("exit", () => {
        this.#ended(undefined);
        port1.close();
        resolve();
      });
    });
    this.#worker = worker;
  }

  async start(): Promise<void> {
    const answer = await this.#ask({ kind: "open" });
    this.epoch = answer.number;
    this.#rest();
  }

  async commit(batch: Batch): Promise<Committed> {
    const packed = pack(batch);
    const answer = await this.#ask({ kind: "commit", batch: packed }, [packed.bytes]);
    return { created: answer.created };
  }

  async chore(chore: Chore): Promise<number> {
    return (await this.#ask({ kind: "chore", chore })).number;
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.#ask({ kind: "close" }).catch(() => {}); // it may have ended already
    await this.#gone;
  }

  #ask(question: Question["body"], transfer: readonly ArrayBuffer[] = []): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.#asked += 1;
    this.#waiting.set(this.#asked, { resolve, reject });
    this.#worker.ref();
    this.#port.ref();
    this.#asking.ask({ number: this.#asked, body: question }, transfer);
    return promise;
  }

  #answered(answer: Answer): void {
    const waiting = this.#waiting.get(answer.to);
    this.#waiting.delete(answer.to);
    this.#rest();
    const { fault } = answer;
    if (fault === undefined) return waiting?.resolve(answer);
    const { code, message, hint } = fault;
    waiting?.reject(code === "" ? new Defect(message) : new Fault(code, message, hint === undefined ? {} : { hint }));
  }

  /** A thread that has nothing to write keeps no process alive. */
  #rest(): void {
    if (this.#waiting.size > 0 || this.#closing) return;
    this.#worker.unref();
    this.#port.unref();
  }

  #ended(cause: unknown): void {
    const why = new Fault("store-lost", `The thread that writes ${this.#path} ended`, { cause });
    for (const { reject } of this.#waiting.values()) reject(why);
    this.#waiting.clear();
  }
}
