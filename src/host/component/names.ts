/**
 * The JavaScript names that jco gives to WIT names.
 *
 *   N1  A WIT name is unique regardless of case, so two names never meet in one JavaScript name; jco's validator sees to it.
 *   N2  A few names would shadow what the generated code itself needs: a component that uses one is refused.
 */
import { Fault } from "../../fault.ts";
import type { WitFunction, World } from "../../wit/types.ts";

/** `get-HTTP-url` is `getHttpUrl`. */
export function lowerCamel(name: string): string {
  return name
    .split("-")
    .map((word, at) => (at === 0 ? word.toLowerCase() : capitalized(word)))
    .join("");
}

/** `hash-map` is `HashMap`: the class of a resource. */
export function upperCamel(name: string): string {
  return name.split("-").map(capitalized).join("");
}

/** The last part of `[method]counter.inc` and `[static]counter.make`; a free function's own name. */
export function memberName(fn: WitFunction): string {
  const dot = fn.shape === "function" ? -1 : fn.name.lastIndexOf(".");
  return fn.name.slice(dot + 1);
}

const needed = new Set([
  "undefined",
  "arguments",
  "globalThis",
  "queueMicrotask",
  "console",
  "imports",
  "instantiateCore",
]);

/** @throws {Fault} `component-unsupported` (N2). */
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

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1).toLowerCase();
}
