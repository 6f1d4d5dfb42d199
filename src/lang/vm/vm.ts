/**
 * The virtual machine: runs IR, asks for effects, takes answers.
 *
 *   V1  Deterministic (RECOVERY, rule 4): run until every branch waits, take ONE delivery, repeat. What happens depends
 *       on the program, the arguments and the order of deliveries, and on nothing else.
 *   V2  The whole state is data: `encode` at any moment between two calls of `run`, `decode` anywhere, go on.
 *   V3  No recursion of JavaScript follows the program's: its calls are frames, its branches fibers.
 */
import { Defect } from "../../fault.ts";
import type { Value } from "../../wit/value.ts";
import { Fault } from "../../fault.ts";
import type { Answer, EffectRequest } from "../effect.ts";
import { Fiber, Frame } from "./fiber.ts";
import { Scope } from "./identity.ts";
import { SITE_CALLBACK } from "../ir/ir.ts";
import type { Ir } from "../ir/ir.ts";
import { decodeMachine, encodeMachine } from "./snapshot.ts";
import { ErrorValue } from "../value.ts";
import type { Closure } from "../value.ts";
import { ahead } from "./ahead.ts";
import type { Ahead } from "./ahead.ts";
import { take } from "./effects.ts";
import { withTrace } from "./error.ts";
import { branchEnded } from "./group.ts";
import { DEFAULT_VM_LIMITS } from "./host.ts";
import type { Outcome, Told, VmHost, VmLimits } from "./host.ts";
import { execute } from "./loop.ts";
import { Machine, registers } from "./machine.ts";
import type { Delivery, Ending } from "./machine.ts";
import { rewriteMain } from "./rewrite.ts";
import type { NewValue } from "./rewrite.ts";
import { cancelCallbacks, cancelFiber } from "./unwind.ts";

export class Vm {
  readonly #m: Machine;

  private constructor(machine: Machine) {
    this.#m = machine;
  }

  /** A run that begins with function `fn`. The arguments of the main program are its params, in order. */
  static start(
    ir: Ir,
    fn: number,
    args: readonly Value[],
    options: { readonly runId?: string; readonly limits?: Partial<VmLimits> } = {},
  ): Vm {
    const root = Scope.root(options.runId ?? "");
    const machine = new Machine(ir, { ...DEFAULT_VM_LIMITS, ...options.limits }, root);
    const main = new Fiber(machine.nextNumber++, { kind: "main" });
    const code = machine.fn(fn);
    if (args.length !== code.params)
      throw new Defect(`${code.name} takes ${code.params} arguments, got ${args.length}`);
    const regs = registers(code);
    args.forEach((arg, i) => (regs[i] = arg));
    main.frames.push(new Frame(code, fn, regs, -1, root));
    machine.fibers.set(main.id, main);
    machine.enqueue(main);
    return new Vm(machine);
  }

  /** Goes on until every branch waits, the run ends, or `budget` instructions are spent. */
  run(host?: VmHost, budget: number = Infinity): Outcome {
    const m = this.#m;
    m.host = host;
    m.budget = budget;
    if (m.spent) interrupt(m);
    m.spent = false;
    for (;;) {
      if (!settle(m)) return { state: "yielded", ...told(m) };
      if (m.ending !== null) return { ...outcomeOf(m.ending), ...told(m) };
      const delivery = m.inbox.shift();
      if (delivery === undefined) return { state: "waiting", ...told(m) };
      accept(m, delivery);
    }
  }

  /**
   * The answer to a request. It is looked at in the next `run`, one at a time in the order given. Answers to abandoned
   * effects are ignored.
   */
  deliver(id: string, answer: Answer): void {
    this.#m.inbox.push({ kind: "answer", id, answer });
  }

  /** Cancels the whole run: `undo` and `finally` still run, shielded, in the next `run`. */
  cancel(): void {
    this.#m.inbox.push({ kind: "cancel" });
  }

  /** Whether an effect is a timer that something is stopped by. */
  isTimer(id: string): boolean {
    return (this.#m.pending.get(id)?.timer ?? null) !== null;
  }

  /**
   * Calls a closure for a plugin, during the effect `call`. `args` are Anys; the answer, an Any, appears in
   * `Outcome.callbacks` under the id returned here.
   *
   * @throws {Fault} `cancelled` when nobody waits for that effect any more
   */
  callback(call: string, closure: Closure, args: readonly Value[]): string {
    const m = this.#m;
    const fiber = m.fibers.get(m.pending.get(call)?.fiber ?? -1);
    if (fiber?.wait?.kind !== "effect" || fiber.wait.effect !== call) {
      throw new Fault("cancelled", "The call that this callback belongs to was cancelled");
    }
    const expected = m.fn(closure.fn).params;
    if (args.length !== expected) {
      throw new Fault("type-mismatch", `The callback takes ${expected} arguments, got ${args.length}`);
    }
    const scope = new Scope(fiber.wait.scope, SITE_CALLBACK, fiber.callbacks++);
    const id = scope.id(m.ir.sites);
    m.startFiber({ kind: "callback", call, id }, closure, args, scope);
    return id;
  }

  /** The callback that asked for this effect, itself or by its branches; null when it was none. */
  callbackAround(effect: string): string | null {
    const m = this.#m;
    let fiber = m.fibers.get(m.pending.get(effect)?.fiber ?? -1);
    while (fiber?.role.kind === "branch") fiber = m.fibers.get(m.groups.get(fiber.role.group)?.parent ?? -1);
    return fiber?.role.kind === "callback" ? fiber.role.id : null;
  }

  /**
   * The calls that follow a pending one in its loop, at most so many, as far as they are known now; none when it is no
   * such call. Whatever is answered, no other effect of the loop comes before them, and they come in this order, each
   * with the identity given here, unless the loop ends early. Changes nothing in the state.
   */
  ahead(effect: string, most: number): Ahead {
    return ahead(this.#m, effect, most);
  }

  /** Every request that still waits for an answer, oldest first: what to perform again after `decode`. */
  pending(): readonly EffectRequest[] {
    return Array.from(this.#m.pending.values(), (pending) => pending.request);
  }

  /**
   * Gives variables of the main function new values, while every branch waits.
   *
   * @throws {Fault} `malformed` for what is no variable of it; nothing was changed then
   */
  rewrite(values: readonly NewValue[]): void {
    rewriteMain(this.#m, values);
  }

  /** For whoever shows what a run did: to be looked at between two calls of `run`, and not to be changed. */
  get state(): Machine {
    return this.#m;
  }

  encode(): Uint8Array {
    return encodeMachine(this.#m);
  }

  /** @throws {Fault} `malformed` for bytes that are no snapshot of this program */
  static decode(ir: Ir, bytes: Uint8Array, limits: Partial<VmLimits> = {}): Vm {
    return new Vm(decodeMachine(ir, bytes, { ...DEFAULT_VM_LIMITS, ...limits }));
  }
}

/** Runs every fiber that can run, until none can. False when the budget is spent. */
function settle(m: Machine): boolean {
  for (;;) {
    const end = m.ended.shift();
    if (end !== undefined) {
      report(m, end.fiber, end.ending);
      continue;
    }
    const fiber = m.next();
    if (fiber === null || m.ending !== null) return true;
    execute(m, fiber);
    if (m.spent) return false;
    m.dequeue(fiber);
  }
}

/** Tells whoever waits for this fiber how it ended. */
function report(m: Machine, fiber: Fiber, ending: Ending): void {
  const { role } = fiber;
  switch (role.kind) {
    case "main":
      m.ending = ending;
      return;
    case "branch":
      return branchEnded(m, fiber, m.groups.get(role.group)!, role.index, ending);
    case "callback":
      m.callbacks.push({ call: role.call, id: role.id, answer: answerOf(ending) });
  }
}

function answerOf(ending: Ending): Answer {
  switch (ending.kind) {
    case "value":
      return { kind: "ok", value: ending.value };
    case "error":
      return { kind: "error", error: ending.error };
    case "cancelled":
      return { kind: "error", error: new ErrorValue({ code: "cancelled", message: "The call was cancelled" }) };
  }
}

function outcomeOf(
  ending: Ending,
): { state: "done"; value: Value } | { state: "failed"; error: ErrorValue } | { state: "cancelled" } {
  switch (ending.kind) {
    case "value":
      return { state: "done", value: ending.value };
    case "error":
      return { state: "failed", error: ending.error };
    case "cancelled":
      return { state: "cancelled" };
  }
}

function told(m: Machine): Told {
  const { requests, abandoned, decisions, callbacks } = m;
  m.requests = [];
  m.decisions = [];
  m.abandoned = [];
  m.callbacks = [];
  return { requests, abandoned, decisions, callbacks };
}

/**
 * V1's one exception: what computes longer than its budget can be stopped by a timer or a cancellation between two
 * budgets. Whoever wants to replay such a run has to note where.
 */
function interrupt(m: Machine): void {
  const isUrgent = (delivery: Delivery): boolean =>
    delivery.kind === "cancel" || (m.pending.get(delivery.id)?.timer ?? null) !== null;
  const urgent = m.inbox.filter(isUrgent);
  m.inbox = m.inbox.filter((delivery) => !isUrgent(delivery));
  for (const delivery of urgent) accept(m, delivery);
}

function accept(m: Machine, delivery: Delivery): void {
  if (delivery.kind === "cancel") {
    for (const fiber of m.fibers.values()) if (fiber.role.kind === "main") return cancelFiber(m, fiber, 0);
    return;
  }
  const pending = m.pending.get(delivery.id);
  if (pending === undefined) return;
  m.pending.delete(delivery.id);
  const fiber = m.fibers.get(pending.fiber)!;
  if (pending.timer !== null) return cancelFiber(m, fiber, pending.timer);
  answerFiber(m, fiber, delivery.id, delivery.answer);
}

function answerFiber(m: Machine, fiber: Fiber, id: string, answer: Answer): void {
  const { wait } = fiber;
  if (wait?.kind !== "effect") throw new Defect(`fiber ${fiber.id} does not wait for an effect`);
  fiber.wait = null;
  m.enqueue(fiber);
  if (fiber.callbacks > 0) cancelCallbacks(m, id);
  if (answer.kind === "ok") take(m, fiber, wait.take, wait.dest, id, answer.value);
  else fiber.resume = { kind: "error", error: withTrace(m, fiber, answer.error) };
}
