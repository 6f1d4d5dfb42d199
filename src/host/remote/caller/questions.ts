/**
 * What a realm asks of the outside while it does something: its imports, functions of the workflow it was lent, sleep.
 *
 *   Q1  A question belongs to something that the realm was told to do, and is answered as if it was asked from there.
 *   Q2  So many may be open at once, of so many bytes together; a number is open once.
 *   Q3  What failed is remembered for the call that it may end, a bounded number of times.
 */
import type { Value } from "../../../wit/value.ts";
import type { InstanceOptions } from "../../plugin.ts";
import { writeFault } from "../frames/fault-data.ts";
import * as frames from "../frames/kinds.ts";
import type { Tickets } from "./handles.ts";
import { Broken, type Reader } from "../frames/reader.ts";
import { bounded } from "../frames/bounded.ts";
import { CALLBACK_ANSWER, CALLBACK_ARGUMENTS } from "../frames/callback.ts";
import type { Import } from "./targets.ts";
import type { Writer } from "../frames/writer.ts";

export type InContext = <T>(work: () => T) => T;

export interface QuestionParts {
  readonly imports: readonly Import[];
  readonly options: InstanceOptions;
  readonly tickets: Tickets;
  /** Stands after the head of the frame that is being handled. */
  readonly reader: Reader;
  readonly writer: Writer;
  /** Where a call was made; undefined when it is not going on. */
  readonly contextOf: (call: number) => InContext | undefined;
  /** Whatever the work calls, knows that the instance waits for it. */
  readonly enter: InContext;
  /** Does nothing when the realm is gone. */
  readonly send: (frame: Uint8Array<ArrayBuffer>) => void;
}

interface Task {
  readonly work: () => Value | Promise<Value>;
  readonly write: Import["write"];
}

const MOST_FAILURES = 100;

export class Questions {
  readonly #parts: QuestionParts;
  /** The bytes of each that is open. */
  readonly #open = new Map<number, number>();
  readonly #failures = new Map<number, unknown>();
  #bytes = 0;

  constructor(parts: QuestionParts) {
    this.#parts = parts;
  }

  /** Nothing can be asked but to sleep. */
  get areNone(): boolean {
    return this.#parts.imports.length === 0;
  }

  /** @throws {Broken} @throws {Fault} `value-too-large` */
  asked(kind: number, number: number, bytes: number): void {
    const { reader, contextOf, enter } = this.#parts;
    const call = reader.u32();
    const inContext = contextOf(call);
    if (inContext === undefined) throw new Broken(`a question during nothing, ${call}`); // Q1
    if (this.#open.has(number)) throw new Broken(`question ${number} twice`);
    if (this.#open.size >= frames.MOST_QUESTIONS) throw new Broken("too many questions at once");
    if (this.#bytes + bytes > frames.MOST_BYTES) throw new Broken("too many bytes of questions at once"); // Q2
    const { work, write } = this.#taskOf(kind);
    reader.close();
    this.#bytes += bytes;
    this.#open.set(number, bytes);
    this.#perform(number, write, () => inContext(() => enter(work)));
  }

  /** What a question failed with. @throws {Broken} when it did not */
  failureOf(number: number): unknown {
    if (!this.#failures.has(number)) throw new Broken(`question ${number} did not fail`);
    return this.#failures.get(number);
  }

  /** No call is left that a failure could end. */
  forget(): void {
    this.#failures.clear();
  }

  #taskOf(kind: number): Task {
    const { reader, options, tickets, imports } = this.#parts;
    if (kind === frames.SLEEP) {
      const milliseconds = reader.f64();
      if (!(milliseconds >= 0)) throw new Broken(`a sleep of ${milliseconds} ms`);
      return { work: async () => (await options.sleep(milliseconds), null), write: () => {} };
    }
    if (kind === frames.CALLBACK) {
      const callback = tickets.callback(reader.whole());
      const args = CALLBACK_ARGUMENTS.read(reader) as readonly Uint8Array[];
      return { work: () => callback.call(args), write: CALLBACK_ANSWER.write };
    }
    const target = imports[reader.index(imports.length)];
    const given = target?.given;
    if (target === undefined || given === undefined) throw new Broken("a call of an import that was not given");
    const args = target.read(reader);
    return { work: () => given.call(args), write: target.write };
  }

  #perform(number: number, write: Import["write"], work: Task["work"]): void {
    let answer: Value | Promise<Value>;
    try {
      answer = work();
    } catch (thrown) {
      return this.#failed(number, thrown);
    }
    if (!(answer instanceof Promise)) return this.#answered(number, write, answer);
    answer.then(
      (value) => this.#answered(number, write, value),
      (thrown: unknown) => this.#failed(number, thrown),
    );
  }

  #answered(number: number, write: Import["write"], value: Value): void {
    let frame: Uint8Array<ArrayBuffer>;
    try {
      const writer = this.#answerTo(number, frames.OK);
      write(writer, value);
      frame = bounded(writer.finish());
    } catch (thrown) {
      return this.#failed(number, thrown);
    }
    this.#close(number, frame);
  }

  #failed(number: number, thrown: unknown): void {
    this.#failures.set(number, thrown);
    for (const oldest of this.#failures.keys()) if (this.#failures.size > MOST_FAILURES) this.#failures.delete(oldest);
    const writer = this.#answerTo(number, frames.FAILED);
    writeFault(writer, thrown, "import-failed");
    this.#close(number, writer.finish());
  }

  #answerTo(number: number, status: number): Writer {
    const writer = this.#parts.writer.start(frames.ANSWER, number);
    writer.f64(this.#parts.options.now());
    writer.u8(status);
    return writer;
  }

  #close(number: number, frame: Uint8Array<ArrayBuffer>): void {
    this.#bytes -= this.#open.get(number) ?? 0;
    this.#open.delete(number);
    this.#parts.tickets.lent(); // what an import lends is the guest's until it drops it
    this.#parts.send(frame);
  }
}
