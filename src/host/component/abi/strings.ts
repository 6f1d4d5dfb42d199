/**
 * Strings in the three encodings of the canonical ABI.
 *
 *   S1  Short text is read and written here, longer text by the platform's decoder: calling that costs as much as some
 *       twenty characters by hand.
 *   S2  What is no text (bad UTF-8, lone surrogates) is refused, never repaired.
 *   S3  Storing asks `realloc` for what the text takes if it is plain, and for more only once it turns out not to be.
 */
import type { StringEncoding } from "./abi.ts";
import { asciiAt, utf16At, utf8Size, writeUtf8 } from "./characters.ts";
import type { GuestMemory } from "./memory.ts";
import { MOST_BYTES, NotOfItsType, tooLarge } from "./trap.ts";

export interface Strings {
  /** The string at a pointer, of a length as the guest tells it. */
  readonly load: (cx: GuestMemory, at: number, length: number) => string;
  /** Gives the pointer, and the length in `cx.length`. */
  readonly store: (cx: GuestMemory, text: string) => number;
}

export function stringsOf(encoding: StringEncoding): Strings {
  switch (encoding) {
    case "utf8":
      return { load: loadUtf8, store: storeUtf8 };
    case "utf16":
      return { load: loadUtf16, store: storeUtf16 };
    case "latin1+utf16":
      return { load: loadTagged, store: storeTagged };
  }
}

/** Set in a length of `latin1+utf16` when the units are two bytes. */
const UTF16_TAG = 2 ** 31;

/** The longest text that is faster by hand. */
const SHORT_TO_READ = 24;
const SHORT_TO_WRITE = 48;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const utf16 = new TextDecoder("utf-16le", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

function claim(cx: GuestMemory, at: number, bytes: number, align: number): void {
  cx.refuseOutside(at, bytes, align, "string");
  if (bytes > MOST_BYTES) throw tooLarge("A string", bytes);
  cx.budget.bytes(bytes);
}

function loadUtf8(cx: GuestMemory, at: number, length: number): string {
  claim(cx, at, length, 1);
  const text = length <= SHORT_TO_READ ? asciiAt(cx.u8, at, length) : null;
  return text ?? decoded(utf8, cx, at, length, "UTF-8");
}

function decoded(decoder: TextDecoder, cx: GuestMemory, at: number, bytes: number, encoding: string): string {
  try {
    return decoder.decode(cx.u8.subarray(at, at + bytes));
  } catch (cause) {
    if (cause instanceof RangeError) throw tooLarge("A string", bytes);
    throw new NotOfItsType(`the string at ${at} of ${bytes} bytes is not ${encoding}`, { cause });
  }
}

function storeUtf8(cx: GuestMemory, text: string): number {
  return text.length <= SHORT_TO_WRITE ? storeShort(cx, text) : storeLong(cx, text);
}

function storeShort(cx: GuestMemory, text: string): number {
  const { length } = text;
  const size = utf8Size(text);
  const at = cx.allocate(size, 1, "string");
  const { u8 } = cx;
  if (size !== length) writeUtf8(u8, at, text, 0);
  else for (let index = 0; index < length; index++) u8[at + index] = text.charCodeAt(index);
  cx.length = size;
  return at;
}

/** Most long text is ASCII: room for that, and for the rest when it is not (S3). */
function storeLong(cx: GuestMemory, text: string): number {
  const { length } = text;
  if (length > MOST_BYTES) throw tooLarge("A string", length);
  const start = cx.allocate(length, 1, "string");
  const { read, written } = encoder.encodeInto(text, cx.u8.subarray(start, start + length));
  cx.length = length;
  return read === length ? start : storeRest(cx, text, start, read, written);
}

function storeRest(cx: GuestMemory, text: string, start: number, read: number, written: number): number {
  const rest = text.slice(read);
  const size = written + utf8Size(rest);
  if (size > MOST_BYTES) throw tooLarge("A string", size);
  const at = cx.reallocate(start, text.length, size, 1, "string");
  const more = encoder.encodeInto(rest, cx.u8.subarray(at + written, at + size));
  // Node 26 leaves away the last character when it just fits (U+07FF after 63 others).
  writeUtf8(cx.u8, at + written + more.written, rest, more.read);
  cx.length = size;
  return at;
}

function loadUtf16(cx: GuestMemory, at: number, units: number): string {
  claim(cx, at, units * 2, 2);
  const text = units <= SHORT_TO_READ ? utf16At(cx.u16, at >>> 1, units) : null;
  return text ?? decoded(utf16, cx, at, units * 2, "UTF-16");
}

function storeUtf16(cx: GuestMemory, text: string): number {
  const { length } = text;
  if (length * 2 > MOST_BYTES) throw tooLarge("A string", length * 2);
  const at = cx.allocate(length * 2, 2, "string");
  const { u16 } = cx;
  const first = at >>> 1;
  for (let index = 0; index < length; index++) u16[first + index] = text.charCodeAt(index);
  cx.length = length;
  return at;
}

function loadTagged(cx: GuestMemory, at: number, length: number): string {
  if (length >= UTF16_TAG) return loadUtf16(cx, at, length - UTF16_TAG);
  claim(cx, at, length, 2);
  return latin1At(cx.u8, at, length);
}

/** No platform decoder reads Latin-1: what is called so there is another code page. */
function latin1At(u8: Uint8Array, at: number, length: number): string {
  let text = "";
  for (let done = 0; done < length; done += CHUNK) {
    const units = u8.subarray(at + done, at + Math.min(done + CHUNK, length));
    text += String.fromCharCode.apply(null, units as unknown as number[]);
  }
  return text;
}

/** As many arguments as any engine takes in one call. */
const CHUNK = 4096;

function storeTagged(cx: GuestMemory, text: string): number {
  if (!isLatin1(text)) {
    const at = storeUtf16(cx, text);
    cx.length += UTF16_TAG;
    return at;
  }
  const { length } = text;
  const at = cx.allocate(length, 2, "string");
  const { u8 } = cx;
  for (let index = 0; index < length; index++) u8[at + index] = text.charCodeAt(index);
  cx.length = length;
  return at;
}

function isLatin1(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0xff) return false;
  return true;
}
