/**
 * Characters and short runs of them, by hand.
 */
import { NotOfItsType } from "./trap.ts";

const { fromCharCode } = String;

/** A few bytes as text; null when one is not ASCII. Eight at a time, because each call makes a string. */
export function asciiAt(u8: Uint8Array, at: number, length: number): string | null {
  const end = at + length;
  for (let index = at; index < end; index++) if ((u8[index] as number) > 0x7f) return null;
  return unitsAt(u8, at, end);
}

/** A few UTF-16 units as text; null when a surrogate is among them, paired or not. */
export function utf16At(u16: Uint16Array, at: number, length: number): string | null {
  const end = at + length;
  for (let index = at; index < end; index++) if (((u16[index] as number) & 0xf800) === 0xd800) return null;
  return unitsAt(u16, at, end);
}

function unitsAt(units: Uint8Array | Uint16Array, start: number, end: number): string {
  let text = "";
  let at = start;
  for (; at + 8 <= end; at += 8) text += eightAt(units, at);
  const rest = end - at;
  if (rest === 0) return text;
  return text === "" ? fewAt(units, at, rest) : text + fewAt(units, at, rest);
}

function eightAt(u: Uint8Array | Uint16Array, at: number): string {
  return fromCharCode(
    u[at] as number,
    u[at + 1] as number,
    u[at + 2] as number,
    u[at + 3] as number,
    u[at + 4] as number,
    u[at + 5] as number,
    u[at + 6] as number,
    u[at + 7] as number,
  );
}

/** Fewer than eight. */
function fewAt(u: Uint8Array | Uint16Array, at: number, count: number): string {
  const a = u[at] as number;
  if (count === 1) return fromCharCode(a);
  const b = u[at + 1] as number;
  if (count === 2) return fromCharCode(a, b);
  const c = u[at + 2] as number;
  if (count === 3) return fromCharCode(a, b, c);
  const d = u[at + 3] as number;
  if (count === 4) return fromCharCode(a, b, c, d);
  const e = u[at + 4] as number;
  if (count === 5) return fromCharCode(a, b, c, d, e);
  const f = u[at + 5] as number;
  if (count === 6) return fromCharCode(a, b, c, d, e, f);
  return fromCharCode(a, b, c, d, e, f, u[at + 6] as number);
}

/** How many bytes of UTF-8 a well-formed text takes. */
export function utf8Size(text: string): number {
  let size = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    // Each half of a surrogate pair counts two: four bytes for both.
    if (unit > 0x7f) size += unit > 0x7ff && (unit & 0xf800) !== 0xd800 ? 2 : 1;
  }
  return size;
}

/** Writes well-formed text from its character at `from` on. There is room. */
export function writeUtf8(u8: Uint8Array, start: number, text: string, from: number): void {
  const { length } = text;
  let at = start;
  for (let index = from; index < length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) u8[at++] = unit;
    else if (unit < 0x800) {
      u8[at++] = 0xc0 | (unit >> 6);
      u8[at++] = continuation(unit);
    } else if ((unit & 0xf800) !== 0xd800) {
      u8[at++] = 0xe0 | (unit >> 12);
      u8[at++] = continuation(unit >> 6);
      u8[at++] = continuation(unit);
    } else {
      const code = text.codePointAt(index++) ?? 0;
      u8[at++] = 0xf0 | (code >> 18);
      u8[at++] = continuation(code >> 12);
      u8[at++] = continuation(code >> 6);
      u8[at++] = continuation(code);
    }
  }
}

function continuation(bits: number): number {
  return 0x80 | (bits & 0x3f);
}

/** @throws {NotOfItsType} */
export function charOf(code: number): string {
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
    throw new NotOfItsType(`0x${code.toString(16)} is no character`);
  }
  return code < 0x1_0000 ? fromCharCode(code) : String.fromCodePoint(code);
}

export function codeOf(char: string): number {
  return char.codePointAt(0) ?? 0;
}
