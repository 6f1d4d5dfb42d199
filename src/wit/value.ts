/**
 * How a WIT value looks in TypeScript: one representation for the VM, the codecs of every guest, and the journal.
 *
 *   V1  A value is untyped; what it means is told by the WIT (or Sennit) type beside it. The integer 5 and the
 *       float 5.0 are the same JavaScript number.
 *   V2  An integer is a `number` when it is a safe integer, and a `bigint` otherwise: one form for one value.
 *   V3  Values are immutable. Nobody writes into an array, typed array, map or class instance it was handed.
 *   V4  Values are data only: no prototypes of strangers, no functions, no proxies.
 *
 * | WIT type                    | value                                                                          |
 * | --------------------------- | ------------------------------------------------------------------------------ |
 * | bool                        | boolean                                                                        |
 * | s8 … u64                    | V2                                                                             |
 * | f32, f64                    | number (an f32 is exactly representable)                                       |
 * | char                        | string of one Unicode scalar value                                             |
 * | string                      | string without lone surrogates                                                 |
 * | list<u8>                    | Uint8Array                                                                     |
 * | list of another number type | the typed array of that type, or an Array; who consumes one accepts both. A codec |
 * |                             | that lifts gives the typed array (s64/u64: BigInt64Array/BigUint64Array)        |
 * | list<T>                     | Array                                                                          |
 * | map<K, V>                   | Map (insertion order)                                                          |
 * | tuple                       | Array                                                                          |
 * | record                      | Array of the field values in order of declaration                              |
 * | option<T>                   | null, or the value; `Some` around it when T itself can be null (`isNullable`)   |
 * | result, variant             | CaseValue (index 0 is ok, 1 is err); payload null when the case has none        |
 * | enum                        | number: the index of the case                                                  |
 * | flags                       | number: bit i is label i (unsigned)                                             |
 * | own, borrow                 | Handle                                                                         |
 * | stream, future              | Handle                                                                         |
 * | a function without result   | null                                                                           |
 */
import type { WitType } from "./types.ts";

export type TypedNumbers =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | TypedNumbers
  | readonly Value[]
  | ReadonlyMap<Value, Value>
  | Some
  | CaseValue
  | Handle
  | Opaque;

/** One layer of an option whose content may itself be null. */
export class Some {
  readonly value: Value;
  constructor(value: Value) {
    this.value = value;
  }
}

/** A case of a variant or result. */
export class CaseValue {
  readonly index: number;
  readonly payload: Value;
  constructor(index: number, payload: Value) {
    this.index = index;
    this.payload = payload;
  }
}

/** A ticket to a thing that an instance owns. `instance` is the id the host gave the instance; `id` is its own number there. */
export class Handle {
  readonly instance: number;
  readonly id: number;
  constructor(instance: number, id: number) {
    this.instance = instance;
    this.id = id;
  }
}

/**
 * The base of values that only one room understands (the language's closures, tasks and Any boxes; the host's callbacks).
 * A codec that meets one it does not know refuses it.
 */
export abstract class Opaque {
  abstract readonly opaque: string;
}

/** Passed for a `callback` resource: the guest calls back into the workflow. The arguments and the result are CBOR of Any. */
export class Callback extends Opaque {
  override readonly opaque = "callback";
  readonly call: (args: readonly Uint8Array[]) => Promise<Uint8Array>;
  constructor(call: (args: readonly Uint8Array[]) => Promise<Uint8Array>) {
    super();
    this.call = call;
  }
}

export const OK = 0;
export const ERR = 1;

/** True when null is a value of this type, so that `option<T>` needs a `Some` around it. */
export function isNullable(type: WitType): boolean {
  return type.kind === "option";
}

/** The one form of an integer (V2). */
export function integer(value: bigint): number | bigint {
  return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value;
}
