/** Calls functions of the embedding program: values in, values out, errors as faults. */
import { Fault } from "../../fault.ts";
import { LiftBudget } from "../../wit/budget.ts";
import type { FunctionKey } from "../../wit/types.ts";
import { CaseValue, ERR, OK, type Value } from "../../wit/value.ts";
import { invalidValue } from "../invalid-value.ts";
import type { CallEffect, Instance } from "../plugin.ts";
import type { CallContext, Compiled, Read } from "./compile.ts";
import { Objects } from "./objects.ts";

export interface Program {
  /** What messages call it. */
  readonly name: string;
  readonly functions: ReadonlyMap<FunctionKey, Compiled>;
  readonly colour: "sync" | "async";
}

export class JavascriptInstance implements Instance {
  readonly id: number;
  readonly colour: "sync" | "async";
  readonly #source: string;
  readonly #functions: ReadonlyMap<FunctionKey, Compiled>;
  readonly #objects: Objects;
  readonly #budget: LiftBudget = new LiftBudget();
  readonly #pending = new Set<(cause: Fault) => void>();
  #alive = true;

  constructor(id: number, { name, functions, colour }: Program) {
    this.id = id;
    this.colour = colour;
    this.#source = name;
    this.#functions = functions;
    this.#objects = new Objects(id);
  }

  get alive(): boolean {
    return this.#alive;
  }

  call(key: FunctionKey, args: readonly Value[], signal?: AbortSignal, effect?: CallEffect): Value | Promise<Value> {
    if (!this.#alive) throw this.#lost();
    const compiled = this.#functions.get(key);
    if (compiled === undefined)
      throw new Fault("unknown-function", `${this.#source} has no function ${key}`, { source: this.#source });
    const plain = this.#arguments(compiled, args);
    let answer: unknown;
    try {
      answer = compiled.invoke(plain, signal || effect ? contextOf(signal, effect) : undefined);
    } catch (thrown) {
      return this.#failed(compiled, thrown);
    }
    return answer instanceof Promise ? this.#later(compiled, answer) : this.#answer(compiled, answer);
  }

  drop(handle: number): void {
    this.#objects.drop(handle);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#alive = false;
    const lost = this.#lost();
    for (const reject of this.#pending) reject(lost);
    this.#pending.clear();
    this.#objects.clear();
  }

  #arguments({ found, check, toPlain, hasHandles }: Compiled, args: readonly Value[]): unknown[] {
    check(args);
    if (hasHandles && found.fn !== null) this.#objects.check(found.fn, args);
    return toPlain(args, this.#objects);
  }

  #later(compiled: Compiled, answer: Promise<unknown>): Promise<Value> {
    return this.#wait(
      answer.then(
        (plain) => this.#answer(compiled, plain),
        (thrown: unknown) => this.#failed(compiled, thrown),
      ),
    );
  }

  #answer(compiled: Compiled, answer: unknown): Value {
    const value = this.#read(compiled, "returned", compiled.result, answer);
    return compiled.failure === undefined ? value : new CaseValue(OK, value);
  }

  #failed(compiled: Compiled, thrown: unknown): Value {
    const value = thrown instanceof Error ? Object.getOwnPropertyDescriptor(thrown, "value") : undefined;
    if (compiled.failure !== undefined && value !== undefined && "value" in value) {
      return new CaseValue(ERR, this.#read(compiled, "raised", compiled.failure, value.value));
    }
    if (thrown instanceof Fault) throw thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    throw new Fault("function-failed", `${this.#source} failed in ${compiled.found.name}: ${message}`, {
      source: this.#source,
      cause: thrown,
    });
  }

  /** What the function gave, or the fault that says that it was the function's (H5). */
  #read({ found }: Compiled, doing: "returned" | "raised", read: Read, plain: unknown): Value {
    this.#budget.reset();
    try {
      return read(plain, doing === "returned" ? "the result" : "the err", this.#objects, this.#budget);
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown;
      const hint = thrown.hint === undefined ? {} : { hint: thrown.hint };
      if (thrown.code === "value-too-large")
        throw new Fault(thrown.code, thrown.message, { source: this.#source, ...hint });
      throw invalidValue(this.#source, doing, found.name, thrown.message, hint);
    }
  }

  #wait(work: Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      this.#pending.add(reject);
      work.then(resolve, reject).finally(() => this.#pending.delete(reject));
    });
  }

  #lost(): Fault {
    return new Fault("plugin-lost", `${this.#source} was closed`, { source: this.#source });
  }
}

function contextOf(signal: AbortSignal | undefined, effect: CallEffect | undefined): CallContext {
  return { key: effect?.key ?? null, signal: signal ?? null };
}
