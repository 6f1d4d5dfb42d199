/**
 * Canonical CBOR, as `encodeAny` writes it, of the few things that entries are made of: straight into one buffer, since every
 * recorded step of a run comes through here.
 */
import { Blob } from "./entry.ts";
import type { FieldType } from "./fields.ts";

const UINT = 0;
const BYTES = 2;
const TEXT = 3;
const LIST = 4;

const utf8 = new TextEncoder();

/** The value of a hex digit, by its character code. */
const NIBBLES: Uint8Array = new Uint8Array(128);
for (let digit = 0; digit < 16; digit++) NIBBLES[digit.toString(16).charCodeAt(0)] = digit;

export class EntryWriter {
  #bytes = new Uint8Array(1024);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  start(kind: number, fields: number): void {
    this.#length = 0;
    this.#head(LIST, fields + 1);
    this.#head(UINT, kind);
  }

  field(type: FieldType, value: unknown): void {
    if (typeof type !== "string") return this.#head(UINT, type.indexOf(value as string));
    switch (type) {
      case "eff":
        return this.#hex(value as string, 16);
      case "digest":
        return this.#hex(value as string, 32);
      case "uint":
        return this.#head(UINT, value as number);
      case "text":
        return this.#text(value as string);
      case "seed":
        return this.#blob(value as Uint8Array);
      case "payload":
        return this.#payload(value as Uint8Array | Blob);
      case "digests":
        return this.#list(value as readonly string[], (each) => this.#hex(each, 32));
      case "texts":
        return this.#list(value as readonly string[], (each) => this.#text(each));
    }
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #payload(value: Uint8Array | Blob): void {
    if (!(value instanceof Blob)) return this.#blob(value);
    this.#head(LIST, 2);
    this.#hex(value.digest, 32);
    this.#head(UINT, value.size);
  }

  #list<T>(items: readonly T[], write: (item: T) => void): void {
    this.#head(LIST, items.length);
    for (const item of items) write(item);
  }

  #blob(bytes: Uint8Array): void {
    this.#head(BYTES, bytes.length);
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #hex(digits: string, length: number): void {
    this.#head(BYTES, length);
    this.#room(length);
    const bytes = this.#bytes;
    for (let at = 0; at < length; at++) {
      const high = NIBBLES[digits.charCodeAt(2 * at)] as number;
      bytes[this.#length + at] = (high << 4) | (NIBBLES[digits.charCodeAt(2 * at + 1)] as number);
    }
    this.#length += length;
  }

  #text(text: string): void {
    if (text.length < 24 && this.#ascii(text)) return;
    const bytes = utf8.encode(text);
    this.#head(TEXT, bytes.length);
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** A short text of ASCII; false, and nothing is written, when it is no such text. */
  #ascii(text: string): boolean {
    this.#room(text.length + 1);
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code > 0x7f) return false;
      this.#bytes[this.#length + 1 + at] = code;
    }
    this.#bytes[this.#length] = (TEXT << 5) | text.length;
    this.#length += text.length + 1;
    return true;
  }

  #head(major: number, argument: number): void {
    this.#room(9);
    const [view, at, type] = [this.#view, this.#length, major << 5];
    if (argument < 24) {
      view.setUint8(at, type | argument);
      this.#length += 1;
    } else if (argument < 0x100) {
      view.setUint8(at, type | 24);
      view.setUint8(at + 1, argument);
      this.#length += 2;
    } else if (argument < 0x1_0000) {
      view.setUint8(at, type | 25);
      view.setUint16(at + 1, argument);
      this.#length += 3;
    } else if (argument < 0x1_0000_0000) {
      view.setUint8(at, type | 26);
      view.setUint32(at + 1, argument);
      this.#length += 5;
    } else {
      view.setUint8(at, type | 27);
      view.setUint32(at + 1, Math.floor(argument / 0x1_0000_0000));
      view.setUint32(at + 5, argument >>> 0);
      this.#length += 9;
    }
  }

  #room(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = new Uint8Array(2 * (this.#length + more));
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}
