/**
 * Saved state as bytes, little-endian: first all that it depends on, as `Plugin.stateOf` says it.
 *
 *   B1  What is read is a stranger's: nothing is read beyond the end or allocated before it is known to be there, and bytes of
 *       another plugin, another version or another runtime are refused before anything else.
 *   B2  All of it is read: bytes that are left over are a mistake.
 */
import { Fault } from "../../fault.ts";

/** Raised whenever bytes of an earlier version would be read in another way. */
export const STATE_VERSION = 1;

const MAGIC = 0x54_53_4e_53; // "SNST"
const FIRST_SIZE = 4096;
/** As JavaScript's dates have it. */
const LATEST = 8.64e15;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Whose state it is. */
export interface StateOwner {
  /** The package, for messages. */
  readonly source: string;
  /** `Plugin.stateOf` */
  readonly stateOf: readonly string[];
}

/**
 * What the state of a plugin's instances depends on.
 *
 * @param digest of its code
 * @param runtime what else its memory is laid out by
 */
export function stateOwner(
  source: string,
  language: "component" | "lua" | "python",
  digest: string,
  ...runtime: readonly string[]
): StateOwner {
  return { source, stateOf: [`${language} ${digest}`, `state ${STATE_VERSION}`, ...runtime] };
}

/** @throws {Fault} `state-invalid` always */
export function refuseState(source: string, why: string): never {
  throw new Fault("state-invalid", `A saved state of ${source} cannot be used: ${why}`, {
    source,
    hint: "Start the instance without it, and make its calls again.",
  });
}

export class StateWriter {
  #bytes = new Uint8Array(FIRST_SIZE);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  constructor({ stateOf }: Pick<StateOwner, "stateOf">) {
    this.u32(MAGIC);
    this.u32(stateOf.length);
    for (const each of stateOf) this.text(each);
  }

  u8(value: number): void {
    const at = this.#room(1);
    this.#view.setUint8(at, value);
  }

  u32(value: number): void {
    const at = this.#room(4);
    this.#view.setUint32(at, value, true);
  }

  i32(value: number): void {
    const at = this.#room(4);
    this.#view.setInt32(at, value, true);
  }

  i64(value: bigint): void {
    const at = this.#room(8);
    this.#view.setBigInt64(at, value, true);
  }

  f64(value: number): void {
    const at = this.#room(8);
    this.#view.setFloat64(at, value, true);
  }

  text(value: string): void {
    this.bytes(encoder.encode(value));
  }

  /** With their length. */
  bytes(value: Uint8Array): void {
    this.u32(value.length);
    this.raw(value);
  }

  /** Without it. */
  raw(value: Uint8Array): void {
    const at = this.#room(value.length);
    this.#bytes.set(value, at);
  }

  /** Makes room for so many more bytes at once. */
  reserve(count: number): void {
    const size = this.#length + count;
    if (size <= this.#bytes.length) return;
    const bytes = new Uint8Array(Math.max(size, 2 * this.#bytes.length));
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }

  /** What was written, in a buffer of its own. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  /** Where so many bytes go: the view may be another one afterwards. */
  #room(count: number): number {
    this.reserve(count);
    const at = this.#length;
    this.#length += count;
    return at;
  }
}

export class StateReader {
  readonly source: string;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  /** @throws {Fault} `state-invalid` for what is not of this owner (B1) */
  constructor(bytes: Uint8Array, { source, stateOf }: StateOwner) {
    this.source = source;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (this.u32() !== MAGIC) this.refuse("it is none");
    const count = this.u32();
    if (count !== stateOf.length) this.refuse(`it depends on ${count} things in the place of ${stateOf.length}`);
    for (const each of stateOf) if (this.text() !== each) this.refuse(`it is not of ${each}`);
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  i64(): bigint {
    return this.#view.getBigInt64(this.#take(8), true);
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  /** Milliseconds since the epoch. */
  time(): number {
    const value = this.f64();
    return Math.abs(value) <= LATEST ? value : this.refuse(`${value} is no time`);
  }

  /** A whole number that is at least 0. */
  whole(): number {
    const value = this.f64();
    return Number.isSafeInteger(value) && value >= 0 ? value : this.refuse(`${value} is no number of things`);
  }

  flag(): boolean {
    const value = this.u8();
    return value > 1 ? this.refuse(`${value} is neither true nor false`) : value === 1;
  }

  /** How many things follow that take at least `size` bytes each (B1). */
  count(size: number): number {
    const count = this.u32();
    return count * size > this.left ? this.refuse("it ends too early") : count;
  }

  text(): string {
    try {
      return decoder.decode(this.bytes());
    } catch (thrown) {
      return thrown instanceof Fault ? rethrow(thrown) : this.refuse("a text is not UTF-8");
    }
  }

  /** A view of the bytes that stand here with their length. */
  bytes(): Uint8Array {
    return this.raw(this.u32());
  }

  /** A view of so many bytes. */
  raw(count: number): Uint8Array {
    const at = this.#take(count);
    return this.#bytes.subarray(at, at + count);
  }

  /** Nothing more is to be read (B2). */
  close(): void {
    if (this.left > 0) this.refuse(`it has ${this.left} bytes too many`);
  }

  /** @throws {Fault} `state-invalid` always */
  refuse(why: string): never {
    return refuseState(this.source, why);
  }

  #take(count: number): number {
    const at = this.#at;
    if (count > this.left) this.refuse("it ends too early");
    this.#at = at + count;
    return at;
  }
}

function rethrow(fault: Fault): never {
  throw fault;
}
