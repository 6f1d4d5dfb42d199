/**
 * The untyped data of the language's `Any`, as a small tree that tells what it is.
 *
 *   A1  An `AnyValue` is also a `Value`: where a WIT type is at hand nothing changes.
 *   A2  Int and Float stay apart: a plain number or bigint is an Int, a Float is in an `AnyFloat`. The integer 5 and
 *       the float 5.0 are the same JavaScript number, and no type stands beside an Any to tell them apart.
 */
import { Opaque } from "./value.ts";

/** A safe integer, or a bigint beyond those (V2 of value.ts). From -2^64 to 2^64 - 1. */
export type AnyInt = number | bigint;

/** A Float inside an Any. */
export class AnyFloat extends Opaque {
  override readonly opaque = "any-float";
  readonly value: number;
  constructor(value: number) {
    super();
    this.value = value;
  }
}

export type AnyValue =
  | null
  | boolean
  | AnyInt
  | AnyFloat
  | string
  | Uint8Array
  | readonly AnyValue[]
  | ReadonlyMap<string, AnyValue>;
