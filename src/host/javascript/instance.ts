/** Calls functions of the embedding program: values in, values out, errors as faults. */
import { Fault } from "../../fault.ts";
import type { AnyValue } from "../../wit/any.ts";
import type { FunctionKey, Resource, WitFunction } from "../../wit/types.ts";
import { Callback, CaseValue, ERR, Handle, OK, type Value } from "../../wit/value.ts";
import { argumentCheck } from "../check-arguments.ts";
import { invalidValue } from "../invalid-value.ts";
import type { Instance } from "../plugin.ts";
import type { Found } from "./functions.ts";
import { anyFromPlain, anyToPlain, callbackToFunction } from "./plain-any.ts";
import { fromPlain, type HandleType, mismatch, type PlainHandles, toPlain } from "./plain.ts";

export class JavascriptInstance implements Instance {
  readonly id: number;
  readonly #source: string;
  readonly #functions: ReadonlyMap<FunctionKey, Found>;
  readonly #objects: Objects;
  readonly #pending = new Set<(cause: Fault) => void>();
  #alive = true;

  constructor(id: number, source: string, functions: ReadonlyMap<FunctionKey, Found>) {
    this.id = id;
    this.#source = source;
    this.#functions = functions;
    this.#objects = new Objects(id);
  }

  get alive(): boolean {
    return this.#alive;
  }

  call(key: FunctionKey, args: readonly Value[]): Value | Promise<Value> {
    if (!this.#alive) throw this.#lost();
    const found = this.#functions.get(key);
    if (found === undefined)
      throw new Fault("unknown-function", `${this.#source} has no function ${key}`, { source: this.#source });
    const plain = found.fn === null ? args.map(untypedArgument) : this.#arguments(found, found.fn, args);
    const ended = {
      ok: (answer: unknown) => this.#answer(found, answer),
      failed: (thrown: unknown) => this.#failed(found, thrown),
    };
    let answer: unknown;
    try {
      answer = invoke(found, plain);
    } catch (thrown) {
      return ended.failed(thrown);
    }
    return answer instanceof Promise ? this.#wait(answer.then(ended.ok, ended.failed)) : ended.ok(answer);
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

  #arguments({ name }: Found, fn: WitFunction, args: readonly Value[]): unknown[] {
    argumentCheck(name, fn)(args);
    this.#objects.check(fn, args);
    return fn.params.map((param, index) => toPlain(param.type, args[index] as Value, this.#objects));
  }

  #answer({ name, fn }: Found, answer: unknown): Value {
    const read = (): Value => {
      if (fn === null) return anyFromPlain(answer, "the result") as Value;
      const { result } = fn;
      if (result === null) return null;
      if (result.kind !== "result") return fromPlain(result, answer, "the result", this.#objects);
      return new CaseValue(OK, result.ok === null ? null : fromPlain(result.ok, answer, "the result", this.#objects));
    };
    return this.#checked("returned", name, read);
  }

  #failed({ name, fn }: Found, thrown: unknown): Value {
    const value = thrown instanceof Error ? Object.getOwnPropertyDescriptor(thrown, "value") : undefined;
    if (fn?.result?.kind === "result" && value !== undefined && "value" in value) {
      const { err } = fn.result;
      const read = (): Value => (err === null ? null : fromPlain(err, value.value, "the err", this.#objects));
      return new CaseValue(ERR, this.#checked("raised", name, read));
    }
    if (thrown instanceof Fault) throw thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    throw new Fault("function-failed", `${this.#source} failed in ${name}: ${message}`, {
      source: this.#source,
      cause: thrown,
    });
  }

  /** What the function gave, or the fault that says that it was the function's (H5). */
  #checked(doing: "returned" | "raised", name: string, read: () => Value): Value {
    try {
      return read();
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown;
      throw invalidValue(
        this.#source,
        doing,
        name,
        thrown.message,
        thrown.hint === undefined ? {} : { hint: thrown.hint },
      );
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

function untypedArgument(value: Value): unknown {
  return value instanceof Callback ? callbackToFunction(value) : anyToPlain(value as AnyValue);
}

function invoke({ make, target }: Found, args: unknown[]): unknown {
  switch (make) {
    case "call":
      return target(...args) as unknown;
    case "new":
      return Reflect.construct(target, args);
    case "method":
      return Reflect.apply(target, args[0], args.slice(1));
  }
}

function movedAway(name: string): Fault {
  return new Fault("moved", `This ${name} was passed away or dropped before`);
}

/** The objects of resources that functions gave out, by handle. */
class Objects implements PlainHandles {
  readonly #instance: number;
  readonly #held = new Map<number, { readonly resource: Resource; readonly object: object }>();
  #next = 1;

  constructor(instance: number) {
    this.#instance = instance;
  }

  readonly toPlain = (type: HandleType, handle: Handle): unknown => {
    const held = handle.instance === this.#instance ? this.#held.get(handle.id) : undefined;
    if (type.kind === "own") this.#held.delete(handle.id);
    if (held === undefined) throw movedAway(type.resource.name.name);
    return held.object;
  };

  readonly fromPlain = ({ resource }: HandleType, plain: unknown, path: string): Handle => {
    if (typeof plain !== "object" || plain === null) throw mismatch(path, `an object of ${resource.name.name}`, plain);
    const id = this.#next++;
    this.#held.set(id, { resource, object: plain });
    return new Handle(this.#instance, id);
  };

  /** Every handle among the arguments that stand alone is one that was given out and not given away. */
  check({ params }: WitFunction, args: readonly Value[]): void {
    params.forEach(({ type }, index) => {
      const handle = args[index];
      if ((type.kind !== "own" && type.kind !== "borrow") || !(handle instanceof Handle)) return;
      const { name } = type.resource.name;
      if (handle.instance !== this.#instance || handle.id >= this.#next) {
        throw new Fault("type-mismatch", `This is not a ${name} of this program`);
      }
      const held = this.#held.get(handle.id);
      if (held === undefined) throw movedAway(name);
      if (held.resource !== type.resource)
        throw new Fault("type-mismatch", `A ${held.resource.name.name} is not a ${name}`);
    });
  }

  drop(id: number): void {
    this.#held.delete(id);
  }

  clear(): void {
    this.#held.clear();
  }
}
