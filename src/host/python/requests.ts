/**
 * Calls on their way to the worker: what one is, how it is written, and several of one function after each other.
 */
import { Fault } from "../../fault.ts";
import type { FunctionKey, WitFunction } from "../../wit/types.ts";
import { CaseValue, ERR, type Value } from "../../wit/value.ts";
import type { Answer, ManyOptions } from "../plugin.ts";
import { codecOrNull, parametersCodec } from "./codec.ts";
import type { Moved } from "./handles.ts";
import { isFloatList } from "./number-lists.ts";
import type { Reader } from "./reader.ts";
import { FLOATS_RESULT } from "./worker/frame.ts";
import type { Writer } from "./writer.ts";

/** An export or import with its number in the guest's table. */
export interface Numbered {
  readonly key: FunctionKey;
  readonly fn: WitFunction;
  readonly number: number;
}

export type InContext = <T>(work: () => T) => T;

/** What all calls that one caller makes at once have in common. */
export interface Request {
  /** For messages: the function, and a colon. */
  readonly doing: string;
  readonly decode: (reader: Reader) => Value;
  readonly number: number;
  /** Runs what the call asks for as if its caller did. */
  readonly inContext: InContext;
  readonly resolve: (value: Value) => void;
  readonly reject: (error: unknown) => void;
}

/** A call whose arguments are written. */
export interface Call {
  readonly request: Request;
  readonly moved: Moved;
}

/** The calls of one message, or, where calls may overlap, one of them. */
export interface Parcel {
  readonly calls: readonly Call[];
  readonly many: Many | undefined;
  /** The number of its first call; the others follow. */
  readonly first: number;
  /** How many have been answered. */
  answered: number;
}

/** Writes a call as `frame.ts` says. Throws a Mismatch; what it wrote until then stays. */
export function writeCall(
  writer: Writer,
  { fn, number }: Pick<Numbered, "fn" | "number">,
  args: readonly Value[],
): void {
  const head = writer.room(16);
  const from = writer.end;
  parametersCodec(fn).encode(writer, args);
  const length = writer.end - from;
  const asides = writer.takeAsides();
  writer.setUint32(head, number);
  writer.setUint32(head + 4, length);
  writer.setUint32(head + 8, asides.length);
  writer.setUint32(head + 12, isFloatList(fn.result) ? FLOATS_RESULT : 0);
  for (const { param, bytes } of asides) {
    const at = writer.room(8);
    writer.setUint32(at, param);
    writer.setUint32(at + 4, bytes.length);
    writer.raw(bytes);
  }
}

/** Several calls of one function, one after the other: `Instance.callMany`. */
export class Many {
  readonly target: Numbered;
  readonly untilErr: boolean;
  readonly request: Request;
  readonly promise: Promise<readonly Answer[]>;
  readonly #calls: readonly (readonly Value[])[];
  readonly #stop: AbortSignal;
  readonly #answers: Answer[] = [];
  readonly #finish: (answers: readonly Answer[]) => void;
  /** How many calls were written. */
  #written = 0;
  /** Why the next one cannot be written. */
  #unwritable: Fault | undefined;
  #ended = false;
  #done = false;
  /** What `stop` does at present. */
  onStop: () => void = () => undefined;

  constructor(
    target: Numbered,
    calls: readonly (readonly Value[])[],
    { untilErr, stop }: ManyOptions,
    inContext: InContext,
  ) {
    this.target = target;
    this.untilErr = untilErr && target.fn.result?.kind === "result";
    this.#calls = calls;
    this.#stop = stop;
    const { promise, resolve } = Promise.withResolvers<readonly Answer[]>();
    this.promise = promise;
    this.#finish = resolve;
    this.request = {
      doing: `${target.key}: `,
      decode: codecOrNull(target.fn.result).decode,
      number: target.number,
      inContext,
      resolve: (value) => this.#answered(value),
      reject: (error) => this.end(error),
    };
    stop.addEventListener("abort", this.#stopped);
  }

  /** Whether an answer has come after which none may come. */
  get hasEnded(): boolean {
    return this.#ended;
  }

  /** Whether no further call may begin. */
  get isOver(): boolean {
    return this.#ended || this.#stop.aborted;
  }

  /** Writes calls until the message is long enough; `write` throws a Fault for arguments that are wrong. */
  fill(isFull: () => boolean, write: (args: readonly Value[]) => Call): readonly Call[] {
    const calls: Call[] = [];
    while (this.#written < this.#calls.length && !isFull()) {
      try {
        calls.push(write(this.#calls[this.#written] ?? []));
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        this.#unwritable = error;
        break;
      }
      this.#written += 1;
    }
    return calls;
  }

  /** After the calls of a message: true when there are more to be sent; else this has its end. */
  goesOn(): boolean {
    if (!this.isOver && this.#unwritable === undefined && this.#written < this.#calls.length) return true;
    this.end(this.isOver ? undefined : this.#unwritable);
    return false;
  }

  /** Answers, with a failure at the end if there is one. Later ends are nothing. */
  end(thrown?: unknown): void {
    if (this.#done) return;
    this.#done = true;
    this.#stop.removeEventListener("abort", this.#stopped);
    this.#ended = true;
    if (thrown !== undefined) this.#answers.push({ thrown });
    if (this.#answers.length === 0 && this.#calls.length > 0) this.#answers.push({ thrown: givenUp() });
    this.#finish(this.#answers);
  }

  #answered(value: Value): void {
    this.#answers.push({ value });
    if (this.untilErr && value instanceof CaseValue && value.index === ERR) this.#ended = true;
  }

  readonly #stopped = (): void => this.onStop();
}

function givenUp(): Fault {
  return new Fault("cancelled", "The call was given up before it began");
}
