/**
 * Workflows that a durable run spawned: runs of their own in the same store.
 *
 *   D1  A child is made durably before its task is known, and once: its id is its parent's and its effect's, and its attempt's
 *       beyond the first.
 *   D2  In a replay nothing starts. When the run is live, every child goes on that was spawned and is not joined.
 *   D3  Cancelled with its effect scope, a child runs its clean-up; a run that only stops leaves its children as they are.
 *   D4  One that was given up while it was being made is there all the same: it is cancelled before its parent ends.
 */
import { Fault } from "../../../fault.ts";
import type { Answer, EffectRequest } from "../../../lang/effect.ts";
import type { Value } from "../../../wit/value.ts";
import { answerOf } from "../../loop/children.ts";
import type { ChildRuns } from "../../loop/children.ts";
import type { Tally } from "../../loop/limits.ts";
import type { RunResult } from "../../loop/run-result.ts";
import type { ChildStore } from "./child-store.ts";
import type { SavedChild } from "../log/snapshot.ts";

interface Child {
  readonly effect: string;
  readonly cancel: AbortController;
  result: Promise<RunResult> | null;
  hasEnded: boolean;
}

export class DurableChildren implements ChildRuns {
  readonly #run: string;
  readonly #store: ChildStore;
  readonly #tally: Tally;
  readonly #failed: (why: unknown) => void;
  readonly #stop = new AbortController();
  /** By id: those that are not joined. */
  readonly #children = new Map<string, Child>();
  #isLive = false;
  /** By id: those that are being made (D4), and when they are there. */
  readonly #making = new Map<string, { readonly child: Child; readonly made: Promise<void> }>();

  constructor(run: string, store: ChildStore, tally: Tally, failed: (why: unknown) => void) {
    this.#run = run;
    this.#store = store;
    this.#tally = tally;
    this.#failed = failed;
  }

  /** D1 */
  async spawn(asked: EffectRequest, fn: number, args: readonly Value[], signal: AbortSignal): Promise<string> {
    const over = this.#tally.child();
    const effect = asked.id;
    const id = this.#idOf(asked);
    const child: Child = childOf(effect);
    if (signal.aborted) child.cancel.abort();
    const made = this.#store.create(id, effect, fn, args);
    this.#making.set(id, { child, made });
    try {
      await made;
      this.#children.set(id, child);
      this.#begin(id, child).then(over, over);
    } catch (failure) {
      over();
      throw failure;
    } finally {
      this.#making.delete(id);
    }
    return id;
  }

  /** D2: a task was given in a life before this one. */
  spawned({ id: effect }: EffectRequest, task: string): void {
    const child = childOf(effect);
    this.#children.set(task, child);
    if (this.#isLive) void this.#begin(task, child).catch(() => {}); // told by #failed
  }

  /** D2: it was given up before its task was given, and may be there all the same. */
  givenUp(effect: EffectRequest, isLive: boolean): void {
    const id = this.#idOf(effect);
    if (this.#making.has(id) || this.#children.has(id)) return; // it was cancelled
    const child = childOf(effect.id);
    child.cancel.abort();
    this.#children.set(id, child);
    if (isLive) void this.#begin(id, child).catch(() => {}); // told by #failed
  }

  /** D2: it was joined in a life before this one. */
  joined(task: string): void {
    this.#children.delete(task);
  }

  /** D2 */
  goLive(): void {
    this.#isLive = true;
    for (const [id, child] of this.#children) if (child.result === null) void this.#begin(id, child).catch(() => {}); // told by #failed
  }

  saved(): readonly SavedChild[] {
    const givenUp = Array.from(this.#making, ([id, { child }]) => [id, child] as const).filter(isCancelled); // the others are asked for still
    return [...this.#children, ...givenUp].map(([id, { effect, cancel }]) => ({
      id,
      effect,
      isCancelled: cancel.signal.aborted,
    }));
  }

  restore(children: readonly SavedChild[]): void {
    for (const { id, effect, isCancelled } of children) {
      const child = childOf(effect);
      if (isCancelled) child.cancel.abort();
      this.#children.set(id, child);
    }
  }

  isQuiet(): boolean {
    return [...this.#children.values()].every(({ result, hasEnded }) => result === null || hasEnded);
  }

  cancel(effect: string): void {
    const making = Array.from(this.#making.values(), ({ child }) => child);
    for (const child of [...this.#children.values(), ...making]) if (child.effect === effect) child.cancel.abort();
  }

  cancelTask(task: string): void {
    this.#children.get(task)?.cancel.abort();
  }

  async join(task: string, signal: AbortSignal): Promise<Answer> {
    const child = this.#children.get(task);
    if (child === undefined) throw new Fault("unknown-task", `There is no task ${task} in this run`);
    const { promise: givenUp, resolve } = Promise.withResolvers<null>();
    signal.addEventListener("abort", () => resolve(null), { once: true });
    const result = await Promise.race([this.#begin(task, child), givenUp]);
    if (result === null) throw new Fault("cancelled", "Nobody waits for this task any more");
    return answerOf(result);
  }

  /** The run cannot go on, or is told to stop: its children stop, too (D3). */
  stop(): void {
    this.#stop.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const making = Array.from(this.#making.values(), ({ made }) => made);
    await Promise.race([Promise.allSettled(making), aborted(this.#stop.signal)]); // D4
    await Promise.allSettled([...this.#children.values()].flatMap(({ result }) => result ?? []));
  }

  #idOf({ id, attempt }: EffectRequest): string {
    return attempt === 1 ? `${this.#run}.${id}` : `${this.#run}.${id}.${attempt}`;
  }

  #begin(id: string, child: Child): Promise<RunResult> {
    if (child.result === null) {
      child.result = this.#store.run(id, child.cancel.signal, this.#stop.signal);
      child.result.then(() => (child.hasEnded = true), this.#failed);
    }
    return child.result;
  }
}

function isCancelled([, { cancel }]: readonly [string, Child]): boolean {
  return cancel.signal.aborted;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

function childOf(effect: string): Child {
  return { effect, cancel: new AbortController(), result: null, hasEnded: false };
}
