/**
 * What the hosts of several languages ask of a world.
 */
import type { Resource, WitType, World, WorldSide } from "../wit/types.ts";

/** The resources that one side of a world declares. */
export function resourcesOf(side: WorldSide): readonly Resource[] {
  const scopes = [side.types, ...[...side.interfaces.values()].map((each) => each.types)];
  return scopes.flatMap((types) => [...types.values()].filter((type): type is Resource => type.kind === "resource"));
}

/** The resources that the guest implements: those that an exported interface declares and no imported one does. */
export function exportedResources(world: World): ReadonlySet<Resource> {
  const imported = new Set(resourcesOf(world.imports));
  return new Set(resourcesOf(world.exports).filter((resource) => !imported.has(resource)));
}

/** The types that a type is made of, one level down. */
export function partsOf(type: WitType): readonly WitType[] {
  switch (type.kind) {
    case "list":
      return [type.element];
    case "map":
      return [type.key, type.value];
    case "tuple":
      return type.items;
    case "option":
      return [type.some];
    case "result":
      return [type.ok, type.err].filter((part) => part !== null);
    case "record":
      return type.fields.map((field) => field.type);
    case "variant":
      return type.cases.map((one) => one.type).filter((part) => part !== null);
    case "stream":
    case "future":
      return type.element === null ? [] : [type.element];
    default:
      return [];
  }
}
