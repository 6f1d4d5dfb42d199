/**
 * One running Python: queues calls, answers imports, and stays the judge of everything its worker says (H2–H6).
 *
 *   I1  One call at a time unless the manifest says `overlap`: the lock is held while a call waits for the host.
 *   I2  The first trap, forged message or death of the worker ends the instance; its worker is terminated at once.
 *   I3  A failed import ends the call, and the instance, with the import's own error.
 *   I5  A call that was too long fails with `deadline-exceeded`, also when it ended in its grace; and the instance has ended.
 *   I4  Calls that wait at the same moment go to the worker in one message, in the order in which they were made.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { Fault, type ForeignFrame } from "../../fault.ts";
import { LiftBudget, type LiftLimits } from "../../wit/budget.ts";
import type { FunctionKey } from "../../wit/types.ts";
import type { Value } from "../../wit/value.ts";
import type { CallChain } from "../call-chain.ts";
import type { Limits } from "../manifest.ts";
import { limitsOf } from "../meter/limits.ts";
import type { StateOwner } from "../state/bytes.ts";
import { outOfMemory, raiseHint } from "../package/limits.ts";
import type { CallLimits } from "../meter/meter.ts";
import type { Answer, ImportedFunction, Instance, InstanceOptions, ManyOptions } from "../plugin.ts";
import { codecOrNull } from "./codec.ts";
import { Deadline } from "./deadline.ts";
import { FAILURE_KIND, failureFault, readFailure } from "./failure.ts";
import { Handles } from "./handles.ts";
import { Imports } from "./imports.ts";
import { DEFAULT_MEMORY, deadlineOf, fuelOf, isMetered, LEAST_START } from "./limits.ts";
import { Mismatch } from "./marshal.ts";
import { Notes } from "./notes.ts";
import type { Peer } from "./peer.ts";
import { Outbox } from "./outbox.ts";
import { BIND } from "./own-calls.ts";
import { Reader } from "./reader.ts";
import { type Call, type InContext, Many, type Numbered, type Request } from "./requests.ts";
import * as saved from "./saved.ts";
import * as frames from "./worker/frame.ts";

export interface InstanceParts {
  readonly source: string;
  readonly exports: ReadonlyMap<FunctionKey, Numbered>;
  /** By number. */
  readonly imports: readonly (Numbered & { readonly given: ImportedFunction })[];
  readonly isExported: ConstructorParameters<typeof Handles>[1];
  readonly overlap: boolean;
  /** What the manifest says. */
  readonly limits: Limits;
  /** What one answer may have, and the arguments of one import. */
  readonly lift: LiftLimits;
  readonly chain: CallChain;
  readonly peer: Peer;
  /** Its state can be saved. */
  readonly owner: StateOwner | undefined;
  /** What it goes on from. */
  readonly state: saved.PythonState | null;
  /** Called once the worker has ended. */
  readonly ended: () => void;
}

const anywhere: InContext = (work) => work();

export class PythonInstance implements Instance {
  readonly id: number;
  readonly #parts: InstanceParts;
  readonly #options: InstanceOptions;
  readonly #handles: Handles;
  readonly #reader: Reader;
  readonly #outbox: Outbox;
  readonly #imports: Imports;
  readonly #notes: Notes;
  readonly #deadline: Deadline;
  readonly #limits: CallLimits;
  #running = 0;
  #bound = false;
  #spent: number | undefined;
  #cause: unknown;
  #alive = true;

  constructor(parts: InstanceParts, options: InstanceOptions) {
    this.id = options.id;
    this.#parts = parts;
    this.#options = options;
    const { peer, overlap } = parts;
    this.#handles = new Handles(options.id, parts.isExported);
    this.#reader = new Reader(this.#handles, new LiftBudget(parts.lift));
    this.#limits = limitsOf(parts.limits, options.limits);
    this.#outbox = new Outbox({
      handles: this.#handles,
      overlap,
      stops: peer.stops,
      now: options.now,
      send: (message) => peer.send(message),
      sent: (first, count, place) => this.#sent(first, count, place),
      finished: (first) => this.#finished(first),
      wrong: (target, error) => new Fault(error.code, `${parts.source}: ${target.key}: ${error.message}`),
    });
    this.#imports = new Imports({
      source: parts.source,
      imports: parts.imports,
      options,
      handles: this.#handles,
      reader: this.#reader,
      contextOf: (call) => this.#outbox.contextOf(call),
      enter: (work) => parts.chain.enter(this, work),
      isAlive: () => this.#alive,
      refusal: () => this.#late(),
      send: (message) => peer.send(message),
      wrongValue: (error, what) => this.#wrongValue(error, what),
    });
    this.#notes = new Notes({
      words: peer.stops,
      log: options.log,
      release: (handle) => this.#release(handle),
      later: (run) => void setImmediate(run),
    });
    this.#deadline = new Deadline({
      limit: deadlineOf(this.#limits),
      words: peer.stops,
      look: () => peer.send(frames.frame({ kind: frames.LOOK })),
      isWaiting: () => !overlap && this.#imports.waiting > 0,
      over: () => this.#end(this.#late()),
    });
    peer.listen((frame) => this.#receive(frame));
    void peer.gone.then((error) => {
      if (this.#alive) this.#end(this.#late() ?? this.#gone(error));
      parts.ended();
    });
  }

  get alive(): boolean {
    return this.#alive;
  }

  get spent(): number | undefined {
    return this.#spent;
  }

  /** Seeds the instance and creates the plugin's objects. */
  async bind(): Promise<void> {
    const { state } = this.#parts;
    const interruptible = this.#deadline.limit === Number.POSITIVE_INFINITY ? 0 : frames.INTERRUPTIBLE;
    const fuel = isMetered(this.#limits) ? fuelOf(this.#limits) : Number.NaN;
    this.#parts.peer.send(frames.frame({ kind: frames.LIMITS, a: interruptible, b: state?.calls ?? 0, c: fuel }));
    await this.#submit(BIND, [this.#options.seed], "cannot start: ");
    this.#bound = true;
    if (state === null) return;
    this.#handles.goOn(state.objects);
    await saved.load(state, this.#parts.source, this.#submit.bind(this));
  }

  get save(): Instance["save"] {
    const { owner } = this.#parts;
    if (owner === undefined) return undefined;
    return async () => {
      if (!this.#alive) throw this.#lost();
      if (!this.#outbox.isIdle || !this.#handles.areNone || this.#imports.waiting > 0) return null;
      return saved.save(owner, this.#submit.bind(this));
    };
  }

  /** As `bind`; an instance that does not come up is disposed. */
  async bindOrDispose(): Promise<void> {
    try {
      await this.bind();
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw error;
    }
  }

  call(key: FunctionKey, args: readonly Value[]): Value | Promise<Value> {
    return this.#submit(this.#target(key), args, `${key}: `);
  }

  callMany(key: FunctionKey, calls: readonly (readonly Value[])[], options: ManyOptions): Promise<readonly Answer[]> {
    try {
      const many = new Many(this.#target(key), calls, options, this.#context());
      this.#outbox.addMany(many);
      return many.promise;
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown;
      return Promise.resolve([{ thrown }]);
    }
  }

  drop(handle: number): void {
    if (!this.#alive || !this.#handles.releaseExported(handle)) return;
    this.#parts.peer.send(frames.frame({ kind: frames.RELEASE, a: handle }));
    this.#deadline.touched();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end(this.#fault("plugin-lost", "the instance was disposed"));
    await this.#parts.peer.terminate();
  }

  /** The function to call, if it may be called now (H2, H3). */
  #target(key: FunctionKey): Numbered {
    const target = this.#parts.exports.get(key);
    if (target === undefined) throw this.#fault("unknown-function", `there is no export ${key}`);
    if (!this.#alive) throw this.#lost();
    if (!this.#parts.overlap && this.#parts.chain.includes(this)) {
      throw this.#fault("re-entrant", `${key} was called while a call into the same instance waits for it`);
    }
    return target;
  }

  #sent(first: number, calls: number, place: number): void {
    this.#notes.allow(calls, this.#running === 0);
    this.#running += 1;
    this.#deadline.sent(first, calls, place, this.#bound ? 0 : LEAST_START);
  }

  #finished(first: number): void {
    this.#running -= 1;
    this.#deadline.ended(first);
  }

  #submit(target: Numbered, args: readonly Value[], doing: string): Promise<Value> {
    const { promise, resolve, reject } = Promise.withResolvers<Value>();
    const { number, fn } = target;
    const { decode } = codecOrNull(fn.result);
    this.#outbox.add(target, args, { doing, decode, number, inContext: this.#context(), resolve, reject });
    return promise;
  }

  /** Only imports need to know where they are called from. */
  #context(): InContext {
    return this.#parts.imports.length === 0 ? anywhere : AsyncLocalStorage.snapshot();
  }

  #receive(frame: frames.Frame | null): void {
    if (!this.#alive) return;
    try {
      if (frame === null) throw new Mismatch("a message of another kind");
      this.#handle(frame);
    } catch (error) {
      if (error instanceof Fault) this.#end(error);
      else if (error instanceof Mismatch) this.#end(this.#trap(`it broke the protocol: ${error.message}`));
      else throw error;
    }
  }

  #handle(frame: frames.Frame): void {
    switch (frame.kind) {
      case frames.RESULTS:
        return this.#results(frame);
      case frames.IMPORT:
        return this.#imports.call(frame);
      case frames.SLEEP:
        return this.#imports.sleep(frame);
      case frames.NOTES:
        return this.#notes.take(frame);
      case frames.LOOK:
        if (!this.#deadline.seen()) throw new Mismatch("a sign of life that nobody asked for");
        return;
      case frames.FATAL:
        return this.#end(this.#late() ?? this.#fatal(frame));
      default:
        throw new Mismatch(`a message of kind ${frame.kind}`);
    }
  }

  #results(frame: frames.Frame): void {
    const parcel = this.#outbox.answeredFrom(frame.a);
    const isLast = (frame.d & frames.MORE) === 0;
    if (frame.b === 0 && !isLast) throw new Mismatch("results of nothing");
    if (parcel.calls[0]?.request.number !== frames.SAVE) this.#note(frame.c);
    const isLate = isLast && this.#deadline.isLateIn(parcel.first);
    const whole = frames.readResults(frame, (i, failed, start, end) => {
      if (!this.#alive) return;
      const call = this.#outbox.answered(parcel);
      if (failed) this.#failure(call, frame.body.subarray(start, end));
      else if (isLate && i === frame.b - 1) this.#fail(call.request, this.#tooLong(call.request.doing)); // I5
      else this.#result(call, frame.body, start, end);
    });
    if (!this.#alive) return;
    if (!whole) throw new Mismatch("results that are not there");
    if (isLate) return this.#end(this.#tooLong(""));
    if (this.#reader.release()) this.#outbox.recycle(frame.body.buffer);
    this.#outbox.next(parcel, isLast);
  }

  /** What the latest call has cost. */
  #note(spent: number): void {
    if (!Number.isSafeInteger(spent) || spent < 0) throw new Mismatch("a cost that is none");
    if (isMetered(this.#limits)) this.#spent = spent;
  }

  #result({ request }: Call, body: Uint8Array<ArrayBuffer>, start: number, end: number): void {
    try {
      this.#reader.open(body, start, end);
      const value = request.decode(this.#reader);
      this.#reader.close();
      request.resolve(value);
    } catch (error) {
      this.#fail(request, this.#wrongValue(error, `${request.doing}it returned a wrong value: `));
    }
  }

  /** The fault of a value that does not fit its type, or of one that is too large. */
  #wrongValue(error: unknown, what: string): Fault {
    if (error instanceof Fault) return error;
    if (!(error instanceof Mismatch)) throw error;
    if (error.code === "forged") return this.#trap(`${what}${error.message}`);
    return this.#fault("plugin-invalid-value", `${what}${error.message}`);
  }

  #failure({ request }: Call, body: Uint8Array<ArrayBuffer>): void {
    const record = readFailure(body);
    const failedImport = record.kind === FAILURE_KIND.failedImport && this.#imports.hasFailed(record.number);
    const loading = request.number === frames.BIND;
    const fault = failedImport
      ? this.#imports.failureOf(record.number) // I3
      : failureFault(record, { source: this.#parts.source, doing: request.doing, loading, memory: this.#memory });
    this.#fail(request, this.#deadline.isLate ? this.#tooLong(request.doing, record.frames) : fault);
  }

  #fail(request: Request, cause: unknown): void {
    request.reject(cause);
    this.#end(cause, () => this.#lost());
  }

  #release(number: number): void {
    const entry = this.#handles.releaseImported(number);
    if (entry === undefined) return;
    const { name } = entry.resource;
    const drop = this.#options.imports.get(`${name.interface ?? ""}#[resource-drop]${name.name}`);
    void drop?.call([entry.value]);
  }

  /**
   * Ends the instance: what runs and what waits fails, and the worker goes (I2, H6).
   * @param first Why the call that runs has failed: the cause, unless another one has been told that.
   */
  #end(cause: unknown, first: () => unknown = () => cause): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#cause = cause;
    this.#deadline.close();
    this.#outbox.end(first, () => this.#lost());
    void this.#parts.peer.terminate();
  }

  /** Why it ends, when that is because a call took too long. */
  #late(): Fault | undefined {
    return this.#deadline.isLate ? this.#tooLong(this.#outbox.current ?? "") : undefined;
  }

  /** @param doing The function and a colon; what goes on after calls has none. */
  #tooLong(doing: string, stack: readonly ForeignFrame[] = []): Fault {
    const { source } = this.#parts;
    const what = doing === "" ? "it went on after its calls for" : `${doing}it took`;
    return new Fault("deadline-exceeded", `${source}: ${what} longer than ${this.#deadline.limit} ms`, {
      source,
      hint: raiseHint(source, "deadline"),
      frames: stack,
    });
  }

  #fatal(frame: frames.Frame): Fault {
    const { source } = this.#parts;
    if (frame.a === frames.OUT_OF_MEMORY)
      return outOfMemory(source, `${source}: ${this.#outbox.current ?? ""}it failed`, this.#memory);
    if (frame.a !== frames.OUT_OF_FUEL || !isMetered(this.#limits))
      return this.#trap(new TextDecoder().decode(frame.body.subarray(0, 4000)));
    const what = `${this.#outbox.current ?? ""}it spent its ${fuelOf(this.#limits)} units of fuel`;
    return new Fault("fuel-exhausted", `${source}: ${what}`, {
      source,
      hint: raiseHint(source, "fuel"),
    });
  }

  /** Its worker ended by itself. The limit of memory that its thread has beside Python's own is nobody's to raise. */
  #gone(error: Error | null): Fault {
    if (error === null) return this.#trap("its process ended");
    if (!("code" in error) || error.code !== "ERR_WORKER_OUT_OF_MEMORY")
      return this.#trap(`its worker failed: ${error.message}`);
    return this.#fault("memory-limit", `it ran out of memory: ${error.message}`);
  }

  /** Bytes that Python may have. */
  get #memory(): number {
    return this.#parts.limits.memory ?? DEFAULT_MEMORY;
  }

  #trap(reason: string): Fault {
    return this.#fault("plugin-trapped", reason);
  }

  #lost(): Fault {
    const reason = this.#cause instanceof Error ? `: ${this.#cause.message}` : "";
    return this.#fault("plugin-lost", `this instance has ended${reason}`, this.#cause);
  }

  #fault(code: string, reason: string, cause?: unknown): Fault {
    const { source } = this.#parts;
    return new Fault(code, `${source}: ${reason}`, cause === undefined ? { source } : { source, cause });
  }
}
