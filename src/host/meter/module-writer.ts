/**
 * Bytes of a core module under construction.
 */
export class ModuleWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  constructor(capacity = 1024) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  u8(byte: number): void {
    if (this.#length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#length++] = byte;
  }

  u32(value: number): void {
    for (let rest = value; ; rest = Math.floor(rest / 128)) {
      if (rest < 128) return this.u8(rest);
      this.u8((rest % 128) | 128);
    }
  }

  /** A non-negative number as the signed LEB128 that constants are. */
  constant(value: number): void {
    let rest = value;
    for (; rest >= 64; rest = Math.floor(rest / 128)) this.u8((rest % 128) | 128);
    this.u8(rest);
  }

  /** `bytes` from `start` to `end`. */
  copy(bytes: Uint8Array, start: number, end: number): void {
    const count = end - start;
    if (this.#length + count > this.#bytes.length) this.#grow(count);
    if (count < 32) for (let at = start; at < end; at++) this.#bytes[this.#length++] = bytes[at] ?? 0;
    else {
      this.#bytes.set(bytes.subarray(start, end), this.#length);
      this.#length += count;
    }
  }

  append(other: ModuleWriter): void {
    this.copy(other.#bytes, 0, other.#length);
  }

  name(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.u32(bytes.length);
    this.copy(bytes, 0, bytes.length);
  }

  /** Forgets what was written; the room stays. */
  clear(): void {
    this.#length = 0;
  }

  take(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  #grow(count: number): void {
    const bytes = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count));
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
  }
}
