/**
 * The messages between the host and a Python worker: one ArrayBuffer each, transferred.
 *
 *   F1  A frame is 32 bytes of header (kind, a, b, d: u32; c: f64; length: u32; unused; little endian) and a body of that
 *       length. The buffer may be longer: the same one travels there and back, since large buffers are dear to make.
 *   F2  The host reads a worker's frame only through `readFrame` and `readResults`, which refuse what is not one: the worker
 *       is an untrusted peer.
 *
 * | to the worker | a       | b        | c            | d             | body                                        |
 * | ------------- | ------- | -------- | ------------ | ------------- | ------------------------------------------- |
 * | calls         | call    | count    | clock, ms    | flags, stop   | the calls, one after the other              |
 * | answer        | import  |          | clock, ms    |               | marshal: (0, result) or (1, code, message)  |
 * | release       | handle  |          |              |               |                                             |
 * | limits        | flags   | calls    | fuel, or NaN |               |                                             |
 * | look          |         |          |              |               |                                             |
 *
 * | from it       | a       | b        | c            | d             | body                                        |
 * | ------------- | ------- | -------- | ------------ | ------------- | ------------------------------------------- |
 * | loading       |         |          |              |               |                                             |
 * | ready         |         |          |              |               | the start image, if one was asked for       |
 * | results       | call    | count    | spent        | more          | the results, one after the other            |
 * | failure       |         |          |              |               | marshal: the record of `failure.ts`         |
 * | import        | import  | function |              | call          | marshal: tuple of arguments                 |
 * | sleep         | import  |          | duration, ms |               |                                             |
 * | notes         | lines   | handles  |              |               | lines, then the handles let go of: u32      |
 * | look          |         |          |              |               |                                             |
 * | fatal         | why     |          |              |               | UTF-8 reason; nothing works afterwards      |
 *
 * The calls of `limits` are those that were made before, in an instance that goes on from a saved state.
 *
 * The calls of a message have numbers that follow each other. Each call is function, length, asides, form of its result: u32;
 * that length of marshal: tuple of arguments; and for each aside param, length: u32, and the bytes that param is. Each result is its
 * length, with the highest bit set when it is a failure: u32; and marshal: the result, or the record of `failure.ts`.
 *
 * A line of notes is its length, with the highest bit set when it was an error's: u32; and UTF-8 text. `loading` says that the
 * plugin's own modules begin, `look` that the worker is still there: it is answered with the same.
 */

export const HEADER = 32;

export const CALLS = 1;
export const ANSWER = 2;
export const RELEASE = 3;
export const READY = 4;
export const RESULTS = 5;
export const FAILURE = 6;
export const IMPORT = 7;
export const SLEEP = 8;
export const NOTES = 9;
export const FATAL = 10;
/** Why: fuel is spent, or there is no memory for what the host gives. Otherwise 0. */
export const OUT_OF_FUEL = 1;
export const OUT_OF_MEMORY = 2;
export const LOADING = 11;
export const LIMITS = 12;
export const LOOK = 13;

/** The function number of the call that seeds a fresh instance and creates its plugin's objects. */
export const BIND = 0xffff_ffff;
/** Those that give its state, and put it back, where the plugin can say it. They are no calls as far as its random numbers go. */
export const SAVE = 0xffff_fffe;
export const LOAD = 0xffff_fffd;

/** The form of a call's result: a list of floats may come in the worker's own form instead of marshal's. */
export const FLOATS_RESULT = 1;

/** Flags of `calls`: the first that answers `err` is the last; nobody reads an answer before all have come. */
export const UNTIL_ERR = 1;
export const TOGETHER = 2;
/** Above the flags: one more than the place in the table of stops that tells these calls to stop, or 0. */
export const STOP_SHIFT = 8;
/** How many messages may be told to stop at once. */
export const STOPS = 16;

/** Flag of `limits`: calls have a deadline, so Python is to look for interrupts, and runs during calls only. */
export const INTERRUPTIBLE = 1;

/**
 * The words that host and worker share. From 0: the places that tell messages to stop. Then: a signal for Python; whether the
 * call that runs is the last; how many notes the host has dealt with; and when the latest call of each message began, in
 * milliseconds of which only the lower 31 bits are kept: of ordinary messages, then by place.
 */
export const INTERRUPT: number = STOPS;
export const OVER: number = STOPS + 1;
export const ACKNOWLEDGED: number = STOPS + 2;
export const BEGAN: number = STOPS + 3;
export const WORDS: number = BEGAN + 1 + STOPS;
export const TIME_MASK = 0x7fff_ffff;

/** As many imports and sleeps may wait for their answer; the rest wait to be asked. */
export const MOST_ASKED = 1000;

/** As many notes may be on their way. One has no more than so many lines, so many handles
 * and, but for its last line, so many bytes of lines. */
export const NOTES_CREDIT = 32;
export const NOTE_LINES = 256;
export const NOTE_HANDLES = 256;
export const NOTE_BYTES: number = 1 << 15;
export const LONGEST_LINE: number = 1 << 14;
/** Bytes of lines that one call may print, each with its head. */
export const LINES_OF_CALL: number = 1 << 20;

/** `d` of `results`: there are more to come. */
export const MORE = 1;
/** In the length of a result: it is a failure; in that of a line: it was an error's. */
export const FAILED = 0x8000_0000;

export interface Frame {
  readonly kind: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly body: Uint8Array<ArrayBuffer>;
}

export interface Head {
  readonly kind: number;
  readonly a?: number;
  readonly b?: number;
  readonly c?: number;
  readonly d?: number;
  readonly length: number;
}

/** Fills in the header of a frame whose body already stands behind it. */
export function writeHeader(buffer: ArrayBuffer, { kind, a = 0, b = 0, c = 0, d = 0, length }: Head): void {
  const view = new DataView(buffer, 0, HEADER);
  view.setUint32(0, kind, true);
  view.setUint32(4, a, true);
  view.setUint32(8, b, true);
  view.setUint32(12, d, true);
  view.setFloat64(16, c, true);
  view.setUint32(24, length, true);
}

/** A frame around a copy of `body`. */
export function frame(head: Omit<Head, "length">, body?: Uint8Array): ArrayBuffer {
  const length = body?.length ?? 0;
  const buffer = new ArrayBuffer(HEADER + length);
  writeHeader(buffer, { ...head, length });
  if (body !== undefined) new Uint8Array(buffer, HEADER).set(body);
  return buffer;
}

/** The frame in a message, or null when the message is none (F2). */
export function readFrame(message: unknown): Frame | null {
  if (!(message instanceof ArrayBuffer) || message.byteLength < HEADER) return null;
  const view = new DataView(message, 0, HEADER);
  const length = view.getUint32(24, true);
  if (length > message.byteLength - HEADER) return null;
  return {
    kind: view.getUint32(0, true),
    a: view.getUint32(4, true),
    b: view.getUint32(8, true),
    c: view.getFloat64(16, true),
    d: view.getUint32(12, true),
    body: new Uint8Array(message, HEADER, length),
  };
}

/** One result of a message: whether it failed, and where it stands in the body. */
export type EachResult = (i: number, failed: boolean, start: number, end: number) => void;

/** Goes through the results of a message. False when they are not what its header says (F2). */
export function readResults({ body, b: count }: Frame, each: EachResult): boolean {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  let at = 0;
  for (let i = 0; i < count; i += 1) {
    if (at + 4 > body.length) return false;
    const head = view.getUint32(at, true);
    const start = at + 4;
    at = start + (head & ~FAILED);
    if (at > body.length) return false;
    each(i, head >= FAILED, start, at);
  }
  return at === body.length;
}
