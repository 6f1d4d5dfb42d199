/**
 * The WASI 0.2 functions that every component may import, over the host's values. Without powers they are all harmless
 * (W1, W2 of context.ts), and wait for nothing but time.
 */
import { Defect } from "../../../fault.ts";
import { type FunctionKey, functionsOf, type WitFunction, type World } from "../../../wit/types.ts";
import type { ImportedFunction } from "../../plugin.ts";
import type { Value } from "../../../wit/value.ts";
import type { WasiContext } from "./context.ts";
import { denialTable } from "./denials.ts";
import { errorTable } from "./error.ts";
import { filesTable } from "./files/table.ts";
import { formOf } from "./form.ts";
import { httpTable } from "./http/table.ts";
import { pollTable } from "./poll.ts";
import { processTable } from "./process.ts";
import { streamTable } from "./streams.ts";
import type { Typed, WasiFunction, WasiInterface, WasiTable } from "./table.ts";

const table: WasiTable = {
  ...processTable,
  ...errorTable,
  ...streamTable,
  ...pollTable,
  ...filesTable,
  ...httpTable,
  ...denialTable,
};

/**
 * @param declared the function as the guest declares it; one of another type than WASI gives it is not there
 */
export type WasiFunctions = (key: FunctionKey, declared?: WitFunction) => ImportedFunction | undefined;

/**
 * The functions for one instance, by key. Undefined for what this host does not have; `[resource-drop]…` of a resource
 * that it has forgets the object.
 */
export function wasiFunctions(context: WasiContext): WasiFunctions {
  return (key, declared) => {
    const found = find(key, declared);
    if (found === undefined) return undefined;
    const { run, waits, asks } = found;
    const suspends = (waits && context.suspends) || (asks && context.powers.asks);
    return { colour: suspends ? "async" : "sync", call: (args) => run(context, args) };
  };
}

/** The imports of WASI that suspend a guest with powers. */
export function askingImports(world: World): readonly FunctionKey[] {
  const suspends = (found: Found | undefined): boolean => found?.asks === true || found?.waits === true;
  return [...functionsOf(world.imports)].filter(([key, fn]) => suspends(find(key, fn))).map(([key]) => key);
}

interface Found {
  readonly run: WasiFunction;
  readonly waits: boolean;
  readonly asks: boolean;
}

function find(key: FunctionKey, declared: WitFunction | undefined): Found | undefined {
  const [, id = "", name = ""] = /^(wasi:[a-z]+\/[a-z0-9-]+)@0\.2\.\d+#(.+)$/.exec(key) ?? [];
  const found = Object.hasOwn(table, id) ? table[id] : undefined;
  if (found === undefined) return undefined;
  const { functions, waits = [], asks = [] } = found;
  if (!Object.hasOwn(functions, name)) return ofResource(found, name);
  const [form, run] = functions[name] as Typed;
  if (declared !== undefined && formOf(declared) !== form) return undefined;
  return { run, waits: waits.includes(name), asks: asks.includes(name) };
}

/** Drops, and the methods of resources of which no object ever exists. */
function ofResource({ resources = [], functions }: WasiInterface, name: string): Found | undefined {
  const [, kind, resource = ""] = /^\[([a-z-]+)\]([a-z0-9-]+)(?:\.|$)/.exec(name) ?? [];
  if (!resources.includes(resource)) return undefined;
  if (kind === "resource-drop") return { run: dropped, waits: false, asks: false };
  const lives = Object.keys(functions).some((each) => each.startsWith(`[method]${resource}.`));
  return kind === "method" && !lives ? { run: neverCalled, waits: false, asks: false } : undefined;
}

function dropped({ holdings }: WasiContext, [object]: readonly Value[]): Value {
  holdings.drop(object);
  return null;
}

function neverCalled(): never {
  throw new Defect("a handle of a WASI resource that has no objects came through");
}
