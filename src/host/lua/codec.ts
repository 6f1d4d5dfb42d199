/**
 * What a codec is: one per WIT type and position, compiled once for each instance.
 *
 *   C1  `push` is given values that passed `checkValue` (src/wit/validate.ts) and looks no further.
 *   C2  `read` trusts nothing: it uses raw access only, so no metamethod of the guest runs, and charges the budget before it
 *       allocates (B1 of src/wit/budget.ts).
 *   C3  Both leave the stack as they found it, but for the one value that `push` adds, and need at most `slots` slots.
 */
import type { LiftBudget } from "../../wit/budget.ts";
import type { Value } from "../../wit/value.ts";
import type { WitType } from "../../wit/types.ts";
import type { Pointer } from "./api.ts";
import type { LuaMachine } from "./machine.ts";

export interface Codec {
  readonly slots: number;
  readonly push: (thread: Pointer, value: Value) => void;
  /** Reads the value on top of the stack. */
  readonly read: (thread: Pointer) => Value;
}

/** Whether nil can stand here: a field, an item of a tuple or a parameter can be nil, an element of a list cannot. */
export type Position = "plain" | "boxed";

export type CodecOf = (type: WitType, position: Position) => Codec;

/** Handles of both sides: see handles.ts. */
export interface HandleCodecs {
  readonly of: (type: Extract<WitType, { kind: "own" | "borrow" }>) => Codec;
}

/** What codecs share within one instance. */
export interface CodecContext {
  readonly machine: LuaMachine;
  readonly budget: LiftBudget;
  readonly handles: HandleCodecs;
  /** Registry places of the marks that `sennit.bytes` and `sennit.map` put on tables. */
  readonly marks: { readonly bytes: number; readonly map: number };
}
