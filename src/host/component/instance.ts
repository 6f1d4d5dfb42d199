/**
 * One running copy of a component (H2–H6 of plugin.ts).
 *
 *   N1  While the guest is on the stack, a call into it is `re-entrant`; while it is suspended, a call waits its turn.
 *   N2  The first failure ends the instance; what ended it is remembered, and nothing enters or leaves it any more.
 *   N3  A call whose import failed fails with that import's error, even where jco would never settle it.
 */
import { Fault } from "../../fault.ts";
import { CaseValue, ERR, OK, type Value } from "../../wit/value.ts";
import type { CallChain } from "../call-chain.ts";
import type { Instance } from "../plugin.ts";
import type { Bound } from "./exports.ts";
import { faultOf } from "./failure.ts";
import type { Guest } from "./guest.ts";
import type { Resources } from "./resources.ts";
import type { WasiContext } from "./wasi/context.ts";

interface Pending {
  readonly reject: (cause: unknown) => void;
}

export interface InstanceParts {
  readonly source: string;
  readonly resources: Resources;
  readonly wasi: WasiContext;
  readonly overlap: boolean;
  readonly chain: CallChain;
  /** Whether some call may suspend. */
  readonly colour: "sync" | "async";
}

export class ComponentInstance implements Instance, Guest {
  readonly id: number;
  readonly colour: "sync" | "async";
  readonly resources: Resources;
  readonly #parts: InstanceParts;
  readonly #pending = new Set<Pending>();
  readonly #queue: (() => void)[] = [];
  #exports: ReadonlyMap<string, Bound> = new Map();
  #alive = true;
  #onStack = true;
  #waiting = 0;
  #cause: unknown;
  #importFailure: { readonly thrown: unknown } | undefined;

  constructor(parts: InstanceParts) {
    this.#parts = parts;
    this.resources = parts.resources;
    this.id = parts.resources.instance;
    this.colour = parts.colour;
  }

  /** Start code has run: calls may come. */
  open(exports: ReadonlyMap<string, Bound>): void {
    this.#exports = exports;
    this.#onStack = false;
  }

  get alive(): boolean {
    return this.#alive;
  }

  call(key: string, args: readonly Value[]): Value | Promise<Value> {
    const bound = this.#exports.get(key);
    if (bound === undefined) throw this.#fault("unknown-function", `${this.#parts.source} has no function ${key}`);
    if (!this.#alive) throw this.#lost();
    bound.signature.check(args);
    this.#refuseReentry();
    if (this.#waiting > 0 && !this.#overlaps(bound)) return this.#queued(() => this.#enter(bound, args));
    return this.#enter(bound, args);
  }

  drop(handle: number): void | Promise<void> {
    if (!this.#alive) return;
    this.#refuseReentry();
    if (this.#waiting > 0) return this.#queued(() => this.#dropNow(handle)).then(() => {});
    this.#dropNow(handle);
  }

  [Symbol.asyncDispose](): Promise<void> {
    if (this.#alive) this.#end(this.#fault("plugin-lost", `${this.#parts.source} was closed`));
    return Promise.resolve();
  }

  // What the imports need (Guest).

  outside<T>(work: () => T): T {
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
    const { params } = bound.signature;
    const lowered: unknown[] = [];
    for (let at = 0; at < params.length; at++) lowered.push(params[at]?.lower(args[at] as Value, this.resources));
    this.#parts.wasi.readClock();
    this.#onStack = true;
    try {
      const answer = bound.invoke(lowered);
      return answer instanceof Promise ? this.#wait(bound, answer) : this.#answered(bound, answer);
    } catch (thrown) {
      return this.#threw(bound, thrown);
    } finally {
      this.#onStack = false;
    }
  }

  #wait(bound: Bound, answer: Promise<unknown>): Promise<Value> {
    this.#waiting++;
    const { promise, resolve, reject } = Promise.withResolvers<Value>();
    let settled = false;
    const settle = (work: () => Value): void => {
      if (settled) return;
      settled = true;
      this.#pending.delete(pending);
      try {
        resolve(work());
      } catch (thrown) {
        reject(thrown);
      }
    };
    const pending: Pending = { reject: (thrown) => settle(() => this.#threw(bound, thrown)) };
    this.#pending.add(pending);
    answer.then(
      (js) => settle(() => this.#guarded(bound, () => this.#answered(bound, js))),
      (thrown: unknown) => settle(() => this.#threw(bound, thrown)),
    );
    return promise.finally(() => {
      this.#waiting--;
      this.#queue.shift()?.();
    });
  }

  #guarded(bound: Bound, work: () => Value): Value {
    try {
      return work();
    } catch (thrown) {
      return this.#threw(bound, thrown);
    }
  }

  #answered(bound: Bound, js: unknown): Value {
    this.#parts.wasi.flush();
    if (this.#importFailure !== undefined) throw this.#importFailure.thrown;
    if (!this.#alive) throw this.#lost();
    const { result, success } = bound.signature;
    if (success !== undefined) return new CaseValue(OK, success === null ? null : success.lift(js, this.resources));
    return result === null ? null : result.lift(js, this.resources);
  }

  /** An `err` is an answer; everything else ends the instance (N2). */
  #threw(bound: Bound, thrown: unknown): Value {
    const { failure, key } = bound.signature;
    if (failure !== undefined && this.#importFailure === undefined && this.#alive && isErr(thrown)) {
      this.#parts.wasi.flush();
      try {
        return new CaseValue(ERR, failure === null ? null : failure.lift(thrown.payload, this.resources));
      } catch (invalid) {
        throw this.#failed(invalid, key);
      }
    }
    throw this.#failed(thrown, key);
  }

  #failed(thrown: unknown, fn: string): unknown {
    this.#parts.wasi.flush();
    if (!this.#alive) return this.#lost();
    const cause =
      this.#importFailure === undefined ? faultOf(thrown, fn, this.#parts.source) : this.#importFailure.thrown;
    this.#end(cause);
    return cause;
  }

  /** Ends the instance. The calls that wait in it fail, then those that wait for it. */
  #end(cause: unknown): void {
    this.#alive = false;
    this.#cause = cause;
    this.resources.close();
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

  #dropNow(handle: number): void {
    this.#onStack = true;
    try {
      this.resources.drop(handle);
    } catch (thrown) {
      throw this.#failed(thrown, "a destructor");
    } finally {
      this.#onStack = false;
    }
  }

  /** Calls overlap only where WIT says that they may wait: jco itself lets others into the guest one by one. */
  #overlaps(bound: Bound): boolean {
    return this.#parts.overlap && bound.signature.fn.async;
  }

  #refuseReentry(): void {
    if (!this.#onStack && (this.#waiting === 0 || !this.#parts.chain.includes(this))) return;
    throw this.#fault("re-entrant", `${this.#parts.source} is called back while it is in the middle of a call`, {
      hint: "A callback given to a plugin may not call the same plugin.",
    });
  }

  #lost(): Fault {
    const why = this.#cause instanceof Error ? `: ${this.#cause.message}` : "";
    return this.#fault("plugin-lost", `${this.#parts.source} is gone${why}`, { cause: this.#cause });
  }

  #fault(code: string, message: string, more: { hint?: string; cause?: unknown } = {}): Fault {
    return new Fault(code, message, { source: this.#parts.source, ...more });
  }
}

/** jco's wrapper of the error case of a `result`. */
function isErr(thrown: unknown): thrown is Error & { payload: unknown } {
  return thrown instanceof Error && thrown.constructor.name === "ComponentError" && Object.hasOwn(thrown, "payload");
}
