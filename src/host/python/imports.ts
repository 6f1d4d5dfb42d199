/**
 * What one Python asks of the host: imports and sleeps, from question to answer.
 *
 *   Q1  A failed import is remembered by its number, so that the call it was made in can fail with the import's own error.
 *   Q2  More questions than an honest worker asks before others had their turn in this thread are a breach (HAZARDS 14).
 *   Q3  Once the instance is at its end, nothing more is performed: it is told why.
 */
import { Fault } from "../../fault.ts";
import type { Value } from "../../wit/value.ts";
import type { ImportedFunction, InstanceOptions } from "../plugin.ts";
import { type Codec, codecOrNull, parametersCodec } from "./codec.ts";
import type { Handles } from "./handles.ts";
import { Mismatch } from "./marshal.ts";
import type { Reader } from "./reader.ts";
import type { InContext, Numbered } from "./requests.ts";
import * as frames from "./worker/frame.ts";
import { Writer } from "./writer.ts";

export interface ImportsParts {
  readonly source: string;
  /** By number. */
  readonly imports: readonly (Numbered & { readonly given: ImportedFunction })[];
  readonly options: InstanceOptions;
  readonly handles: Handles;
  readonly reader: Reader;
  readonly contextOf: (call: number) => InContext | undefined;
  /** Runs something as if the caller of the instance did, in the chain of calls. */
  readonly enter: <T>(work: () => T) => T;
  readonly isAlive: () => boolean;
  /** Why nothing more may be performed, if so (Q3). */
  readonly refusal: () => Fault | undefined;
  readonly send: (message: ArrayBuffer) => void;
  /** The fault of arguments that do not fit. */
  readonly wrongValue: (error: unknown, what: string) => Fault;
}

/** What an honest worker can ask before this thread comes round: it waits while so many are unanswered, twice over. */
const MOST_ASKED = 4 * frames.MOST_ASKED;

/** A failed import usually ends the instance at once; a guest that goes on all the same cannot make us remember for ever. */
const KEPT_FAILURES = 100;

const NOTHING = codecOrNull(null);
const anywhere: InContext = (work) => work();

export class Imports {
  readonly #parts: ImportsParts;
  /** For answers. */
  readonly #writer: Writer;
  readonly #failures = new Map<number, unknown>();
  #open = 0;
  /** Answered since others had their turn. */
  #answered = 0;

  constructor(parts: ImportsParts) {
    this.#parts = parts;
    this.#writer = new Writer(parts.handles, frames.HEADER);
  }

  /** How many wait for their answer. */
  get waiting(): number {
    return this.#open;
  }

  hasFailed(number: number): boolean {
    return this.#failures.has(number);
  }

  failureOf(number: number): unknown {
    return this.#failures.get(number);
  }

  call(frame: frames.Frame): void {
    const { imports, contextOf, enter } = this.#parts;
    const target = imports[frame.b];
    if (target === undefined) throw new Mismatch(`import ${frame.b} of ${imports.length}`);
    const args = this.#arguments(target, frame.body);
    const inContext = contextOf(frame.d) ?? anywhere;
    const work = (): Value | Promise<Value> => inContext(() => enter(() => target.given.call(args)));
    this.#perform(frame.a, target.key, work, codecOrNull(target.fn.result));
  }

  sleep(frame: frames.Frame): void {
    if (!(frame.c >= 0 && frame.c <= Number.MAX_SAFE_INTEGER)) throw new Mismatch(`a sleep of ${frame.c} ms`);
    this.#perform(frame.a, "sleep", async () => (await this.#parts.options.sleep(frame.c), null), NOTHING);
  }

  #arguments(target: Numbered, body: Uint8Array<ArrayBuffer>): readonly Value[] {
    const { reader, wrongValue } = this.#parts;
    try {
      reader.open(body);
      const args = parametersCodec(target.fn).decode(reader) as readonly Value[];
      reader.close();
      return args;
    } catch (error) {
      throw wrongValue(error, `it called ${target.key} with a wrong value: `);
    } finally {
      reader.release();
    }
  }

  /** Does what the guest asked for and sends the answer, whichever way it ends. */
  #perform(number: number, key: string, work: () => Value | Promise<Value>, codec: Codec): void {
    if (this.#open + this.#answered >= MOST_ASKED) throw new Mismatch("too many calls of imports at once"); // Q2
    this.#open += 1;
    const answer = (value: Value): void => {
      this.#close();
      if (this.#parts.isAlive()) this.#answer(number, key, value, codec);
    };
    const refuse = (error: unknown): void => {
      this.#close();
      if (this.#parts.isAlive()) this.#answerFailure(number, error);
    };
    const refusal = this.#parts.refusal();
    if (refusal !== undefined) return refuse(refusal);
    try {
      const value = work();
      if (value instanceof Promise) value.then(answer).catch(refuse);
      else answer(value);
    } catch (error) {
      refuse(error);
    }
  }

  #close(): void {
    this.#open -= 1;
    this.#answered += 1;
    if (this.#answered > 1) return;
    setImmediate(() => {
      this.#answered = 0;
    });
  }

  #answer(number: number, key: string, value: Value, codec: Codec): void {
    const { handles, source } = this.#parts;
    try {
      this.#writer.tuple(2);
      this.#writer.integer(0);
      codec.encode(this.#writer, value);
    } catch (error) {
      this.#writer.truncate(frames.HEADER);
      handles.rollback();
      const fault =
        error instanceof Mismatch
          ? new Fault(error.code, `${key} gave ${source} a wrong value: ${error.message}`)
          : error;
      return this.#answerFailure(number, fault);
    }
    handles.commit();
    this.#send(number);
  }

  #answerFailure(number: number, error: unknown): void {
    this.#failures.set(number, error);
    for (const oldest of this.#failures.keys()) {
      if (this.#failures.size > KEPT_FAILURES) this.#failures.delete(oldest);
    }
    const fault = error instanceof Fault ? error : new Fault("import-failed", String(error));
    this.#writer.tuple(4);
    this.#writer.integer(1);
    this.#writer.integer(number);
    this.#writer.text(fault.code.toWellFormed());
    this.#writer.text(fault.message.toWellFormed());
    this.#send(number);
  }

  #send(a: number): void {
    const length = this.#writer.end - frames.HEADER;
    const message = this.#writer.take();
    frames.writeHeader(message, { kind: frames.ANSWER, a, c: this.#parts.options.now(), length });
    this.#parts.send(message);
  }
}
