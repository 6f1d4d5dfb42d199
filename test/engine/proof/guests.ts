/**
 * What the programs of this room call: two plugins that remember every call, one that answers at once and one that answers
 * when it is told to, and a shop outside of every run, which knows orders by their keys and has a mind of its own.
 */
import type { CheckEnvironment } from "../../../src/lang/check/check.ts";
import { Fault } from "../../../src/fault.ts";
import type { LoadedProgram } from "../../../src/engine/load/loaded.ts";
import type { CallEffect, Instance, InstanceOptions, Plugin } from "../../../src/host/plugin.ts";
import type { Ir } from "../../../src/lang/ir/ir.ts";
import { decodeAny, encodeAny } from "../../../src/wit/cbor.ts";
import type { WitFunction, World } from "../../../src/wit/types.ts";
import type { Callback, Value } from "../../../src/wit/value.ts";
import { S32, witFunction } from "../../lang/vm/run-foreign.ts";
import { compileText, nothing } from "../../lang/vm/run-program.ts";
import { directInstance, DistantInstance } from "../stub-program.ts";
import { CALLBACK } from "../durable/calls/calling-back.ts";

/** How one call changes what a plugin remembers. @throws {Fault} what the program is told; `plugin-trapped` ends the plugin */
export function remember(total: number, args: readonly number[]): number {
  const next = args.reduce((sum, each) => (sum * 3 + each + 1) % 10_000, total);
  if (next % 13 === 3) throw new Fault("plugin-trapped", "It ended");
  return next;
}

/** What is told of it. */
export function tell(total: number): number {
  if (total % 7 === 5) throw new Fault("refused", "Not this one");
  return total;
}

/** What an error of a callback counts as. */
export function countOf(failure: { readonly code?: string }): number {
  return failure.code?.length ?? 99;
}

/** One order that the shop got. */
export interface Order {
  readonly fn: string;
  readonly key: string;
  /** How far the log of each run was durable then. */
  readonly durable: ReadonlyMap<string, number>;
}

/** What is outside, and stays when a process ends. */
export class Outside {
  readonly orders: Order[] = [];
  /** By key: what was answered to what was paid. */
  readonly paid: Map<string, number> = new Map();
  #looks = 0;
  #shipped = 0;

  order(fn: string, { key }: CallEffect, durable: ReadonlyMap<string, number>): number {
    if (fn === "look") return (this.#looks += 1);
    this.orders.push({ fn, key, durable: new Map(durable) });
    if (fn === "ship") return (this.#shipped += 1);
    const answer = this.paid.get(key) ?? 1000 + this.paid.size;
    this.paid.set(key, answer);
    return answer;
  }
}

/** What the test decides when a program calls. */
export interface Hands {
  readonly outside: Outside;
  readonly durable: ReadonlyMap<string, number>;
  /** Resolves when it may go on. */
  readonly hold: () => Promise<void>;
  readonly made: (pack: "near" | "far", memory: Memory) => void;
}

/** What an instance remembers. */
export interface Memory {
  total: number;
  calls: number;
}

const FUNCTIONS: Readonly<Record<string, readonly WitFunction[]>> = {
  "test:near": [witFunction("add", [S32], S32)],
  "test:far": [witFunction("add", [S32], S32), witFunction("each", [S32, CALLBACK], S32)],
  "test:shop": ["pay", "ship", "look"].map((name) => witFunction(name, [S32], S32)),
};

const MANIFESTS: Readonly<Record<string, Partial<Plugin["manifest"]>>> = {
  "test:near": { language: "component" },
  "test:far": { language: "python" },
  "test:shop": { language: "javascript", effects: { pay: "keyed", ship: "once", look: "read" } },
};

function worldOf(name: string): World {
  const none = { interfaces: new Map(), types: new Map(), functions: new Map() };
  const functions = new Map((FUNCTIONS[name] ?? []).map((fn) => [fn.name, fn]));
  return { imports: none, exports: { ...none, functions } };
}

const environment: CheckEnvironment = {
  ...nothing,
  package: (name) => ({ name, world: worldOf(name), stateless: false }),
};

/** Null: the program is not right. */
export function compiled(text: string): Ir {
  return compileText(text, environment);
}

export function programOf(ir: Ir, hands: Hands): LoadedProgram {
  const dispose = async (): Promise<void> => {};
  return {
    ir,
    params: [],
    result: { kind: "Any" },
    packages: ir.packages.map(({ name }) => ({
      name,
      use: null,
      plugin: pluginOf(name, hands),
      imports: new Map(),
      granted: { log: false },
    })),
    [Symbol.asyncDispose]: dispose,
  };
}

function pluginOf(name: string, hands: Hands): Plugin {
  const limits = {} as Plugin["manifest"]["limits"];
  const fixed = {
    version: "1.0.0",
    source: "",
    wants: [],
    stateless: false,
    overlap: false,
    onFailure: "lost",
  } as const;
  const manifest = { name, language: "component", limits, effects: {}, ...fixed, ...MANIFESTS[name] } as const;
  return {
    manifest,
    world: worldOf(name),
    digest: name,
    ...(name === "test:near" ? { stateOf: ["c".repeat(64)] } : {}),
    instantiate: async (options) => (name === "test:shop" ? shop(hands) : memorable(name, hands, options)),
    [Symbol.asyncDispose]: async () => {},
  };
}

function shop({ outside, durable, hold }: Hands): Instance {
  const call = async (fn: string, _: readonly Value[], __?: AbortSignal, effect?: CallEffect): Promise<Value> => {
    if (effect === undefined) throw new Error("an effect has no key");
    const answer = outside.order(fn, effect, durable);
    await hold();
    return answer;
  };
  return { ...directInstance(() => null), call };
}

function memorable(name: string, hands: Hands, { state }: InstanceOptions): Instance {
  const memory: Memory = {
    total: state === undefined ? 0 : new DataView(state.buffer, state.byteOffset).getInt32(0),
    calls: 0,
  };
  hands.made(name === "test:near" ? "near" : "far", memory);
  let alive = true;
  const change = (numbers: readonly number[]): number => {
    memory.calls += 1;
    try {
      memory.total = remember(memory.total, numbers);
    } catch (thrown) {
      alive = false;
      throw thrown;
    }
    return tell(memory.total);
  };
  const body = (fn: string, args: readonly Value[]): Value | Promise<Value> => {
    if (!alive) throw new Fault("plugin-lost", "It is gone");
    return fn === "add" ? change([Number(args[0])]) : heard(args).then(change);
  };
  const instance = name === "test:near" ? directInstance(body) : new DistantInstance(body, hands.hold);
  const save = async (): Promise<Uint8Array> => {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setInt32(0, memory.total);
    return bytes;
  };
  return Object.defineProperty(Object.assign(instance, { save }), "alive", { get: () => alive });
}

async function heard([count, callback]: readonly Value[]): Promise<readonly number[]> {
  const numbers: number[] = [];
  for (let i = 0; i < Number(count); i++) {
    const answer = (callback as Callback).call([encodeAny(i)]);
    numbers.push(await Promise.resolve(answer).then((bytes) => Number(decodeAny(bytes)), countOf));
  }
  return numbers;
}
