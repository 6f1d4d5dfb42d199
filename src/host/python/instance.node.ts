/**
 * One running Python: queues calls, answers imports, and stays the judge of everything its worker says (H2–H6).
 *
 *   I1  One call at a time unless the manifest says `overlap`: the lock is held while a call waits for the host.
 *   I2  The first trap, forged message or death of the worker ends the instance; its worker is terminated at once.
 *   I3  A failed import ends the call, and the instance, with the import's own error.
 *   I4  Calls that wait at the same moment go to the worker in one message, in the order in which they were made.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { Fault } from "../../fault.ts";
import type { FunctionKey } from "../../wit/types.ts";
import type { Value } from "../../wit/value.ts";
import type { CallChain } from "../call-chain.ts";
import type { Answer, ImportedFunction, Instance, InstanceOptions, LogLine, ManyOptions } from "../plugin.ts";
import { type Codec, codecOrNull, parametersCodec } from "./codec.ts";
import { FAILURE_KIND, failureFault, readFailure } from "./failure.ts";
import { Handles } from "./handles.ts";
import { Mismatch } from "./marshal.ts";
import type { Peer } from "./peer.node.ts";
import { Outbox } from "./outbox.ts";
import { Reader } from "./reader.ts";
import { type Call, type InContext, Many, type Numbered, type Request } from "./requests.ts";
import * as frames from "./worker/frame.ts";
import { Writer } from "./writer.ts";

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

/** An import in progress is answered with what `sleep` and imports give; more than this many at once is an attack. */
const MOST_IMPORTS = 10_000;

/** A failed import usually ends the instance at once; a guest that goes on all the same cannot make us remember for ever. */
const KEPT_FAILURES = 100;

/** Called as the first function of a fresh instance. */
const BIND = {
  key: "bind",
  number: frames.BIND,
  fn: {
    name: "bind",
    shape: "function",
    async: false,
    resource: null,
    params: [{ name: "seed", type: { kind: "list", element: { kind: "u8" } } }],
    result: null,
  },
} as const satisfies Numbered;

const anywhere: InContext = (work) => work();

export class PythonInstance implements Instance {
  readonly id: number;
  readonly #parts: InstanceParts;
  readonly #options: InstanceOptions;
  readonly #handles: Handles;
  readonly #reader: Reader;
  /** For answers to imports. */
  readonly #writer: Writer;
  readonly #outbox: Outbox;
  readonly #importFailures = new Map<number, unknown>();
  #imports = 0;
  #cause: unknown;
  #alive = true;

  constructor(parts: InstanceParts, options: InstanceOptions) {
    this.id = options.id;
    this.#parts = parts;
    this.#options = options;
    const { peer, overlap } = parts;
    this.#handles = new Handles(options.id, parts.isExported);
    this.#reader = new Reader(this.#handles);
    this.#writer = new Writer(this.#handles, frames.HEADER);
    this.#outbox = new Outbox({
      handles: this.#handles,
      overlap,
      stops: peer.stops,
      now: options.now,
      send: (message) => peer.send(message),
      wrong: (target, error) => new Fault(error.code, `${parts.source}: ${target.key}: ${error.message}`),
    });
    peer.listen((frame) => this.#receive(frame));
    void peer.gone.then((error) => {
      if (this.#alive) this.#end(this.#trap(error === null ? "its process ended" : reasonOf(error)));
      parts.ended();
    });
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Seeds the instance and creates the plugin's objects. */
  async bind(): Promise<void> {
    await this.#submit(BIND, [this.#options.seed], "cannot start: ");
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
    if (this.#alive && this.#handles.releaseExported(handle))
      this.#parts.peer.send(frames.frame({ kind: frames.RELEASE, a: handle }));
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

  #results(frame: frames.Frame): void {
    const parcel = this.#outbox.answeredFrom(frame.a);
    const whole = frames.readResults(frame, (_, failed, start, end) => {
      if (!this.#alive) return;
      const call = this.#outbox.answered(parcel);
      if (failed) this.#failure(call, frame.body.subarray(start, end));
      else this.#result(call, frame.body, start, end);
    });
    if (!this.#alive) return;
    if (!whole) throw new Mismatch("results that are not there");
    if (this.#reader.release()) this.#outbox.recycle(frame.body.buffer);
    this.#outbox.next(parcel, (frame.d & frames.MORE) === 0);
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
    const failedImport = record.kind === FAILURE_KIND.failedImport && this.#importFailures.has(record.number);
    const loading = request.number === frames.BIND;
    const fault = failedImport
      ? this.#importFailures.get(record.number) // I3
      : failureFault(record, this.#parts.source, request.doing, loading);
    this.#fail(request, fault);
  }

  #fail(request: Request, cause: unknown): void {
    request.reject(cause);
    this.#end(cause, () => this.#lost());
  }

  #import(frame: frames.Frame): void {
    const target = this.#parts.imports[frame.b];
    if (target === undefined) throw new Mismatch(`import ${frame.b} of ${this.#parts.imports.length}`);
    const args = this.#importArguments(target, frame.body);
    const inContext = this.#outbox.contextOf(frame.d) ?? anywhere;
    const work = (): Value | Promise<Value> =>
      inContext(() => this.#parts.chain.enter(this, () => target.given.call(args)));
    this.#perform(frame.a, target.key, work, codecOrNull(target.fn.result));
  }

  #importArguments(target: Numbered, body: Uint8Array<ArrayBuffer>): readonly Value[] {
    try {
      this.#reader.open(body);
      const args = parametersCodec(target.fn).decode(this.#reader) as readonly Value[];
      this.#reader.close();
      return args;
    } catch (error) {
      throw this.#wrongValue(error, `it called ${target.key} with a wrong value: `);
    } finally {
      this.#reader.release();
    }
  }

  #sleep(frame: frames.Frame): void {
    if (!(frame.c >= 0 && frame.c <= Number.MAX_SAFE_INTEGER)) throw new Mismatch(`a sleep of ${frame.c} ms`);
    this.#perform(frame.a, "sleep", async () => (await this.#options.sleep(frame.c), null), NOTHING);
  }

  /** Does what the guest asked for and sends the answer, whichever way it ends. */
  #perform(number: number, key: string, work: () => Value | Promise<Value>, codec: Codec): void {
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

  #answer(number: number, key: string, value: Value, codec: Codec): void {
    try {
      this.#writer.tuple(2);
      this.#writer.integer(0);
      codec.encode(this.#writer, value);
    } catch (error) {
      this.#writer.truncate(frames.HEADER);
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

  #sendAnswer(a: number): void {
    const length = this.#writer.end - frames.HEADER;
    const message = this.#writer.take();
    frames.writeHeader(message, { kind: frames.ANSWER, a, c: this.#options.now(), length });
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

  /**
   * Ends the instance: what runs and what waits fails, and the worker goes (I2, H6).
   * @param first Why the call that runs has failed: the cause, unless another one has been told that.
   */
  #end(cause: unknown, first: () => unknown = () => cause): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#cause = cause;
    this.#outbox.end(first, () => this.#lost());
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
