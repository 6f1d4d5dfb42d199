/**
 * Takes marshal items from untrusted bytes, each as the type that is due (M1, M2 of marshal.ts).
 */
import { LiftBudget } from "../../wit/budget.ts";
import { integer } from "../../wit/value.ts";
import {
  BYTES,
  FALSE,
  FLOAT,
  FLOATS,
  type HandleTable,
  INT,
  INTERNED,
  LIST,
  LONG,
  Mismatch,
  NONE,
  nameOf,
  TRUE,
  TUPLE,
  UNICODE,
} from "./marshal.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Text up to here is read byte by byte while it is ASCII, which is faster than asking the decoder. */
const SHORT_TEXT = 32;
/** The units of a short text: an array for each length, since making a string of one needs no copy then. */
const UNITS = Array.from({ length: SHORT_TEXT + 1 }, (_, length) => Array.from({ length }, () => 0));

/** Bytes from here on stay in the buffer they came in, if they are most of it. */
const LARGE_BYTES = 1 << 14;

/** 64 bits need five digits of 15 bits. */
const MOST_DIGITS = 5;
/** No float is as large as an integer of more digits than these. */
const MOST_FLOAT_DIGITS = 69;

const NO_BYTES = new Uint8Array();

/** Reads one value after the other; each begins with `open`. */
export class Reader {
  readonly handles: HandleTable;
  readonly budget: LiftBudget;
  #bytes: Uint8Array<ArrayBuffer> = NO_BYTES;
  #view: DataView = new DataView(NO_BYTES.buffer);
  #at = 0;
  #end = 0;
  #kept = false;

  constructor(handles: HandleTable, budget: LiftBudget = new LiftBudget()) {
    this.handles = handles;
    this.budget = budget;
  }

  /** Begins the value in `bytes` from `start` to `end`, with a fresh budget. */
  open(bytes: Uint8Array<ArrayBuffer>, start: number = 0, end: number = bytes.length): void {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      this.#kept = false;
    }
    this.#at = start;
    this.#end = end;
    this.budget.reset();
  }

  /** Nothing may follow the value. */
  close(): void {
    if (this.#at !== this.#end) throw new Mismatch("there are bytes after the value");
  }

  /** Lets go of the bytes. True when no value that was read lies in them. */
  release(): boolean {
    const free = !this.#kept;
    this.open(NO_BYTES);
    return free;
  }

  none(): null {
    this.#expect(NONE, "None");
    return null;
  }

  /** Takes a None if one is next. */
  takeNone(): boolean {
    if (this.#at >= this.#end || this.#bytes[this.#at] !== NONE) return false;
    this.#at += 1;
    return true;
  }

  bool(): boolean {
    const code = this.#code();
    if (code !== TRUE && code !== FALSE) throw found("bool", code);
    return code === TRUE;
  }

  /** A float, or the float that an int is. */
  float(name: string): number {
    const code = this.#code();
    if (code === FLOAT) return this.#view.getFloat64(this.#skip(8), true);
    if (code === INT) return this.#view.getInt32(this.#skip(4), true);
    if (code !== LONG) throw found(name, code);
    const value = Number(this.#long(MOST_FLOAT_DIGITS));
    if (!Number.isFinite(value)) throw new Mismatch(`expected ${name}, found an int too large for one`, "out-of-range");
    return value;
  }

  integer(low: number | bigint, high: number | bigint, name: string): number | bigint {
    const code = this.#code();
    if (code !== INT && code !== LONG) throw found(name, code);
    const value = code === INT ? this.#view.getInt32(this.#skip(4), true) : integer(this.#long(MOST_DIGITS));
    if (value >= low && value <= high) return value;
    throw new Mismatch(`expected ${name} (${low} to ${high}), found int ${value}`, "out-of-range");
  }

  #long(mostDigits: number): bigint {
    const length = this.#view.getInt32(this.#skip(4), true);
    const digits = Math.abs(length);
    if (digits > mostDigits) throw new Mismatch(`an int of more than ${15 * mostDigits} bits`, "out-of-range");
    const at = this.#skip(2 * digits);
    let value = 0n;
    for (let i = digits - 1; i >= 0; i -= 1) {
      value = (value << 15n) | BigInt(this.#view.getUint16(at + 2 * i, true) & 0x7fff);
    }
    return length < 0 ? -value : value;
  }

  /** A small count or index below `limit`. */
  index(limit: number, name: string): number {
    return Number(this.integer(0, limit - 1, name));
  }

  text(): string {
    const code = this.#code();
    if (code !== UNICODE && code !== INTERNED) throw found("str", code);
    const length = this.#length();
    this.budget.bytes(length);
    const at = this.#skip(length);
    return (length <= SHORT_TEXT ? this.#ascii(at, at + length) : undefined) ?? this.#decode(at, at + length);
  }

  #ascii(from: number, to: number): string | undefined {
    const bytes = this.#bytes;
    const units = UNITS[to - from] ?? [];
    for (let at = from; at < to; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte > 127) return undefined;
      units[at - from] = byte;
    }
    return String.fromCharCode(...units);
  }

  #decode(from: number, to: number): string {
    try {
      return decoder.decode(this.#bytes.subarray(from, to));
    } catch {
      throw new Mismatch("expected Unicode text, found a lone surrogate or broken UTF-8");
    }
  }

  /** Bytes of their own; large ones keep the buffer that they came in instead of being copied. */
  bytes(): Uint8Array<ArrayBuffer> {
    this.#expect(BYTES, "bytes");
    const length = this.#length();
    this.budget.bytes(length);
    const at = this.#skip(length);
    if (length >= LARGE_BYTES && 2 * length >= this.#bytes.buffer.byteLength) {
      this.#kept = true;
      return this.#bytes.subarray(at, at + length);
    }
    return this.#bytes.slice(at, at + length);
  }

  tuple(length: number): void {
    this.#expect(TUPLE, "tuple");
    const given = this.#length();
    if (given !== length) throw new Mismatch(`expected a tuple of ${length}, found ${given} items`);
  }

  /**
   * The length of a list that begins here; its items follow.
   * @param least Bytes that each item takes at least, so that no list is longer than its bytes.
   */
  list(least: number): number {
    this.#expect(LIST, "list");
    const length = this.#length();
    if (length * least > this.#end - this.#at) throw new Mismatch("the items of a list are not of its type");
    return length;
  }

  /** A list of floats in the worker's own form, if one is next. `pay` is told its length first. */
  takeFloats(pay: (length: number) => void): Float64Array | undefined {
    if (this.#at >= this.#end || this.#bytes[this.#at] !== FLOATS) return undefined;
    this.#at += 1;
    const size = this.#length();
    if (size % 8 !== 0) throw new Mismatch("expected whole floats");
    pay(size / 8);
    const at = this.#skip(size);
    return new Float64Array(this.#bytes.slice(at, at + size).buffer);
  }

  /** The floats of a list, whose length was read and paid for. */
  floats(into: Float32Array | Float64Array, name: string): void {
    for (let i = 0; i < into.length; i += 1) {
      const at = this.#at;
      if (this.#bytes[at] === FLOAT && at + 9 <= this.#end) {
        into[i] = this.#view.getFloat64(at + 1, true);
        this.#at = at + 9;
      } else {
        into[i] = this.float(name);
      }
    }
  }

  /** The integers of a list, whose length was read and paid for. */
  integers(into: { readonly length: number; [i: number]: number }, low: number, high: number, name: string): void {
    for (let i = 0; i < into.length; i += 1) {
      const at = this.#at;
      const value = this.#bytes[at] === INT && at + 5 <= this.#end ? this.#view.getInt32(at + 1, true) : low - 1;
      if (value >= low && value <= high) {
        into[i] = value;
        this.#at = at + 5;
      } else {
        into[i] = Number(this.integer(low, high, name));
      }
    }
  }

  /** As `integers`, of 64 bits. */
  wideIntegers(into: { readonly length: number; [i: number]: bigint }, low: bigint, high: bigint, name: string): void {
    for (let i = 0; i < into.length; i += 1) into[i] = BigInt(this.integer(low, high, name));
  }

  #length(): number {
    const length = this.#view.getUint32(this.#skip(4), true);
    if (length > this.#end - this.#at) throw tooShort();
    return length;
  }

  #expect(code: number, what: string): void {
    const given = this.#code();
    if (given !== code) throw found(what, given);
  }

  #code(): number {
    return this.#bytes[this.#skip(1)] ?? NONE;
  }

  #skip(size: number): number {
    const at = this.#at;
    if (at + size > this.#end) throw new Mismatch("the bytes end in the middle of a value");
    this.#at = at + size;
    return at;
  }
}

function found(what: string, code: number): Mismatch {
  return new Mismatch(`expected ${what}, found ${nameOf(code)}`);
}

function tooShort(): Mismatch {
  return new Mismatch("a length that its bytes do not have");
}
