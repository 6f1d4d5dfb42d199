/**
 * The state of one run as a whole, and the steps that touch more than one fiber's own frames: asking the world,
 * starting and queueing fibers. Scheduling is vm.ts, instructions vm/loop.ts, failing vm/unwind.ts.
 */
import { Defect, Fault } from "../../fault.ts";
import type { Value } from "../../wit/value.ts";
import type { Answer, EffectRequest, Request } from "../effect.ts";
import { Fiber, Frame } from "./fiber.ts";
import type { Group, Pending, Register, Role, Take } from "./fiber.ts";
import type { Scope } from "./identity.ts";
import { placeOf } from "../ir/ir.ts";
import type { Ir, IrFunction, Place } from "../ir/ir.ts";
import { operations } from "../ir/opcode.ts";
import type { Closure, ErrorValue } from "../value.ts";
import type { Decision, VmHost, VmLimits } from "./host.ts";
import { linkNatives } from "./ops.ts";
import type { LinkedNative } from "./ops.ts";

export const SIZES: Int32Array = Int32Array.from(operations, (operation) => operation.size);

/** How a fiber ended. */
export type Ending =
  | { readonly kind: "value"; readonly value: Value }
  | { readonly kind: "error"; readonly error: ErrorValue }
  | { readonly kind: "cancelled" };

/** What was brought to the run and not yet looked at: one at a time, whenever every branch waits (RECOVERY, rule 4). */
export type Delivery =
  | { readonly kind: "answer"; readonly id: string; readonly answer: Answer }
  | { readonly kind: "cancel" };

export class Machine {
  readonly ir: Ir;
  readonly limits: VmLimits;
  readonly root: Scope;
  readonly natives: readonly LinkedNative[];
  host: VmHost | undefined;
  /** Instructions left in this `run`. */
  budget: number = Infinity;
  /** Whether the budget ended in the middle of a fiber, which is still the next. */
  spent = false;
  readonly fibers: Map<number, Fiber> = new Map();
  readonly groups: Map<number, Group> = new Map();
  readonly pending: Map<string, Pending> = new Map();
  /** Numbers of the fibers that can go on, in the order in which they do, from `#head` (taking from the front of a long array is slow). */
  #queue: number[] = [];
  #head = 0;
  inbox: Delivery[] = [];
  nextNumber = 1;
  /** By function: registers without values, to be copied for a frame (copying is faster than filling). */
  readonly blanks: readonly (readonly Register[])[];
  /** How the main fiber ended. */
  ending: Ending | null = null;
  /** Fibers that ended and whose group has not heard yet. */
  readonly ended: { readonly fiber: Fiber; readonly ending: Ending }[] = [];
  requests: EffectRequest[] = [];
  abandoned: string[] = [];
  decisions: Decision[] = [];
  callbacks: { readonly call: string; readonly id: string; readonly answer: Answer }[] = [];

  constructor(ir: Ir, limits: VmLimits, root: Scope) {
    this.ir = ir;
    this.limits = limits;
    this.root = root;
    this.natives = linkNatives(ir);
    this.blanks = ir.functions.map(registers);
  }

  fn(index: number): IrFunction {
    const fn = this.ir.functions[index];
    if (fn === undefined) throw new Defect(`no function ${index}`);
    return fn;
  }

  /** A fiber that begins with a call of this closure. */
  startFiber(role: Role, closure: Closure, args: readonly Value[], scope: Scope | null): Fiber {
    if (this.fibers.size >= this.limits.fibers) {
      throw new Fault("out-of-range", `More than ${this.limits.fibers} branches at once`, {
        hint: "Give `para for` a `limit`",
      });
    }
    const fiber = new Fiber(this.nextNumber++, role);
    const fn = this.fn(closure.fn);
    const regs = registers(fn);
    args.forEach((arg, i) => (regs[i] = arg));
    closure.captures.forEach((value, i) => (regs[fn.params + i] = value));
    fiber.frames.push(new Frame(fn, closure.fn, regs, -1, fn.silent ? null : scope));
    this.fibers.set(fiber.id, fiber);
    this.enqueue(fiber);
    return fiber;
  }

  enqueue(fiber: Fiber): void {
    if (fiber.queued) return;
    fiber.queued = true;
    this.#queue.push(fiber.id);
  }

  /** The fiber whose turn it is. */
  next(): Fiber | null {
    const id = this.#queue[this.#head];
    return id === undefined ? null : this.fibers.get(id)!;
  }

  /** Its turn is over. */
  dequeue(fiber: Fiber): void {
    fiber.queued = false;
    this.#head++;
    if (this.#head < this.#queue.length) return;
    this.#queue = [];
    this.#head = 0;
  }

  get queue(): readonly number[] {
    return this.#queue.slice(this.#head);
  }

  end(fiber: Fiber, ending: Ending): void {
    this.fibers.delete(fiber.id);
    this.ended.push({ fiber, ending });
  }

  place(fiber: Fiber): Place {
    for (let i = fiber.frames.length - 1; i >= 0; i--) {
      const frame = fiber.frames[i]!;
      if (frame.fn.file >= 0) return placeOf(this.ir, frame.fn, frame.pc);
    }
    return { file: "", line: 0, column: 0 };
  }

  /** Puts a request out. `frame.pc` is at its instruction. */
  ask(fiber: Fiber, effect: Scope, request: Request): EffectRequest {
    const { file, line, column } = this.place(fiber);
    const site = this.ir.sites[effect.site] ?? "";
    const asked = { id: effect.id(this.ir.sites), site, attempt: effect.attempt, file, line, column, request };
    this.requests.push(asked);
    return asked;
  }

  /** The fiber waits for this request's answer. */
  wait(fiber: Fiber, effect: Scope, request: Request, dest: number, take: Take): void {
    const asked = this.ask(fiber, effect, request);
    this.pending.set(asked.id, { fiber: fiber.id, timer: null, request: asked });
    fiber.callbacks = 0;
    fiber.wait = { kind: "effect", effect: asked.id, dest, take, scope: effect };
  }

  /** A timer beside the fiber: its answer unwinds to the handler. Returns the effect's id. */
  arm(fiber: Fiber, effect: Scope, nanoseconds: number | bigint, serial: number): string {
    const asked = this.ask(fiber, effect, { kind: "sleep", nanoseconds });
    this.pending.set(asked.id, { fiber: fiber.id, timer: serial, request: asked });
    return asked.id;
  }

  abandon(id: string): void {
    this.pending.delete(id);
    this.abandoned.push(id);
  }
}

/** Fresh registers, all unassigned. */
export function registers(fn: IrFunction): Register[] {
  return Array.from({ length: fn.registers }, () => undefined);
}

/** The fiber's innermost frame goes on after the instruction it waited at, with a value for its register. */
export function proceed(fiber: Fiber, dest: number, value: Value): void {
  const frame = fiber.frames[fiber.frames.length - 1]!;
  if (dest >= 0) frame.regs[dest] = value;
  frame.pc += SIZES[frame.fn.code[frame.pc]!]!;
}
