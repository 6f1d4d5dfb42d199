/**
 * With which options a component is transpiled: its world, and which of its imports may suspend their caller.
 */
import { type FunctionKey, functionsOf, type World } from "../../../wit/types.ts";
import type { ImportColour } from "../describe.ts";
import { askingImports } from "../wasi/functions.ts";
import { withWasiPowers } from "../wasi/powers.ts";
import type { TranspileOptions } from "./transpiled.ts";

/** `asyncImports` in their order: WIT's own async functions suspend without JSPI and are not among them (T3 of transpile.ts). */
export function transpileOptions(world: World, asyncImports: readonly FunctionKey[]): TranspileOptions {
  const exports = asyncImports.length === 0 ? [] : [...functionsOf(world.exports)];
  // WIT's async functions wait by themselves; JavaScript's constructors cannot, and jco's script for one that does is not valid.
  const asyncExports = exports.filter(([, fn]) => !fn.async && fn.shape !== "constructor").map(([key]) => key);
  return { interfaces: [...world.imports.interfaces.keys()], asyncImports, asyncExports: asyncExports.toSorted() };
}

/**
 * The imports that may suspend when whatever others provide may wait: known from the package alone.
 *
 * @param wants of its manifest: what its WASI may ask of the engine
 */
export function allThatMayWait(
  world: World,
  imports: readonly ImportColour[],
  wants: readonly string[],
): readonly FunctionKey[] {
  const async = new Set([...functionsOf(world.imports)].filter(([, fn]) => fn.async).map(([key]) => key));
  const asking = new Set(withWasiPowers(world, wants) === world ? [] : askingImports(world));
  return imports
    .filter(({ key, colour }) => (colour !== "sync" || asking.has(key)) && !async.has(key))
    .map(({ key }) => key)
    .toSorted();
}
