/**
 * What one run has asked for and not been given, and what has come for it, in the order in which it came.
 *
 *   I1  Of two requests of one id, which the attempts of a `retry` make, the later one is meant.
 *   I2  Who waits for news hears of whatever came since the last time, too.
 */
import type { Answer, EffectRequest } from "../../lang/effect.ts";
import type { CallId } from "../durable/calls/call-id.ts";
import type { Asked } from "../durable/calls/callbacks.ts";
import type { Arrived, Pending } from "./pending.ts";

export class Inbox {
  /** By effect id. */
  readonly #pending = new Map<string, Pending>();
  #arrived: Arrived[] = [];
  #woken = false;
  #resume: (() => void) | null = null;

  get pending(): ReadonlyMap<string, Pending> {
    return this.#pending;
  }

  /** In order of arrival. */
  get arrived(): readonly Arrived[] {
    return this.#arrived;
  }

  ask(effect: EffectRequest, controller: AbortController | null): Pending {
    const pending = { effect, controller };
    this.#pending.set(effect.id, pending);
    return pending;
  }

  isWanted(pending: Pending): boolean {
    return this.#pending.get(pending.effect.id) === pending;
  }

  /** An effect is delivered, or given up. */
  over({ id, attempt }: EffectRequest): void {
    if (this.#pending.get(id)?.effect.attempt === attempt) this.#pending.delete(id);
  }

  answered(pending: Pending, answer: Answer): void {
    this.#arrived.push({ kind: "answer", pending, answer });
    this.wake();
  }

  add(arrived: readonly Arrived[]): void {
    this.#arrived.push(...arrived);
  }

  /** A guest calls back: that is taken up in its turn, as an answer is. */
  calledBack({ eff, attempt }: CallId, asked: Asked): void {
    const pending = this.#pending.get(eff);
    if (pending?.effect.attempt !== attempt) return asked.refuse();
    this.#arrived.push({ kind: "callback", pending, asked });
    this.wake();
  }

  take(arrived: Arrived): void {
    this.#arrived.splice(this.#arrived.indexOf(arrived), 1);
  }

  /** Nobody waits for it any more, nor for what has come of it. */
  abandon(id: string): Pending | undefined {
    const pending = this.#pending.get(id);
    if (pending === undefined) return undefined;
    pending.controller?.abort();
    this.#pending.delete(id);
    for (const each of this.#arrived) if (each.pending === pending && each.kind === "callback") each.asked.refuse();
    this.#arrived = this.#arrived.filter((each) => each.pending !== pending);
    return pending;
  }

  /** The run is over: whatever is still at work stops. */
  close(): void {
    for (const { controller } of this.#pending.values()) controller?.abort();
    for (const each of this.#arrived) if (each.kind === "callback") each.asked.refuse();
  }

  /** Something came: an answer, a callback, a cancellation. */
  wake(): void {
    this.#woken = true;
    this.#resume?.();
  }

  /** I2 */
  async news(): Promise<void> {
    if (!this.#woken) await new Promise<void>((resolve) => (this.#resume = resolve));
    this.#resume = null;
    this.#woken = false;
  }
}
