/**
 * Bodies of `wasi:http/types`: whole in memory, in both directions, since `sennit:host/http` carries them whole.
 *
 *   B1  A body that is sent was finished by the guest; one that was let go of unfinished sends nothing.
 *   B2  No body is larger than the limits say; what is held of bodies counts for the instance.
 */
import { CaseValue, ERR, OK, Opaque, type Value } from "../../../../wit/value.ts";
import type { WasiContext } from "../context.ts";
import { IoError } from "../error.ts";
import type { Holdings } from "../holdings.ts";
import { alwaysReady } from "../poll.ts";
import { InputStream, OutputStream } from "../streams.ts";
import { object, type Typed } from "../table.ts";
import { ERROR_CODE, PROTOCOL_ERROR, requestBodySize, TRAILERS_TOO_LARGE } from "./error-code.ts";
import { Fields } from "./fields.ts";

const DONE: CaseValue = new CaseValue(OK, null);
const REFUSED: CaseValue = new CaseValue(ERR, null);

/** Bytes of a body that is sent. */
const LARGEST = 32 * 1024 * 1024;

export class OutgoingBody extends Opaque {
  override readonly opaque = "outgoing-body";
  /** Its bytes; null when the guest gave up. */
  readonly whole: Promise<Uint8Array | null>;
  /** What the headers said that it would have. */
  readonly #length: number | null;
  readonly #holdings: Holdings;
  readonly #settle: (bytes: Uint8Array | null) => void;
  #chunks: Uint8Array[] = [];
  #size = 0;
  #isOpen = true;
  #stream: BodyOutput | null = null;

  constructor(holdings: Holdings, length: number | null) {
    super();
    const { promise, resolve } = Promise.withResolvers<Uint8Array | null>();
    this.whole = promise;
    this.#settle = resolve;
    this.#holdings = holdings;
    this.#length = length;
  }

  /** Its stream, once. */
  takeStream(): OutputStream | null {
    if (this.#stream !== null) return null;
    this.#stream = new BodyOutput((bytes) => this.#add(bytes));
    return this.#stream;
  }

  /** Null, or why it cannot be sent. */
  finish(): CaseValue | null {
    const bytes = new Uint8Array(this.#size);
    let at = 0;
    for (const chunk of this.#chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    const isWhole = this.#length === null || this.#length === this.#size;
    this.#end(isWhole ? bytes : null);
    return isWhole ? null : requestBodySize(bytes.length);
  }

  /** The guest gave it up, or has finished it (B1). */
  letGo(): void {
    this.#end(null);
  }

  #end(bytes: Uint8Array | null): void {
    this.#isOpen = false;
    this.#chunks = [];
    this.#settle(bytes);
    if (this.#stream !== null) this.#stream.hasEnded = true;
  }

  /** @throws {IoError} B2 */
  #add(bytes: Uint8Array): void {
    if (!this.#isOpen) throw new IoError("the body was finished", { http: PROTOCOL_ERROR });
    const size = this.#size + bytes.length;
    if (size > Math.min(LARGEST, this.#length ?? LARGEST) || !this.#holdings.hasRoom(bytes.length))
      throw new IoError("the body is larger than allowed", { http: requestBodySize(size) });
    this.#size = size;
    this.#chunks.push(bytes.slice());
    this.#holdings.hold(this, size);
  }
}

class BodyOutput extends OutputStream {
  readonly #add: (bytes: Uint8Array) => void;
  constructor(add: (bytes: Uint8Array) => void) {
    super();
    this.#add = add;
  }
  override write(bytes: Uint8Array): void {
    this.#add(bytes);
  }
}

class BodyInput extends InputStream {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    super();
    this.#bytes = bytes;
  }

  override read(length: number): Uint8Array | null {
    if (this.#at >= this.#bytes.length) return null;
    const part = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += part.length;
    return part;
  }
}

export class IncomingBody extends Opaque {
  override readonly opaque = "incoming-body";
  #bytes: Uint8Array | null;

  constructor(bytes: Uint8Array) {
    super();
    this.#bytes = bytes;
  }

  /** Its bytes, once. */
  take(): Uint8Array | null {
    const bytes = this.#bytes;
    this.#bytes = null;
    return bytes;
  }
}

class Trailers extends Opaque {
  override readonly opaque = "future-trailers";
  isTaken = false;
}

function write({ holdings }: WasiContext, [self]: readonly Value[]): Value {
  const stream = object(self, OutgoingBody).takeStream();
  return stream === null ? REFUSED : new CaseValue(OK, holdings.hold(stream));
}

function finish({ holdings }: WasiContext, [self, trailers]: readonly Value[]): Value {
  const body = object(self, OutgoingBody);
  const hasTrailers = trailers !== null && object(trailers, Fields).entries.length > 0;
  const failure = hasTrailers ? TRAILERS_TOO_LARGE : body.finish();
  holdings.drop(body);
  holdings.drop(trailers);
  return failure === null ? DONE : new CaseValue(ERR, failure);
}

function stream({ holdings }: WasiContext, [self]: readonly Value[]): Value {
  const body = object(self, IncomingBody);
  const bytes = body.take();
  if (bytes === null) return REFUSED;
  holdings.hold(body);
  return new CaseValue(OK, holdings.hold(new BodyInput(bytes), bytes.length));
}

function finishIncoming({ holdings }: WasiContext, [self]: readonly Value[]): Value {
  holdings.drop(self);
  return holdings.hold(new Trailers());
}

/** `some(ok(ok(none)))`: a response that came whole has no trailers; then `some(err)`. */
function trailersOf(_: WasiContext, [self]: readonly Value[]): Value {
  const trailers = object(self, Trailers);
  if (trailers.isTaken) return REFUSED;
  trailers.isTaken = true;
  return new CaseValue(OK, DONE);
}

export const bodyFunctions: Readonly<Record<string, Typed>> = {
  "[method]outgoing-body.write": ["borrow<outgoing-body> => result<own<output-stream>, _>", write],
  "[static]outgoing-body.finish": [`own<outgoing-body>, option<own<fields>> => result<_, ${ERROR_CODE}>`, finish],
  "[method]incoming-body.stream": ["borrow<incoming-body> => result<own<input-stream>, _>", stream],
  "[static]incoming-body.finish": ["own<incoming-body> => own<future-trailers>", finishIncoming],
  "[method]future-trailers.subscribe": ["borrow<future-trailers> => own<pollable>", alwaysReady],
  "[method]future-trailers.get": [
    `borrow<future-trailers> => option<result<result<option<own<fields>>, ${ERROR_CODE}>, _>>`,
    trailersOf,
  ],
};
