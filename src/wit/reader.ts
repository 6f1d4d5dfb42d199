/**
 * A cursor over untrusted bytes: LEB128 integers, names, vectors, sections.
 *
 *   B1  Nothing outside `[position, end)` is ever read; running out is `truncated`.
 *   B2  Nothing is allocated from a length or count that the bytes only claim.
 */
import { WitError } from "./error.ts";
import type { Budget } from "./limits.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class Reader {
  readonly bytes: Uint8Array;
  readonly budget: Budget;
  readonly end: number;
  #position: number;

  constructor(bytes: Uint8Array, budget: Budget, start: number = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.budget = budget;
    this.end = end;
    this.#position = start;
  }

  get position(): number {
    return this.#position;
  }

  get done(): boolean {
    return this.#position >= this.end;
  }

  /** The next byte, not consumed. */
  peek(): number {
    const byte = this.#position < this.end ? this.bytes[this.#position] : undefined;
    if (byte === undefined) throw new WitError("truncated", "The bytes end too early", this.#position);
    return byte;
  }

  u8(): number {
    const byte = this.peek();
    this.#position += 1;
    return byte;
  }

  /** Unsigned LEB128 of at most 32 bits. */
  u32(): number {
    const start = this.#position;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.u8();
      value += (byte & 0x7f) * 2 ** shift;
      if ((byte & 0x80) === 0) return value < 2 ** 32 ? value : this.#badInteger(start);
    }
    return this.#badInteger(start);
  }

  /** Signed LEB128 of at most 33 bits. */
  s33(): number {
    const start = this.#position;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.u8();
      value += (byte & 0x7f) * 2 ** shift;
      if ((byte & 0x80) !== 0) continue;
      if ((byte & 0x40) !== 0) value -= 2 ** (shift + 7);
      return value >= -(2 ** 32) && value < 2 ** 32 ? value : this.#badInteger(start);
    }
    return this.#badInteger(start);
  }

  #badInteger(start: number): never {
    throw new WitError("malformed", "An integer is longer than its type allows", start);
  }

  /** A length-prefixed UTF-8 string. */
  name(): string {
    const start = this.#position;
    const length = this.u32();
    if (length > this.budget.limits.nameBytes) {
      throw new WitError("too-large", `A name is longer than ${this.budget.limits.nameBytes} bytes`, start);
    }
    this.skip(length);
    try {
      return utf8.decode(this.bytes.subarray(this.#position - length, this.#position));
    } catch {
      throw new WitError("malformed", "A name is not valid UTF-8", start);
    }
  }

  skip(length: number): void {
    if (length > this.end - this.#position) {
      throw new WitError("truncated", `The bytes end too early: ${length} more were announced`, this.#position);
    }
    this.#position += length;
  }

  /** A counted sequence. Each item is charged and takes at least a byte, so that a claimed count costs nothing (B2). */
  vec<T>(item: () => T): T[] {
    const count = this.u32();
    if (count > this.end - this.#position) {
      throw new WitError("truncated", `The bytes end too early: ${count} items were announced`, this.#position);
    }
    const items: T[] = [];
    for (let index = 0; index < count; index += 1) {
      this.budget.charge(1, this.#position);
      items.push(item());
    }
    return items;
  }

  /** `0x00`, or `0x01` and an item. */
  optional<T>(item: () => T): T | null {
    return this.flag() ? item() : null;
  }

  /** A byte that is 0 or 1. */
  flag(): boolean {
    const byte = this.u8();
    if (byte > 1) return this.unknown("flag", byte);
    return byte === 1;
  }

  /** The byte must be this one. */
  expect(want: number, what: string): void {
    const byte = this.u8();
    if (byte !== want) this.unknown(what, byte);
  }

  /** A cursor over the next `length` bytes, which this one skips. */
  section(length: number): Reader {
    const start = this.#position;
    this.skip(length);
    return new Reader(this.bytes, this.budget, start, start + length);
  }

  /** Fails unless everything was read. */
  finish(what: string): void {
    if (!this.done) throw new WitError("malformed", `The ${what} is longer than its content`, this.#position);
  }

  /** Fails on the byte just read. */
  unknown(what: string, byte: number): never {
    throw new WitError("malformed", `Unknown ${what} 0x${byte.toString(16).padStart(2, "0")}`, this.#position - 1);
  }
}
