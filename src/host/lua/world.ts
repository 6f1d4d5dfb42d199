/** What a Lua plugin makes of its world: where each function is found, and which types it cannot have. */
import { Fault } from "../../fault.ts";
import {
  functionsOf,
  type FunctionKey,
  type WitFunction,
  type WitType,
  type World,
  type WorldSide,
} from "../../wit/types.ts";
import { partsOf } from "../../wit/parts.ts";
import { isUnsupported } from "./codecs.ts";
import { luaName, memberName, shortName, withoutVersion } from "./names.ts";

/** A function of the world and the way to it in Lua. */
export interface Place {
  readonly key: FunctionKey;
  /** Null for a function of the world itself. */
  readonly interface: string | null;
  readonly fn: WitFunction;
  /** Where a resource's functions are, and the name in there. */
  readonly path: readonly string[];
}

export function placesOf(side: WorldSide): readonly Place[] {
  const functions = [...functionsOf(side)];
  const made = new Set(functions.filter(([, fn]) => fn.shape === "constructor").map(([, fn]) => fn.resource));
  return functions.map(([key, fn]) => {
    const hash = key.lastIndexOf("#");
    const resource = fn.resource === null ? [] : [luaName(fn.resource.name.name)];
    const name = fn.shape !== "constructor" && made.has(fn.resource) ? besideNew(memberName(fn)) : memberName(fn);
    return { key, interface: hash < 0 ? null : key.slice(0, hash), fn, path: [...resource, name] };
  });
}

/** `new` is the constructor: a method of that name stands beside it under a name that no other can have. */
function besideNew(name: string): string {
  return name === "new" ? "new_" : name;
}

/** The names under which an exported interface may stand in the table that a plugin returns. */
export function exportNames(id: string, side: WorldSide): readonly string[] {
  const short = shortName(id);
  const isShared = [...side.interfaces.keys()].filter((other) => shortName(other) === short).length > 1;
  return isShared ? [id] : [short, id];
}

/** The names by which `require` gives an imported interface. */
export function importNames(id: string, side: WorldSide): readonly string[] {
  const bare = withoutVersion(id);
  const isShared = [...side.interfaces.keys()].filter((other) => withoutVersion(other) === bare).length > 1;
  return isShared || bare === id ? [id] : [bare, id];
}

/** @throws {Fault} `plugin-unsupported` for a world with streams, futures or error contexts */
export function refuseUnsupported(world: World, place: string): void {
  for (const side of [world.imports, world.exports]) {
    for (const [key, fn] of functionsOf(side)) {
      const types = [...fn.params.map((param) => param.type), ...(fn.result === null ? [] : [fn.result])];
      const found = types.map(findUnsupported).find((type) => type !== null);
      if (found === undefined) continue;
      throw new Fault(
        "plugin-unsupported",
        `${place}: ${key} has a ${found.kind} in its type, which Lua plugins cannot take yet`,
        {
          hint: "Use lists, or write this plugin as a component.",
        },
      );
    }
  }
}

function findUnsupported(type: WitType): WitType | null {
  if (isUnsupported(type)) return type;
  for (const part of partsOf(type)) {
    const found = findUnsupported(part);
    if (found !== null) return found;
  }
  return null;
}
