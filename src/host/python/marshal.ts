/**
 * CPython's `marshal` format, as far as it carries WIT values: a writer, and a reader that trusts nothing.
 *
 *   M1  The reader never reads outside its bytes and never builds more items than there are bytes, nor more than a bound:
 *       a byte of the guest's must not cost the host many.
 *   M2  It accepts exactly what `marshal.dumps(value, 2)` writes for the type that is due; anything else is a `Mismatch`.
 *   M3  Floats keep their bits; integers of any size keep their value.
 */
import type { WitType } from "../../wit/types.ts";
import { type Value, integer } from "../../wit/value.ts";

export type MismatchCode = "type-mismatch" | "out-of-range" | "moved";

/** A value does not fit its type. The caller knows where it came from and makes a Fault of it. */
export class Mismatch extends Error {
  readonly code: MismatchCode;
  constructor(message: string, code: MismatchCode = "type-mismatch") {
    super(message);
    this.name = "Mismatch";
    this.code = code;
  }
}

/** Turns handles into the numbers that stand for them in the guest, and back. Throws a Mismatch for a wrong one. */
export interface HandleTable {
  lower(type: WitType & { readonly kind: "own" | "borrow" }, value: Value): number;
  lift(type: WitType & { readonly kind: "own" | "borrow" }, number: number): Value;
}

const NONE = 0x4e; // N
const TRUE = 0x54; // T
const FALSE = 0x46; // F
const INT = 0x69; // i
const LONG = 0x6c; // l
const FLOAT = 0x67; // g
const BYTES = 0x73; // s
const UNICODE = 0x75; // u
const INTERNED = 0x74; // t
const SHORT_ASCII = 0x7a; // z
const TUPLE = 0x28; // (
const LIST = 0x5b; // [

/** Items of all lists of one value together; lists of numbers cross as bytes and do not count. */
const MOST_ITEMS = 1 << 24;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Appends marshal items to a buffer that grows. */
export class Writer {
  readonly handles: HandleTable;
  #bytes: Uint8Array;
  #view: DataView;
  #end: number;
  readonly #reserved: number;

  /** @param reserved Bytes left free at the front, for a header. */
  constructor(handles: HandleTable, reserved: number) {
    this.handles = handles;
    this.#bytes = new Uint8Array(1024);
    this.#view = new DataView(this.#bytes.buffer);
    this.#reserved = reserved;
    this.#end = reserved;
  }

  /** What was written since the last `take`, as a buffer of its own behind the reserved bytes. */
  take(): ArrayBuffer {
    const taken = new ArrayBuffer(this.#end);
    new Uint8Array(taken).set(this.#bytes.subarray(0, this.#end));
    this.clear();
    return taken;
  }

  clear(): void {
    this.#end = this.#reserved;
    if (this.#bytes.length > 1 << 20) this.#resize(1 << 16);
  }

  none(): void {
    this.#bytes[this.#room(1)] = NONE;
  }

  bool(value: boolean): void {
    this.#bytes[this.#room(1)] = value ? TRUE : FALSE;
  }

  float(value: number): void {
    const at = this.#room(9);
    this.#bytes[at] = FLOAT;
    this.#view.setFloat64(at + 1, value, true);
  }

  integer(value: number | bigint): void {
    if (typeof value === "number" && (value | 0) === value) {
      const at = this.#room(5);
      this.#bytes[at] = INT;
      this.#view.setInt32(at + 1, value, true);
    } else {
      this.#long(BigInt(value));
    }
  }

  #long(value: bigint): void {
    const digits: number[] = [];
    for (let rest = value < 0n ? -value : value; rest > 0n; rest >>= 15n) digits.push(Number(rest & 0x7fffn));
    const at = this.#room(5 + 2 * digits.length);
    this.#bytes[at] = LONG;
    this.#view.setInt32(at + 1, value < 0n ? -digits.length : digits.length, true);
    for (const [i, digit] of digits.entries()) this.#view.setUint16(at + 5 + 2 * i, digit, true);
  }

  text(value: string): void {
    if (value.length < 128 && this.#shortAscii(value)) return;
    if (!value.isWellFormed()) throw new Mismatch("expected Unicode text, found a lone surrogate");
    const at = this.#room(5 + 3 * value.length);
    const { written } = encoder.encodeInto(value, this.#bytes.subarray(at + 5));
    this.#bytes[at] = UNICODE;
    this.#view.setInt32(at + 1, written, true);
    this.#end = at + 5 + written;
  }

  #shortAscii(value: string): boolean {
    const at = this.#room(2 + value.length);
    for (let i = 0; i < value.length; i += 1) {
      const unit = value.charCodeAt(i);
      if (unit > 127) {
        this.#end = at;
        return false;
      }
      this.#bytes[at + 2 + i] = unit;
    }
    this.#bytes[at] = SHORT_ASCII;
    this.#bytes[at + 1] = value.length;
    return true;
  }

  bytes(value: Uint8Array): void {
    const at = this.#head(BYTES, value.length, value.length);
    this.#bytes.set(value, at);
  }

  tuple(length: number): void {
    this.#head(TUPLE, length, 0);
  }

  list(length: number): void {
    this.#head(LIST, length, 0);
  }

  /** Writes code and length, and gives the place of `size` bytes after them. */
  #head(code: number, length: number, size: number): number {
    const at = this.#room(5 + size);
    this.#bytes[at] = code;
    this.#view.setInt32(at + 1, length, true);
    return at + 5;
  }

  #room(size: number): number {
    const at = this.#end;
    this.#end = at + size;
    if (this.#end > this.#bytes.length) this.#resize(Math.max(this.#end, 2 * this.#bytes.length));
    return at;
  }

  #resize(size: number): void {
    const bytes = new Uint8Array(size);
    bytes.set(this.#bytes.subarray(0, Math.min(size, this.#bytes.length)));
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}

/** Takes marshal items from untrusted bytes, each as the type that is due (M1, M2). */
export class Reader {
  readonly handles: HandleTable;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  #items = 0;

  constructor(handles: HandleTable, bytes: Uint8Array) {
    this.handles = handles;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Nothing may follow the value. */
  end(): void {
    if (this.#at !== this.#bytes.length) throw new Mismatch("there are bytes after the value");
  }

  none(): null {
    return this.#expect(NONE, "None");
  }

  /** Takes a None if one is next. */
  takeNone(): boolean {
    if (this.#bytes[this.#at] !== NONE) return false;
    this.#at += 1;
    return true;
  }

  bool(): boolean {
    const code = this.#byte();
    if (code !== TRUE && code !== FALSE) throw new Mismatch("expected a bool");
    return code === TRUE;
  }

  float(): number {
    this.#expect(FLOAT, "a float");
    return this.#view.getFloat64(this.#skip(8), true);
  }

  integer(low: number | bigint, high: number | bigint): number | bigint {
    const code = this.#byte();
    if (code !== INT && code !== LONG) throw new Mismatch("expected an int");
    const value = code === INT ? this.#view.getInt32(this.#skip(4), true) : this.#long();
    if (value < low || value > high) throw new Mismatch(`expected an int from ${low} to ${high}`, "out-of-range");
    return value;
  }

  #long(): number | bigint {
    const length = this.#view.getInt32(this.#skip(4), true);
    if (Math.abs(length) > 5) throw new Mismatch("an int of more than 75 bits", "out-of-range"); // 64 bits need 5 digits
    let value = 0n;
    for (let i = 0; i < Math.abs(length); i += 1) {
      value |= BigInt(this.#view.getUint16(this.#skip(2), true) & 0x7fff) << BigInt(15 * i);
    }
    return integer(length < 0 ? -value : value);
  }

  /** A small count or index below `limit`. */
  index(limit: number): number {
    return Number(this.integer(0, limit - 1));
  }

  text(): string {
    const code = this.#byte();
    if (code !== UNICODE && code !== INTERNED) throw new Mismatch("expected a str");
    const length = this.#length(1);
    const at = this.#skip(length);
    return this.#decode(at, length);
  }

  #decode(at: number, length: number): string {
    try {
      return decoder.decode(this.#bytes.subarray(at, at + length));
    } catch {
      throw new Mismatch("expected Unicode text, found a lone surrogate or broken UTF-8");
    }
  }

  /** A copy of its own, aligned for any number type. */
  bytes(): Uint8Array<ArrayBuffer> {
    this.#expect(BYTES, "bytes");
    const length = this.#length(1);
    const at = this.#skip(length);
    return this.#bytes.slice(at, at + length) as Uint8Array<ArrayBuffer>;
  }

  tuple(length: number): void {
    this.#expect(TUPLE, "a tuple");
    if (this.#length(1) !== length) throw new Mismatch(`expected a tuple of ${length}`);
  }

  /** The length of a list that begins here; its items follow. */
  list(): number {
    this.#expect(LIST, "a list");
    const length = this.#length(1);
    this.#items += length;
    if (this.#items > MOST_ITEMS) throw new Mismatch("too many items for one value");
    return length;
  }

  #length(itemSize: number): number {
    const length = this.#view.getUint32(this.#skip(4), true);
    if (length * itemSize > this.#bytes.length - this.#at) throw new Mismatch("a length that its bytes do not have");
    return length;
  }

  #expect(code: number, what: string): null {
    if (this.#byte() !== code) throw new Mismatch(`expected ${what}`);
    return null;
  }

  #byte(): number {
    const byte = this.#bytes[this.#skip(1)];
    return byte ?? NONE;
  }

  #skip(size: number): number {
    const at = this.#at;
    if (at + size > this.#bytes.length) throw new Mismatch("the bytes end in the middle of a value");
    this.#at = at + size;
    return at;
  }
}
