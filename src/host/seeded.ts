/**
 * Random bytes that a seed decides: the ChaCha20 key stream (RFC 8439) under the seed, nonce zero.
 * The same 32 bytes give the same stream everywhere and for ever (D8). Not for secrets of the host.
 */
import { Fault } from "../fault.ts";

const BLOCK = 64;

export class SeededBytes {
  readonly #key: Uint32Array;
  readonly #block: Uint8Array = new Uint8Array(BLOCK);
  #counter = 0;
  #used: number = BLOCK;

  constructor(seed: Uint8Array) {
    this.#key = keyOf(seed);
  }

  next(length: number): Uint8Array<ArrayBuffer> {
    const out = new Uint8Array(length);
    for (let at = 0; at < length;) {
      if (this.#used === BLOCK) this.#refill();
      const part = this.#block.subarray(this.#used, Math.min(BLOCK, this.#used + length - at));
      out.set(part, at);
      at += part.length;
      this.#used += part.length;
    }
    return out;
  }

  nextU64(): bigint {
    return new DataView(this.next(8).buffer).getBigUint64(0, true);
  }

  #refill(): void {
    keyStreamBlock(this.#key, this.#counter, this.#block);
    this.#counter += 1;
    this.#used = 0;
  }
}

/** The seed of one call of an instance, whose calls are counted from 1; what comes before them has number 0. */
export function seedOfCall(seed: Uint8Array, call: number): Uint8Array {
  const own = seed.slice();
  const view = new DataView(own.buffer);
  view.setBigUint64(0, view.getBigUint64(0) ^ BigInt(call));
  return own;
}

/** Short seeds for calls, of 16 bytes each: those of the key stream at 16 × the number of the call. Four take one block. */
export class ShortSeeds {
  readonly #key: Uint32Array;
  readonly #block = new DataView(new ArrayBuffer(BLOCK));
  #counter = -1;

  constructor(seed: Uint8Array) {
    this.#key = keyOf(seed);
  }

  /** Two integers of 53 bits. */
  of(call: number): readonly [number, number] {
    const counter = Math.floor(call / 4);
    if (counter !== this.#counter) {
      keyStreamBlock(this.#key, counter, new Uint8Array(this.#block.buffer));
      this.#counter = counter;
    }
    const at = 16 * (call % 4);
    return [this.#integer(at), this.#integer(at + 8)];
  }

  #integer(at: number): number {
    return (this.#block.getUint32(at) & 0x1f_ffff) * 2 ** 32 + this.#block.getUint32(at + 4);
  }
}

function keyOf(seed: Uint8Array): Uint32Array {
  if (seed.length !== 32) throw new Fault("invalid-seed", `A seed has 32 bytes, not ${seed.length}`);
  const view = new DataView(seed.buffer, seed.byteOffset, 32);
  return Uint32Array.from({ length: 8 }, (_, at) => view.getUint32(at * 4, true));
}

/** One block: the counter is 64 bits wide here, in the words that RFC 8439 splits into counter and nonce. */
function keyStreamBlock(key: Uint32Array, counter: number, out: Uint8Array): void {
  const start = new Uint32Array(16);
  start.set([0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]); // "expand 32-byte k"
  start.set(key, 4);
  start[12] = counter >>> 0;
  start[13] = Math.floor(counter / 2 ** 32);
  const s = start.slice();
  for (let round = 0; round < 10; round++) {
    quarter(s, 0, 4, 8, 12);
    quarter(s, 1, 5, 9, 13);
    quarter(s, 2, 6, 10, 14);
    quarter(s, 3, 7, 11, 15);
    quarter(s, 0, 5, 10, 15);
    quarter(s, 1, 6, 11, 12);
    quarter(s, 2, 7, 8, 13);
    quarter(s, 3, 4, 9, 14);
  }
  const view = new DataView(out.buffer, out.byteOffset, BLOCK);
  for (let at = 0; at < 16; at++) view.setUint32(at * 4, (word(s, at) + word(start, at)) >>> 0, true);
}

function quarter(s: Uint32Array, a: number, b: number, c: number, d: number): void {
  mix(s, a, b, d, 16);
  mix(s, c, d, b, 12);
  mix(s, a, b, d, 8);
  mix(s, c, d, b, 7);
}

/** s[a] += s[b]; s[d] = (s[d] xor s[a]) rotated left */
function mix(s: Uint32Array, a: number, b: number, d: number, left: number): void {
  const sum = (word(s, a) + word(s, b)) >>> 0;
  const x = word(s, d) ^ sum;
  s[a] = sum;
  s[d] = (x << left) | (x >>> (32 - left));
}

function word(s: Uint32Array, at: number): number {
  return s[at] as number;
}
