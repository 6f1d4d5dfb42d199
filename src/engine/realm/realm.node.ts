/**
 * The engine's side of one run worker: it judges everything that the worker says (HAZARDS 13, 14).
 *
 *   J1  From the worker come buffers of bytes, whose lengths are judged before anything is allocated. The first breach
 *       ends the worker, and every run in it with a fault that says why.
 *   J2  What a run asks for is judged by the grants and packages of that run's own program; what a run has is over
 *       before its end is told (R3 of run.ts).
 *   J3  When the worker is gone, the run that was executing ends with what ended the worker. Of the others, those of which
 *       nothing was seen outside may begin again elsewhere; the rest is lost.
 */
import type { MessagePort } from "node:worker_threads";
import { Fault } from "../../fault.ts";
import type { KeptThread } from "../../host/keeper/keeper.node.ts";
import { FLIGHT } from "../../host/keeper/flight.ts";
import type { Ended } from "../../host/remote/channel.ts";
import { readFault } from "../../host/remote/fault-data.ts";
import { MOST_BYTES, OK } from "../../host/remote/frames.ts";
import { Unframer } from "../../host/remote/pipe.ts";
import { Broken, Reader } from "../../host/remote/reader.ts";
import type { HandleMap } from "../../host/remote/writer.ts";
import { LiftBudget } from "../../wit/budget.ts";
import type { Value } from "../../wit/value.ts";
import { countByLanguage } from "../instances.ts";
import type { RunPorts } from "../ports.ts";
import type { RunOptions, RunResult } from "../run-options.ts";
import { Effects } from "./effects.ts";
import { readEnding } from "./endings.ts";
import * as frames from "./frames.ts";
import { type Link, linkTo } from "./links.node.ts";
import { type Lost, lostBy, NotOpened } from "./lost.ts";
import type { ToWorker } from "./messages.ts";
import type { Disposed } from "./pool.node.ts";
import { openMessage, type RealmProgram, valuesMessage } from "./program.ts";
import { limitsFrom, type Running } from "./running.ts";
import { readEvent } from "./shown.ts";

/** Milliseconds in which a worker answers a ping, when one of its runs is to end. */
const ANSWERS = 2000;
/** Frames about what has just ended, which cross with the news of it. */
const MOST_LATE = 100_000;

interface Opening {
  readonly resolve: () => void;
  readonly reject: (why: unknown) => void;
}

const NO_HANDLES: HandleMap = {
  give: () => 0,
  take: () => {
    throw new Broken("a resource where there are none");
  },
};

export class RunRealm implements AsyncDisposable, Disposed {
  readonly #thread: KeptThread;
  readonly #reader = new Reader(NO_HANDLES, new LiftBudget());
  readonly #shown = new Reader(NO_HANDLES, new LiftBudget());
  readonly #unframer: Unframer;
  readonly #effects: Effects;
  readonly #programs = new Map<number, RealmProgram>();
  readonly #opening = new Map<number, Opening>();
  readonly #runs = new Map<number, Running>();
  readonly #links = new Map<number, { readonly run: Running; readonly link: Link }>();
  readonly #pings = new Map<number, NodeJS.Timeout>();
  readonly #ending = new Set<Promise<void>>();
  #last = 0;
  #spent = 0;
  #late = 0;
  #isAlive = true;
  #breach: Broken | undefined;
  #silent = false;

  constructor(thread: KeptThread) {
    this.#thread = thread;
    this.#effects = new Effects((question, bytes) => this.#post({ kind: "answer", question, bytes }));
    this.#unframer = new Unframer((record) => this.#show(record));
    thread.port.on("message", (message: unknown) => this.#receive(message));
    void thread.gone.then((ended) => this.#gone(ended));
  }

  get alive(): boolean {
    return this.#isAlive;
  }

  /** How many runs are in it. */
  get runs(): number {
    return this.#runs.size;
  }

  /** Gives the program's number here. @throws {NotOpened} */
  async open(program: RealmProgram): Promise<number> {
    const number = this.#next();
    const opened = new Promise<void>((resolve, reject) => this.#opening.set(number, { resolve, reject }));
    if (!this.#isAlive) this.#opening.get(number)?.reject(this.#closed());
    this.#programs.set(number, program);
    this.#post(openMessage(number, program));
    this.#reference();
    try {
      await opened;
      return number;
    } catch (thrown) {
      this.#programs.delete(number);
      throw thrown;
    } finally {
      this.#reference();
    }
  }

  /** None of its runs may be left. */
  close(program: number): void {
    this.#programs.delete(program);
    this.#post({ kind: "close", program });
  }

  /** Runs one function of a program that is open. What the program itself fails with is a result. */
  async run(
    program: number,
    fn: number,
    args: readonly Value[],
    ports: RunPorts,
    options: RunOptions,
  ): Promise<RunResult | Lost> {
    const of = this.#programs.get(program);
    if (of === undefined || !this.#isAlive) return { state: "lost", fault: this.#closed(), again: "yes" };
    const run = this.#next();
    const { id, seed, oneByOne = false, signal } = options;
    const over = new Promise<RunResult | Lost>((settle, fail) => {
      const parts = { number: run, of, program: of.program, ports, options, settle, fail };
      const together = { count: countByLanguage(of.program.packages) };
      this.#runs.set(run, { ...parts, together, links: new Set(), seen: false });
    });
    this.#reference();
    const cancel = (): void => this.#cancel(run);
    this.#post({ kind: "run", run, program, fn, args: valuesMessage(args), id, seed, oneByOne });
    signal?.addEventListener("abort", cancel, { once: true });
    if (signal?.aborted === true) cancel();
    try {
      return await over;
    } finally {
      signal?.removeEventListener("abort", cancel);
      this.#reference();
    }
  }

  /** Ends the worker and whatever it has outside. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  async dispose(): Promise<void> {
    this.#thread.ref();
    await this.#thread.kill();
    await Promise.all(this.#ending);
  }

  /** It keeps this process alive while something is going on in it. */
  #reference(): void {
    const { port, ref, unref } = this.#thread;
    if (this.#opening.size + this.#runs.size + this.#ending.size > 0) {
      ref();
      port.ref();
    } else {
      unref();
      port.unref();
    }
  }

  #next(): number {
    this.#last += 1;
    return this.#last;
  }

  #post(message: ToWorker, transfer: readonly (ArrayBuffer | MessagePort)[] = []): void {
    if (this.#isAlive) this.#thread.port.postMessage(message, [...transfer]);
  }

  /** A worker that does not even hear that a run is to end, is ended itself. */
  #cancel(run: number): void {
    if (!this.#runs.has(run)) return;
    const number = this.#next();
    this.#post({ kind: "cancel", run });
    this.#post({ kind: "ping", number });
    const timer = setTimeout(() => {
      this.#silent = true;
      void this.#thread.kill();
    }, ANSWERS);
    this.#pings.set(number, timer);
  }

  #receive(message: unknown): void {
    if (!this.#isAlive || this.#breach !== undefined) return;
    try {
      if (!(message instanceof ArrayBuffer)) throw new Broken("a message of another kind");
      if (message.byteLength > MOST_BYTES + 16) throw new Broken(`a message of ${message.byteLength} bytes`);
      this.#handle(new Uint8Array(message));
    } catch (error) {
      if (error instanceof Broken) this.#broke(error);
      else if (error instanceof Fault) this.#broke(new Broken(error.message));
      else throw error;
    }
  }

  #broke(breach: Broken): void {
    if (this.#breach !== undefined) return;
    this.#breach = breach; // J1
    void this.#thread.kill();
  }

  #handle(frame: Uint8Array<ArrayBuffer>): void {
    const reader = this.#reader;
    reader.open(frame);
    const kind = reader.u8();
    const number = reader.u32();
    switch (kind) {
      case frames.OPENED:
        return this.#opened(number);
      case frames.ENDED:
        return this.#ended(number);
      case frames.SHOWN:
        return this.#piece(frame.subarray(5));
      case frames.SHELL:
      case frames.FORK:
        return this.#asked(kind, number, frame.length);
      case frames.GIVE_UP:
        reader.close();
        return this.#effects.giveUp(number);
      case frames.CONNECT:
        return this.#connect(number);
      case frames.FRAME:
        return this.#frame(number, frame.subarray(5));
      case frames.CLOSE:
        reader.close();
        return this.#close(number);
      case frames.BEAT:
        return this.#beat(number);
      default:
        throw new Broken(`a message of kind ${kind}`);
    }
  }

  #opened(number: number): void {
    const reader = this.#reader;
    const opening = this.#opening.get(number);
    if (opening === undefined) throw new Broken(`program ${number} was opened unasked`);
    this.#opening.delete(number);
    if (reader.u8() === OK) {
      reader.close();
      return opening.resolve();
    }
    const pack = reader.u32();
    opening.reject(new NotOpened(readFault(reader, null), pack));
  }

  #ended(number: number): void {
    const run = this.#running(number);
    let settle: () => void;
    try {
      const result = readEnding(this.#reader, run.program.result);
      this.#reader.close();
      settle = () => run.settle(result);
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown;
      settle = () => run.fail(thrown); // its worker failed in it, or it gives more than may be taken
    }
    this.#runs.delete(number);
    this.#over(run).then(settle, run.fail);
  }

  /** J2 */
  #over(run: Running): Promise<void> {
    const links = [...run.links].map((number) => this.#unlink(number));
    const over = Promise.all([this.#effects.end(run), ...links]).then(() => {});
    this.#ending.add(over);
    const forget = (): unknown => this.#ending.delete(over);
    over.then(forget, forget);
    return over;
  }

  #running(number: number): Running {
    const run = this.#runs.get(number);
    if (run === undefined) throw new Broken(`there is no run ${number}`);
    return run;
  }

  #piece(bytes: Uint8Array): void {
    this.#spent += bytes.length;
    if (this.#spent > frames.MOST_SHOWN) throw new Broken(`more than ${frames.MOST_SHOWN} bytes shown at once`);
    const isFirst = this.#spent === bytes.length;
    this.#unframer.push(bytes);
    if (!isFirst) return;
    setImmediate(() => {
      const spent = this.#spent;
      this.#spent = 0;
      this.#post({ kind: "credit", bytes: spent });
    });
  }

  #show(record: Uint8Array<ArrayBuffer> | null): void {
    if (record === null) throw new Broken("it shows more than can be");
    this.#shown.open(record);
    const { run, event } = readEvent(this.#shown);
    const running = this.#running(run);
    running.seen = true;
    running.ports.follow(event);
  }

  #asked(kind: number, number: number, bytes: number): void {
    const run = this.#running(this.#reader.u32());
    run.seen = true;
    this.#effects.asked(kind, number, bytes, run, this.#reader);
  }

  #connect(number: number): void {
    const run = this.#running(this.#reader.u32());
    const pack = this.#reader.u32();
    const limits = limitsFrom(this.#reader);
    const plugin = run.of.outside[pack];
    if (plugin === undefined || plugin === null) throw new Broken(`package ${pack} is not outside`);
    if (this.#links.has(number)) throw new Broken(`connection ${number} twice`);
    if (this.#links.size >= frames.MOST_CONNECTIONS) throw new Broken("too many connections at once");
    run.seen = true;
    const send = (frame: Uint8Array<ArrayBuffer>): void =>
      this.#post({ kind: "frame", connection: number, bytes: frame.buffer }, [frame.buffer]);
    const gone = (ended: Ended): void => {
      this.#post({ kind: "gone", connection: number, ended });
      this.#close(number);
    };
    const post = (message: ToWorker, transfer: readonly MessagePort[]): void => this.#post(message, transfer);
    const broke = (why: Broken): void => this.#broke(why);
    const link = linkTo({ plugin, connection: number, limits, post, together: run.together, send, gone, broke });
    this.#links.set(number, { run, link });
    run.links.add(number);
  }

  #frame(number: number, frame: Uint8Array<ArrayBuffer>): void {
    const open = this.#links.get(number);
    if (open !== undefined) return open.link.receive(frame);
    this.#late += 1;
    if (this.#late > MOST_LATE) throw new Broken("too much for what is over");
  }

  #close(number: number): void {
    const closed = this.#unlink(number);
    this.#ending.add(closed);
    const forget = (): unknown => this.#ending.delete(closed);
    closed.then(forget, forget);
  }

  async #unlink(number: number): Promise<void> {
    const open = this.#links.get(number);
    this.#links.delete(number);
    open?.run.links.delete(number);
    await open?.link.close();
  }

  #beat(number: number): void {
    clearTimeout(this.#pings.get(number));
    this.#pings.delete(number);
  }

  #gone(ended: Ended): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    const { code, why } = this.#reason(ended);
    for (const timer of this.#pings.values()) clearTimeout(timer);
    for (const { reject } of this.#opening.values()) reject(new Fault(code, `The program was not opened: ${why}`));
    this.#opening.clear();
    const executing = Atomics.load(this.#thread.flight, FLIGHT.run);
    const runs = [...this.#runs.values()];
    this.#runs.clear();
    // A word that names no run there ever was is somebody's lie, or nobody's.
    const guilty = executing > 0 && executing <= this.#last ? executing : null;
    const loss = { code, why, guilty, runs: runs.length, isBreach: this.#breach !== undefined };
    for (const run of runs) {
      const lost = lostBy(loss, run);
      this.#over(run).then(() => run.settle(lost), run.fail);
    }
  }

  #reason(ended: Ended): { readonly code: string; readonly why: string } {
    if (this.#breach !== undefined) {
      return { code: "plugin-trapped", why: `its worker broke the protocol: ${this.#breach.message}` };
    }
    if (this.#silent) return { code: "deadline-exceeded", why: "its worker did not hear that it was to end" };
    return ended;
  }

  #closed(): Fault {
    return new Fault("plugin-lost", "The worker of the program's runs was closed");
  }
}
