/**
 * One run of a program, in memory: the VM asks, this performs and answers, one delivery at a time (RECOVERY RULE 4).
 *
 *   R1  The VM runs until every branch waits; then ONE answer is delivered, in order of arrival.
 *   R2  What a run shows (print, log, emit, progress) reaches its follower in the VM's order.
 *   R3  However a run ends, its instances, timers, commands and children are gone before `execute` settles.
 */
import { Defect } from "../fault.ts";
import { Vm } from "../lang/vm/vm.ts";
import type { Outcome, VmHost } from "../lang/vm/host.ts";
import type { Answer, EffectRequest } from "../lang/effect.ts";
import type { Value } from "../wit/value.ts";
import { Children } from "./children.ts";
import { ForeignCalls } from "./foreign-calls.ts";
import { InstanceGroup } from "./instances.ts";
import { Tally } from "./limits.ts";
import type { LoadedProgram } from "./loaded.ts";
import { Performer } from "./perform.ts";
import type { RunPorts } from "./ports.ts";
import type { RunOptions, RunResult } from "./run-options.ts";

/** Instructions between two looks at the world: about two milliseconds. */
const BUDGET = 20_000;

/** Runs one function of a loaded program to its end. A run that another one started counts in its tally. */
export async function execute(
  program: LoadedProgram,
  fn: number,
  args: readonly Value[],
  ports: RunPorts,
  options: RunOptions,
  tally: Tally = new Tally(program.limits),
): Promise<RunResult> {
  await using group = new InstanceGroup(program, {
    seed: options.seed,
    clock: ports.clock,
    log: (source, line) => ports.follow({ kind: "log", level: line.level, source, text: line.text }),
    progress: (done, total, text) => ports.follow({ kind: "progress", done, total, text }),
    tally,
  });
  const run = new Run(program, fn, args, ports, options, group, tally);
  await using children = run.children;
  void children;
  return await run.drive();
}

interface Pending {
  readonly effect: EffectRequest;
  /** Null when its answer is there already. */
  readonly controller: AbortController | null;
}

interface Arrived {
  readonly pending: Pending;
  readonly answer: Answer;
}

class Run {
  readonly children: Children;
  readonly #vm: Vm;
  readonly #ports: RunPorts;
  readonly #calls: ForeignCalls;
  readonly #performer: Performer;
  readonly #signal: AbortSignal | undefined;
  /** Answers in order of arrival, not delivered yet. */
  readonly #arrived: Arrived[] = [];
  /** By effect id: what is asked and not delivered. The attempts of a `retry` ask by the same ids (effect.ts). */
  readonly #pending = new Map<string, Pending>();
  /** Something came in (an answer, a callback, a cancellation) since the loop last looked. */
  #woken = false;
  #resume: (() => void) | null = null;
  #broken: unknown = undefined;

  constructor(
    program: LoadedProgram,
    fn: number,
    args: readonly Value[],
    ports: RunPorts,
    options: RunOptions,
    group: InstanceGroup,
    tally: Tally,
  ) {
    this.#ports = ports;
    this.#signal = options.signal;
    this.#vm = Vm.start(program.ir, fn, args, {
      runId: options.id,
      limits: { fibers: tally.limits.branches },
    });
    this.#calls = new ForeignCalls(program, group, ports, {
      start: (call, closure, callbackArgs) => {
        const id = this.#vm.callback(call, closure, callbackArgs);
        this.#wake();
        return id;
      },
      around: (effect) => this.#vm.callbackAround(effect),
      ...(options.oneByOne === true ? {} : { ahead: (effect, most) => this.#vm.ahead(effect, most) }),
    });
    this.children = new Children(
      options.id,
      (childFn, childArgs, id, signal) =>
        execute(program, childFn, childArgs, ports, { ...options, id, signal }, tally),
      tally,
    );
    this.#performer = new Performer(ports, this.#calls, this.children, options, tally);
  }

  async drive(): Promise<RunResult> {
    const cancel = (): void => {
      this.#vm.cancel();
      this.#wake();
    };
    this.#signal?.addEventListener("abort", cancel, { once: true });
    if (this.#signal?.aborted === true) this.#vm.cancel();
    try {
      return await this.#loop();
    } finally {
      this.#signal?.removeEventListener("abort", cancel);
      for (const { controller } of this.#pending.values()) controller?.abort();
    }
  }

  async #loop(): Promise<RunResult> {
    const host: VmHost = { callNow: (call, args) => this.#calls.now(call, args) };
    let sinceBreath = 0;
    for (;;) {
      if (this.#ports.isCrowded?.() === true) await this.#ports.breathe();
      this.#ports.turn?.();
      const outcome = this.#vm.run(host, BUDGET);
      this.#take(outcome);
      if (this.#broken !== undefined) throw this.#broken;
      switch (outcome.state) {
        case "done":
          return { state: "done", value: outcome.value };
        case "failed":
          return { state: "failed", error: outcome.error };
        case "cancelled":
          return { state: "cancelled" };
        case "yielded":
          await this.#ports.breathe();
          break;
        case "waiting":
          this.#calls.settle(this.#pending);
          if (this.#arrived.length === 0) await this.#arrival();
          else if (++sinceBreath % 64 === 0) await this.#ports.breathe();
          break;
      }
      this.#deliver(outcome.state === "yielded");
    }
  }

  /**
   * R1. A run that computes is handed everything: the VM looks for its timers in it, and at the rest in order, one at a time,
   * when every branch waits.
   */
  #deliver(computing: boolean): void {
    for (const { pending, answer } of this.#arrived.splice(0, computing ? Infinity : 1)) {
      const { id } = pending.effect;
      this.#pending.delete(id);
      this.#vm.deliver(id, answer);
    }
  }

  #take(outcome: Outcome): void {
    for (const id of outcome.abandoned) this.#abandon(id);
    for (const { id, answer } of outcome.callbacks) this.#calls.answerCallback(id, answer);
    // Asked and abandoned within one outcome; or abandoned and asked for again, by the next attempt of a `retry`.
    const wanted = outcome.abandoned.length === 0 ? null : new Set(this.#vm.pending());
    for (const request of outcome.requests) {
      if (this.#performer.show(request)) continue;
      if (wanted?.has(request) !== false) this.#perform(request);
    }
  }

  /**
   * An answer that has arrived already is delivered all the same, and ignored by the VM: what could ask again under this id
   * comes after the back-off of a `retry`, which is answered later.
   */
  #abandon(id: string): void {
    this.#pending.get(id)?.controller?.abort();
    this.#pending.delete(id);
    this.children.cancel(id);
  }

  #perform(effect: EffectRequest): void {
    const answer = this.#performer.foreknown(effect);
    if (answer !== null) {
      const pending = { effect, controller: null };
      this.#pending.set(effect.id, pending);
      this.#arrived.push({ pending, answer });
      return;
    }
    const controller = new AbortController();
    const pending = { effect, controller };
    this.#pending.set(effect.id, pending);
    this.#performer.answer(effect, controller.signal).then(
      (answer) => this.#arrive(pending, answer),
      (failure: unknown) => {
        this.#broken =
          failure instanceof Defect ? failure : new Defect(`an effect failed with ${String(failure)}`, failure);
        this.#wake();
      },
    );
  }

  #arrive(pending: Pending, answer: Answer): void {
    // Abandoned meanwhile, and perhaps asked for again since: its answer is nobody's.
    if (this.#pending.get(pending.effect.id) !== pending) return;
    this.#arrived.push({ pending, answer });
    this.#wake();
  }

  #wake(): void {
    this.#woken = true;
    this.#resume?.();
  }

  async #arrival(): Promise<void> {
    if (!this.#woken) await new Promise<void>((resolve) => (this.#resume = resolve));
    this.#resume = null;
    this.#woken = false;
  }
}
