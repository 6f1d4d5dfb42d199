/**
 * What the hosts of several languages ask of a world.
 */
import type { Resource, World, WorldSide } from "../wit/types.ts";

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
