/**
 * The component decoder: reads from a component binary which functions it needs and which it offers, with their types,
 * and how its core modules are put together. The core modules themselves are not read, so a component of many megabytes
 * takes about a millisecond.
 *
 *   D1  Whatever the bytes are, `decodeWorld` returns a world or throws a `WitError`, within the limits (L1, L2).
 *   D2  It is no validator: a component that decodes may still be refused by who compiles it. But every name it lets
 *       through is well-formed, and every type it returns is finite and within the limits.
 *   D3  What concerns only the core never makes decoding fail once its section could be read: then there is no plan, and
 *       a reason.
 *
 * reader.ts → read-component.ts → syntax.ts → evaluate.ts → node.ts → world.ts → types.ts
 *                                                 ↘ link.ts → plan.ts
 */
import { evaluate } from "./evaluate.ts";
import { Budget, DEFAULT_LIMITS, type DecodeLimits } from "./limits.ts";
import { Linking } from "./link.ts";
import type { LinkPlan, NoPlan } from "./plan.ts";
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
  return decodeComponent(bytes, limits).world;
}

/** A component as data. `plan` says how its core modules become an instance, or why that cannot be said. */
export interface Component {
  readonly world: World;
  readonly plan: LinkPlan | NoPlan;
}

/**
 * The world that a component declares, and the plan to link it. Types of the plan are those of the world.
 *
 * @throws {WitError} when the bytes are not a component, are damaged, or exceed the limits.
 */
export function decodeComponent(bytes: Uint8Array, limits: Partial<DecodeLimits> = {}): Component {
  const budget = new Budget({ ...DEFAULT_LIMITS, ...limits });
  const definitions = readComponent(new Reader(bytes, budget));
  const linking = new Linking();
  const root = evaluate(definitions, budget, linking);
  const { world, resourceOf } = toWorld(root, budget);
  return { world, plan: linking.plan(world, root.exports, resourceOf) };
}
