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
import type { Ended } from "../../host/remote/ways/channel.ts";
import { MOST_BYTES } from "../../host/remote/frames/kinds.ts";
import { NO_HANDLES } from "../../host/remote/frames/no-handles.ts";
import { Broken, Reader } from "../../host/remote/frames/reader.ts";
import { LiftBudget } from "../../wit/budget.ts";
import type { Value } from "../../wit/value.ts";
import type { RunPorts } from "../platform/ports.ts";
import type { RunOptions, RunResult } from "../loop/run-options.ts";
import { Kept } from "./again/kept.ts";
import { Questions } from "./asked.ts";
import { readEnding } from "./said/endings.ts";
import * as frames from "./said/frames.ts";
import { Links } from "./links/connected.node.ts";
import type { Lost } from "./lost.ts";
import type { ToWorker } from "./said/messages.ts";
import type { Disposed } from "./pool.node.ts";
import { Programs } from "./opened.ts";
import { Pings } from "./pings.ts";
import { openMessage, type RealmProgram } from "./program.ts";
import { runMessage } from "./run-message.ts";
import { limitsFrom, stopOf } from "./running.ts";
import { Runs } from "./runs.ts";
import { waitsForLog } from "./stored/leaving.ts";
import { LogFrames } from "./stored/log-frames.ts";
import { readResult } from "./stored/results.ts";
import { StoredRun } from "./stored/stored-run.ts";
import { HEAD } from "./said/shown.ts";
import { ShownFrames } from "./shown-frames.ts";

export class RunRealm implements AsyncDisposable, Disposed {
  readonly #thread: KeptThread;
  readonly #reader = new Reader(NO_HANDLES, new LiftBudget());
  readonly #shown: ShownFrames;
  readonly #programs = new Programs();
  readonly #runs: Runs;
  readonly #questions: Questions;
  readonly #links: Links;
  readonly #logs: LogFrames;
  readonly #pings = new Pings(() => {
    this.#silent = true;
    void this.#thread.kill();
  });
  #last = 0;
  #isAlive = true;
  #breach: Broken | undefined;
  #silent = false;

  constructor(thread: KeptThread) {
    this.#thread = thread;
    this.#questions = new Questions((message) => this.#post(message));
    this.#logs = new LogFrames(
      (message) => this.#post(message),
      (run) => this.#runs.moved(run),
    );
    this.#links = new Links(
      (message, transfer = []) => this.#post(message, transfer),
      (why) => this.#broke(why),
    );
    this.#runs = new Runs({
      links: this.#links,
      stop: (run) => this.#post({ kind: "stop", run }),
      executing: () => Atomics.load(thread.flight, FLIGHT.package),
    });
    this.#shown = new ShownFrames({
      shows: (number, kind, record, event) =>
        this.#runs.of(number, ({ kept, ports }) => {
          if (kept.shows(kind, record)) ports.follow(event);
        }),
      tape: (number, bytes) => this.#runs.at(number)?.kept.tape(bytes),
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
      this.#runs.add({ ...parts, fn, kept, stored, childStops, childStop, python: new Set() });
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
    await this.#runs.settled();
  }

  /** It keeps this process alive while something is going on in it. */
  #reference(): void {
    const { port, ref, unref } = this.#thread;
    if (this.#programs.opening > 0 || !this.#runs.areOver) {
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
        return this.#logs.written(this.#runs.at(number), this.#shown.spent, { kind, frame, reader });
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
    this.#runs.ended(number, ({ stored, fn, program }) => {
      const isTyped = stored === null || fn === 0;
      const result = isTyped ? readEnding(this.#reader, program.result) : readResult(this.#reader, stored.values);
      this.#reader.close();
      return result;
    });
  }

  #taped(number: number, frame: Uint8Array<ArrayBuffer>): void {
    const bytes = this.#reader.raw(this.#reader.u32());
    this.#runs.at(number)?.kept.tape(bytes);
    const rest = frame.subarray(HEAD + 4 + bytes.length);
    if (rest[0] === frames.TAPED) throw new Broken("a message within a message within a message");
    this.#handle(rest);
  }

  #asked(number: number, frame: Uint8Array<ArrayBuffer>): void {
    this.#runs.of(this.#reader.u32(), (run) => this.#questions.asked(number, run, frame, this.#reader));
  }

  #childStop(number: number): void {
    const id = this.#reader.text();
    this.#reader.close();
    this.#runs.at(number)?.childStops.get(id)?.abort();
  }

  #connect(number: number): void {
    const reader = this.#reader;
    this.#runs.of(reader.u32(), (run) => this.#links.connect(number, run, reader.u32(), limitsFrom(reader)));
  }

  #frame(number: number, frame: Uint8Array<ArrayBuffer>): void {
    const open = this.#links.opened(number);
    if (open === null) return;
    const receive = (): void => this.#runs.of(open.run.number, () => open.link.receive(frame));
    const { stored, of } = open.run;
    if (stored === null) return receive();
    const waits = waitsForLog(of.program.packages[open.pack], frame);
    stored.inOrder(waits, receive, (why) => this.#refused(why));
  }

  #close(number: number): void {
    void this.#runs.meanwhile(this.#links.close(number));
  }

  #gone(ended: Ended): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    const { code, why } = this.#reason(ended);
    this.#pings.clear();
    this.#programs.lost(new Fault(code, `The program was not opened: ${why}`));
    const executing = Atomics.load(this.#thread.flight, FLIGHT.run);
    // A word that names no run there ever was is somebody's lie, or nobody's.
    const guilty = executing > 0 && executing <= this.#last ? executing : null;
    this.#runs.lost({ code, why, guilty, isBreach: this.#breach !== undefined });
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
