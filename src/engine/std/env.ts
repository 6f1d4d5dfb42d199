/**
 * `std:env`: the variables of the environment that a run was granted, each by its name.
 *
 *   E1  A variable that was not granted is never looked up: whether it is set shows in nothing.
 */
import { Fault } from "../../fault.ts";
import type { Plugin } from "../../host/plugin.ts";
import type { World } from "../../wit/types.ts";
import { functionType, hostPlugin, worldOf } from "./host-plugin.ts";

export interface EnvPorts {
  readonly isGranted: (name: string) => boolean;
  readonly variable: (name: string) => string | undefined;
}

/** The world of `wit/std/env.wit`; a test compares the two. */
export const envWorld: World = worldOf(new Map(), [
  functionType("get", [["name", { kind: "string" }]], { kind: "option", some: { kind: "string" } }),
]);

export function envPlugin(ports: EnvPorts): Plugin {
  return hostPlugin({
    name: "std:env",
    world: envWorld,
    start: () => ({ get: ([name]) => read(String(name), ports) }),
    effects: { get: "read" },
  });
}

function read(name: string, ports: EnvPorts): string | null {
  if (!ports.isGranted(name)) {
    throw new Fault("denied", `Reading the environment variable ${JSON.stringify(name)} was not granted`, {
      source: "std:env",
      ...(/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? { hint: `Add \`--grant env:${name}\`` } : {}),
    });
  }
  return variableText(ports.variable(name));
}

/** A variable's text as WIT has strings; null when it is not set. */
export function variableText(found: string | undefined): string | null {
  return found?.toWellFormed() ?? null;
}
