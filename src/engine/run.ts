/**
 * One run of a program, in memory: the VM asks, this performs and answers, one delivery at a time (RECOVERY RULE 4).
 *
 *   R1  The VM runs until every branch waits; then ONE answer is delivered, in order of arrival.
 *   R2  What a run shows (print, log, emit, progress) reaches its follower in the VM's order.
 *   R3  However a run ends, its instances, timers, commands and children are gone before `execute` settles.
 */
import { Defect } from "../fault.ts";
import { Vm } from "../lang/vm/vm.ts";
import type { LATER, Outcome, VmHost } from "../lang/vm/host.ts";
import type { Answer, EffectRequest } from "../lang/effect.ts";
import type { FunctionKey } from "../wit/types.ts";
import type { Value } from "../wit/value.ts";
import { Children } from "./children.ts";
import { ForeignCalls } from "./foreign-calls.ts";
import { InstanceGroup } from "./instances.ts";
import type { LoadedProgram } from "./loaded.ts";
import { Performer } from "./perform.ts";
import type { RunPorts } from "./ports.ts";
import type { RunOptions, RunResult } from "./run-options.ts";

/** Instructions between two looks at the world: about two milliseconds. */
const BUDGET = 20_000;

/** Runs one function of a loaded program to its end. */
export async function execute(
  program: LoadedProgram,
  fn: number,
  args: readonly Value[],
  ports: RunPorts,
  options: RunOptions,
): Promise<RunResult> {
  await using group = new InstanceGroup(program, {
    seed: options.seed,
    clock: ports.clock,
    log: (source, line) => ports.follow({ kind: "log", level: line.level, source, text: line.text }),
    progress: (done, total, text) => ports.follow({ kind: "progress", done, total, text }),
  });
  const run = new Run(program, fn, args, ports, options, group);
  await using children = run.children;
  void children;
  return await run.drive();
}

class Run {
  readonly children: Children;
  readonly #vm: Vm;
  readonly #ports: RunPorts;
  readonly #calls: ForeignCalls;
  readonly #performer: Performer;
  readonly #signal: AbortSignal | undefined;
  /** Answers in order of arrival, not delivered yet. */
  readonly #arrived: { readonly id: string; readonly answer: Answer }[] = [];
  readonly #pending = new Map<string, AbortController>();
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
  ) {
    this.#ports = ports;
    this.#signal = options.signal;
    this.#vm = Vm.start(program.ir, fn, args, { runId: options.id });
    this.#calls = new ForeignCalls(program, group, ports, (call, closure, callbackArgs) => {
      const id = this.#vm.callback(call, closure, callbackArgs);
      this.#wake();
      return id;
    });
    this.children = new Children(options.id, (childFn, childArgs, id, signal) =>
      execute(program, childFn, childArgs, ports, { ...options, id, signal }),
    );
    this.#performer = new Performer(ports, this.#calls, this.children, options);
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
      for (const controller of this.#pending.values()) controller.abort();
    }
  }

  async #loop(): Promise<RunResult> {
    const host: VmHost = { callNow: (pack, fn, args) => this.#callNow(pack, fn, args) };
    let sinceBreath = 0;
    for (;;) {
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
          if (this.#arrived.length === 0) await this.#arrival();
          else if (++sinceBreath % 64 === 0) await this.#ports.breathe();
          break;
      }
      const next = this.#arrived.shift(); // R1
      if (next !== undefined) this.#vm.deliver(next.id, next.answer);
    }
  }

  /** The synchronous way of a foreign call: no effect is made when the answer is there at once. */
  #callNow(pack: number, fn: FunctionKey, args: readonly Value[]): Value | typeof LATER {
    return this.#calls.now(pack, fn, args);
  }

  #take(outcome: Outcome): void {
    for (const id of outcome.abandoned) {
      this.#pending.get(id)?.abort();
      this.#pending.delete(id);
      this.children.cancel(id);
    }
    for (const { id, answer } of outcome.callbacks) this.#calls.answerCallback(id, answer);
    for (const request of outcome.requests) this.#perform(request);
  }

  #perform(effect: EffectRequest): void {
    if (this.#performer.show(effect)) return;
    const controller = new AbortController();
    this.#pending.set(effect.id, controller);
    this.#performer.answer(effect, controller.signal).then(
      (answer) => this.#arrive(effect.id, answer),
      (failure: unknown) => {
        this.#broken =
          failure instanceof Defect ? failure : new Defect(`an effect failed with ${String(failure)}`, failure);
        this.#wake();
      },
    );
  }

  #arrive(id: string, answer: Answer): void {
    // Abandoned meanwhile: its answer is nobody's.
    if (!this.#pending.delete(id)) return;
    this.#arrived.push({ id, answer });
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
