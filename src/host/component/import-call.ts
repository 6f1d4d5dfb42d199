/**
 * What stands between a guest and a function that it imports, however the guest is linked.
 *
 *   I1  Every import of the world is there before any guest code runs, or `link-failed` names those that are not.
 *   I2  What others answer is checked before the guest sees it.
 *   I3  An import that fails ends the instance: its stack is gone, and the guest's data may be half-written.
 *   I4  An import that was said to be synchronous may not wait: its caller cannot be suspended.
 *   I5  A guest that ended while it waited runs no further.
 */
import { Defect, Fault } from "../../fault.ts";
import { type FunctionKey, functionsOf, type Resource, type WitFunction, type World } from "../../wit/types.ts";
import type { Value } from "../../wit/value.ts";
import { valueCheck } from "../check-arguments.ts";
import { hostFunction } from "../host-functions.ts";
import { linkFault } from "../link-fault.ts";
import type { ImportedFunction, InstanceOptions } from "../plugin.ts";
import type { CallImport } from "./abi/abi.ts";
import type { Guest } from "./guest.ts";
import type { WasiContext } from "./wasi/context.ts";
import { wasiFunctions } from "./wasi/functions.ts";

/** The functions that one instance imports. */
export interface Imports {
  readonly functions: ReadonlyMap<FunctionKey, ImportedFunction>;
  /** Those of WASI: their answers need no check, and may be objects that only the host knows. */
  readonly own: ReadonlySet<FunctionKey>;
  /** Tells who implements a resource that the guest let go of one. May give a promise. */
  readonly dropped: (resource: Resource) => (value: Value) => unknown;
}

/** What was given, and what the host gives to everybody. @throws {Fault} `link-failed` (I1) */
export function importsOf(world: World, options: InstanceOptions, wasi: WasiContext, source: string): Imports {
  const ofWasi = wasiFunctions(wasi);
  const other = (key: FunctionKey): ImportedFunction | undefined =>
    hostFunction(key, options) ?? options.imports.get(key);
  const functions = new Map<FunctionKey, ImportedFunction>();
  const own = new Set<FunctionKey>();
  const missing: FunctionKey[] = [];
  for (const [key, fn] of functionsOf(world.imports)) {
    const wasis = ofWasi(key, fn);
    const found = wasis ?? other(key);
    if (wasis !== undefined) own.add(key);
    if (found === undefined) missing.push(key);
    else functions.set(key, found);
  }
  if (missing.length > 0) throw linkFault(source, missing, options.imports.keys());
  return { functions, own, dropped: (resource) => tellOwner(resource, (key) => ofWasi(key) ?? other(key)) };
}

function tellOwner(
  { name: { interface: id, name } }: Resource,
  find: (key: FunctionKey) => ImportedFunction | undefined,
): (value: Value) => unknown {
  const drop = find(`${id ?? ""}#[resource-drop]${name}`);
  return (value) => {
    const told = drop?.call([value]);
    if (told instanceof Promise) told.catch(() => {}); // the guest goes on; nobody waits for a drop
  };
}

/** What a guest that is gone is answered: it stays where it is, suspended, until it is collected. */
const NEVER: Promise<never> = new Promise(() => {});

/** The call of one import on behalf of one guest. */
export function importCall(key: FunctionKey, fn: WitFunction, { functions, own }: Imports, guest: Guest): CallImport {
  const imported = functions.get(key);
  if (imported === undefined) throw new Defect(`import ${key} vanished while linking`);
  const { result } = fn;
  const { call } = imported;
  const mayWait = imported.colour === "async" || fn.async;
  const check = result === null || own.has(key) ? null : valueCheck(`answer of ${key}`, result);
  const checked = (answer: Value): Value => {
    check?.(answer); // I2
    return answer;
  };
  const later = (answer: Value): Value | Promise<Value> => {
    if (!guest.alive) return NEVER; // I5
    guest.delivered?.();
    return checked(answer);
  };
  const failed = (thrown: unknown): Promise<Value> => (guest.alive ? Promise.reject(thrown) : NEVER);
  return (args) => {
    guest.refuseWhenDead();
    const answer = guest.outside(() => call(args));
    if (!(answer instanceof Promise)) return checked(answer);
    if (!mayWait) throw cannotWait(key, answer); // I4
    return answer.then(later, failed);
  };
}

/** Such an import comes about when a provider that answered at once was lost and has to be started anew. */
function cannotWait(key: string, answer: Promise<unknown>): Fault {
  answer.catch(() => {}); // nobody waits for it
  return new Fault("import-failed", `${key} had to wait, and its caller was started when it did not`, {
    hint: "Run the program again. A function of the program that returns a promise has to be written `async`.",
  });
}
