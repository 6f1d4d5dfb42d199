/**
 * Calls of a loop, several in one message (`Instance.callMany`): at the first of them the VM is asked what calls follow
 * whatever is answered, and the guest makes as many of those as may well go together.
 *
 *   B1  Every call stays an effect of its own: the VM asks for it in its turn, by its own identity, and is answered once.
 *       Only arguments and answers travel together.
 *   B2  An answer is kept by id and attempt, which are unique in a run: none can go to another call than its own.
 *   B3  Between an answer and the next call of its loop the VM never waits. Answers whose loop was left are therefore
 *       known, and dropped, when every branch waits.
 *   B4  A message that is given up stops the guest at the call it is at, as giving up that call alone would.
 */
import { Defect } from "../../fault.ts";
import type { Answer, Instance } from "../../host/plugin.ts";
import type { EffectRequest } from "../../lang/effect.ts";
import type { Ahead, ComingCall } from "../../lang/vm/ahead.ts";
import type { FunctionKey } from "../../wit/types.ts";
import { CaseValue, Some } from "../../wit/value.ts";
import type { Value } from "../../wit/value.ts";
import type { Clock } from "../platform/ports.ts";

/** How many calls of one function go together: what it takes some milliseconds to make, by the messages before. */
export class Pace {
  /** Until it is known whether a call takes a microsecond or a minute. */
  calls = 16;

  learn(calls: number, milliseconds: number): void {
    const fit = Math.floor((calls * LONGEST) / Math.max(milliseconds, LONGEST / MOST));
    this.calls = Math.max(1, Math.min(MOST, fit));
  }
}

/** Milliseconds: what other branches' calls into the same guest wait for, and what a crash loses at most. */
const LONGEST = 20;
const MOST = 1024;
/** Of arguments. Beyond that a message is no longer dear. */
const MOST_BYTES = 1 << 20;

interface Batch {
  readonly coming: readonly ComingCall[];
  /** Of the first call, then of those coming. */
  readonly answers: readonly Answer[];
  /** How many of the answers are taken. */
  taken: number;
  /** The call that has the last of them. */
  current: string;
}

export interface FirstCall {
  readonly effect: EffectRequest;
  readonly function: FunctionKey;
  /** As the guest is to get them. */
  readonly args: readonly Value[];
  /** Arguments of a coming call, as the guest is to get them; null when it cannot be made ahead. */
  readonly lower: (args: readonly Value[]) => readonly Value[] | null;
  readonly pace: Pace;
  readonly signal: AbortSignal;
}

export class LookAhead {
  readonly #ahead: (effect: string, most: number) => Ahead;
  readonly #clock: Clock;
  /** By the id of the call that the next answer is for. */
  readonly #next = new Map<string, Batch>();

  constructor(ahead: (effect: string, most: number) => Ahead, clock: Clock) {
    this.#ahead = ahead;
    this.#clock = clock;
  }

  /** Makes a call and those that follow it; null when there is nothing to be made with it. */
  call(instance: Instance, first: FirstCall): Promise<Value> | null {
    if (instance.callMany === undefined || first.pace.calls < 2) return null;
    const { calls, untilErr } = this.#ahead(first.effect.id, first.pace.calls - 1);
    const lists = argumentLists(first, calls);
    if (lists.length < 2) return null;
    const start = this.#clock.now();
    const answers = instance.callMany(first.function, lists, { untilErr, stop: first.signal });
    return answers.then((given) => {
      first.pace.learn(given.length, this.#clock.now() - start);
      return this.#begin({ coming: calls, answers: given, taken: 0, current: first.effect.id });
    });
  }

  /** The answer to a call that was made before it was asked for (B2); null when this one was not. */
  take({ id, attempt }: EffectRequest): Answer | null {
    const batch = this.#next.get(id);
    if (batch === undefined || batch.coming[batch.taken - 1]?.attempt !== attempt) return null;
    this.#next.delete(id);
    return this.#give(batch, id);
  }

  /** B3. To be told whenever every branch waits. */
  settle(pending: { readonly has: (effect: string) => boolean }): void {
    for (const [id, { current }] of this.#next) if (!pending.has(current)) this.#next.delete(id);
  }

  #begin(batch: Batch): Value {
    const answer = this.#give(batch, batch.current);
    if (answer === null) throw new Defect("several calls were answered by nothing");
    if ("thrown" in answer) throw answer.thrown;
    return answer.value;
  }

  #give(batch: Batch, id: string): Answer | null {
    const answer = batch.answers[batch.taken] ?? null;
    batch.current = id;
    batch.taken++;
    const next = batch.coming[batch.taken - 1];
    if (next !== undefined) this.#next.set(next.id, batch);
    return answer;
  }
}

/** Of the first call and of those that can go with it. */
function argumentLists({ args, lower }: FirstCall, coming: readonly ComingCall[]): readonly (readonly Value[])[] {
  const lists = [args];
  let bytes = 0;
  for (const call of coming) {
    const lowered = lower(call.args);
    if (lowered === null) break;
    for (const value of lowered) bytes += weight(value);
    if (bytes > MOST_BYTES) break;
    lists.push(lowered);
  }
  return lists;
}

/** About how many bytes. */
function weight(value: Value): number {
  if (typeof value === "string") return value.length;
  if (value === null || typeof value !== "object") return 8;
  if (ArrayBuffer.isView(value)) return value.byteLength;
  let sum = 8;
  if (Array.isArray(value)) for (const item of value as readonly Value[]) sum += weight(item);
  else if (value instanceof Map) for (const [key, item] of value) sum += weight(key as Value) + weight(item as Value);
  else if (value instanceof CaseValue) sum += weight(value.payload);
  else if (value instanceof Some) sum += weight(value.value);
  return sum;
}
