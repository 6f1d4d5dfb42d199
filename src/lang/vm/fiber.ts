/**
 * The state of a run: fibers, frames, handlers and groups. Only data; what it means is in vm-*.ts.
 *
 *   F1  Nothing here is a function, promise, timer or iterator of JavaScript: everything can be written to bytes.
 *   F2  A fiber runs one thing at a time: it is in the queue, or waits for one effect or one group, or has ended.
 *   F3  Fibers are found by number; numbers are never used twice.
 */
import type { Value } from "../../wit/value.ts";
import type { EffectRequest } from "../effect.ts";
import type { Scope } from "./identity.ts";
import type { IrFunction } from "../ir/ir.ts";
import type { Closure, ErrorValue } from "../value.ts";

/** What a register holds; `undefined` is a variable that nothing was assigned to yet. */
export type Register = Value | undefined;

export class Frame {
  readonly fn: IrFunction;
  /** Index of the function in the program. */
  readonly index: number;
  readonly regs: Register[];
  pc = 0;
  /** The register of the frame below that takes the value. */
  readonly dest: number;
  /** Null while nothing that runs here can have an effect. */
  scope: Scope | null;
  handlers: Handler[] = NO_HANDLERS;
  /** Spawned here and not yet awaited: the identity of the `spawn` and the child. */
  tasks: readonly SpawnedTask[] = NO_TASKS;
  /** An `undo` body: when it ends, unwinding goes on in the frame below. */
  undo = false;

  constructor(fn: IrFunction, index: number, regs: Register[], dest: number, scope: Scope | null) {
    this.fn = fn;
    this.index = index;
    this.regs = regs;
    this.dest = dest;
    this.scope = scope;
  }
}

/** Shared by all frames without handlers; whoever adds one makes a new array. */
export const NO_HANDLERS: Handler[] = [];
export const NO_TASKS: readonly SpawnedTask[] = [];

export interface SpawnedTask {
  readonly effect: string;
  readonly task: string;
}

/** `target` is the serial of the handler that the cancellation ends at; 0 is the whole fiber. */
export type Completion =
  | { readonly kind: "error"; readonly error: ErrorValue }
  | { readonly kind: "cancel"; readonly target: number };

interface HandlerBase {
  /** Grows inwards within a fiber. */
  readonly serial: number;
  readonly scope: Scope | null;
}

export type Handler =
  | (HandlerBase & { readonly kind: "try"; readonly pc: number; readonly register: number; undos: readonly Closure[] })
  /** A `try` whose undos are running. */
  | (HandlerBase & {
      readonly kind: "undoing";
      readonly pc: number;
      readonly register: number;
      readonly undos: readonly Closure[];
      readonly completion: Completion;
      readonly failures: readonly ErrorValue[];
    })
  | (HandlerBase & { readonly kind: "finally"; readonly pc: number; readonly register: number })
  /** Inside clean-up: no cancellation from outside gets past. `was` is what unwinding goes on with. */
  | (HandlerBase & { readonly kind: "shield"; readonly was: Completion | null })
  | (HandlerBase & { readonly kind: "timeout"; readonly effect: string; readonly nanoseconds: number | bigint })
  | (HandlerBase & { readonly kind: "attempt"; readonly pc: number; readonly register: number });

export type Wait =
  | {
      readonly kind: "effect";
      readonly effect: string;
      readonly dest: number;
      /** What to do with the answer. */
      readonly take: Take;
      readonly scope: Scope;
    }
  | { readonly kind: "group"; readonly group: number };

/** `call`: by `ir.calls[call]`. `spawn`: a Task to remember. `shell`: a record. `again`: the instruction is carried out once more. */
export type Take =
  | { readonly kind: "value" }
  | { readonly kind: "again" }
  | { readonly kind: "call"; readonly call: number }
  | { readonly kind: "spawn" };

export class Fiber {
  readonly id: number;
  /** The group or callback it belongs to. */
  readonly role: Role;
  readonly frames: Frame[] = [];
  wait: Wait | null = null;
  /** What the next turn begins with, instead of the next instruction. */
  resume: Completion | null = null;
  queued = false;
  nextSerial = 1;
  /** Targets of cancellations that have not ended yet, outermost first. One may have to wait for clean-up. */
  cancels: readonly number[] = [];
  /** Errors met while unwinding for a cancellation, for `e.suppressed` of whoever cancelled. */
  lost: ErrorValue[] = [];
  /** Callbacks of the effect it waits for, so far. */
  callbacks = 0;

  constructor(id: number, role: Role) {
    this.id = id;
    this.role = role;
  }
}

export type Role =
  | { readonly kind: "main" }
  | { readonly kind: "branch"; readonly group: number; readonly index: number }
  | { readonly kind: "callback"; readonly call: string; readonly id: string };

export class Group {
  readonly id: number;
  readonly kind: "para" | "race";
  readonly parent: number;
  readonly dest: number;
  readonly scope: Scope | null;
  /** Of `para for`: its elements and body; null for branches. */
  readonly elements: readonly Value[] | null;
  readonly body: Closure | null;
  readonly results: Value[];
  /** The next element to start. */
  next = 0;
  /** Fibers not yet ended, in order of creation. */
  readonly live: Set<number> = new Set();
  /** Race: whether somebody has won; then `results[0]` is the value. */
  won = false;
  failed: ErrorValue | null = null;
  suppressed: ErrorValue[] = [];
  cancelled = false;

  constructor(fields: {
    id: number;
    kind: "para" | "race";
    parent: number;
    dest: number;
    scope: Scope | null;
    elements: readonly Value[] | null;
    body: Closure | null;
    results: Value[];
  }) {
    this.id = fields.id;
    this.kind = fields.kind;
    this.parent = fields.parent;
    this.dest = fields.dest;
    this.scope = fields.scope;
    this.elements = fields.elements;
    this.body = fields.body;
    this.results = fields.results;
  }
}

/** An effect that somebody waits for. `timer`: of the `timeout` with this serial; else the fiber itself waits. */
export interface Pending {
  readonly fiber: number;
  readonly timer: number | null;
  readonly request: EffectRequest;
}
