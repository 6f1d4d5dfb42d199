/**
 * Packages as one run of a worker has them: those inside are opened by the ordinary hosts, those outside are reached over
 * connections of the run's own.
 *
 *   P1  Whatever a guest does is noted as done by its run: when it is started, called, and goes on after an import.
 *   P2  Where jco links a component, every import may wait: its binding was made for that, before anything was linked.
 */
import { describeLinking } from "../../host/component/describe.ts";
import { withWasiPowers } from "../../host/component/wasi/powers.ts";
import type { ImportedFunction, Instance, InstanceOptions, Plugin } from "../../host/plugin.ts";
import { pythonOver } from "../../host/python/over.node.ts";
import { RemoteInstance } from "../../host/remote/instance.node.ts";
import { limitsOf } from "../../host/meter/limits.ts";
import { isLimited } from "../../host/meter/meter.ts";
import type { FunctionKey } from "../../wit/types.ts";
import type { Value } from "../../wit/value.ts";
import type { Connections } from "./connections.ts";
import type { Place } from "./messages.ts";
import { uncrossed } from "./untyped-functions.ts";

type Outside = Extract<Place, { readonly kind: "outside" }>;

/** A package outside, for one run. */
export function outsidePlugin(place: Outside, pack: number, run: number, connections: Connections): Plugin {
  const { manifest, world, digest, way } = place;
  if (way === "python") return pythonOver(place, (_, limits) => connections.connectPython(run, pack, limits));
  const plugin: Plugin = {
    manifest,
    world,
    digest,
    instantiate: async (options) => {
      const channel = connections.connect(run, pack);
      const { name: source, overlap, limits, wants } = manifest;
      const parts = { source, world: withWasiPowers(world, wants), overlap, limits, channel };
      // How long its start may take, the engine knows: it may wait for memory.
      const instance = new RemoteInstance({ ...parts, startDeadline: Infinity }, options);
      try {
        await instance.start();
      } catch (thrown) {
        await instance[Symbol.asyncDispose]();
        throw thrown;
      }
      return instance;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return way === "untyped" ? uncrossed(plugin) : plugin;
}

/** What is noted of one run, in the words of the flight recorder (P1). */
export interface Record {
  readonly turn: () => void;
  readonly words: Int32Array;
}

/** A package inside, for one run. */
export function insidePlugin(plugin: Plugin, pack: number, { turn, words }: Record): Plugin {
  const waits = describeLinking(plugin)?.path === "jco";
  const flight = { words, package: pack };
  return {
    manifest: plugin.manifest,
    world: plugin.world,
    digest: plugin.digest,
    instantiate: async (options) => {
      turn();
      const imports = [...options.imports].map(([key, given]) => [key, noted(given, waits, turn)] as const);
      const limits = limitsOf(plugin.manifest.limits, options.limits);
      const given: InstanceOptions = {
        ...options,
        imports: new Map(imports),
        limits: isLimited(limits) ? { ...limits, flight } : limits, // what nothing limits is not metered for this
      };
      return new Noted(await plugin.instantiate(given), turn);
    },
    [Symbol.asyncDispose]: () => plugin[Symbol.asyncDispose](),
  };
}

function noted(given: ImportedFunction, waits: boolean, turn: () => void): ImportedFunction {
  const call: ImportedFunction["call"] = (args) => {
    const answer = given.call(args);
    return answer instanceof Promise ? answer.finally(turn) : answer;
  };
  return { colour: waits ? "async" : given.colour, call }; // P2
}

class Noted implements Instance {
  readonly id: number;
  readonly colour: "sync" | "async";
  readonly #instance: Instance;
  readonly #turn: () => void;

  constructor(instance: Instance, turn: () => void) {
    this.id = instance.id;
    this.colour = instance.colour ?? "async";
    this.#instance = instance;
    this.#turn = turn;
  }

  get alive(): boolean {
    return this.#instance.alive;
  }

  get spent(): number | undefined {
    return this.#instance.spent;
  }

  call(fn: FunctionKey, args: readonly Value[]): Value | Promise<Value> {
    this.#turn();
    return this.#instance.call(fn, args);
  }

  drop(handle: number): void | Promise<void> {
    this.#turn();
    return this.#instance.drop(handle);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#instance[Symbol.asyncDispose]();
  }
}
