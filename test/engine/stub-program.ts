/** Programs over one package whose instance is a test's own: what the engine asks of instances, and when. */
import type { Instance, ManyOptions, Plugin } from "../../src/host/plugin.ts";
import type { Answer } from "../../src/host/plugin.ts";
import type { LoadedProgram } from "../../src/engine/load/loaded.ts";
import type { RunEvent, RunPorts } from "../../src/engine/platform/ports.ts";
import type { RunResult } from "../../src/engine/loop/run-options.ts";
import { execute } from "../../src/engine/loop/run.ts";
import type { FunctionKey, WitFunction } from "../../src/wit/types.ts";
import type { Value } from "../../src/wit/value.ts";
import { compileText, nothing } from "../lang/vm/run-program.ts";

/** What a guest does with a call: its value, or a promise of it, or it throws. */
export type Body = (fn: FunctionKey, args: readonly Value[]) => Value | Promise<Value>;

export interface StubOptions {
  readonly manifest?: Partial<Plugin["manifest"]>;
}

/** The caller disposes it: nothing is left to dispose. */
export function stubProgram(
  text: string,
  functions: readonly WitFunction[],
  instantiate: () => Instance,
  options: StubOptions = {},
): LoadedProgram {
  const side = { interfaces: new Map(), types: new Map(), functions: new Map(functions.map((fn) => [fn.name, fn])) };
  const none = { interfaces: new Map(), types: new Map(), functions: new Map() };
  const manifest: Plugin["manifest"] = {
    name: "test:stub",
    version: "1.0.0",
    language: "javascript",
    source: "",
    wants: [],
    limits: {} as Plugin["manifest"]["limits"],
    stateless: false,
    overlap: false,
    onFailure: "lost",
    effects: {},
    ...options.manifest,
  };
  const dispose = async (): Promise<void> => {};
  const plugin: Plugin = {
    manifest,
    world: { imports: none, exports: side },
    digest: "",
    instantiate: async () => instantiate(),
    [Symbol.asyncDispose]: dispose,
  };
  return {
    ir: compileText(text, { ...nothing, functions: side.functions }),
    params: [],
    result: { kind: "Nil" },
    packages: [{ name: "program", use: null, plugin, imports: new Map(), granted: { log: false } }],
    [Symbol.asyncDispose]: dispose,
  };
}

/** An instance that answers at once: no message, no `callMany`. */
export function directInstance(body: Body): Instance {
  return {
    id: 1,
    alive: true,
    colour: "sync",
    call: body,
    drop: () => {},
    [Symbol.asyncDispose]: async () => {},
  };
}

/**
 * An instance as of a guest in another thread: one call at a time, in order; what it was asked is known in the next turn.
 * Knows how many messages and calls it got.
 */
export class DistantInstance implements Instance {
  readonly id = 1;
  readonly colour = "async";
  readonly alive = true;
  /** Sizes of the messages, in order. */
  readonly messages: number[] = [];
  /** `f(1, 2)`, in the order in which the guest saw them. */
  readonly seen: string[] = [];
  readonly #body: Body;
  readonly #delay: () => Promise<void>;
  #last: Promise<unknown> = Promise.resolve();

  constructor(body: Body, delay: () => Promise<void> = async () => {}) {
    this.#body = body;
    this.#delay = delay;
  }

  call(fn: FunctionKey, args: readonly Value[]): Promise<Value> {
    this.messages.push(1);
    return this.#next(async () => await this.#run(fn, args));
  }

  callMany(
    fn: FunctionKey,
    calls: readonly (readonly Value[])[],
    { untilErr, stop }: ManyOptions,
  ): Promise<readonly Answer[]> {
    this.messages.push(calls.length);
    return this.#next(async () => {
      const answers: Answer[] = [];
      for (const args of calls) {
        if (stop.aborted && answers.length > 0) break;
        const answer = await this.#answer(fn, args);
        answers.push(answer);
        if ("thrown" in answer || (untilErr && isErr(answer.value))) break;
      }
      return answers;
    });
  }

  drop(): void {}

  async [Symbol.asyncDispose](): Promise<void> {}

  #next<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(async () => {
      await this.#delay();
      return await work();
    });
    this.#last = result.catch(() => {});
    return result;
  }

  async #answer(fn: FunctionKey, args: readonly Value[]): Promise<Answer> {
    try {
      return { value: await this.#run(fn, args) };
    } catch (thrown) {
      return { thrown };
    }
  }

  #run(fn: FunctionKey, args: readonly Value[]): Value | Promise<Value> {
    this.seen.push(`${fn}(${args.map(String).join(", ")})`);
    return this.#body(fn, args);
  }
}

function isErr(value: Value): boolean {
  return value !== null && typeof value === "object" && "index" in value && value.index === 1;
}

export interface Ran {
  readonly result: RunResult;
  readonly lines: readonly string[];
}

/** Short sleeps are over at once, long ones never. */
function soon(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (milliseconds < 60_000) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** Runs a program to its end, on a clock that stands still unless it is given one. */
export async function runStub(
  program: LoadedProgram,
  options: { readonly signal?: AbortSignal; readonly oneByOne?: boolean; readonly ports?: Partial<RunPorts> } = {},
): Promise<Ran> {
  const lines: string[] = [];
  const follow = (event: RunEvent): void => void (event.kind === "print" && lines.push(event.text));
  const ports: RunPorts = {
    clock: { now: () => 0, sleep: soon },
    shell: null,
    fork: null,
    follow,
    breathe: () => new Promise((resolve) => void setImmediate(resolve)),
    ...options.ports,
  };
  const result = await execute(program, 0, [], ports, {
    id: "test",
    seed: new Uint8Array(32),
    grants: { allowsCommand: () => false },
    signal: options.signal,
    ...(options.oneByOne === undefined ? {} : { oneByOne: options.oneByOne }),
  });
  return { result, lines };
}
