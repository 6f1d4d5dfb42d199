/** What a realm was told to do, and has not answered. */
import type { Value } from "../../wit/value.ts";
import type { InContext } from "./questions.ts";
import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** Milliseconds after its deadline in which a realm can still end a call by itself. */
export const GRACE = 50;
/** Milliseconds that saving may take. */
export const SAVE_DEADLINE = 30_000;
export const LONGEST_TIMER: number = 2 ** 31 - 1 - GRACE;

export interface Pending {
  readonly kind: number;
  /** For messages: "add". */
  readonly name: string;
  readonly deadline: number | undefined;
  /** Writes what follows the number. @throws {Fault} */
  readonly write: (to: Writer) => void;
  readonly read: (from: Reader) => Value;
  readonly inContext: InContext;
  readonly resolve: (value: Value) => void;
  readonly reject: (thrown: unknown) => void;
  /** 0 while it waits to be sent. */
  number: number;
  lent: readonly number[];
  bytes: number;
  ends: number;
  timer: NodeJS.Timeout | undefined;
}
