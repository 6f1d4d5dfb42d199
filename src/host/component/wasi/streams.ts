/**
 * `wasi:io/streams`, and the standard streams of `wasi:cli`: output becomes log lines, input has ended before it began.
 * What files and bodies of http are read and written through is in files/ and http/.
 *
 *   T1  A stream that failed says why once, and has ended from then on.
 *   T2  No stream is ever busy: to read and to write takes as long as it takes, and the guest is suspended for it. So
 *       every stream is ready at any time, and to block is the same as not to.
 */
import { CaseValue, ERR, OK, Opaque, type Value } from "../../../wit/value.ts";
import type { LineWriter, WasiContext } from "./context.ts";
import { IoError } from "./error.ts";
import { alwaysReady } from "./poll.ts";
import { object, type WasiFunction, type WasiTable } from "./table.ts";

/** How many bytes `check-write` offers at once, and the most that is read at once. */
export const ROOM = 1_048_576;

const DONE: CaseValue = new CaseValue(OK, null);
/** Cases of `stream-error`. */
const FAILED = 0;
const CLOSED: CaseValue = new CaseValue(ERR, new CaseValue(1, null));

export abstract class InputStream extends Opaque {
  override readonly opaque = "input-stream";
  /** Set by the reader of the stream (T1). */
  hasEnded = false;
  /** The next bytes, at most so many; null at the end. @throws {IoError} */
  abstract read(length: number): Uint8Array | null | Promise<Uint8Array | null>;
}

export abstract class OutputStream extends Opaque {
  override readonly opaque = "output-stream";
  hasEnded = false;
  /** @throws {IoError} */
  abstract write(bytes: Uint8Array): void | Promise<void>;
}

class EmptyInput extends InputStream {
  override read(): null {
    return null;
  }
}

class LineOutput extends OutputStream {
  readonly #writer: LineWriter;
  constructor(writer: LineWriter) {
    super();
    this.#writer = writer;
  }
  writes(writer: LineWriter): boolean {
    return this.#writer === writer;
  }
  override write(bytes: Uint8Array): void {
    this.#writer.write(bytes);
  }
}

/** The number of a standard stream, as C has it; null for whatever else. */
export function numberOfStandard(value: Value, { stdout }: WasiContext): number | null {
  if (value instanceof LineOutput) return value.writes(stdout) ? 1 : 2;
  return value instanceof EmptyInput ? 0 : null; // an end that was seen already is seen again
}

/** The stream of a number. */
export function standardStream(number: number, { stdout, stderr, holdings }: WasiContext): Opaque | undefined {
  switch (number) {
    case 0:
      return holdings.hold(new EmptyInput());
    case 1:
      return holdings.hold(new LineOutput(stdout));
    case 2:
      return holdings.hold(new LineOutput(stderr));
    default:
      return undefined;
  }
}

type Stream = InputStream | OutputStream;

/** Does something with a stream; null when it has ended. */
function using<T>(
  context: WasiContext,
  stream: Stream,
  work: () => T | null | Promise<T | null>,
  answer: (done: T) => Value,
): Value | Promise<Value> {
  const answered = (done: T | null): Value => {
    if (done !== null) return new CaseValue(OK, answer(done));
    stream.hasEnded = true;
    return CLOSED;
  };
  const failed = (thrown: unknown): Value => {
    if (!(thrown instanceof IoError)) throw thrown;
    stream.hasEnded = true;
    return new CaseValue(ERR, new CaseValue(FAILED, context.holdings.hold(thrown)));
  };
  if (stream.hasEnded) return CLOSED;
  try {
    const done = work();
    return done instanceof Promise ? done.then(answered).catch(failed) : answered(done);
  } catch (thrown) {
    return failed(thrown);
  }
}

function upTo(length: Value | undefined): number {
  return Math.min(Number(length), ROOM);
}

const read: WasiFunction = (context, [self, length]) => {
  const stream = object(self, InputStream);
  return using(
    context,
    stream,
    () => stream.read(upTo(length)),
    (bytes) => bytes,
  );
};

const skip: WasiFunction = (context, [self, length]) => {
  const stream = object(self, InputStream);
  return using(
    context,
    stream,
    () => stream.read(upTo(length)),
    (bytes) => bytes.length,
  );
};

function write(context: WasiContext, [self, bytes]: readonly Value[]): Value | Promise<Value> {
  const stream = object(self, OutputStream);
  const written = (): true | Promise<true> => {
    const told = stream.write(bytes as Uint8Array);
    return told instanceof Promise ? told.then((): true => true) : true;
  };
  return using(context, stream, written, () => null);
}

/** As many zeros as `check-write` offers. A guest that asks for more has not asked it. */
function writeZeroes(context: WasiContext, [self, length]: readonly Value[]): Value | Promise<Value> {
  return write(context, [self as Value, new Uint8Array(upTo(length))]);
}

/** Only a guest with powers has a stream that can be read from, and is suspended for this. */
const splice: WasiFunction = (context, [self, from, length]) => {
  const [to, source] = [object(self, OutputStream), object(from, InputStream)];
  if (to.hasEnded || source.hasEnded || !context.powers.asks) return CLOSED;
  return moved(context, to, source, upTo(length));
};

async function moved(context: WasiContext, to: OutputStream, from: InputStream, length: number): Promise<Value> {
  const got = (await using(
    context,
    from,
    () => from.read(length),
    (bytes) => bytes,
  )) as CaseValue;
  if (got.index === ERR) return got;
  const bytes = got.payload as Uint8Array;
  const written = async (): Promise<number> => {
    await to.write(bytes);
    return bytes.length;
  };
  return using(context, to, written, (count) => count);
}

const open = (self: Value | undefined): Value => (object(self, OutputStream).hasEnded ? CLOSED : DONE);
const checkWrite: WasiFunction = (_, [self]) =>
  object(self, OutputStream).hasEnded ? CLOSED : new CaseValue(OK, ROOM);
const flush: WasiFunction = (_, [self]) => open(self);

const IN = "borrow<input-stream>";
const OUT = "borrow<output-stream>";
const ERROR = "variant<own<error>, _>";

export const streamTable: WasiTable = {
  "wasi:io/streams": {
    resources: ["input-stream", "output-stream"],
    functions: {
      "[method]input-stream.read": [`${IN}, u64 => result<list<u8>, ${ERROR}>`, read],
      "[method]input-stream.blocking-read": [`${IN}, u64 => result<list<u8>, ${ERROR}>`, read],
      "[method]input-stream.skip": [`${IN}, u64 => result<u64, ${ERROR}>`, skip],
      "[method]input-stream.blocking-skip": [`${IN}, u64 => result<u64, ${ERROR}>`, skip],
      "[method]input-stream.subscribe": [`${IN} => own<pollable>`, alwaysReady],
      "[method]output-stream.check-write": [`${OUT} => result<u64, ${ERROR}>`, checkWrite],
      "[method]output-stream.write": [`${OUT}, list<u8> => result<_, ${ERROR}>`, write],
      "[method]output-stream.blocking-write-and-flush": [`${OUT}, list<u8> => result<_, ${ERROR}>`, write],
      "[method]output-stream.flush": [`${OUT} => result<_, ${ERROR}>`, flush],
      "[method]output-stream.blocking-flush": [`${OUT} => result<_, ${ERROR}>`, flush],
      "[method]output-stream.subscribe": [`${OUT} => own<pollable>`, alwaysReady],
      "[method]output-stream.write-zeroes": [`${OUT}, u64 => result<_, ${ERROR}>`, writeZeroes],
      "[method]output-stream.blocking-write-zeroes-and-flush": [`${OUT}, u64 => result<_, ${ERROR}>`, writeZeroes],
      "[method]output-stream.splice": [`${OUT}, ${IN}, u64 => result<u64, ${ERROR}>`, splice],
      "[method]output-stream.blocking-splice": [`${OUT}, ${IN}, u64 => result<u64, ${ERROR}>`, splice],
    },
    asks: [
      "[method]input-stream.read",
      "[method]input-stream.blocking-read",
      "[method]input-stream.skip",
      "[method]input-stream.blocking-skip",
      "[method]output-stream.write",
      "[method]output-stream.blocking-write-and-flush",
      "[method]output-stream.write-zeroes",
      "[method]output-stream.blocking-write-zeroes-and-flush",
      "[method]output-stream.splice",
      "[method]output-stream.blocking-splice",
    ],
  },
  "wasi:cli/stdin": {
    functions: { "get-stdin": ["=> own<input-stream>", (context) => context.holdings.hold(new EmptyInput())] },
  },
  "wasi:cli/stdout": {
    functions: {
      "get-stdout": ["=> own<output-stream>", (context) => context.holdings.hold(new LineOutput(context.stdout))],
    },
  },
  "wasi:cli/stderr": {
    functions: {
      "get-stderr": ["=> own<output-stream>", (context) => context.holdings.hold(new LineOutput(context.stderr))],
    },
  },
};
