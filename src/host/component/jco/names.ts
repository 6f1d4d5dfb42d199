/**
 * Names that jco cannot bind: a component with one is refused.
 *
 *   Y1  Names of functions that would shadow what the generated code itself needs.
 *   Y2  Names of core imports and exports that would end the text they stand in. A core may name them as it likes, and jco
 *       writes `'name'` as it is: whatever followed a quote would be run as a part of the script. All other names come from
 *       WIT, whose letters, digits and signs the decoder checks (D2 of src/wit/decoder.ts).
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

/** @throws {Fault} `component-unsupported` (Y1) */
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

/** Printable, and nothing that ends, escapes or fills in a text of JavaScript. */
const PLAIN = /^[^\p{C}\p{Zl}\p{Zp}'"`\\]*$/u;

/** @throws {Fault} `component-unsupported` (Y2) */
export function refuseCodeInNames(cores: Iterable<WebAssembly.Module>): void {
  for (const core of cores) {
    const imported = WebAssembly.Module.imports(core).flatMap(({ module, name }) => [module, name]);
    const exported = WebAssembly.Module.exports(core).map(({ name }) => name);
    const found = [...imported, ...exported].find((name) => !PLAIN.test(name));
    if (found === undefined) continue;
    throw new Fault(
      "component-unsupported",
      `A core module has a name that cannot be bound: ${JSON.stringify(found)}`,
      {
        hint: "Build the component with names of core imports and exports that have no quotes and no control characters.",
      },
    );
  }
}
