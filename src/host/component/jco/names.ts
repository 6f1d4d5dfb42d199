/**
 * Names that jco cannot bind: they would shadow what its generated code itself needs, so a component with one is refused.
 */
import { Fault } from "../../../fault.ts";
import type { WitFunction, World } from "../../../wit/types.ts";
import { lowerCamel, memberName } from "../../names.ts";

const needed = new Set([
  "undefined",
  "arguments",
  "globalThis",
  "queueMicrotask",
  "console",
  "imports",
  "instantiateCore",
]);

/** @throws {Fault} `component-unsupported`. */
export function refuseShadowingNames(world: World, place: string): void {
  for (const side of [world.imports, world.exports]) {
    const interfaces = [...side.interfaces.values()].map((each) => each.functions);
    for (const fn of [side.functions, ...interfaces].flatMap((functions) => [...functions.values()])) {
      if (isNeeded(fn)) {
        throw new Fault(
          "component-unsupported",
          `Cannot load ${place}: a function named ${fn.name} cannot be bound to JavaScript`,
          {
            hint: "Rename the function in the component's world.",
          },
        );
      }
    }
  }
}

/** A resource with a method `then` would be taken for a promise. */
function isNeeded(fn: WitFunction): boolean {
  return fn.shape === "function" ? needed.has(lowerCamel(fn.name)) : fn.shape === "method" && memberName(fn) === "then";
}
