/**
 * A plugin that is a handful of the host's own functions: what every package of `std:`, and what answers the imports of
 * `sennit:host` that reach what belongs to the user, is made of.
 *
 *   P1  Arguments are checked against the world first (H5), as for every other plugin.
 *   P2  Calls may overlap and share nothing but what `start` made for their instance, and nothing is lost with that.
 *   P3  Disposing an instance aborts the signal its calls were given; those that are under way fail with `plugin-lost` (H6).
 *       A call whose caller no longer waits for it is aborted alone.
 */
import { Fault } from "../../fault.ts";
import { argumentCheck } from "../../host/check-arguments.ts";
import type { CheckArguments } from "../../host/check-arguments.ts";
import type { Manifest } from "../../host/manifest.ts";
import type { CallEffect, Instance, Plugin } from "../../host/plugin.ts";
import { functionsOf } from "../../wit/types.ts";
import type { FunctionKey, WitFunction, WitType, World } from "../../wit/types.ts";
import type { Value } from "../../wit/value.ts";

/** `givenUp` aborts when nobody will hear the answer. `effect` is what it is in a durable run. */
export type HostCall = (args: readonly Value[], givenUp: AbortSignal, effect?: CallEffect) => Value | Promise<Value>;

export type HostCalls = Readonly<Record<FunctionKey, HostCall>>;

export interface HostPackage {
  /** `std:fs`. */
  readonly name: string;
  readonly world: World;
  /** All functions of the world, by their keys, for one instance. */
  readonly start: () => HostCalls;
  readonly effects: Manifest["effects"];
}

const VERSION = "0.1.0";

export function hostPlugin(from: HostPackage): Plugin {
  const { name, world, effects } = from;
  const checks = new Map(
    [...functionsOf(world.exports)].map(([key, fn]) => [key, argumentCheck(calledAs(name, key), fn)] as const),
  );
  return {
    manifest: {
      name,
      version: VERSION,
      language: "javascript",
      source: "",
      wants: [],
      limits: {},
      stateless: true,
      overlap: true,
      onFailure: "fresh",
      effects,
    },
    world,
    digest: `${name}@${VERSION}`,
    abortable: true,
    instantiate: ({ id }) => Promise.resolve(new HostInstance(id, from, checks)),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** `std:fs.list`, `sennit:host/files@0.2.0#list`. */
function calledAs(name: string, key: FunctionKey): string {
  return key.includes("#") ? key : `${name}.${key}`;
}

/** A world that only exports functions. */
export function worldOf(types: ReadonlyMap<string, WitType>, functions: readonly WitFunction[]): World {
  return {
    imports: { interfaces: new Map(), functions: new Map(), types },
    exports: { interfaces: new Map(), types: new Map(), functions: new Map(functions.map((fn) => [fn.name, fn])) },
  };
}

export function functionType(
  name: string,
  params: readonly (readonly [name: string, type: WitType])[],
  result: WitType,
): WitFunction {
  return {
    name,
    shape: "function",
    resource: null,
    params: params.map(([param, type]) => ({ name: param, type })),
    result,
    async: false,
  };
}

class HostInstance implements Instance {
  readonly id: number;
  readonly #from: HostPackage;
  readonly #checks: ReadonlyMap<FunctionKey, CheckArguments>;
  readonly #functions: HostCalls;
  readonly #closed = new AbortController();
  readonly #running = new Set<Promise<Value>>();

  constructor(id: number, from: HostPackage, checks: ReadonlyMap<FunctionKey, CheckArguments>) {
    this.id = id;
    this.#from = from;
    this.#checks = checks;
    this.#functions = from.start();
  }

  readonly abortable = true;

  get alive(): boolean {
    return !this.#closed.signal.aborted;
  }

  call(key: FunctionKey, args: readonly Value[], signal?: AbortSignal, effect?: CallEffect): Value | Promise<Value> {
    if (!this.alive) throw this.#lost();
    const check = this.#checks.get(key);
    const fn = this.#functions[key];
    if (check === undefined || fn === undefined)
      throw new Fault("unknown-function", `${this.#from.name} has no function ${key}`);
    check(args);
    const closed = this.#closed.signal;
    const answer = fn(args, signal === undefined ? closed : AbortSignal.any([closed, signal]), effect);
    return answer instanceof Promise ? this.#watched(answer) : answer;
  }

  drop(): void {}

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    await Promise.allSettled(this.#running);
  }

  async #watched(answer: Promise<Value>): Promise<Value> {
    this.#running.add(answer);
    try {
      const value = await answer;
      if (!this.alive) throw this.#lost();
      return value;
    } catch (failure) {
      throw this.alive ? failure : this.#lost();
    } finally {
      this.#running.delete(answer);
    }
  }

  #lost(): Fault {
    return new Fault("plugin-lost", `The run that called ${this.#from.name} has ended`, { source: this.#from.name });
  }
}
