/**
 * Values of WIT types as plain JavaScript, and back: how functions of the embedding program and the command line see them.
 *
 *   L1  Only own data properties count: no getter runs and no prototype is asked. Arrays are read once, index by index.
 *   L2  What is handed out shares no memory with the value it was made from, and what is taken in none with its source.
 *
 * | WIT                    | JavaScript                                                                             |
 * | ---------------------- | -------------------------------------------------------------------------------------- |
 * | bool, string, char     | boolean, string, string of one character                                               |
 * | s8 … u64               | number when it is a safe integer, else bigint; both are taken                          |
 * | f32, f64               | number; taken for an f32 it is rounded                                                 |
 * | list<u8>               | Uint8Array                                                                             |
 * | list of other numbers  | the typed array of that type; an Array is taken too                                    |
 * | list, tuple            | Array                                                                                  |
 * | map                    | Map                                                                                    |
 * | record                 | object with the fields in camelCase                                                    |
 * | variant                | `{ tag: "case-name", value }`, without `value` when the case has none                  |
 * | enum                   | "case-name"                                                                            |
 * | flags                  | object of booleans in camelCase; absent ones are false, a Set or Array of labels is taken |
 * | option                 | null or the value; `{ some: … }` around it when options nest; undefined is taken for null |
 * | result                 | `{ ok: … }` or `{ err: … }`, null when there is no payload                             |
 * | own, borrow            | whatever `PlainHandles` says; a `Handle` unless given                                  |
 * | callback               | function of plain values (see plain-any.ts) that gives a promise                       |
 * | value of sennit:host   | plain untyped data (see plain-any.ts)                                                  |
 */
import { LiftBudget } from "../../wit/budget.ts";
import { compileCheck } from "../../wit/check.ts";
import type { WitType } from "../../wit/types.ts";
import { checkValue } from "../../wit/validate.ts";
import { Handle, type Value } from "../../wit/value.ts";
import { type FromPlain, fromPlainOf } from "./from-plain.ts";
import type { PlainHandles } from "./handles.ts";
import { faultAt, misfit } from "./misfit.ts";
import { type ToPlain, toPlainOf } from "./to-plain.ts";

/** Handles as they are. */
const asTheyAre: PlainHandles = {
  toPlain: (_, handle) => handle,
  fromPlain: (_, plain) => {
    if (plain instanceof Handle) return plain;
    throw misfit("a handle", plain);
  },
};

/** Both directions of one type, compiled once. */
export interface PlainCodec {
  /** The value passed its check. */
  readonly toPlain: ToPlain;
  /** @throws {Fault} as `fromPlain` does */
  readonly fromPlain: (plain: unknown, path: string, handles: PlainHandles, budget: LiftBudget) => Value;
}

export function plainCodec(type: WitType): PlainCodec {
  const read = fromPlainOf(type);
  const isOne = compileCheck(type);
  return {
    toPlain: toPlainOf(type),
    fromPlain: (plain, path, handles, budget) => {
      const value = readAt(path, read, plain, handles, budget);
      if (!isOne(value)) checkValue(type, value, path); // says what is wrong
      return value;
    },
  };
}

function readAt(path: string, read: FromPlain, plain: unknown, handles: PlainHandles, budget: LiftBudget): Value {
  try {
    return read(plain, handles, budget);
  } catch (thrown) {
    throw faultAt(path, thrown);
  }
}

/**
 * A value that passed `checkValue`, as plain JavaScript.
 *
 * @example
 * toPlain({ kind: "option", some: { kind: "u8" } }, null); // null
 */
export function toPlain(type: WitType, value: Value, handles: PlainHandles = asTheyAre): unknown {
  return toPlainOf(type)(value, handles);
}

/**
 * Plain JavaScript as a value of a type, checked.
 *
 * @param path what it is, for messages: "argument `p`"
 * @throws {Fault} `type-mismatch` or `out-of-range`, naming the place; `value-too-large`
 */
export function fromPlain(type: WitType, plain: unknown, path: string, handles: PlainHandles = asTheyAre): Value {
  return plainCodec(type).fromPlain(plain, path, handles, new LiftBudget());
}
