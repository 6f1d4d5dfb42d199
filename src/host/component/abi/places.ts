/**
 * The core values of one call, as an array: which place a part of a type has, and in which form it lies there.
 *
 *   U1  Places are settled when a type is compiled; at run time nothing counts along.
 *   U2  Where cases share a place (F1 of flat.ts), a value that is narrower or a float lies there as an integer.
 */
import type { CoreValue } from "./abi.ts";
import type { FlatType } from "./flat.ts";

export type Flats = CoreValue[];
export type Read = (flats: Flats) => CoreValue;
export type Write = (flats: Flats, core: CoreValue) => void;

/** Hands out places one by one. */
export class Places {
  readonly #have: readonly FlatType[];
  at: number;

  constructor(have: readonly FlatType[], at = 0) {
    this.#have = have;
    this.at = at;
  }

  /** The same places from here on, for another case. */
  fork(): Places {
    return new Places(this.#have, this.at);
  }

  read(want: FlatType): Read {
    const at = this.at++;
    return reader(this.#have[at] ?? want, want, at);
  }

  write(want: FlatType): Write {
    const at = this.at++;
    return writer(this.#have[at] ?? want, want, at);
  }

  /** Writes zeros into all places from here up to `end`. */
  blank(end: number): (flats: Flats) => void {
    const start = this.at;
    const zeros = this.#have.slice(start, end).map((have) => (have === "i64" ? 0n : 0));
    if (zeros.length === 0) return () => {};
    return (flats) => {
      for (const [index, zero] of zeros.entries()) flats[start + index] = zero;
    };
  }
}

/** One number seen as the bits of another. */
const f32 = new Float32Array(1);
const i32 = new Int32Array(f32.buffer);
const f64 = new Float64Array(1);
const i64 = new BigInt64Array(f64.buffer);

function reader(have: FlatType, want: FlatType, at: number): Read {
  if (have === want) return (flats) => flats[at] as CoreValue;
  if (have === "i32") return (flats) => floatOf(flats[at] as number);
  if (want === "i32") return (flats) => low(flats[at] as bigint);
  if (want === "f32") return (flats) => floatOf(low(flats[at] as bigint));
  return (flats) => doubleOf(flats[at] as bigint);
}

function writer(have: FlatType, want: FlatType, at: number): Write {
  if (have === want) {
    return (flats, core) => {
      flats[at] = core;
    };
  }
  const coded = coding(have, want);
  return (flats, core) => {
    flats[at] = coded(core as number);
  };
}

function coding(have: FlatType, want: FlatType): (core: number) => CoreValue {
  if (have === "i32") return bitsOf;
  if (want === "i32") return (core) => BigInt(core >>> 0);
  if (want === "f32") return (core) => BigInt(bitsOf(core) >>> 0);
  return (core) => wideBitsOf(core);
}

function low(wide: bigint): number {
  return Number(BigInt.asIntN(32, wide));
}

function floatOf(bits: number): number {
  i32[0] = bits;
  return f32[0] as number;
}

function doubleOf(bits: bigint): number {
  i64[0] = bits;
  return f64[0] as number;
}

function bitsOf(float: number): number {
  f32[0] = float;
  return i32[0] as number;
}

function wideBitsOf(float: number): bigint {
  f64[0] = float;
  return i64[0] as bigint;
}
