/**
 * Bytes of IR and snapshots: numbers in LEB128, lengths first, nothing optional. Reading trusts nothing: it ends in a
 * value or in a `Fault` with the code `malformed`, and what bytes claim is checked against what is left of them.
 */
import { Fault } from "../../fault.ts";
import { decodeUtf8, encodeUtf8 } from "../data/text.ts";

export class ByteWriter {
  #bytes = new Uint8Array(64);
  /** Made for the first float. */
  #view: DataView | null = null;
  #length = 0;

  #room(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.#view = null;
  }

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#length++] = value;
  }

  /** 0 … 2^53−1. */
  uint(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.byte((rest % 0x80) | 0x80);
    this.byte(rest);
  }

  /** A safe integer: its sign in the lowest bit. */
  int(value: number): void {
    if (value < 0) this.#signed(-value - 1, 1);
    else this.#signed(value, 0);
  }

  #signed(magnitude: number, sign: number): void {
    this.byte(((magnitude % 0x40) << 1) | sign | (magnitude >= 0x40 ? 0x80 : 0));
    if (magnitude >= 0x40) this.uint(Math.floor(magnitude / 0x40));
  }

  float(value: number): void {
    this.#room(8);
    this.#view ??= new DataView(this.#bytes.buffer);
    this.#view.setFloat64(this.#length, value);
    this.#length += 8;
  }

  bool(value: boolean): void {
    this.byte(value ? 1 : 0);
  }

  raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  chunk(bytes: Uint8Array): void {
    this.uint(bytes.length);
    this.raw(bytes);
  }

  /** Lone surrogates have no UTF-8: no String has them (src/wit/value.ts). */
  text(text: string): void {
    if (text.length > 32 || !this.#ascii(text)) this.chunk(encodeUtf8(text));
  }

  /** A short text of ASCII needs no encoder. False, and nothing is written, when it is no such text. */
  #ascii(text: string): boolean {
    this.#room(text.length + 1);
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code > 0x7f) return false;
      this.#bytes[this.#length + 1 + at] = code;
    }
    this.#bytes[this.#length] = text.length;
    this.#length += text.length + 1;
    return true;
  }

  list<T>(items: readonly T[], write: (item: T) => void): void {
    this.uint(items.length);
    for (const item of items) write(item);
  }

  /** Null or what `write` writes. */
  maybe<T>(value: T | null | undefined, write: (value: T) => void): void {
    this.bool(value !== null && value !== undefined);
    if (value !== null && value !== undefined) write(value);
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** Begins again, in the same room. */
  reset(): void {
    this.#length = 0;
  }
}

export function malformed(what: string): Fault {
  return new Fault("malformed", `These bytes cannot be read: ${what}`);
}

export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #take(count: number): number {
    const at = this.#at;
    if (count > this.#bytes.length - at) throw malformed("they end too early");
    this.#at = at + count;
    return at;
  }

  byte(): number {
    return this.#bytes[this.#take(1)] as number;
  }

  uint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (!Number.isSafeInteger(value) || scale > 2 ** 53) throw malformed("a number is too large");
      if (byte < 0x80) return value;
    }
  }

  int(): number {
    const byte = this.byte();
    const low = (byte & 0x7e) >> 1;
    const magnitude = byte < 0x80 ? low : low + this.uint() * 0x40;
    const value = (byte & 1) === 1 ? -magnitude - 1 : magnitude;
    if (!Number.isSafeInteger(value)) throw malformed("a number is too large");
    return value;
  }

  float(): number {
    return this.#view.getFloat64(this.#take(8));
  }

  bool(): boolean {
    const byte = this.byte();
    if (byte > 1) throw malformed("a Bool is neither 0 nor 1");
    return byte === 1;
  }

  /** A copy. */
  raw(count: number): Uint8Array<ArrayBuffer> {
    const at = this.#take(count);
    return new Uint8Array(this.#bytes.subarray(at, at + count));
  }

  chunk(): Uint8Array<ArrayBuffer> {
    return this.raw(this.uint());
  }

  text(): string {
    const text = decodeUtf8(this.chunk());
    if (text === null) throw malformed("a text is no UTF-8");
    return text;
  }

  /** Every item takes at least one byte, so a count can be checked before anything is built. */
  count(): number {
    const count = this.uint();
    if (count > this.#bytes.length - this.#at) throw malformed("a count exceeds what follows");
    return count;
  }

  list<T>(read: (index: number) => T): T[] {
    const count = this.count();
    const items: T[] = [];
    for (let i = 0; i < count; i++) items.push(read(i));
    return items;
  }

  maybe<T>(read: () => T): T | null {
    return this.bool() ? read() : null;
  }

  /** A number below `limit`; `what` for the message. */
  index(limit: number, what: string): number {
    const value = this.uint();
    if (value >= limit) throw malformed(`${what} ${value} does not exist`);
    return value;
  }

  finish(): void {
    if (this.#at !== this.#bytes.length) throw malformed("something follows their end");
  }
}
