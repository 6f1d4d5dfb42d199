/**
 * Canonical CBOR of an `Any` (RFC 8949), the bytes that WIT calls `sennit:host/values.value`.
 *
 *   K1  Equal values have equal bytes: integers and lengths in their shortest form, floats in the shortest of half,
 *       single and double that is exact, NaN as 0xf97e00, nothing of indefinite length. Map entries keep their order,
 *       which is part of the value (the language's maps are insertion-ordered), so they are not sorted.
 *   K2  An Int stays an Int and a Float a Float, -0 included.
 *   K3  Reading accepts longer forms of numbers, since other writers use them, and nothing else: tags, `undefined`,
 *       other simple values, indefinite lengths, keys that are no text, a key twice and bytes left over are refused.
 *   K4  What bytes claim is charged before anything is built from it; what is returned shares no memory with the bytes.
 */
import { AnyFloat, type AnyValue } from "./any.ts";
import { WitError } from "./error.ts";
import { fromHalf, toHalf } from "./half.ts";
import { integer } from "./value.ts";

export interface AnyLimits {
  /** Lists and maps inside one another. */
  readonly depth: number;
  /** Values of all kinds, keys included. */
  readonly nodes: number;
}

export const DEFAULT_ANY_LIMITS: AnyLimits = { depth: 200, nodes: 10_000_000 };

const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const TWO_TO_32 = 2 ** 32;
const MAX_ARGUMENT = 2n ** 64n - 1n;

/** The major types. */
const UNSIGNED = 0;
const NEGATIVE = 1;
const BYTES = 2;
const TEXT = 3;
const LIST = 4;
const MAP = 5;
const SIMPLE = 7;

const FALSE = 0xf4;
const TRUE = 0xf5;
const NULL = 0xf6;
const HALF = 0xf9;
const SINGLE = 0xfa;
const DOUBLE = 0xfb;

/**
 * The canonical bytes of a value.
 *
 * @throws {WitError} for an integer out of range, text with lone surrogates, a value of no known kind, or too deep a one
 * @example
 * encodeAny(["a", 1, new AnyFloat(1)]); // 83 61 61 01 f9 3c 00
 */
export function encodeAny(value: AnyValue, limits: Partial<AnyLimits> = {}): Uint8Array {
  const writer = new Writer({ ...DEFAULT_ANY_LIMITS, ...limits });
  writer.value(value, 0);
  return writer.finish();
}

/**
 * The value of these bytes.
 *
 * @throws {WitError} for anything but one whole value (K3), or beyond the limits
 */
export function decodeAny(bytes: Uint8Array, limits: Partial<AnyLimits> = {}): AnyValue {
  const parser = new Parser(bytes, { ...DEFAULT_ANY_LIMITS, ...limits });
  const value = parser.value(0);
  parser.finish();
  return value;
}

class Writer {
  readonly #limits: AnyLimits;
  #bytes = new Uint8Array(64);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;
  #nodes = 0;

  constructor(limits: AnyLimits) {
    this.#limits = limits;
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  value(value: AnyValue, depth: number): void {
    this.#charge();
    if (value === null) this.#byte(NULL);
    else if (typeof value === "boolean") this.#byte(value ? TRUE : FALSE);
    else if (typeof value === "number" || typeof value === "bigint") this.#int(value);
    else if (typeof value === "string") this.#text(value);
    else if (value instanceof AnyFloat) this.#float(value.value);
    else if (value instanceof Uint8Array) this.#chunk(BYTES, value);
    else if (Array.isArray(value)) this.#list(value as readonly AnyValue[], depth);
    else if (value instanceof Map) this.#map(value as ReadonlyMap<string, AnyValue>, depth);
    else throw new WitError("malformed", "Only data can be an Any: no function, handle or other object", null);
  }

  #charge(): void {
    this.#nodes += 1;
    if (this.#nodes > this.#limits.nodes) throw tooLarge(this.#limits, null);
  }

  #list(list: readonly AnyValue[], depth: number): void {
    if (depth >= this.#limits.depth) throw tooDeep(this.#limits, null);
    this.#head(LIST, list.length);
    // Indexed, because a hole in the array must be met as well.
    for (let index = 0; index < list.length; index += 1) this.value(list[index] as AnyValue, depth + 1);
  }

  #map(map: ReadonlyMap<string, AnyValue>, depth: number): void {
    if (depth >= this.#limits.depth) throw tooDeep(this.#limits, null);
    this.#head(MAP, map.size);
    for (const [key, value] of map) {
      this.#charge();
      if (typeof key !== "string") throw new WitError("malformed", "A map in an Any has text keys only", null);
      this.#text(key);
      this.value(value, depth + 1);
    }
  }

  #int(value: number | bigint): void {
    if (typeof value === "number" && !Number.isSafeInteger(value)) {
      throw new WitError("malformed", `${value} is no exact integer: a Float is given as an AnyFloat`, null);
    }
    if (value >= 0) this.#head(UNSIGNED, value);
    else this.#head(NEGATIVE, typeof value === "number" ? -1 - value : -1n - value);
  }

  #text(text: string): void {
    if (!text.isWellFormed())
      throw new WitError("malformed", "A text has a lone surrogate, which is not a character", null);
    this.#chunk(TEXT, utf8Encoder.encode(text));
  }

  #chunk(major: number, chunk: Uint8Array): void {
    this.#head(major, chunk.length);
    this.#reserve(chunk.length);
    this.#bytes.set(chunk, this.#length);
    this.#length += chunk.length;
  }

  /** A major type with its argument in the shortest form (K1). */
  #head(major: number, argument: number | bigint): void {
    if (argument > MAX_ARGUMENT)
      throw new WitError("malformed", "An integer in an Any is from -2^64 to 2^64 - 1", null);
    const start = this.#reserve(9);
    if (argument < 24) {
      this.#byte((major << 5) | Number(argument));
    } else if (argument < 0x100) {
      this.#prefix(major, 24, 2);
      this.#view.setUint8(start + 1, Number(argument));
    } else if (argument < 0x10000) {
      this.#prefix(major, 25, 3);
      this.#view.setUint16(start + 1, Number(argument));
    } else if (argument < TWO_TO_32) {
      this.#prefix(major, 26, 5);
      this.#view.setUint32(start + 1, Number(argument));
    } else {
      this.#prefix(major, 27, 9);
      this.#view.setBigUint64(start + 1, BigInt(argument));
    }
  }

  #prefix(major: number, info: number, length: number): void {
    this.#view.setUint8(this.#length, (major << 5) | info);
    this.#length += length;
  }

  #float(value: number): void {
    const start = this.#reserve(9);
    const half = Number.isNaN(value) ? 0x7e00 : toHalf(value);
    if (half !== null) {
      this.#prefix(SIMPLE, 25, 3);
      this.#view.setUint16(start + 1, half);
    } else if (Math.fround(value) === value) {
      this.#prefix(SIMPLE, 26, 5);
      this.#view.setFloat32(start + 1, value);
    } else {
      this.#prefix(SIMPLE, 27, 9);
      this.#view.setFloat64(start + 1, value);
    }
  }

  #byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#length] = byte;
    this.#length += 1;
  }

  /** Room for so many more bytes; returns where they begin. */
  #reserve(more: number): number {
    const need = this.#length + more;
    if (need > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(need, this.#bytes.length * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return this.#length;
  }
}

class Parser {
  readonly #limits: AnyLimits;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #position = 0;
  #nodes = 0;

  constructor(bytes: Uint8Array, limits: AnyLimits) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#limits = limits;
  }

  finish(): void {
    if (this.#position < this.#bytes.length) throw this.#malformed("Bytes are left over after the value");
  }

  value(depth: number): AnyValue {
    this.#charge(1);
    const byte = this.#view.getUint8(this.#take(1));
    const major = byte >> 5;
    if (major === SIMPLE) return this.#simple(byte);
    const argument = this.#argument(byte & 0x1f);
    switch (major) {
      case UNSIGNED:
        return argument;
      case NEGATIVE:
        return integer(-1n - BigInt(argument));
      case BYTES:
        return this.#chunk(argument).slice();
      case TEXT:
        return this.#text(argument);
      case LIST:
        return this.#list(this.#count(argument, 1), depth);
      case MAP:
        return this.#map(this.#count(argument, 2), depth);
      default:
        throw this.#malformed("Tags are not part of an Any");
    }
  }

  #simple(byte: number): AnyValue {
    switch (byte) {
      case FALSE:
        return false;
      case TRUE:
        return true;
      case NULL:
        return null;
      case HALF:
        return new AnyFloat(fromHalf(this.#view.getUint16(this.#take(2))));
      case SINGLE:
        return new AnyFloat(this.#view.getFloat32(this.#take(4)));
      case DOUBLE:
        return new AnyFloat(this.#view.getFloat64(this.#take(8)));
      default:
        throw this.#malformed(`The simple value 0x${byte.toString(16)} is not part of an Any`);
    }
  }

  #argument(info: number): number | bigint {
    switch (info) {
      case 24:
        return this.#view.getUint8(this.#take(1));
      case 25:
        return this.#view.getUint16(this.#take(2));
      case 26:
        return this.#view.getUint32(this.#take(4));
      case 27:
        return integer(this.#view.getBigUint64(this.#take(8)));
      default:
        if (info < 24) return info;
        throw this.#malformed(info === 31 ? "Indefinite lengths are not part of an Any" : "Unknown length form");
    }
  }

  /** Where the next `length` bytes begin, which are then passed. */
  #take(length: number): number {
    const start = this.#position;
    if (length > this.#bytes.length - start)
      throw new WitError("truncated", "The bytes of the Any end too early", start);
    this.#position = start + length;
    return start;
  }

  #chunk(length: number | bigint): Uint8Array {
    const start = this.#take(Number(length));
    return this.#bytes.subarray(start, this.#position);
  }

  #text(length: number | bigint): string {
    const chunk = this.#chunk(length);
    try {
      return utf8Decoder.decode(chunk);
    } catch {
      throw this.#malformed("A text is not valid UTF-8");
    }
  }

  /** A count of items with at least `size` bytes each: refused before anything is built when so many cannot follow. */
  #count(argument: number | bigint, size: number): number {
    const count = Number(argument);
    if (count * size > this.#bytes.length - this.#position) {
      throw new WitError("truncated", "The bytes of the Any end too early", this.#position);
    }
    if (this.#nodes + count * size > this.#limits.nodes) throw tooLarge(this.#limits, this.#position);
    return count;
  }

  #list(count: number, depth: number): AnyValue[] {
    if (depth >= this.#limits.depth) throw tooDeep(this.#limits, this.#position);
    const list: AnyValue[] = [];
    for (let index = 0; index < count; index += 1) list.push(this.value(depth + 1));
    return list;
  }

  #map(count: number, depth: number): Map<string, AnyValue> {
    if (depth >= this.#limits.depth) throw tooDeep(this.#limits, this.#position);
    const map = new Map<string, AnyValue>();
    for (let index = 0; index < count; index += 1) {
      const key = this.#key();
      if (map.has(key)) throw this.#malformed("A map has a key twice");
      map.set(key, this.value(depth + 1));
    }
    return map;
  }

  #key(): string {
    this.#charge(1);
    const byte = this.#view.getUint8(this.#take(1));
    if (byte >> 5 !== TEXT) throw this.#malformed("A map has a key that is no text");
    return this.#text(this.#argument(byte & 0x1f));
  }

  #charge(nodes: number): void {
    this.#nodes += nodes;
    if (this.#nodes > this.#limits.nodes) throw tooLarge(this.#limits, this.#position);
  }

  #malformed(message: string): WitError {
    return new WitError("malformed", message, this.#position);
  }
}

function tooDeep({ depth }: AnyLimits, offset: number | null): WitError {
  return new WitError("too-deep", `The Any is nested more than ${depth} levels deep`, offset);
}

function tooLarge({ nodes }: AnyLimits, offset: number | null): WitError {
  return new WitError("too-large", `The Any has more than ${nodes} values`, offset);
}
