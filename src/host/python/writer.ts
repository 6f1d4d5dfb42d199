/**
 * Writes marshal items (M3 of marshal.ts) into a buffer that grows, and gives that buffer away without copying it.
 */
import {
  BYTES,
  FALSE,
  FLOAT,
  type HandleTable,
  INT,
  LIST,
  LONG,
  Mismatch,
  NONE,
  SHORT_ASCII,
  TRUE,
  TUPLE,
  UNICODE,
} from "./marshal.ts";

/** A parameter that travels beside the marshal value, because it is large: its place there is taken by None. */
export interface Aside {
  readonly param: number;
  readonly bytes: Uint8Array;
}

/** A buffer of this size or more is not kept for the next message. */
const MOST_KEPT = 4 << 20;
const FIRST_SIZE = 1024;

const encoder = new TextEncoder();

export class Writer {
  readonly handles: HandleTable;
  readonly #reserved: number;
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(FIRST_SIZE);
  #view: DataView<ArrayBuffer> = new DataView(this.#bytes.buffer);
  #end: number;
  #asides: Aside[] = [];
  #spare: ArrayBuffer | undefined;

  /** @param reserved Bytes left free at the front, for a header. */
  constructor(handles: HandleTable, reserved: number) {
    this.handles = handles;
    this.#reserved = reserved;
    this.#end = reserved;
  }

  /** Where the next byte goes. */
  get end(): number {
    return this.#end;
  }

  get isEmpty(): boolean {
    return this.#end === this.#reserved;
  }

  /** What was written since `from`: a view that the next write may move. */
  written(from: number = this.#reserved): Uint8Array {
    return this.#bytes.subarray(from, this.#end);
  }

  /** The buffer itself, the reserved bytes first; it may be longer than what was written. Nothing of it stays here. */
  take(): ArrayBuffer {
    const taken = this.#bytes.buffer;
    this.#use(this.#spare ?? new ArrayBuffer(FIRST_SIZE));
    this.#spare = undefined;
    this.truncate(this.#reserved);
    return taken;
  }

  /** A buffer that nobody needs any more, for a later message: large ones are dear to make. */
  recycle(buffer: ArrayBuffer): void {
    const { byteLength } = buffer;
    if (byteLength > MOST_KEPT || byteLength <= this.#bytes.length) return;
    if (this.isEmpty) this.#use(buffer);
    else this.#spare = buffer;
  }

  /** Forgets what was written from here on. */
  truncate(end: number): void {
    this.#end = end;
    if (this.#asides.length > 0) this.#asides = [];
  }

  none(): void {
    this.#code(NONE);
  }

  bool(value: boolean): void {
    this.#code(value ? TRUE : FALSE);
  }

  #code(code: number): void {
    const at = this.room(1); // first: it may replace the bytes
    this.#bytes[at] = code;
  }

  float(value: number): void {
    const at = this.room(9);
    this.#bytes[at] = FLOAT;
    this.#view.setFloat64(at + 1, value, true);
  }

  integer(value: number | bigint): void {
    if (typeof value === "number" && (value | 0) === value) {
      const at = this.room(5);
      this.#bytes[at] = INT;
      this.#view.setInt32(at + 1, value, true);
    } else {
      this.#long(BigInt(value));
    }
  }

  #long(value: bigint): void {
    const start = this.#head(LONG, 0);
    let length = 0;
    for (let rest = value < 0n ? -value : value; rest > 0n; rest >>= 15n) {
      const at = this.room(2); // first: it may replace the view
      this.#view.setUint16(at, Number(rest & 0x7fffn), true);
      length += 1;
    }
    this.#view.setInt32(start - 4, value < 0n ? -length : length, true);
  }

  text(value: string): void {
    if (value.length < 128 && this.#shortAscii(value)) return;
    if (!value.isWellFormed()) throw new Mismatch("expected Unicode text, found a lone surrogate");
    const at = this.room(5 + 3 * value.length);
    const { written } = encoder.encodeInto(value, this.#bytes.subarray(at + 5));
    this.#bytes[at] = UNICODE;
    this.#view.setInt32(at + 1, written, true);
    this.#end = at + 5 + written;
  }

  #shortAscii(value: string): boolean {
    const at = this.room(2 + value.length);
    const bytes = this.#bytes;
    for (let i = 0; i < value.length; i += 1) {
      const unit = value.charCodeAt(i);
      if (unit > 127) {
        this.#end = at;
        return false;
      }
      bytes[at + 2 + i] = unit;
    }
    bytes[at] = SHORT_ASCII;
    bytes[at + 1] = value.length;
    return true;
  }

  bytes(value: Uint8Array): void {
    this.#head(BYTES, value.length);
    this.raw(value);
  }

  tuple(length: number): void {
    this.#head(TUPLE, length);
  }

  list(length: number): void {
    this.#head(LIST, length);
  }

  /** Bytes that are no item. */
  raw(value: Uint8Array): void {
    const at = this.room(value.length);
    this.#bytes.set(value, at);
  }

  /** A number that is no item, at a place that `room` gave. */
  setUint32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  /** Puts a large parameter beside the value. Whoever sends the value sends `takeAsides` too. */
  aside(param: number, bytes: Uint8Array): void {
    this.#asides.push({ param, bytes });
    this.none();
  }

  takeAsides(): readonly Aside[] {
    const asides = this.#asides;
    if (asides.length > 0) this.#asides = [];
    return asides;
  }

  /** Makes room for so many bytes and gives their place. */
  room(size: number): number {
    const at = this.#end;
    this.#end = at + size;
    if (this.#end > this.#bytes.length) this.#grow(at);
    return at;
  }

  /** Writes code and length; gives the place after them. */
  #head(code: number, length: number): number {
    const at = this.room(5);
    this.#bytes[at] = code;
    this.#view.setInt32(at + 1, length, true);
    return at + 5;
  }

  #grow(used: number): void {
    const old = this.#bytes;
    this.#use(new ArrayBuffer(Math.max(this.#end, 2 * old.length)));
    this.#bytes.set(old.subarray(0, used));
  }

  #use(buffer: ArrayBuffer): void {
    this.#bytes = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
  }
}
