/**
 * CPython's `marshal` format, as far as it carries WIT values: the codes of its items, and what its writer and reader share.
 *
 *   M1  The reader never reads outside its bytes, and pays for everything before it is allocated (HAZARDS 15): a byte of the
 *       guest's must not cost the host many.
 *   M2  It accepts exactly what `marshal.dumps(value, 2)` writes for the type that is due, and one code of the worker's own;
 *       anything else is a `Mismatch`. In particular it knows no references, by which few bytes could stand for many values.
 *   M3  Floats keep their bits; integers of any size keep their value.
 */
import type { WitType } from "../../wit/types.ts";
import type { Value } from "../../wit/value.ts";

/** `forged`: not a wrong value of the plugin's, but a handle that was never given to it. */
export type MismatchCode = "type-mismatch" | "out-of-range" | "moved" | "forged";

/** A value does not fit its type. The caller knows where it came from and makes a Fault of it. */
export class Mismatch extends Error {
  readonly code: MismatchCode;
  constructor(message: string, code: MismatchCode = "type-mismatch") {
    super(message);
    this.name = "Mismatch";
    this.code = code;
  }
}

/** Turns handles into the numbers that stand for them in the guest, and back. Throws a Mismatch for a wrong one. */
export interface HandleTable {
  lower(type: WitType & { readonly kind: "own" | "borrow" }, value: Value): number;
  lift(type: WitType & { readonly kind: "own" | "borrow" }, number: number): Value;
}

export const NONE = 0x4e; // N
export const TRUE = 0x54; // T
export const FALSE = 0x46; // F
export const INT = 0x69; // i
export const LONG = 0x6c; // l
export const FLOAT = 0x67; // g
export const BYTES = 0x73; // s
export const UNICODE = 0x75; // u
export const INTERNED = 0x74; // t
export const SHORT_ASCII = 0x7a; // z
export const TUPLE = 0x28; // (
export const LIST = 0x5b; // [

/** Not marshal's: a list of floats as the worker found it in memory, its length in bytes and then the floats themselves. */
export const FLOATS = 0x44; // D

const NAMES: Readonly<Record<number, string>> = {
  [NONE]: "None",
  [TRUE]: "True",
  [FALSE]: "False",
  [INT]: "int",
  [LONG]: "int",
  [FLOAT]: "float",
  [BYTES]: "bytes",
  [UNICODE]: "str",
  [INTERNED]: "str",
  [TUPLE]: "tuple",
  [LIST]: "list",
  [FLOATS]: "list of float",
  0x7b: "dict",
  0x3c: "set",
  0x3e: "frozenset",
  0x79: "complex",
};

/** What an item of this code is in Python. */
export function nameOf(code: number | undefined): string {
  return (code === undefined ? undefined : NAMES[code]) ?? "something else";
}
