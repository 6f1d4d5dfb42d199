/**
 * What the instance asks of its caller: imports, functions of the workflow that it was lent, sleep.
 *
 * Each is answered once, under its number; so many wait for an answer at once, and the others wait to be asked.
 */
import { Fault } from "../../../fault.ts";
import type { Value } from "../../../wit/value.ts";
import { readFault } from "../frames/fault-data.ts";
import { MOST_QUESTIONS, OK } from "../frames/kinds.ts";
import type { Reader } from "../frames/reader.ts";
import type { Writer } from "../frames/writer.ts";
import type { Notes } from "./notes.ts";

export interface QuestionParts {
  readonly writer: Writer;
  /** What was said before a question is sent before it. */
  readonly notes: Notes;
  readonly send: (frame: Uint8Array<ArrayBuffer>) => void;
  /** Nobody is there who could answer. */
  readonly isClosed: () => boolean;
}

export interface Question {
  readonly read: (from: Reader) => Value;
  readonly resolve: (value: Value) => void;
  readonly reject: (thrown: unknown) => void;
}

export class Questions {
  readonly #parts: QuestionParts;
  readonly #open = new Map<number, Question>();
  /** Those that are asked when others have been answered. */
  readonly #later: (() => void)[] = [];
  /** Which failure of a question an error is. */
  readonly #failures = new WeakMap<object, number>();
  #last = 0;

  constructor(parts: QuestionParts) {
    this.#parts = parts;
  }

  /** It waits while too many others do. @param call the one in which it is asked */
  ask(kind: number, call: number, body: () => void, read: Question["read"]): Promise<Value> {
    const { promise, resolve, reject } = Promise.withResolvers<Value>();
    const send = (): void => {
      try {
        this.#send(kind, call, body, { read, resolve, reject });
      } catch (thrown) {
        reject(thrown);
      }
    };
    if (this.#open.size < MOST_QUESTIONS) send();
    else this.#later.push(send);
    return promise;
  }

  /** One that was asked, and is not answered. */
  at(number: number): Question | undefined {
    return this.#open.get(number);
  }

  /** @throws {Broken} */
  answered(number: number, question: Question, reader: Reader): void {
    const answer = reader.u8() === OK ? question.read(reader) : readFault(reader, null);
    reader.close();
    this.#open.delete(number);
    if (answer instanceof Fault) {
      this.#failures.set(answer, number);
      question.reject(answer);
    } else question.resolve(answer);
    if (this.#open.size < MOST_QUESTIONS) this.#later.shift()?.();
  }

  /** The question that failed with this very error. */
  failedWith(thrown: unknown): number | undefined {
    return typeof thrown === "object" && thrown !== null ? this.#failures.get(thrown) : undefined;
  }

  close(): void {
    const lost = ended();
    for (const { reject } of this.#open.values()) reject(lost);
    this.#open.clear();
    this.#later.splice(0);
  }

  #send(kind: number, call: number, body: () => void, question: Question): void {
    const { writer, notes, send, isClosed } = this.#parts;
    if (isClosed()) throw ended();
    notes.flush();
    this.#last = (this.#last + 1) >>> 0;
    writer.start(kind, this.#last);
    writer.u32(call);
    body();
    send(writer.finish());
    this.#open.set(this.#last, question);
  }
}

const ended = (): Fault => new Fault("plugin-lost", "The run has ended");
