/**
 * One running copy of a component (H2–H6 of plugin.ts).
 *
 *   N1  While the guest is on the stack, a call into it is `re-entrant`; while it is suspended, a call waits its turn.
 *   N2  The first failure ends the instance; what ended it is remembered, and nothing enters or leaves it any more.
 *   N3  A call whose import failed fails with that import's error, even where jco would never settle it.
 */
import { Fault } from "../../fault.ts";
import type { Value } from "../../wit/value.ts";
import type { CallChain } from "../call-chain.ts";
import type { Meter } from "../meter/meter.ts";
import type { Instance } from "../plugin.ts";
import { faultOf, isOfTheGuest, wasmFrames } from "./failure.ts";
import type { BindExport, Bound, Guest, Handles } from "./guest.ts";
import type { WasiContext } from "./wasi/context.ts";

interface Pending {
  readonly reject: (cause: unknown) => void;
}

export interface InstanceParts {
  readonly id: number;
  readonly source: string;
  readonly handles: Handles;
  /** Counts what the guest does; null when nothing limits its calls. */
  readonly meter: Meter | null;
  readonly wasi: WasiContext;
  readonly overlap: boolean;
  readonly chain: CallChain;
  /** Whether some call may suspend. */
  readonly colour: "sync" | "async";
  /** What gives all of its state, or null when something of it cannot be told; undefined when it is never saved. */
  readonly saver: () => (() => Uint8Array | null) | undefined;
}

export class ComponentInstance implements Instance, Guest {
  readonly id: number;
  readonly source: string;
  readonly colour: "sync" | "async";
  readonly #parts: InstanceParts;
  readonly #wasi: WasiContext;
  readonly #meter: Meter | null;
  readonly #pending = new Set<Pending>();
  readonly #queue: (() => void)[] = [];
  readonly #exports = new Map<string, Bound>();
  #bind: BindExport = () => undefined;
  #alive = true;
  #onStack = true;
  #waiting = 0;
  #cause: unknown;
  #importFailure: { readonly thrown: unknown } | undefined;

  constructor(parts: InstanceParts) {
    this.#parts = parts;
    this.#wasi = parts.wasi;
    this.#meter = parts.meter;
    this.id = parts.id;
    this.source = parts.source;
    this.colour = parts.colour;
  }

  /** Start code has run: calls may come. */
  open(bind: BindExport): void {
    this.#bind = bind;
    this.#onStack = false;
  }

  get alive(): boolean {
    return this.#alive;
  }

  get spent(): number | undefined {
    return this.#meter?.spent;
  }

  call(key: string, args: readonly Value[]): Value | Promise<Value> {
    const bound = this.#exports.get(key) ?? this.#boundNow(key);
    if (!this.#alive) throw this.#lost();
    bound.check(args);
    if (this.#onStack || this.#waiting > 0) return this.#callWhileBusy(bound, args);
    return this.#enter(bound, args);
  }

  #boundNow(key: string): Bound {
    const bound = this.#bind(key);
    if (bound === undefined) throw this.#fault("unknown-function", `${this.source} has no function ${key}`);
    this.#exports.set(key, bound);
    return bound;
  }

  #callWhileBusy(bound: Bound, args: readonly Value[]): Value | Promise<Value> {
    this.#refuseReentry();
    if (!this.#overlaps(bound)) return this.#queued(() => this.#enter(bound, args));
    return this.#enter(bound, args);
  }

  drop(handle: number): void | Promise<void> {
    if (!this.#alive) return;
    this.#refuseReentry();
    if (this.#waiting > 0) return this.#queued(() => this.#dropNow(handle));
    return this.#dropNow(handle);
  }

  get save(): (() => Promise<Uint8Array | null>) | undefined {
    const save = this.#parts.saver();
    if (save === undefined) return undefined;
    return async () => {
      if (!this.#alive) throw this.#lost();
      return this.#onStack || this.#waiting > 0 || this.#queue.length > 0 ? null : save();
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    if (this.#alive) this.#end(this.#fault("plugin-lost", `${this.source} was closed`));
    return Promise.resolve();
  }

  // What the imports need (Guest).

  outside<T>(work: () => T): T {
    // A guest that is never suspended is on the stack here, and will be when the work is done.
    if (this.colour === "sync") return work();
    const before = this.#onStack;
    this.#onStack = true;
    try {
      return this.#parts.chain.enter(this, work);
    } finally {
      this.#onStack = before;
    }
  }

  refuseWhenDead(): void {
    if (!this.#alive) throw this.#lost();
    if (this.#importFailure !== undefined) throw this.#importFailure.thrown;
    this.#meter?.look(this.source, "an import");
  }

  delivered(): void {
    this.#wasi.readClock();
  }

  importFailed(thrown: unknown): unknown {
    this.#importFailure ??= { thrown };
    for (const each of this.#pending) each.reject(thrown); // N3
    return thrown;
  }

  /** The error of start code, as a fault. */
  failedToStart(thrown: unknown): unknown {
    return this.#failed(thrown, "its start code");
  }

  #enter(bound: Bound, args: readonly Value[]): Value | Promise<Value> {
    if (bound.admit !== null) bound.admit(args);
    this.#wasi.beginCall();
    this.#meter?.begin(this.#waiting > 0);
    this.#onStack = true;
    try {
      const answer = bound.invoke(args);
      return answer instanceof Promise ? this.#wait(bound.key, answer) : this.#answered(answer);
    } catch (thrown) {
      throw this.#failed(thrown, bound.key);
    } finally {
      this.#onStack = false;
    }
  }

  #wait<T>(fn: string, answer: Promise<T>): Promise<T> {
    this.#waiting++;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    let settled = false;
    const settle = (work: () => T): void => {
      if (settled) return;
      settled = true;
      forget?.();
      this.#pending.delete(pending);
      try {
        resolve(work());
      } catch (thrown) {
        reject(this.#failed(thrown, fn));
      }
      this.#leave();
    };
    const failing = (thrown: unknown): void =>
      settle(() => {
        throw thrown;
      });
    const pending: Pending = { reject: failing };
    this.#pending.add(pending);
    const forget = this.#meter?.alarm(this.source, fn, failing);
    answer.then((value) => settle(() => this.#answered(value)), failing);
    return promise;
  }

  /** The next call begins after whoever waited for this one has gone on. */
  #leave(): void {
    if (this.#queue.length === 0) this.#waiting--;
    else {
      queueMicrotask(() => {
        this.#waiting--;
        this.#queue.shift()?.();
      });
    }
  }

  #answered<T>(answer: T): T {
    this.#wasi.flush();
    if (this.#importFailure !== undefined) throw this.#importFailure.thrown;
    if (this.#meter?.isOver === true) throw this.#lost(); // which the verdict takes the place of
    if (!this.#alive) throw this.#lost();
    return answer;
  }

  /** Everything that is thrown ends the instance (N2). */
  #failed(thrown: unknown, fn: string): unknown {
    this.#wasi.flush();
    if (!this.#alive) return this.#lost();
    const cause = this.#causeOf(thrown, fn);
    this.#end(cause);
    return cause;
  }

  #causeOf(thrown: unknown, fn: string): unknown {
    if (this.#meter?.isOver === true) {
      const frames = thrown instanceof Error ? wasmFrames(thrown.stack ?? "") : [];
      return this.#meter.fault(this.source, fn, { frames });
    }
    if (this.#importFailure === undefined) return faultOf(thrown, fn, this.source);
    const { thrown: failure } = this.#importFailure;
    return isOfTheGuest(failure) ? faultOf(failure, fn, this.source) : failure;
  }

  /** Ends the instance. The calls that wait in it fail, then those that wait for it. */
  #end(cause: unknown): void {
    this.#alive = false;
    this.#cause = cause;
    this.#parts.handles.close();
    this.#wasi.close();
    this.#meter?.close();
    for (const each of this.#pending) each.reject(cause);
    while (this.#queue.length > 0) this.#queue.shift()?.();
  }

  #queued<T>(work: () => T | Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#queue.push(() => {
      try {
        if (!this.#alive) throw this.#lost();
        resolve(work());
      } catch (thrown) {
        reject(thrown);
      }
      if (this.#waiting === 0) this.#queue.shift()?.();
    });
    return promise;
  }

  #dropNow(handle: number): void | Promise<void> {
    this.#meter?.begin();
    this.#onStack = true;
    try {
      const dropped = this.#parts.handles.drop(handle);
      return dropped instanceof Promise ? this.#wait("a destructor", dropped) : this.#answered(dropped);
    } catch (thrown) {
      throw this.#failed(thrown, "a destructor");
    } finally {
      this.#onStack = false;
    }
  }

  /** Calls overlap only where WIT says that they may wait: jco itself lets others into the guest one by one. */
  #overlaps(bound: Bound): boolean {
    return this.#parts.overlap && bound.async;
  }

  #refuseReentry(): void {
    if (!this.#onStack && (this.#waiting === 0 || !this.#parts.chain.includes(this))) return;
    throw this.#fault("re-entrant", `${this.source} is called back while it is in the middle of a call`, {
      hint: "A callback given to a plugin may not call the same plugin.",
    });
  }

  #lost(): Fault {
    const why = this.#cause instanceof Error ? `: ${this.#cause.message}` : "";
    return this.#fault("plugin-lost", `${this.source} is gone${why}`, { cause: this.#cause });
  }

  #fault(code: string, message: string, more: { hint?: string; cause?: unknown } = {}): Fault {
    return new Fault(code, message, { source: this.source, ...more });
  }
}
