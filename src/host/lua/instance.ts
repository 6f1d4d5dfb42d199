/**
 * One running copy of a Lua plugin (H2–H6 of plugin.ts).
 *
 *   N1  Every call runs in a coroutine. While the host acts for the guest, nothing enters the guest.
 *   N2  A call that needs nothing to wait for is answered synchronously; when nothing the guest can call waits, the instance says so
 *       by its colour.
 *   N3  The first failure that is not an `err` of the WIT ends the instance: what ended it is remembered.
 *   N4  A failure of an import that the guest does not catch leaves the call as it entered the guest: the very same error.
 */
import { Fault } from "../../fault.ts";
import type { FunctionKey } from "../../wit/types.ts";
import type { Value } from "../../wit/value.ts";
import type { CallChain } from "../call-chain.ts";
import type { Meter } from "../meter/meter.ts";
import type { Instance } from "../plugin.ts";
import { type StateOwner, type StateReader, StateWriter } from "../state/bytes.ts";
import { STATUS_OK, STATUS_YIELD } from "./api.ts";
import { type Export, finishCall, pushArguments, raisedErr, writeExports } from "./exports.ts";
import type { HostCall } from "./host-calls.ts";
import { trapped } from "./failure.ts";
import { faultOfError } from "./import-faults.ts";
import type { Link } from "./link.ts";
import type { Output } from "./output.ts";
import { type Answer, Serving } from "./serving.ts";
import { MachineLost } from "./system.ts";
import { type Task, Threads } from "./threads.ts";
import { Turns } from "./turns.ts";

export interface InstanceParts {
  readonly id: number;
  /** The name of the package. */
  readonly source: string;
  readonly link: Link;
  readonly output: Output;
  readonly overlap: boolean;
  /** Counts what the machine does; null when nothing limits its calls. */
  readonly meter: Meter | null;
  readonly chain: CallChain;
  /** Tells the machine's clock that a message is being delivered: it asks for the time anew. */
  readonly tick: () => void;
  readonly owner: StateOwner;
}

export class LuaInstance implements Instance {
  readonly id: number;
  readonly colour: "sync" | "async";
  readonly #parts: InstanceParts;
  readonly #link: Link;
  readonly #threads: Threads;
  readonly #exports: ReadonlyMap<FunctionKey, Export>;
  readonly #turns = new Turns();
  readonly #serving: Serving;
  #alive = true;
  #cause: unknown;

  /** @param from the rest of the state that the machine has taken already; null when it has taken none */
  constructor(parts: InstanceParts, exports: ReadonlyMap<FunctionKey, Export>, from: StateReader | null) {
    this.id = parts.id;
    this.colour = parts.link.colour;
    this.#parts = parts;
    this.#link = parts.link;
    this.#threads = new Threads(parts.link);
    this.#exports = exports;
    this.#serving = new Serving(parts, () => {
      if (!this.#alive) throw this.#lost();
    });
    if (from === null) return;
    const [idle] = exports.values();
    this.#threads.restore(idle, from);
    from.close();
  }

  get alive(): boolean {
    return this.#alive;
  }

  get spent(): number | undefined {
    return this.#parts.meter?.spent;
  }

  call(key: FunctionKey, args: readonly Value[]): Value | Promise<Value> {
    if (!this.#alive) throw this.#lost();
    const target = this.#exports.get(key);
    if (target === undefined) throw this.#fault("unknown-function", `${this.#parts.source} has no function ${key}`);
    target.check(args);
    this.#refuseReentry(key);
    if (this.#turns.running > 0 && !this.#parts.overlap) return this.#turns.queued(() => this.#start(target, args));
    return this.#start(target, args);
  }

  drop(handle: number): void {
    if (!this.#alive) return;
    // A call that waits goes on with what it has left.
    if (this.#turns.running === 0) this.#parts.meter?.begin();
    this.#link.handles.drop(handle);
  }

  async save(): Promise<Uint8Array | null> {
    if (!this.#alive) throw this.#lost();
    if (this.#turns.running > 0 || this.#turns.waiting > 0 || this.#serving.onStack) return null;
    const to = new StateWriter(this.#parts.owner);
    const isWhole = this.#link.save(to);
    writeExports(this.#exports, to);
    this.#threads.save(to);
    return isWhole ? to.finish() : null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#alive) this.#end(this.#fault("plugin-lost", `${this.#parts.source} was closed`));
  }

  #start(target: Export, args: readonly Value[]): Value | Promise<Value> {
    this.#parts.meter?.begin(this.#turns.running > 0);
    let task: Task;
    try {
      task = this.#threads.take(target);
    } catch (thrown) {
      throw this.#end(this.#machineFault(target, thrown));
    }
    this.#turns.begin();
    let count: number;
    try {
      count = pushArguments(this.#link, target, task.thread, args);
    } catch (thrown) {
      // An argument that is refused is the caller's mistake: the guest has seen nothing.
      const cause = thrown instanceof Fault ? thrown : this.#end(this.#machineFault(target, thrown));
      this.#leave(task);
      throw cause;
    }
    return this.#drive(task, () => count);
  }

  /** Runs the guest until its call ends or waits, with as many values as `push` has put on its stack. */
  #drive(task: Task, push: () => number): Value | Promise<Value> {
    let outcome: Value | Promise<Value>;
    try {
      outcome = this.#run(task, push());
    } catch (thrown) {
      const cause = this.#end(this.#machineFault(task.target, thrown));
      this.#leave(task);
      throw cause;
    }
    if (!(outcome instanceof Promise)) this.#leave(task);
    return outcome;
  }

  /** @throws what ends the instance (N3) */
  #run(task: Task, count: number): Value | Promise<Value> {
    let given = count;
    for (;;) {
      const status = this.#serving.resume(task, given);
      if (status !== STATUS_YIELD) return this.#finish(task, status);
      const call = this.#serving.requested(task);
      if (call === undefined) throw this.#stray(task);
      const answer = this.#serving.perform(this, task, call);
      if (answer instanceof Promise) return this.#wait(task, call, answer);
      given = this.#serving.answer(task, call, answer);
    }
  }

  #wait(task: Task, call: HostCall, answer: Promise<Answer>): Promise<Value> {
    const ends = this.#parts.meter?.ends ?? Infinity;
    return this.#turns.pending((resolve, reject, over) => {
      const forget = this.#parts.meter?.alarm(this.#parts.source, task.target.name, (fault) => {
        reject(fault);
        this.#end(fault);
      });
      void answer.then((settled) => {
        forget?.();
        if (!this.#alive) return; // H6: it was rejected when the instance ended
        over();
        this.#parts.meter?.goOn(ends);
        try {
          resolve(this.#drive(task, () => this.#serving.answer(task, call, settled)));
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  #finish(task: Task, status: number): Value {
    const { target, thread, faults } = task;
    if (status === STATUS_OK) return finishCall(this.#link, target, thread);
    const err = raisedErr(this.#link, target, thread);
    if (err !== undefined) return err();
    throw faultOfError(this.#link, { source: this.#parts.source, doing: target.name, thread, status, faults });
  }

  #stray({ target }: Task): Fault {
    return this.#fault(
      "plugin-trapped",
      `${this.#parts.source} failed in ${target.name}: coroutine.yield was called outside of a coroutine`,
    );
  }

  /** The call is over; its coroutine serves again when it is in order. */
  #leave(task: Task): void {
    const turns = this.#turns;
    turns.end();
    this.#parts.output.flush();
    if (!this.#alive) return;
    try {
      this.#threads.giveBack(task);
      if (turns.running === 0) this.#link.endLoans();
    } catch (thrown) {
      throw this.#end(this.#machineFault(task.target, thrown));
    }
    turns.next(() => this.#alive);
  }

  /** What escapes from the machine itself: memory that ran out, a stack that overflowed. */
  #machineFault(target: Export, thrown: unknown): unknown {
    const { source, output, meter } = this.#parts;
    const overdrawn = meter?.fault(source, target.name);
    if (overdrawn !== undefined) return overdrawn;
    const overflow = thrown instanceof RangeError;
    if (!overflow && !(thrown instanceof MachineLost) && !(thrown instanceof WebAssembly.RuntimeError)) return thrown;
    const why = overflow ? "the stack overflowed" : (output.complaint ?? (thrown as Error).message);
    return trapped({ source, doing: target.name, memory: this.#link.memory }, why, { cause: thrown });
  }

  #refuseReentry(key: FunctionKey): void {
    const { overlap, chain, source } = this.#parts;
    const waitsForItself = this.#turns.running > 0 && !overlap && chain.includes(this);
    if (!this.#serving.onStack && !waitsForItself) return;
    throw this.#fault("re-entrant", `${key} of ${source} was called while a call into the same instance waits for it`);
  }

  /** Ends the instance and everything that waits for it (H3, H6). Answers the cause, to be thrown. */
  #end(cause: unknown): unknown {
    if (!this.#alive) return cause;
    this.#alive = false;
    this.#cause = cause;
    this.#parts.meter?.close();
    this.#turns.lose(() => this.#lost());
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
