/**
 * `wasi:io/streams` and `wasi:io/error`, and the standard streams of `wasi:cli`: output becomes log lines, input has ended
 * before it began.
 */
import { CaseValue, ERR, OK, Opaque, type Value } from "../../../wit/value.ts";
import type { LineWriter, WasiContext } from "./context.ts";
import { alwaysReady } from "./poll.ts";
import { object, type WasiTable } from "./table.ts";

/** How many bytes `check-write` offers at once. */
const WRITE_ROOM = 1_048_576;

const DONE: CaseValue = new CaseValue(OK, null);
/** `closed` is the second case of `stream-error`; the first, an operation that failed, never comes about. */
const CLOSED: CaseValue = new CaseValue(ERR, new CaseValue(1, null));

/** Nothing can be read. */
class InputStream extends Opaque {
  override readonly opaque = "input-stream";
}

class OutputStream extends Opaque {
  override readonly opaque = "output-stream";
  readonly writer: LineWriter;
  constructor(writer: LineWriter) {
    super();
    this.writer = writer;
  }
}

function write(_: WasiContext, [self, bytes]: readonly Value[]): Value {
  object(self, OutputStream).writer.write(bytes as Uint8Array);
  return DONE;
}

/** As many zeros as `check-write` offers. A guest that asks for more has not asked it. */
function writeZeroes(context: WasiContext, [self, length]: readonly Value[]): Value {
  return write(context, [self as Value, new Uint8Array(Math.min(Number(length), WRITE_ROOM))]);
}

const closed = (): Value => CLOSED;
const done = (): Value => DONE;

const IN = "borrow<input-stream>";
const OUT = "borrow<output-stream>";
const ERROR = "variant<own<error>, _>";

export const streamTable: WasiTable = {
  "wasi:io/error": { resources: ["error"], functions: {} },
  "wasi:io/streams": {
    resources: ["input-stream", "output-stream"],
    functions: {
      "[method]input-stream.read": [`${IN}, u64 => result<list<u8>, ${ERROR}>`, closed],
      "[method]input-stream.blocking-read": [`${IN}, u64 => result<list<u8>, ${ERROR}>`, closed],
      "[method]input-stream.skip": [`${IN}, u64 => result<u64, ${ERROR}>`, closed],
      "[method]input-stream.blocking-skip": [`${IN}, u64 => result<u64, ${ERROR}>`, closed],
      "[method]input-stream.subscribe": [`${IN} => own<pollable>`, alwaysReady],
      "[method]output-stream.check-write": [`${OUT} => result<u64, ${ERROR}>`, () => new CaseValue(OK, WRITE_ROOM)],
      "[method]output-stream.write": [`${OUT}, list<u8> => result<_, ${ERROR}>`, write],
      "[method]output-stream.blocking-write-and-flush": [`${OUT}, list<u8> => result<_, ${ERROR}>`, write],
      "[method]output-stream.flush": [`${OUT} => result<_, ${ERROR}>`, done],
      "[method]output-stream.blocking-flush": [`${OUT} => result<_, ${ERROR}>`, done],
      "[method]output-stream.subscribe": [`${OUT} => own<pollable>`, alwaysReady],
      "[method]output-stream.write-zeroes": [`${OUT}, u64 => result<_, ${ERROR}>`, writeZeroes],
      "[method]output-stream.blocking-write-zeroes-and-flush": [`${OUT}, u64 => result<_, ${ERROR}>`, writeZeroes],
      "[method]output-stream.splice": [`${OUT}, ${IN}, u64 => result<u64, ${ERROR}>`, closed],
      "[method]output-stream.blocking-splice": [`${OUT}, ${IN}, u64 => result<u64, ${ERROR}>`, closed],
    },
  },
  "wasi:cli/stdin": { functions: { "get-stdin": ["=> own<input-stream>", () => new InputStream()] } },
  "wasi:cli/stdout": {
    functions: { "get-stdout": ["=> own<output-stream>", (context) => new OutputStream(context.stdout)] },
  },
  "wasi:cli/stderr": {
    functions: { "get-stderr": ["=> own<output-stream>", (context) => new OutputStream(context.stderr)] },
  },
};
