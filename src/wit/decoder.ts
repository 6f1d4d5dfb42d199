/**
 * The component type decoder: reads from a component binary which functions it needs and which it offers, with their
 * types. Core modules are skipped, so a component of many megabytes takes about a millisecond.
 *
 *   D1  Whatever the bytes are, `decodeWorld` returns a world or throws a `WitError`, within the limits (L1, L2).
 *   D2  It is no validator: a component that decodes may still be refused by who compiles it. But every name it lets
 *       through is well-formed, and every type it returns is finite and within the limits.
 *
 * reader.ts → read-component.ts → syntax.ts → evaluate.ts → node.ts → world.ts → types.ts
 */
import { evaluate } from "./evaluate.ts";
import { Budget, DEFAULT_LIMITS, type DecodeLimits } from "./limits.ts";
import { readComponent } from "./read-component.ts";
import { Reader } from "./reader.ts";
import type { World } from "./types.ts";
import { toWorld } from "./world.ts";

/**
 * The world that a component declares.
 *
 * @throws {WitError} when the bytes are not a component, are damaged, or exceed the limits.
 * @example
 * const world = decodeWorld(await readFile("stats.wasm"));
 * world.exports.functions.get("mean")?.result; // { kind: "f64" }
 */
export function decodeWorld(bytes: Uint8Array, limits: Partial<DecodeLimits> = {}): World {
  const budget = new Budget({ ...DEFAULT_LIMITS, ...limits });
  const definitions = readComponent(new Reader(bytes, budget));
  return toWorld(evaluate(definitions, budget), budget);
}
