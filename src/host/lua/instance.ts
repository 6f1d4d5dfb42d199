/**
 * One running copy of a Lua plugin (H2–H6 of plugin.ts).
 *
 *   N1  Every call runs in a coroutine. A host call of the guest's is a yield: the guest is never on the stack while the host acts.
 *   N2  A call that needs nothing to wait for is answered synchronously.
 *   N3  The first failure that is not an `err` of the WIT ends the instance: what ended it is remembered.
 *   N4  A failure of an import that the guest does not catch leaves the call as it entered the guest: the very same error.
 */
import { Fault } from "../../fault.ts";
import type { FunctionKey } from "../../wit/types.ts";
import type { Value } from "../../wit/value.ts";
import type { CallChain } from "../call-chain.ts";
import type { Instance } from "../plugin.ts";
import { LIGHT_USERDATA, NUMBER, type Pointer, STATUS_OK, STATUS_YIELD } from "./api.ts";
import { type Export, finishCall, pushArguments, raisedErr } from "./exports.ts";
import { type ErrorReport, faultOfError, FaultMemory } from "./import-faults.ts";
import type { HostCall } from "./host-calls.ts";
import type { Link } from "./link.ts";
import { MachineLost } from "./machine.ts";
import type { Output } from "./output.ts";
import { Threads } from "./threads.ts";

/** One call on its way. */
interface Task {
  readonly target: Export;
  readonly thread: Pointer;
  readonly faults: FaultMemory;
}

export interface InstanceParts {
  readonly id: number;
  /** The name of the package. */
  readonly source: string;
  readonly link: Link;
  readonly output: Output;
  readonly overlap: boolean;
  readonly chain: CallChain;
  /** Tells the machine's clock that a message is being delivered: it asks for the time anew. */
  readonly tick: () => void;
}

export class LuaInstance implements Instance {
  readonly id: number;
  readonly #parts: InstanceParts;
  readonly #link: Link;
  readonly #threads: Threads;
  readonly #exports: ReadonlyMap<FunctionKey, Export>;
  /** How to fail each call that waits, inside the guest or for its turn. */
  readonly #pending = new Set<(cause: unknown) => void>();
  readonly #queue: (() => void)[] = [];
  #running = 0;
  #onStack = false;
  #alive = true;
  #cause: unknown;

  constructor(parts: InstanceParts, exports: ReadonlyMap<FunctionKey, Export>) {
    this.id = parts.id;
    this.#parts = parts;
    this.#link = parts.link;
    this.#threads = new Threads(parts.link.machine);
    this.#exports = exports;
  }

  get alive(): boolean {
    return this.#alive;
  }

  call(key: FunctionKey, args: readonly Value[]): Value | Promise<Value> {
    if (!this.#alive) throw this.#lost();
    const target = this.#exports.get(key);
    if (target === undefined) throw this.#fault("unknown-function", `${this.#parts.source} has no function ${key}`);
    target.check(args);
    this.#refuseReentry(key);
    if (this.#running > 0 && !this.#parts.overlap) return this.#queued(() => this.#start(target, args));
    return this.#start(target, args);
  }

  drop(handle: number): void {
    if (this.#alive) this.#link.handles.drop(handle);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#alive) this.#end(this.#fault("plugin-lost", `${this.#parts.source} was closed`));
  }

  #start(target: Export, args: readonly Value[]): Value | Promise<Value> {
    const thread = this.#guarded(target, () => this.#threads.take());
    const task: Task = { target, thread, faults: new FaultMemory(this.#link) };
    this.#running++;
    let count: number;
    try {
      count = this.#guarded(target, () => pushArguments(this.#link, target, thread, args));
    } catch (error) {
      this.#leave(task, this.#alive);
      throw error;
    }
    return this.#drive(task, count);
  }

  /** Runs the guest until its call ends or waits. */
  #drive(task: Task, count: number): Value | Promise<Value> {
    let given = count;
    for (;;) {
      const status = this.#guarded(task.target, () => this.#resume(task.thread, given));
      if (status !== STATUS_YIELD) return this.#finish(task, status);
      const call = this.#requested(task);
      if (call === undefined) return this.#fail(task, this.#stray(task));
      const answer = this.#perform(task, call);
      if (answer instanceof Promise) return this.#wait(task, call, answer);
      given = this.#answer(task, call, answer as Answer);
    }
  }

  #resume(thread: Pointer, count: number): number {
    const { api, counter } = this.#link.machine;
    this.#parts.tick();
    this.#onStack = true;
    try {
      return api.lua_resume(thread, 0, count, counter);
    } finally {
      this.#onStack = false;
    }
  }

  /** The host call that the guest yielded for; its arguments are left on the stack. */
  #requested({ thread }: Task): HostCall | undefined {
    const { api, counter } = this.#link.machine;
    const first = -this.#link.machine.word(counter);
    if (first > -2 || api.lua_type(thread, first) !== LIGHT_USERDATA) return undefined;
    if (api.lua_touserdata(thread, first) !== this.#link.prelude.token) return undefined;
    if (api.lua_type(thread, first + 1) !== NUMBER) return undefined;
    return this.#link.call(api.lua_tonumberx(thread, first + 1, 0));
  }

  #perform({ thread }: Task, call: HostCall): Answer | Promise<Answer> {
    const { machine, budget } = this.#link;
    const count = machine.word(machine.counter) - 2;
    budget.reset();
    this.#onStack = true;
    try {
      const value = this.#parts.chain.enter(this, () => call.perform(thread, count));
      if (!(value instanceof Promise)) return { ok: true, value };
      return value.then(
        (settled: unknown): Answer => ({ ok: true, value: settled }),
        (thrown: unknown): Answer => ({ ok: false, thrown }),
      );
    } catch (thrown) {
      return { ok: false, thrown };
    } finally {
      this.#onStack = false;
    }
  }

  /** Pushes what the guest is resumed with, and answers how many values that are. */
  #answer(task: Task, call: HostCall, answer: Answer): number {
    return this.#guarded(task.target, () => {
      this.#link.machine.api.lua_settop(task.thread, 0);
      if (!answer.ok) return task.faults.push(task.thread, answer.thrown);
      try {
        return call.answer(task.thread, answer.value);
      } catch (thrown) {
        if (thrown instanceof MachineLost) throw thrown;
        this.#link.machine.api.lua_settop(task.thread, 0);
        return task.faults.push(task.thread, thrown);
      }
    });
  }

  #wait(task: Task, call: HostCall, answer: Promise<Answer>): Promise<Value> {
    return new Promise((resolve, reject) => {
      this.#pending.add(reject);
      void answer.then((settled) => {
        if (!this.#alive) return; // H6: it was rejected when the instance ended
        this.#pending.delete(reject);
        try {
          resolve(this.#drive(task, this.#answer(task, call, settled)));
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  #finish(task: Task, status: number): Value {
    const { target, thread } = task;
    if (status === STATUS_OK) return this.#concluded(task, () => finishCall(this.#link, target, thread));
    const err = this.#concludedErr(task);
    if (err !== undefined) return err;
    return this.#fail(
      task,
      this.#guarded(target, () => faultOfError(this.#link, this.#report(task, status))),
    );
  }

  /** The answer of a call that raised `sennit.err`, if its WIT allows that. */
  #concludedErr(task: Task): Value | undefined {
    const { target, thread } = task;
    const read = this.#guarded(target, () => raisedErr(this.#link, target, thread));
    return read === undefined ? undefined : this.#concluded(task, read);
  }

  /** Ends a call with a value that the guest gave: a value that is not of its type ends the instance (N3). */
  #concluded(task: Task, read: () => Value): Value {
    let value: Value;
    try {
      value = this.#guarded(task.target, read);
    } catch (error) {
      this.#leave(task, false);
      throw this.#end(error);
    }
    this.#leave(task, true);
    return value;
  }

  #fail(task: Task, cause: unknown): never {
    this.#leave(task, false);
    throw this.#end(cause);
  }

  #report({ target, thread, faults }: Task, status: number): ErrorReport {
    return { source: this.#parts.source, doing: target.name, thread, status, faults };
  }

  #stray({ target }: Task): Fault {
    return this.#fault(
      "plugin-trapped",
      `${this.#parts.source} failed in ${target.name}: coroutine.yield was called outside of a coroutine`,
    );
  }

  /** The call is over; its coroutine serves again when it is in order. */
  #leave(task: Task, inOrder: boolean): void {
    this.#running--;
    this.#parts.output.flush();
    if (inOrder) {
      this.#guarded(task.target, () => {
        task.faults.forget();
        this.#threads.giveBack(task.thread);
        if (this.#running === 0) this.#link.endLoans();
      });
    }
    const next = this.#alive && this.#running === 0 ? this.#queue.shift() : undefined;
    if (next === undefined) return;
    // The turn is taken now and used after the call that made room is answered.
    this.#running++;
    queueMicrotask(() => {
      this.#running--;
      if (this.#alive) next();
    });
  }

  #queued<T>(work: () => T | Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#pending.add(reject);
      this.#queue.push(() => {
        this.#pending.delete(reject);
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  /** What escapes from the machine itself ends the instance: memory that ran out, a stack that overflowed. */
  #guarded<T>(target: Export, work: () => T): T {
    try {
      return work();
    } catch (thrown) {
      if (thrown instanceof Fault) throw thrown;
      throw this.#end(this.#machineFault(target, thrown));
    }
  }

  #machineFault(target: Export, thrown: unknown): unknown {
    const { source, output } = this.#parts;
    const overflow = thrown instanceof RangeError;
    if (!overflow && !(thrown instanceof MachineLost) && !(thrown instanceof WebAssembly.RuntimeError)) return thrown;
    const why = overflow ? "the stack overflowed" : (output.complaint ?? (thrown as Error).message);
    return new Fault("plugin-trapped", `${source} failed in ${target.name}: ${why}`, { source, cause: thrown });
  }

  #refuseReentry(key: FunctionKey): void {
    const waitsForItself = this.#running > 0 && !this.#parts.overlap && this.#parts.chain.includes(this);
    if (!this.#onStack && !waitsForItself) return;
    throw this.#fault(
      "re-entrant",
      `${key} of ${this.#parts.source} was called while a call into the same instance waits for it`,
    );
  }

  /** Ends the instance and everything that waits for it (H3, H6). Answers the cause, to be thrown. */
  #end(cause: unknown): unknown {
    if (!this.#alive) return cause;
    this.#alive = false;
    this.#cause = cause;
    this.#queue.length = 0;
    const lost = [...this.#pending];
    this.#pending.clear();
    for (const reject of lost) reject(this.#lost());
    return cause;
  }

  #lost(): Fault {
    const why = this.#cause instanceof Error ? `: ${this.#cause.message}` : "";
    return this.#fault("plugin-lost", `${this.#parts.source} is gone${why}`, this.#cause);
  }

  #fault(code: string, message: string, cause?: unknown): Fault {
    return new Fault(code, message, { source: this.#parts.source, ...(cause === undefined ? {} : { cause }) });
  }
}

type Answer = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly thrown: unknown };
