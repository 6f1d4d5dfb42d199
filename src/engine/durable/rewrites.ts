/**
 * Variables that were rewritten when a run was moved to another version of its program.
 *
 *   E1  A rewriting belongs to its place among the deliveries: a replay applies it there, where every branch waits, once.
 *   E2  What a snapshot has in it is not applied again.
 *   E3  Each value is made anew for its variable: no two share what one of them may change.
 */
import { Fault } from "../../fault.ts";
import type { Digest, Lsn } from "../../journal/entry/entry.ts";
import type { NewValue } from "../../lang/vm/rewrite.ts";
import type { Value } from "../../wit/value.ts";
import type { Recorded } from "./log/recorded.ts";
import { ValueBytes } from "./value-bytes.ts";

export interface RewrittenVariable {
  readonly name: string;
  /** Of the program that the run was moved to last. */
  readonly register: number;
  /** Data: nothing of any program is in it. */
  readonly value: Uint8Array;
}

export interface Rewriting {
  /** The position of the move that it came with. */
  readonly at: Lsn;
  /** What rewrote them. */
  readonly by: Digest;
  readonly variables: readonly RewrittenVariable[];
}

const DATA: ValueBytes = new ValueBytes(null);

/** As part of a move; that of the move itself has the position 0, which is not known before it is written. */
export function dataOfRewritings(rewritings: readonly Rewriting[]): Value {
  return rewritings.map(({ at, by, variables }) => [
    at,
    by,
    variables.map(({ name, register, value }) => [name, register, value]),
  ]);
}

/** @param own the position of the move @throws {Fault} `journal-invalid` */
export function rewritingsOfData(data: Value | undefined, own: Lsn): readonly Rewriting[] {
  return listOf(data).map((each) => {
    const [at, by, variables] = listOf(each);
    const position = count(at);
    return {
      at: position === 0 ? own : position,
      by: text(by),
      variables: listOf(variables).map((variable) => {
        const [name, register, value] = listOf(variable);
        if (!(value instanceof Uint8Array)) throw unreadable();
        return { name: text(name), register: count(register), value };
      }),
    };
  });
}

export function bytesOfValue(value: Value): Uint8Array {
  return DATA.encode(value);
}

/** E1. Those of one life of a run. */
export class Rewrites {
  readonly #left: { readonly after: number; readonly variables: readonly RewrittenVariable[] }[];

  /** @param from what stands before it is in a snapshot (E2) */
  constructor(recorded: Recorded, rewritings: readonly Rewriting[], from: Lsn = 1) {
    this.#left = rewritings
      .filter(({ at }) => at >= from)
      .map(({ at, variables }) => ({ after: recorded.deliveredBefore(at), variables }));
  }

  /** What is to be rewritten now that so many deliveries were taken and every branch waits. */
  due(delivered: number): readonly NewValue[] {
    const due: NewValue[] = [];
    for (let next = this.#left[0]; next !== undefined && next.after <= delivered; next = this.#left[0]) {
      this.#left.shift();
      due.push(...next.variables.map(({ register, value }) => ({ register, value: DATA.decode(value) }))); // E3
    }
    return due;
  }
}

function listOf(data: Value | undefined): readonly Value[] {
  if (Array.isArray(data)) return data as readonly Value[];
  throw unreadable();
}

function count(data: Value | undefined): number {
  if (typeof data === "number" && Number.isSafeInteger(data) && data >= 0) return data;
  throw unreadable();
}

function text(data: Value | undefined): string {
  if (typeof data === "string") return data;
  throw unreadable();
}

export function unreadable(): Fault {
  return new Fault("journal-invalid", "A move of a run to another program cannot be read");
}
