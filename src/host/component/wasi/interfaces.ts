/**
 * Which imports of a world are WASI's, and which of them make a guest wait.
 */
import type { World } from "../../../wit/types.ts";
import { withoutVersion } from "../../names.ts";

/** True for `wasi:cli/exit@0.2.3`: another version of WASI is another contract. */
export function isWasi(interfaceId: string): boolean {
  return /^wasi:(?:cli|clocks|filesystem|http|io|random|sockets)\/[a-z0-9-]+@0\.2\.\d+$/.test(interfaceId);
}

/** The imports through which a guest sleeps, when it has a clock to wait for: they suspend it (JSPI). */
export function sleepingImports(world: World): readonly string[] {
  const named = (name: string): string[] =>
    [...world.imports.interfaces.keys()].filter((id) => isWasi(id) && withoutVersion(id) === name);
  if (named("wasi:clocks/monotonic-clock").length === 0) return [];
  const waits = ["poll", "[method]pollable.block"];
  return named("wasi:io/poll").flatMap((id) => {
    const functions = world.imports.interfaces.get(id)?.functions;
    return waits.filter((name) => functions?.has(name) === true).map((name) => `${id}#${name}`);
  });
}
