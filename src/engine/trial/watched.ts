/**
 * A program whose packages are watched: what they are asked, and whether they are at work.
 *
 *   W1  A package that was not granted what it wants is not started; its functions need stubs.
 *   W2  What a stub answers, the package is not asked.
 */
import type { ImportedFunction, Instance, InstanceOptions, Plugin } from "../../host/plugin.ts";
import type { FunctionKey } from "../../wit/types.ts";
import type { Value } from "../../wit/value.ts";
import type { LoadedProgram } from "../load/loaded.ts";
import type { Activity } from "./activity.ts";

/** Told of every call of a package. */
export type Called = (pack: number, fn: FunctionKey, args: readonly Value[]) => void;

/** What answers a call in place of the package; undefined: the package itself. */
export type InPlace = (fn: FunctionKey, args: readonly Value[], signal?: AbortSignal) => Promise<Value> | undefined;

/**
 * The program with watched packages. `inPlace` makes, for each instance of a package, what stands in for some of it; where
 * `isStub` says so, the package is a stub already, which is never at work.
 */
export function watched(
  program: LoadedProgram,
  activity: Activity,
  called: Called,
  inPlace: (pack: number) => (() => InPlace) | null,
  isStub: (pack: number) => boolean,
): LoadedProgram {
  const packages = program.packages.map((pack, at) => {
    const told = (fn: FunctionKey, args: readonly Value[]): void => called(at, fn, args);
    const watch = { activity, called: told, inPlace: inPlace(at), works: !isStub(at) };
    return { ...pack, plugin: watchedPlugin(pack.plugin, watch) };
  });
  return { ...program, packages };
}

interface Watch {
  readonly activity: Activity;
  readonly called: (fn: FunctionKey, args: readonly Value[]) => void;
  readonly inPlace: (() => InPlace) | null;
  /** Its calls take real time: not those of a stub. */
  readonly works: boolean;
}

function watchedPlugin(plugin: Plugin, watch: Watch): Plugin {
  const { manifest, world, digest, abortable, stateOf } = plugin;
  const hasState = watch.inPlace === null && stateOf !== undefined;
  return {
    manifest,
    world,
    digest,
    ...(abortable === undefined ? {} : { abortable }),
    ...(hasState ? { stateOf } : {}),
    instantiate: async (options) => {
      const instance = await watch.activity.work(plugin.instantiate(pausing(options, watch.activity)));
      return new WatchedInstance(instance, watch);
    },
    [Symbol.asyncDispose]: async () => {}, // the program's own is disposed by whoever loaded it
  };
}

/** A2 of activity.ts */
function pausing(options: InstanceOptions, activity: Activity): InstanceOptions {
  const paused = (imported: ImportedFunction): ImportedFunction => ({
    colour: imported.colour,
    call: (args) => {
      const answer = imported.call(args);
      return answer instanceof Promise ? activity.pause(answer) : answer;
    },
  });
  return {
    ...options,
    imports: new Map([...options.imports].map(([key, imported]) => [key, paused(imported)])),
    sleep: (milliseconds) => activity.pause(options.sleep(milliseconds)),
  };
}

class WatchedInstance implements Instance {
  readonly #inner: Instance;
  readonly #watch: Watch;
  readonly #inPlace: InPlace | null;

  constructor(inner: Instance, watch: Watch) {
    this.#inner = inner;
    this.#watch = watch;
    this.#inPlace = watch.inPlace?.() ?? null;
  }

  get id(): number {
    return this.#inner.id;
  }

  get alive(): boolean {
    return this.#inner.alive;
  }

  /** Stubs take their time. */
  get colour(): "sync" | "async" {
    return this.#inPlace === null ? (this.#inner.colour ?? "async") : "async";
  }

  get abortable(): boolean {
    return this.#inner.abortable ?? false;
  }

  call(fn: FunctionKey, args: readonly Value[], signal?: AbortSignal): Value | Promise<Value> {
    this.#watch.called(fn, args);
    this.#watch.activity.move();
    const answer = this.#inPlace?.(fn, args, signal);
    if (answer !== undefined) return answer;
    const own = this.#inner.call(fn, args, signal);
    return own instanceof Promise && this.#watch.works ? this.#watch.activity.work(own) : own;
  }

  /** A state knows nothing of what stubs have answered. */
  async save(): Promise<Uint8Array | null> {
    return this.#inPlace === null ? ((await this.#inner.save?.()) ?? null) : null;
  }

  drop(handle: number): void | Promise<void> {
    return this.#inner.drop(handle);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watch.activity.work(Promise.resolve(this.#inner[Symbol.asyncDispose]()));
  }
}
