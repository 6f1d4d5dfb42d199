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
import { MOST_BYTES } from "../../host/remote/frames.ts";
import { Broken, Reader } from "../../host/remote/reader.ts";
import type { HandleMap } from "../../host/remote/writer.ts";
import { LiftBudget } from "../../wit/budget.ts";
import type { Value } from "../../wit/value.ts";
import type { RunPorts } from "../ports.ts";
import type { RunOptions, RunResult } from "../run-options.ts";
import { Kept } from "./again/kept.ts";
import { Questions } from "./asked.ts";
import { readEnding } from "./endings.ts";
import * as frames from "./frames.ts";
import { Links } from "./connected.node.ts";
import { type Lost, lostBy, workerLost } from "./lost.ts";
import type { ToWorker } from "./messages.ts";
import type { Disposed } from "./pool.node.ts";
import { Programs } from "./opened.ts";
import { Pings } from "./pings.ts";
import { openMessage, type RealmProgram } from "./program.ts";
import { runMessage } from "./run-message.ts";
import { limitsFrom, type Running, stopOf } from "./running.ts";
import { waitsForLog } from "./stored/leaving.ts";
import { answerCommands, toTakeUp } from "./stored/life-over.ts";
import { LogFrames } from "./stored/log-frames.ts";
import { readResult } from "./stored/results.ts";
import { StoredRun } from "./stored/stored-run.ts";
import { HEAD } from "./shown.ts";
import { ShownFrames } from "./shown-frames.ts";

const NO_HANDLES: HandleMap = {
  give: () => 0,
  take: () => {
    throw new Broken("a resource where there are none");
  },
};

export class RunRealm implements AsyncDisposable, Disposed {
  readonly #thread: KeptThread;
  readonly #reader = new Reader(NO_HANDLES, new LiftBudget());
  readonly #shown: ShownFrames;
  readonly #programs = new Programs();
  readonly #runs = new Map<number, Running>();
  /** Runs that are over here, and not yet in the worker. */
  readonly #dropped = new Set<number>();
  readonly #questions: Questions;
  readonly #links: Links;
  readonly #logs: LogFrames;
  readonly #pings = new Pings(() => {
    this.#silent = true;
    void this.#thread.kill();
  });
  readonly #ending = new Set<Promise<void>>();
  #last = 0;
  #isAlive = true;
  #breach: Broken | undefined;
  #silent = false;

  constructor(thread: KeptThread) {
    this.#thread = thread;
    this.#questions = new Questions((message) => this.#post(message));
    this.#logs = new LogFrames(
      (message) => this.#post(message),
      (run) => this.#moved(run),
    );
    this.#links = new Links(
      (message, transfer = []) => this.#post(message, transfer),
      (why) => this.#broke(why),
    );
    this.#shown = new ShownFrames({
      shows: (number, kind, record, event) =>
        this.#of(number, ({ kept, ports }) => {
          if (kept.shows(kind, record)) ports.follow(event);
        }),
      tape: (number, bytes) => this.#running(number)?.kept.tape(bytes),
      credit: (bytes) => this.#post({ kind: "credit", bytes }),
    });
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
    const opened = this.#programs.opens(number, program);
    if (!this.#isAlive) this.#programs.lost(this.#closed());
    this.#post(openMessage(number, program));
    this.#reference();
    try {
      await opened;
      return number;
    } finally {
      this.#reference();
    }
  }

  /** None of its runs may be left. */
  close(program: number): void {
    this.#programs.closes(program);
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
    const { signal } = options;
    const over = new Promise<RunResult | Lost>((settle, fail) => {
      const parts = { number: run, of, program: of.program, ports, options, settle, fail };
      this.#runs.set(run, { ...parts, fn, kept, stored, childStops, childStop, python: new Set() });
    });
    this.#reference();
    const cancel = (): void => this.#tell("cancel", run);
    const begun = { run, program, fn, args, played: kept.begin(), stored, ports, options };
    this.#post(runMessage(begun));
    using watching = this.#logs.watched(run, stored);
    void watching;
    const stop = (): void => this.#tell("stop", run);
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
    if (this.#programs.opening + this.#runs.size + this.#ending.size > 0) {
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
  #tell(kind: "cancel" | "stop", run: number): void {
    if (!this.#runs.has(run)) return;
    const number = this.#next();
    this.#post({ kind, run });
    this.#post({ kind: "ping", number });
    this.#pings.sent(number);
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
        return this.#programs.opened(number, reader);
      case frames.ENDED:
        return this.#ended(number);
      case frames.SHOWN:
        return this.#shown.piece(frame.subarray(HEAD), this.#logs.owed);
      case frames.SHELL:
      case frames.FORK:
        return this.#asked(number, frame);
      case frames.GIVE_UP:
        reader.close();
        return this.#questions.giveUp(number);
      case frames.CONNECT:
        return this.#connect(number);
      case frames.FRAME:
        return this.#frame(number, frame.subarray(HEAD));
      case frames.CLOSE:
        reader.close();
        return this.#close(number);
      case frames.BEAT:
        return this.#pings.heard(number);
      case frames.TAPED:
        return this.#taped(number, frame);
      case frames.APPEND:
      case frames.KEEP:
        return this.#logs.written(this.#running(number), this.#shown.spent, { kind, frame, reader });
      case frames.LOG_ENTRIES:
      case frames.LOG_BLOB:
      case frames.LOG_FORGET:
      case frames.CHILD_NEW:
      case frames.CHILD_RUN:
        return this.#asked(number, frame);
      case frames.CHILD_STOP:
        return this.#childStop(number);
      default:
        throw new Broken(`a message of kind ${kind}`);
    }
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

  #asked(number: number, frame: Uint8Array<ArrayBuffer>): void {
    this.#of(this.#reader.u32(), (run) => this.#questions.asked(number, run, frame, this.#reader));
  }

  #childStop(number: number): void {
    const id = this.#reader.text();
    this.#reader.close();
    const run = this.#running(number);
    run?.childStops.get(id)?.abort();
  }

  /** Another's entry is in its log where the worker took its own to be: from there it begins again. */
  #moved(run: Running): void {
    this.#drop(run);
    const lost: Lost = { state: "lost", fault: workerLost("another's entry is in its log"), again: "yes" };
    if (run.stored !== null) void this.#while(this.#lifeOver(run, run.stored, lost));
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

  #gone(ended: Ended): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    const { code, why } = this.#reason(ended);
    this.#pings.clear();
    this.#programs.lost(new Fault(code, `The program was not opened: ${why}`));
    const executing = Atomics.load(this.#thread.flight, FLIGHT.run);
    const runs = [...this.#runs.values()];
    this.#runs.clear();
    // A word that names no run there ever was is somebody's lie, or nobody's.
    const guilty = executing > 0 && executing <= this.#last ? executing : null;
    const loss = { code, why, guilty, runs: runs.length, isBreach: this.#breach !== undefined };
    for (const run of runs) {
      const lost = lostBy(loss, run);
      if (run.stored === null) this.#left(run, lost.again !== "no").then(() => run.settle(lost), run.fail);
      else void this.#while(this.#lifeOver(run, run.stored, lost));
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
