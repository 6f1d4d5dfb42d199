/**
 * Packages as one run of a worker has them: those inside are opened by the ordinary hosts, those outside are reached over
 * connections of the run's own.
 *
 *   P1  Whatever a guest does is noted as done by its run: when it is started, called, and goes on after an import.
 *   P2  Where jco links a component, every import may wait: its binding was made for that, before anything was linked.
 *   P3  A call that was stopped for its time is not made again where a run goes the way it went: its instance is as lost.
 */
import { describeLinking } from "../../../host/component/describe.ts";
import { withWasiPowers } from "../../../host/component/wasi/powers.ts";
import type { ImportedFunction, Instance, InstanceOptions, Plugin } from "../../../host/plugin.ts";
import { pythonOver } from "../../../host/python/over.node.ts";
import { RemoteInstance } from "../../../host/remote/caller/instance.node.ts";
import { limitsOf } from "../../../host/meter/limits.ts";
import { recordedLimits } from "../../../host/meter/recorded.ts";
import type { FunctionKey } from "../../../wit/types.ts";
import type { Value } from "../../../wit/value.ts";
import type { Gate } from "../again/gate.ts";
import type { Own } from "../again/own.ts";
import type { Connections } from "./connections.ts";
import type { Place } from "../said/messages.ts";
import { uncrossed } from "../said/untyped-functions.ts";

type Outside = Extract<Place, { readonly kind: "outside" }>;

/** A package outside, for one run. */
export function outsidePlugin(place: Outside, pack: number, own: Own, connections: Connections): Plugin {
  const { manifest, world, digest, way, abortable, stateOf } = place;
  if (way === "python") return pythonOver(place, (_, limits) => connections.connectPython(own, pack, limits));
  const plugin: Plugin = {
    manifest,
    world,
    digest,
    abortable,
    stateOf,
    instantiate: async (options) => {
      const channel = connections.connect(own, pack);
      const { name: source, overlap, limits, wants } = manifest;
      const isSaved = stateOf !== undefined;
      const parts = { source, world: withWasiPowers(world, wants), overlap, abortable, limits, channel, isSaved };
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
  readonly gate: Gate;
}

/** A package inside, for one run. */
export function insidePlugin(plugin: Plugin, pack: number, { turn, words, gate }: Record): Plugin {
  const waits = describeLinking(plugin)?.path === "jco";
  const flight = { words, package: pack };
  return {
    manifest: plugin.manifest,
    world: plugin.world,
    digest: plugin.digest,
    get stateOf() {
      return plugin.stateOf;
    },
    instantiate: async (options) => {
      turn();
      const imports = [...options.imports].map(([key, given]) => [key, noted(given, waits, turn)] as const);
      const limits = limitsOf(plugin.manifest.limits, options.limits);
      const given: InstanceOptions = {
        ...options,
        imports: new Map(imports),
        limits: recordedLimits(plugin, limits, flight),
      };
      return new Noted(await gate.async(plugin.instantiate(given)), turn, gate);
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
  readonly #gate: Gate;
  /** It was stopped in a life before. */
  #isLost = false;

  constructor(instance: Instance, turn: () => void, gate: Gate) {
    this.#gate = gate;
    this.id = instance.id;
    this.colour = instance.colour ?? "async";
    this.#instance = instance;
    this.#turn = turn;
  }

  get alive(): boolean {
    return !this.#isLost && this.#instance.alive;
  }

  get spent(): number | undefined {
    return this.#instance.spent;
  }

  get save(): Instance["save"] {
    const { save } = this.#instance;
    return save?.bind(this.#instance);
  }

  call(fn: FunctionKey, args: readonly Value[]): Value | Promise<Value> {
    this.#turn();
    const call = ++this.#gate.calls;
    if (call === this.#gate.stopsAt) this.#stop();
    try {
      const answer = this.#instance.call(fn, args);
      return answer instanceof Promise ? this.#later(call, answer) : answer;
    } catch (thrown) {
      this.#gate.failed(call, thrown);
      throw thrown;
    }
  }

  /** P3. @throws {Fault} */
  #stop(): void {
    this.#isLost = true;
    void this.#instance[Symbol.asyncDispose]();
    const fault = this.#gate.stoppedAgain();
    if (fault !== null) throw fault;
  }

  #later(call: number, answer: Promise<Value>): Promise<Value> {
    return this.#gate.async(answer).catch((thrown: unknown) => {
      this.#gate.failed(call, thrown);
      throw thrown;
    });
  }

  drop(handle: number): void | Promise<void> {
    this.#turn();
    return this.#instance.drop(handle);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#instance[Symbol.asyncDispose]();
  }
}
