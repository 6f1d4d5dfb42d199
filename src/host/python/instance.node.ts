/**
 * One running Python: queues calls, answers imports, and stays the judge of everything its worker says (H2–H6).
 *
 *   I1  One call at a time unless the manifest says `overlap`: the lock is held while a call waits for the host.
 *   I2  The first trap, forged message or death of the worker ends the instance; its worker is terminated at once.
 *   I3  A failed import ends the call, and the instance, with the import's own error.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { Fault } from "../../fault.ts";
import type { FunctionKey, WitFunction } from "../../wit/types.ts";
import type { Value } from "../../wit/value.ts";
import type { CallChain } from "../call-chain.ts";
import type { ImportedFunction, Instance, InstanceOptions, LogLine } from "../plugin.ts";
import { codecOrNull, parametersCodec } from "./codec.ts";
import { FAILURE_KIND, failureFault, readFailure } from "./failure.ts";
import { Handles } from "./handles.ts";
import { Mismatch, Reader, Writer } from "./marshal.ts";
import type { Peer } from "./peer.node.ts";
import * as frames from "./worker/frame.ts";

/** An export or import with its number in the guest's table. */
export interface Numbered {
  readonly key: FunctionKey;
  readonly fn: WitFunction;
  readonly number: number;
}

export interface InstanceParts {
  readonly source: string;
  readonly exports: ReadonlyMap<FunctionKey, Numbered>;
  /** By number. */
  readonly imports: readonly (Numbered & { readonly given: ImportedFunction })[];
  readonly isExported: ConstructorParameters<typeof Handles>[1];
  readonly overlap: boolean;
  readonly chain: CallChain;
  readonly peer: Peer;
  /** Called once the worker has ended. */
  readonly ended: () => void;
}

/** A call from the moment its arguments are encoded. */
interface Call {
  readonly doing: string;
  readonly decode: (reader: Reader) => Value;
  readonly message: ArrayBuffer;
  readonly number: number;
  readonly lent: readonly number[];
  readonly inContext: <T>(work: () => T) => T;
  readonly resolve: (value: Value) => void;
  readonly reject: (error: unknown) => void;
}

/** An import in progress is answered with what `sleep` and imports give; more than this many at once is an attack. */
const MOST_IMPORTS = 10_000;

/** A failed import usually ends the instance at once; a guest that goes on all the same cannot make us remember for ever. */
const KEPT_FAILURES = 100;

export class PythonInstance implements Instance {
  readonly id: number;
  readonly #parts: InstanceParts;
  readonly #options: InstanceOptions;
  readonly #handles: Handles;
  readonly #writer: Writer;
  readonly #queue: Call[] = [];
  readonly #running = new Map<number, Call>();
  readonly #importFailures = new Map<number, unknown>();
  #imports = 0;
  #lastCall = 0;
  #latest: Call | undefined;
  #cause: unknown;
  #alive = true;

  constructor(parts: InstanceParts, options: InstanceOptions) {
    this.id = options.id;
    this.#parts = parts;
    this.#options = options;
    this.#handles = new Handles(options.id, parts.isExported);
    this.#writer = new Writer(this.#handles, frames.HEADER);
    parts.peer.listen((frame) => this.#receive(frame));
    void parts.peer.gone.then((error) => {
      if (this.#alive) this.#end(this.#trap(error === null ? "its process ended" : reasonOf(error)));
      parts.ended();
    });
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Seeds the instance and creates the plugin's objects. */
  async bind(): Promise<void> {
    this.#writer.tuple(1);
    this.#writer.bytes(this.#options.seed);
    const decode = (reader: Reader): Value => reader.none();
    await this.#submit({
      doing: "cannot start: ",
      decode,
      number: frames.BIND,
      lent: [],
      message: this.#writer.take(),
    });
  }

  call(key: FunctionKey, args: readonly Value[]): Value | Promise<Value> {
    const target = this.#parts.exports.get(key);
    if (target === undefined) throw this.#fault("unknown-function", `there is no export ${key}`);
    if (!this.#alive) throw this.#lost();
    if (!this.#parts.overlap && this.#parts.chain.includes(this)) {
      throw this.#fault("re-entrant", `${key} was called while a call into the same instance waits for it`);
    }
    const message = this.#encode(target, args);
    const result = codecOrNull(target.fn.result);
    const lent = this.#handles.commit();
    return this.#submit({ doing: `${key}: `, decode: result.decode, number: target.number, lent, message });
  }

  drop(handle: number): void {
    if (this.#alive && this.#handles.releaseExported(handle))
      this.#parts.peer.send(frames.frame(frames.RELEASE, handle, 0, 0));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end(this.#fault("plugin-lost", "the instance was disposed"));
    await this.#parts.peer.terminate();
  }

  #encode(target: Numbered, args: readonly Value[]): ArrayBuffer {
    try {
      parametersCodec(target.fn).encode(this.#writer, args);
      return this.#writer.take();
    } catch (error) {
      this.#writer.clear();
      this.#handles.rollback();
      if (error instanceof Mismatch)
        throw new Fault(error.code, `${this.#parts.source}: ${target.key}: ${error.message}`);
      throw error;
    }
  }

  #submit(call: Omit<Call, "resolve" | "reject" | "inContext">): Promise<Value> {
    const { promise, resolve, reject } = Promise.withResolvers<Value>();
    this.#queue.push({ ...call, inContext: AsyncLocalStorage.snapshot(), resolve, reject });
    this.#next();
    return promise;
  }

  /** Sends what may run now (I1). */
  #next(): void {
    while (this.#alive && (this.#parts.overlap || this.#running.size === 0)) {
      const call = this.#queue.shift();
      if (call === undefined) return;
      this.#lastCall = (this.#lastCall + 1) >>> 0;
      this.#running.set(this.#lastCall, call);
      this.#latest = call;
      frames.writeHeader(call.message, frames.CALL, this.#lastCall, call.number, this.#options.now());
      this.#parts.peer.send(call.message);
    }
  }

  #receive(frame: frames.Frame | null): void {
    if (!this.#alive) return;
    try {
      if (frame === null) throw new Mismatch("a message of another kind");
      this.#handle(frame);
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error;
      this.#end(this.#trap(`it broke the protocol: ${error.message}`));
    }
  }

  #handle(frame: frames.Frame): void {
    switch (frame.kind) {
      case frames.RESULT:
        return this.#result(frame);
      case frames.FAILURE:
        return this.#failure(frame);
      case frames.IMPORT:
        return this.#import(frame);
      case frames.SLEEP:
        return this.#sleep(frame);
      case frames.LOG:
        return this.#log(frame);
      case frames.RELEASE:
        return this.#release(frame.a);
      case frames.FATAL:
        return this.#end(this.#trap(new TextDecoder().decode(frame.body.subarray(0, 4000))));
      default:
        throw new Mismatch(`a message of kind ${frame.kind}`);
    }
  }

  #finish(number: number): Call {
    const call = this.#running.get(number);
    if (call === undefined) throw new Mismatch("an answer to no call");
    this.#running.delete(number);
    this.#handles.endLoan(call.lent);
    return call;
  }

  #result(frame: frames.Frame): void {
    const call = this.#finish(frame.a);
    try {
      const reader = new Reader(this.#handles, frame.body);
      const value = call.decode(reader);
      reader.end();
      call.resolve(value);
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error;
      this.#fail(call, this.#fault("plugin-invalid-value", `${call.doing}it returned a wrong value: ${error.message}`));
    }
    this.#next();
  }

  #failure(frame: frames.Frame): void {
    const call = this.#finish(frame.a);
    const record = readFailure(frame.body);
    const failedImport = record.kind === FAILURE_KIND.failedImport && this.#importFailures.has(record.number);
    const loading = call.number === frames.BIND;
    const fault = failedImport
      ? this.#importFailures.get(record.number) // I3
      : failureFault(record, this.#parts.source, call.doing, loading);
    this.#fail(call, fault);
  }

  #fail(call: Call, cause: unknown): void {
    call.reject(cause);
    this.#end(cause);
  }

  #import(frame: frames.Frame): void {
    const target = this.#parts.imports[frame.b];
    if (target === undefined) throw new Mismatch(`import ${frame.b} of ${this.#parts.imports.length}`);
    const reader = new Reader(this.#handles, frame.body);
    const args = parametersCodec(target.fn).decode(reader) as readonly Value[];
    reader.end();
    const context = this.#latest?.inContext ?? ((work) => work());
    const work = (): Value | Promise<Value> =>
      context(() => this.#parts.chain.enter(this, () => target.given.call(args)));
    this.#perform(frame.a, target.key, work, codecOrNull(target.fn.result));
  }

  #sleep(frame: frames.Frame): void {
    if (!(frame.c >= 0 && frame.c <= Number.MAX_SAFE_INTEGER)) throw new Mismatch(`a sleep of ${frame.c} ms`);
    this.#perform(frame.a, "sleep", async () => (await this.#options.sleep(frame.c), null), NOTHING);
  }

  /** Does what the guest asked for and sends the answer, whichever way it ends. */
  #perform(
    number: number,
    key: string,
    work: () => Value | Promise<Value>,
    codec: ReturnType<typeof codecOrNull>,
  ): void {
    if (this.#imports >= MOST_IMPORTS) throw new Mismatch("too many calls of imports at once");
    this.#imports += 1;
    const answer = (value: Value): void => {
      this.#imports -= 1;
      if (this.#alive) this.#answer(number, key, value, codec);
    };
    const refuse = (error: unknown): void => {
      this.#imports -= 1;
      if (this.#alive) this.#answerFailure(number, error);
    };
    try {
      const value = work();
      if (value instanceof Promise) value.then(answer).catch(refuse);
      else answer(value);
    } catch (error) {
      refuse(error);
    }
  }

  #answer(number: number, key: string, value: Value, codec: ReturnType<typeof codecOrNull>): void {
    try {
      this.#writer.tuple(2);
      this.#writer.integer(0);
      codec.encode(this.#writer, value);
    } catch (error) {
      this.#writer.clear();
      this.#handles.rollback();
      const fault =
        error instanceof Mismatch
          ? new Fault(error.code, `${key} gave ${this.#parts.source} a wrong value: ${error.message}`)
          : error;
      return this.#answerFailure(number, fault);
    }
    this.#handles.commit();
    this.#sendAnswer(number);
  }

  #answerFailure(number: number, error: unknown): void {
    this.#importFailures.set(number, error);
    for (const oldest of this.#importFailures.keys()) {
      if (this.#importFailures.size > KEPT_FAILURES) this.#importFailures.delete(oldest);
    }
    const fault = error instanceof Fault ? error : new Fault("import-failed", String(error));
    this.#writer.tuple(4);
    this.#writer.integer(1);
    this.#writer.integer(number);
    this.#writer.text(fault.code.toWellFormed());
    this.#writer.text(fault.message.toWellFormed());
    this.#sendAnswer(number);
  }

  #sendAnswer(number: number): void {
    const message = this.#writer.take();
    frames.writeHeader(message, frames.ANSWER, number, 0, this.#options.now());
    this.#parts.peer.send(message);
  }

  #log(frame: frames.Frame): void {
    const level: LogLine["level"] = frame.a === 1 ? "info" : "warn";
    this.#options.log({ level, text: new TextDecoder().decode(frame.body) });
  }

  #release(number: number): void {
    const entry = this.#handles.releaseImported(number);
    if (entry === undefined) return;
    const { name } = entry.resource;
    const drop = this.#options.imports.get(`${name.interface ?? ""}#[resource-drop]${name.name}`);
    void drop?.call([entry.value]);
  }

  /** Ends the instance: what runs and what waits fails, and the worker goes (I2, H6). */
  #end(cause: unknown): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#cause = cause;
    for (const [i, call] of [...this.#running.values()].entries()) call.reject(i === 0 ? cause : this.#lost());
    for (const call of this.#queue) call.reject(this.#lost());
    this.#running.clear();
    this.#queue.length = 0;
    void this.#parts.peer.terminate();
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

const NOTHING = codecOrNull(null);

function reasonOf(error: Error): string {
  if ("code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY") return "it ran out of memory";
  return `its worker failed: ${error.message}`;
}
