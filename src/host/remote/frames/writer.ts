/**
 * Writes frames: little-endian numbers and bytes into one buffer that grows, copied out when a frame is whole.
 */
import type { WitType } from "../../../wit/types.ts";
import type { Value } from "../../../wit/value.ts";

export type HandleType = Extract<WitType, { kind: "own" | "borrow" }>;

/** What stands for a resource, seen from one side of the wall. */
export interface HandleMap {
  /** The number that the other side will know it by. @throws {Fault} `type-mismatch` for one that cannot cross */
  readonly give: (value: Value, type: HandleType) => number;
  /** What a number from the other side stands for. @throws {Broken} when it stands for nothing */
  readonly take: (number: number, type: HandleType) => Value;
}

const FIRST_SIZE = 256;
/** A buffer that one large frame made is not kept. */
const MOST_KEPT = 2 ** 20;
const encoder = new TextEncoder();

export class Writer {
  readonly handles: HandleMap;
  #buffer = new ArrayBuffer(FIRST_SIZE);
  #bytes = new Uint8Array(this.#buffer);
  #view = new DataView(this.#buffer);
  #at = 0;

  constructor(handles: HandleMap) {
    this.handles = handles;
  }

  /** Begins a frame; one that was not finished is forgotten. */
  start(kind: number, number: number): this {
    this.#at = 0;
    this.u8(kind);
    this.u32(number);
    return this;
  }

  /** The frame, in a buffer of its own. */
  finish(): Uint8Array<ArrayBuffer> {
    const frame = this.#bytes.slice(0, this.#at);
    if (this.#buffer.byteLength > MOST_KEPT) this.#renew(FIRST_SIZE);
    this.#at = 0;
    return frame;
  }

  u8(value: number): void {
    const at = this.#room(1);
    this.#view.setUint8(at, value);
  }

  u16(value: number): void {
    const at = this.#room(2);
    this.#view.setUint16(at, value, true);
  }

  u32(value: number): void {
    const at = this.#room(4);
    this.#view.setUint32(at, value, true);
  }

  /** Of any sign: the bits are the same. */
  u64(value: number | bigint): void {
    const at = this.#room(8);
    this.#view.setBigUint64(at, BigInt.asUintN(64, BigInt(value)), true);
  }

  f32(value: number): void {
    const at = this.#room(4);
    this.#view.setFloat32(at, value, true);
  }

  f64(value: number): void {
    const at = this.#room(8);
    this.#view.setFloat64(at, value, true);
  }

  raw(bytes: Uint8Array): void {
    const at = this.#room(bytes.length);
    this.#bytes.set(bytes, at);
  }

  text(text: string): void {
    const at = this.#room(4 + 3 * text.length);
    const { written } = encoder.encodeInto(text, this.#bytes.subarray(at + 4));
    this.#view.setUint32(at, written, true);
    this.#at = at + 4 + written;
  }

  /** Where `count` bytes go. */
  #room(count: number): number {
    const at = this.#at;
    this.#at = at + count;
    if (this.#at > this.#buffer.byteLength) this.#grow();
    return at;
  }

  #grow(): void {
    const old = this.#bytes;
    this.#renew(Math.max(this.#at, 2 * old.length));
    this.#bytes.set(old);
  }

  #renew(size: number): void {
    this.#buffer = new ArrayBuffer(size);
    this.#bytes = new Uint8Array(this.#buffer);
    this.#view = new DataView(this.#buffer);
  }
}
