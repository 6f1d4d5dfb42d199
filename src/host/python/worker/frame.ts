/**
 * The messages between the host and a Python worker: one ArrayBuffer each, transferred.
 *
 *   F1  A frame is 24 bytes of header (kind, a, b, unused: u32; c: f64; little endian) and a body that runs to its end.
 *   F2  The host reads a worker's frame only through `readFrame`, which refuses what is not one: the worker is an untrusted peer.
 *
 * | to the worker | a       | b        | c            | body                                        |
 * | ------------- | ------- | -------- | ------------ | ------------------------------------------- |
 * | call          | call    | function | clock, ms    | marshal: tuple of arguments                 |
 * | answer        | import  |          | clock, ms    | marshal: (0, result) or (1, code, message)  |
 * | release       | handle  |          |              |                                             |
 *
 * | from it       | a       | b        | c            | body                                        |
 * | ------------- | ------- | -------- | ------------ | ------------------------------------------- |
 * | ready         |         |          |              | the start image, if one was asked for       |
 * | result        | call    |          |              | marshal: result                             |
 * | failure       | call    |          |              | marshal: the record of `failure.ts`         |
 * | import        | import  | function |              | marshal: tuple of arguments                 |
 * | sleep         | import  |          | duration, ms |                                             |
 * | log           | level   |          |              | UTF-8 text of one line                      |
 * | release       | handle  |          |              |                                             |
 * | fatal         |         |          |              | UTF-8 reason; nothing works afterwards      |
 */

export const HEADER = 24;

export const CALL = 1;
export const ANSWER = 2;
export const RELEASE = 3;
export const READY = 4;
export const RESULT = 5;
export const FAILURE = 6;
export const IMPORT = 7;
export const SLEEP = 8;
export const LOG = 9;
export const FATAL = 10;

/** The function number of the call that seeds a fresh instance and creates its plugin's objects. */
export const BIND = 0xffff_ffff;

export interface Frame {
  readonly kind: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly body: Uint8Array;
}

/** Fills in the header of a frame whose body already stands behind it. */
export function writeHeader(buffer: ArrayBuffer, kind: number, a: number, b: number, c: number): void {
  const view = new DataView(buffer);
  view.setUint32(0, kind, true);
  view.setUint32(4, a, true);
  view.setUint32(8, b, true);
  view.setFloat64(16, c, true);
}

/** A frame around a copy of `body`. */
export function frame(kind: number, a: number, b: number, c: number, body?: Uint8Array): ArrayBuffer {
  const buffer = new ArrayBuffer(HEADER + (body?.length ?? 0));
  writeHeader(buffer, kind, a, b, c);
  if (body !== undefined) new Uint8Array(buffer, HEADER).set(body);
  return buffer;
}

/** The frame in a message, or null when the message is none (F2). */
export function readFrame(message: unknown): Frame | null {
  if (!(message instanceof ArrayBuffer) || message.byteLength < HEADER) return null;
  const view = new DataView(message);
  return {
    kind: view.getUint32(0, true),
    a: view.getUint32(4, true),
    b: view.getUint32(8, true),
    c: view.getFloat64(16, true),
    body: new Uint8Array(message, HEADER),
  };
}
