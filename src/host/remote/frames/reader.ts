/**
 * Reads frames that somebody else wrote, who may lie.
 *
 *   R1  Nothing is read beyond the end, and what a frame claims to hold is charged and found to be there before anything
 *       is allocated for it.
 *   R2  What is returned shares no memory with the frame.
 */
import type { LiftBudget } from "../../../wit/budget.ts";
import type { HandleMap } from "./writer.ts";

/** The other side broke the protocol. */
export class Broken extends Error {
  override readonly name = "Broken";
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class Reader {
  readonly handles: HandleMap;
  readonly budget: LiftBudget;
  #bytes = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;

  constructor(handles: HandleMap, budget: LiftBudget) {
    this.handles = handles;
    this.budget = budget;
  }

  open(frame: Uint8Array<ArrayBuffer>): void {
    this.#bytes = frame;
    this.#view = new DataView(frame.buffer, frame.byteOffset, frame.length);
    this.#at = 0;
    this.budget.reset();
  }

  /** @throws {Broken} when something is left over */
  close(): void {
    if (this.#at !== this.#bytes.length) throw new Broken(`${this.#bytes.length - this.#at} bytes too many`);
    this.#bytes = new Uint8Array(0);
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  s64(): bigint {
    return this.#view.getBigInt64(this.#take(8), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  f32(): number {
    return this.#view.getFloat32(this.#take(4), true);
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  /** A number that must be a whole one, at least 0. */
  whole(): number {
    const value = this.f64();
    if (!Number.isSafeInteger(value) || value < 0) throw new Broken(`${value} is no number of a thing`);
    return value;
  }

  /** A number below `count`. */
  index(count: number): number {
    const value = this.u32();
    if (value >= count) throw new Broken(`${value} is not below ${count}`);
    return value;
  }

  flag(): boolean {
    const value = this.u8();
    if (value > 1) throw new Broken(`${value} is neither true nor false`);
    return value === 1;
  }

  /** A copy of the next bytes in a buffer of their own. */
  raw(count: number): Uint8Array<ArrayBuffer> {
    this.#refuseBeyond(count);
    this.budget.bytes(count);
    const at = this.#take(count);
    return this.#bytes.slice(at, at + count);
  }

  /** A copy of all that is left; it takes no budget, for it is as long as the frame at most. */
  rest(): Uint8Array<ArrayBuffer> {
    const rest = this.#bytes.slice(this.#at);
    this.#at = this.#bytes.length;
    return rest;
  }

  text(): string {
    const count = this.u32();
    this.#refuseBeyond(count);
    this.budget.bytes(count);
    const at = this.#take(count);
    try {
      return decoder.decode(this.#bytes.subarray(at, at + count));
    } catch {
      throw new Broken("a text is not UTF-8");
    }
  }

  /** @throws {Broken} when fewer bytes than this are left */
  #refuseBeyond(count: number): void {
    if (count > this.#bytes.length - this.#at) throw new Broken("it ends too early");
  }

  #take(count: number): number {
    const at = this.#at;
    if (count > this.#bytes.length - at) throw new Broken("it ends too early");
    this.#at = at + count;
    return at;
  }
}
