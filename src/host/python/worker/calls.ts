/**
 * The calls of one message, as the worker reads them, and the results of one, as it writes them (`frame.ts`).
 */
import type { Arguments, Interpreter } from "./interpreter.ts";
import { FAILED, FLOATS_RESULT, type Frame, HEADER, MORE, RESULTS, writeHeader } from "./frame.ts";

/** One call of a message; the host wrote it, so nothing is checked. */
export interface Call extends Arguments {
  /** Its function's. */
  readonly number: number;
  /** Whether its result is a list of floats. */
  readonly floats: boolean;
}

const NO_ASIDES: Arguments["asides"] = [];

/** The calls of a message, each read when it is its turn. */
export class Calls {
  readonly count: number;
  readonly first: number;
  readonly #body: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  #at = 0;

  constructor({ a, b, body }: Frame) {
    this.first = a;
    this.count = b;
    this.#body = body;
    this.#view = new DataView(body.buffer, body.byteOffset, body.length);
  }

  /** The buffer of the message, which may serve again when all calls are read. */
  get buffer(): ArrayBuffer {
    return this.#body.buffer;
  }

  next(): Call {
    const number = this.#word();
    const length = this.#word();
    const count = this.#word();
    const floats = this.#word() === FLOATS_RESULT;
    const marshal = this.#bytes(length);
    if (count === 0) return { number, marshal, floats, asides: NO_ASIDES };
    const asides = Array.from({ length: count }, () => {
      const param = this.#word();
      return { param, bytes: this.#bytes(this.#word()) };
    });
    return { number, marshal, floats, asides };
  }

  #word(): number {
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4, true);
  }

  #bytes(length: number): Uint8Array {
    this.#at += length;
    return this.#body.subarray(this.#at - length, this.#at);
  }
}

/** Results wait for each other no longer than this, and no more than these bytes of them. */
const LONGEST_WAIT = 1; // ms
const MOST_BYTES = 1 << 20;
const FIRST_SIZE = 1 << 12;

export interface Sending {
  readonly send: (message: ArrayBuffer) => void;
  /** Real time, in milliseconds. */
  readonly elapsed: () => number;
  /** What the latest call has cost, where that is counted. */
  readonly fuel?: { readonly spent: number } | undefined;
}

/** Collects the results of one message. */
export class Results {
  readonly #sending: Sending;
  /** Whether somebody waits for each of them. */
  readonly #apart: boolean;
  #first: number;
  #count = 0;
  #end = HEADER;
  #buffer: ArrayBuffer | undefined;
  #since: number;
  #spent = 0;

  constructor(first: number, sending: Sending, apart: boolean) {
    this.#first = first;
    this.#sending = sending;
    this.#apart = apart;
    this.#since = apart ? sending.elapsed() : 0;
  }

  /** Adds the latest result of the interpreter. */
  add(python: Interpreter): void {
    const { size } = python;
    const at = this.#room(4 + size);
    const bytes = new Uint8Array(this.#buffer ?? new ArrayBuffer(0));
    const head = python.failed ? size | FAILED : size;
    for (let i = 0; i < 4; i += 1) bytes[at + i] = head >>> (8 * i);
    python.copy(bytes, at + 4);
    python.release();
    this.#count += 1;
    this.#spent = this.#sending.fuel?.spent ?? 0;
  }

  /** Sends what there is when it should not wait for the next. */
  flushIfDue(): void {
    if (this.#end > MOST_BYTES || (this.#apart && this.#sending.elapsed() - this.#since >= LONGEST_WAIT)) this.flush();
  }

  /** Writes into this buffer, if there is nothing yet and it is large enough. */
  use(buffer: ArrayBuffer): void {
    this.#buffer ??= buffer;
  }

  /** Sends what there is, if somebody waits for it. */
  hurry(): void {
    if (this.#apart && this.#count > 0) this.flush();
  }

  /** @param last Whether these are all; then even none are sent. */
  flush(last: boolean = false): void {
    if (this.#count === 0 && !last) return; // a message that says nothing
    const message = this.#buffer ?? new ArrayBuffer(HEADER);
    const length = this.#end - HEADER;
    writeHeader(message, { kind: RESULTS, a: this.#first, b: this.#count, c: this.#spent, d: last ? 0 : MORE, length });
    this.#sending.send(message);
    this.#first += this.#count;
    this.#count = 0;
    this.#end = HEADER;
    this.#buffer = undefined;
    if (this.#apart) this.#since = this.#sending.elapsed();
  }

  #room(size: number): number {
    const at = this.#end;
    this.#end = at + size;
    const old = this.#buffer;
    if (old !== undefined && this.#end <= old.byteLength) return at;
    const grown = this.#count === 0 ? this.#end : Math.max(this.#end, 2 * at, FIRST_SIZE);
    this.#buffer = new ArrayBuffer(grown);
    if (old !== undefined && at > HEADER) new Uint8Array(this.#buffer).set(new Uint8Array(old, 0, at));
    return at;
  }
}
