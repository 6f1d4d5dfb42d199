/**
 * The engine's side of one run worker: it judges everything that the worker says (HAZARDS 13, 14).
 *
 *   J1  From the worker come buffers of bytes, whose lengths are judged before anything is allocated. The first breach
 *       ends the worker, and the run in it with a fault that says why; of several, nobody knows which it was.
 *   J2  What a run asks for is judged by the grants and packages of that run's own program; what a run has is over
 *       before its end is told (R3 of run.ts).
 *   J3  When the worker is gone, the run that was executing ends with what ended the worker. The others begin again elsewhere,
 *       and go the way they went (`again/kept.ts`): each alone, when nobody knows which one was executing.
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
import type { RunPorts } from "../ports.ts";
import type { RunOptions, RunResult } from "../run-options.ts";
import { Kept } from "./again/kept.ts";
import type { KeptQuestion } from "./again/kept-question.ts";
import { Effects, type Perform } from "./effects.ts";
import { readEnding } from "./endings.ts";
import * as frames from "./frames.ts";
import { Links } from "./connected.node.ts";
import { type Lost, lostBy, NotOpened, workerLost } from "./lost.ts";
import type { ToWorker } from "./messages.ts";
import type { Disposed } from "./pool.node.ts";
import { openMessage, type RealmProgram, valuesMessage } from "./program.ts";
import { limitsFrom, type Running, stopOf } from "./running.ts";
import { heldBack, readStored } from "./stored/answering.ts";
import { waitsForLog } from "./stored/leaving.ts";
import { answerCommands, toTakeUp } from "./stored/life-over.ts";
import { LogFrames } from "./stored/log-frames.ts";
import { readResult } from "./stored/results.ts";
import { StoredRun } from "./stored/stored-run.ts";
import { webhookForm } from "./stored/webhook.ts";
import { HEAD, readEvent, TAPE } from "./shown.ts";

/** Milliseconds in which a worker answers a ping, when one of its runs is to end. */
const ANSWERS = 2000;

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
  readonly #effects = new Effects();
  readonly #programs = new Map<number, RealmProgram>();
  readonly #opening = new Map<number, Opening>();
  readonly #runs = new Map<number, Running>();
  /** Runs that are over here, and not yet in the worker. */
  readonly #dropped = new Set<number>();
  readonly #questions = new Map<number, KeptQuestion>();
  readonly #links: Links;
  readonly #logs: LogFrames;
  readonly #pings = new Map<number, NodeJS.Timeout>();
  readonly #ending = new Set<Promise<void>>();
  #last = 0;
  #spent = 0;
  #isAlive = true;
  #breach: Broken | undefined;
  #silent = false;

  constructor(thread: KeptThread) {
    this.#thread = thread;
    this.#logs = new LogFrames(
      (message) => this.#post(message),
      (run) => this.#moved(run),
    );
    this.#links = new Links(
      (message, transfer = []) => this.#post(message, transfer),
      (why) => this.#broke(why),
    );
    this.#unframer = new Unframer((record) => this.#show(record));
    thread.port.on("message", (message: unknown) => this.#receive(message));
    void thread.gone.then((ended) => this.#gone(ended));
    this.#reference();
  }

  /** It reads the code of its hosts now, and not when a program is opened. */
  warm(): void {
    this.#post({ kind: "warm" });
  }

  /** It is killed after so many milliseconds without a sign of life. */
  watch(longest: number): void {
    if (longest !== Infinity) this.#thread.watch(longest);
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
    given?: Kept,
  ): Promise<RunResult | Lost> {
    const of = this.#programs.get(program);
    if (of === undefined || !this.#isAlive) return { state: "lost", fault: this.#closed(), again: "yes" };
    const run = this.#next();
    const stored = options.journal === undefined ? null : new StoredRun(of.program, options.journal, options);
    const kept = stored === null ? (given ?? new Kept(of.program)) : new Kept(of.program, 0);
    const childStops = new Map<string, AbortController>();
    const childStop = (child: string): AbortSignal => stopOf(childStops, child).signal;
    const { id, seed, oneByOne = false, signal } = options;
    const over = new Promise<RunResult | Lost>((settle, fail) => {
      const parts = { number: run, of, program: of.program, ports, options, settle, fail };
      this.#runs.set(run, { ...parts, fn, kept, stored, childStops, childStop, python: new Set() });
    });
    this.#reference();
    const cancel = (): void => this.#cancel(run);
    const played = kept.begin();
    const tape = stored === null ? played : null;
    const start = stored?.start ?? null;
    const webhook = webhookForm(ports);
    const message = { kind: "run", run, program, fn, args: valuesMessage(args), id, seed, oneByOne, tape } as const;
    this.#post({ ...message, stored: start, webhook });
    using watching = this.#logs.watched(run, stored);
    void watching;
    const stop = (): void => this.#post({ kind: "stop", run });
    options.stop?.addEventListener("abort", stop, { once: true });
    if (options.stop?.aborted === true) stop();
    signal?.addEventListener("abort", cancel, { once: true });
    if (signal?.aborted === true) cancel();
    try {
      return await over;
    } finally {
      signal?.removeEventListener("abort", cancel);
      options.stop?.removeEventListener("abort", stop);
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
      this.#refused(error);
    }
  }

  /** @throws what is no breach */
  #refused(error: unknown): void {
    if (error instanceof Broken) this.#broke(error);
    else if (error instanceof Fault) this.#broke(new Broken(error.message));
    else throw error;
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
        return this.#asked(kind, number, frame);
      case frames.GIVE_UP:
        reader.close();
        return this.#questions.get(number)?.giveUp();
      case frames.CONNECT:
        return this.#connect(number);
      case frames.FRAME:
        return this.#frame(number, frame.subarray(5));
      case frames.CLOSE:
        reader.close();
        return this.#close(number);
      case frames.BEAT:
        return this.#beat(number);
      case frames.TAPED:
        return this.#taped(number, frame);
      case frames.APPEND:
      case frames.KEEP:
        return this.#logs.written(this.#running(number), this.#spent, { kind, frame, reader });
      case frames.LOG_ENTRIES:
      case frames.LOG_BLOB:
      case frames.LOG_FORGET:
      case frames.CHILD_NEW:
      case frames.CHILD_RUN:
        return this.#asked(kind, number, frame);
      case frames.CHILD_STOP:
        return this.#childStop(number);
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
    if (run === null) return void this.#dropped.delete(number);
    let settle: () => void;
    try {
      const { stored, fn, program } = run;
      const isTyped = stored === null || fn === 0;
      const result = isTyped ? readEnding(this.#reader, program.result) : readResult(this.#reader, stored.values);
      this.#reader.close();
      run.kept.ended();
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
    return this.#while(Promise.all([run.kept.over(), this.#links.leave(run)]).then(() => {}));
  }

  /** It keeps the worker's memory from being given up, and this process alive. */
  #while(over: Promise<void>): Promise<void> {
    this.#ending.add(over);
    const forget = (): unknown => this.#ending.delete(over);
    over.then(forget, forget);
    return over;
  }

  /** Null: it is over here, and what it still says is nobody's. @throws {Broken} */
  #running(number: number): Running | null {
    const run = this.#runs.get(number);
    if (run !== undefined) return run;
    if (this.#dropped.has(number)) return null;
    throw new Broken(`there is no run ${number}`);
  }

  /** What a run says, as far as it goes the way it went: otherwise it is over. */
  #of(number: number, work: (run: Running) => void): void {
    const run = this.#running(number);
    if (run === null) return;
    try {
      work(run);
    } catch (thrown) {
      if (!(thrown instanceof Fault) || thrown.code !== "run-lost") throw thrown;
      this.#drop(run);
      this.#over(run).then(() => run.fail(thrown), run.fail);
    }
  }

  #taped(number: number, frame: Uint8Array<ArrayBuffer>): void {
    const bytes = this.#reader.raw(this.#reader.u32());
    this.#running(number)?.kept.tape(bytes);
    const rest = frame.subarray(HEAD + 4 + bytes.length);
    if (rest[0] === frames.TAPED) throw new Broken("a message within a message within a message");
    this.#handle(rest);
  }

  #piece(bytes: Uint8Array): void {
    this.#spent += bytes.length;
    if (this.#spent + this.#logs.owed > frames.MOST_SHOWN)
      throw new Broken(`more than ${frames.MOST_SHOWN} bytes shown at once`);
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
    const reader = this.#shown;
    reader.open(record);
    const kind = reader.u8();
    const number = reader.u32();
    if (kind === TAPE) return this.#running(number)?.kept.tape(record.subarray(HEAD));
    const event = readEvent(kind, reader);
    this.#of(number, ({ kept, ports }) => {
      if (kept.shows(kind, record.subarray(HEAD))) ports.follow(event);
    });
  }

  #asked(kind: number, number: number, frame: Uint8Array<ArrayBuffer>): void {
    const reader = this.#reader;
    this.#of(reader.u32(), (run) => {
      const isLong = kind === frames.CHILD_RUN;
      const perform = this.#performOf(kind, run);
      this.#effects.opens(number, frame.length, isLong);
      const question = run.kept.asks(kind, frame.subarray(HEAD + 4));
      this.#questions.set(number, question);
      const answer = (bytes: Uint8Array<ArrayBuffer>): void => {
        this.#effects.closes(number);
        this.#questions.delete(number);
        this.#post({ kind: "answer", question: number, bytes });
      };
      question.ask(answer, (answered) => {
        const performing = this.#effects.perform(kind, number, perform, answered);
        return isLong ? { ...performing, end: () => run.childStops.forEach((each) => each.abort()) } : performing;
      });
    });
  }

  #performOf(kind: number, run: Running): Perform {
    const isEffect = kind === frames.SHELL || kind === frames.FORK;
    if (!isEffect) return readStored(kind, run, this.#reader);
    return heldBack(kind, run, this.#effects.read(kind, run, this.#reader));
  }

  #childStop(number: number): void {
    const id = this.#reader.text();
    this.#reader.close();
    const run = this.#running(number);
    run?.childStops.get(id)?.abort();
  }

  /** Another's entry is in its log where the worker took its own to be: from there it begins again. */
  #moved(run: Running): void {
    run.stored?.isInnocent();
    this.#drop(run);
    const lost: Lost = { state: "lost", fault: workerLost("its log has moved"), again: "yes" };
    this.#over(run).then(() => run.settle(lost), run.fail);
  }

  #drop({ number }: Running): void {
    this.#runs.delete(number);
    this.#dropped.add(number);
    this.#post({ kind: "stop", run: number });
  }

  #connect(number: number): void {
    const reader = this.#reader;
    this.#of(reader.u32(), (run) => this.#links.connect(number, run, reader.u32(), limitsFrom(reader)));
  }

  #frame(number: number, frame: Uint8Array<ArrayBuffer>): void {
    const open = this.#links.opened(number);
    if (open === null) return;
    const receive = (): void => this.#of(open.run.number, () => open.link.receive(frame));
    const { stored, of } = open.run;
    if (stored === null) return receive();
    const waits = waitsForLog(of.program.packages[open.pack], frame);
    stored.inOrder(waits, receive, (why) => this.#refused(why));
  }

  #close(number: number): void {
    void this.#while(this.#links.close(number));
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
      if (run.stored === null) this.#left(run, lost.again !== "no").then(() => run.settle(lost), run.fail);
      else this.#while(this.#lifeOver(run, run.stored, lost));
    }
  }

  /** A stored run begins again from its log. */
  async #lifeOver(run: Running, stored: StoredRun, lost: Lost): Promise<void> {
    try {
      await answerCommands(run, stored);
      await this.#over(run);
      run.settle(await toTakeUp(stored, lost, Atomics.load(this.#thread.flight, FLIGHT.package)));
    } catch (thrown) {
      run.fail(thrown);
    }
  }

  /** What a run has outside stays for it, if it begins again. */
  #left(run: Running, isAgain: boolean): Promise<void> {
    if (!isAgain) return this.#over(run);
    run.kept.pause();
    return this.#while(this.#links.leave(run));
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
