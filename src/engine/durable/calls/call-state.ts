/** How far the calls of a run into its groups have come: what a snapshot keeps of them. */
import { Fault } from "../../../fault.ts";
import type { AnyValue } from "../../../wit/any.ts";

export interface GroupState {
  /** How often the program asked whether a call can be made at once. */
  readonly asked: number;
  /** Of the next call. */
  readonly seq: number;
  readonly gen: number;
  /** Calls up to this one left no trace in it. */
  readonly from: number;
  /** Where its state was saved last; 0 when it was not. */
  readonly saved: number;
}

/** By number of the group. */
export type CallState = readonly GroupState[];

export function dataOfCalls(state: CallState): AnyValue {
  return state.map(({ asked, seq, gen, from, saved }) => [asked, seq, gen, from, saved]);
}

/** @throws {Fault} `journal-invalid` */
export function callsOfData(data: AnyValue | undefined): CallState {
  if (!Array.isArray(data)) throw invalid();
  return (data as readonly AnyValue[]).map((group) => {
    const counts: readonly unknown[] = Array.isArray(group) ? group : [];
    const [asked, seq, gen, from, saved] = counts;
    if (counts.length !== 5 || !isCount(asked) || !isCount(seq) || !isCount(gen) || !isCount(from) || !isCount(saved))
      throw invalid();
    return { asked, seq, gen, from, saved };
  });
}

function isCount(data: unknown): data is number {
  return typeof data === "number" && Number.isSafeInteger(data) && data >= 0;
}

function invalid(): Fault {
  return new Fault("journal-invalid", "A snapshot says of its calls what cannot be");
}
