/** Workflows that a run spawned: runs of their own, with instances of their own (I2), ended with their parent. */
import { Fault } from "../../fault.ts";
import { ErrorValue } from "../../lang/value.ts";
import type { Answer, EffectRequest } from "../../lang/effect.ts";
import type { Value } from "../../wit/value.ts";
import type { SavedChild } from "../durable/log/snapshot.ts";
import type { Over, Tally } from "./limits.ts";
import type { RunResult } from "./run-result.ts";

export type StartChild = (fn: number, args: readonly Value[], id: string, signal: AbortSignal) => Promise<RunResult>;

interface Child {
  readonly controller: AbortController;
  readonly result: Promise<RunResult>;
}

/** What a run needs of them. What only those of a durable run have is told in durable/children/recorded-children.ts. */
export interface ChildRuns extends AsyncDisposable {
  readonly spawn: (
    effect: EffectRequest,
    fn: number,
    args: readonly Value[],
    signal: AbortSignal,
  ) => string | Promise<string>;
  /** Cancels the child that an effect spawned, if it did. */
  readonly cancel: (effect: string) => void;
  readonly join: (task: string, signal: AbortSignal) => Promise<Answer>;
  readonly cancelTask?: (task: string) => void;
  readonly spawned?: (effect: EffectRequest, task: string) => void;
  readonly joined?: (task: string) => void;
  readonly givenUp?: (effect: EffectRequest, isLive: boolean) => void;
  readonly goLive?: () => void;
  /** Those that are not joined, for a snapshot; and back. */
  readonly saved?: () => readonly SavedChild[];
  readonly restore?: (children: readonly SavedChild[]) => void;
  /** Whether none of them is at work here. */
  readonly isQuiet?: () => boolean;
  readonly stop?: () => void;
}

export class Children implements ChildRuns {
  /** The parent's run id. */
  readonly #run: string;
  readonly #start: StartChild;
  readonly #tally: Tally;
  /** By run id: an attempt of a `retry` gives its children the ids of those before, which are cancelled then. */
  readonly #children = new Map<string, Child>();
  /** Those that have not ended. */
  readonly #running = new Set<Child>();

  constructor(run: string, start: StartChild, tally: Tally) {
    this.#run = run;
    this.#start = start;
    this.#tally = tally;
  }

  /** Starts the child of an effect; gives its run id. @throws {Fault} `limit-exceeded` */
  spawn({ id: effect }: EffectRequest, fn: number, args: readonly Value[]): string {
    const id = `${this.#run}.${effect}`;
    const over: Over = this.#tally.child();
    const controller = new AbortController();
    const result = this.#start(fn, args, id, controller.signal);
    const child = { controller, result };
    const ended = (): void => {
      this.#running.delete(child);
      over();
    };
    result.then(ended, ended);
    this.#running.add(child);
    this.#children.set(id, child);
    return id;
  }

  /** Cancels the child that an effect spawned, if it did. */
  cancel(effect: string): void {
    this.#children.get(`${this.#run}.${effect}`)?.controller.abort();
  }

  /** Waits for a child; when the signal aborts, the child is cancelled. */
  async join(id: string, signal: AbortSignal): Promise<Answer> {
    const child = this.#children.get(id);
    if (child === undefined) throw new Fault("unknown-task", `There is no task ${id} in this run`);
    const cancel = (): void => child.controller.abort();
    signal.addEventListener("abort", cancel, { once: true });
    try {
      return answerOf(await child.result);
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.#running];
    for (const { controller } of all) controller.abort();
    await Promise.allSettled(all.map((child) => child.result));
  }
}

export function answerOf(result: RunResult): Answer {
  switch (result.state) {
    case "done":
      return { kind: "ok", value: result.value };
    case "failed":
      return { kind: "error", error: result.error };
    case "cancelled":
      return {
        kind: "error",
        error: new ErrorValue({ code: "cancelled", message: "The spawned workflow was cancelled" }),
      };
  }
}
