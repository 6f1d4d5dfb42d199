/**
 * Calls that leave the run: what they may do more than once, and by what whoever gets them knows one that comes again.
 *
 *   O1  The class of a request is told by its method and headers, that of every other call by the manifest; else it is `once`.
 *   O2  The key of an effect is that of all its attempts: it is told by the run and by where in it the effect was asked for.
 *   O3  What lives outside cannot be rebuilt: calls that take or give such things are refused.
 */
import { Fault } from "../../../fault.ts";
import type { Plugin } from "../../../host/plugin.ts";
import type { EffectClass, EffectId } from "../../../journal/entry/entry.ts";
import { hash128, hex } from "../../../lang/vm/hash.ts";
import { functionOf } from "../../../wit/types.ts";
import type { FunctionKey, WitFunction, WitType } from "../../../wit/types.ts";
import type { Value } from "../../../wit/value.ts";
import { isCallback } from "../../guests/crossing.ts";
import type { LoadedPackage } from "../../load/loaded.ts";
import { requestClass } from "../../std/http-class.ts";

/** O1 */
export function effectClassOf(plugin: Pick<Plugin, "manifest">, fn: FunctionKey, args: readonly Value[]): EffectClass {
  const { name, effects } = plugin.manifest;
  return requestClass(name, fn, args) ?? effects[fn] ?? "once";
}

/** O2. The effects of a run that was forked off another have that one's names: so the run's own is in it. */
export function keyOfEffect(run: string, eff: EffectId): string {
  return hex(hash128(new TextEncoder().encode(`key ${eff} ${run}`)));
}

/** O3. @throws {Fault} `needs-memory-run` */
export function refuseResources({ name, plugin }: LoadedPackage, key: FunctionKey): void {
  const fn = functionOf(plugin.world.exports, key);
  if (fn === undefined || !hasResources(fn)) return;
  throw new Fault("needs-memory-run", `${key} of ${name} takes or gives a resource, which no durable run can keep`, {
    source: name,
    hint: "Give data in its place, such as an id, or run the workflow without a store.",
  });
}

function hasResources({ resource, params, result }: WitFunction): boolean {
  const types = [...params.map(({ type }) => type), ...(result === null ? [] : [result])];
  return resource !== null || types.some(holdsResource);
}

function holdsResource(type: WitType): boolean {
  switch (type.kind) {
    case "own":
    case "borrow":
      return !isCallback(type);
    case "list":
      return holdsResource(type.element);
    case "option":
      return holdsResource(type.some);
    case "tuple":
      return type.items.some(holdsResource);
    case "record":
      return type.fields.some((field) => holdsResource(field.type));
    case "variant":
      return type.cases.some((each) => each.type !== null && holdsResource(each.type));
    case "result":
      return [type.ok, type.err].some((each) => each !== null && holdsResource(each));
    case "map":
      return holdsResource(type.key) || holdsResource(type.value);
    default:
      return false;
  }
}
