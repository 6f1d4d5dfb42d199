/**
 * How the instances of a component are linked, and why, for people to look at (`sennit plugin inspect`).
 */
import { Fault } from "../../fault.ts";
import type { Component } from "../../wit/decoder.ts";
import { type FunctionKey, functionsOf } from "../../wit/types.ts";
import { hostColour } from "../host-functions.ts";
import type { Plugin } from "../plugin.ts";
import { isWasi, sleepingImports } from "./wasi/interfaces.ts";

export type Path = "direct" | "jco";

export interface Linking {
  readonly path: Path;
  /** Why it is not linked directly, as the end of a sentence: "it is composed of several components". */
  readonly reason: string | null;
  readonly imports: readonly ImportColour[];
}

/** `provider`: whoever provides the function decides; the host's own have a colour of their own. */
export interface ImportColour {
  readonly key: FunctionKey;
  readonly colour: "sync" | "async" | "provider";
}

/** A plugin that can say how it is linked. */
export interface LinkedPlugin extends Plugin {
  readonly linking: Linking;
}

/** How a plugin's instances are linked; undefined when it is no component. */
export function describeLinking(plugin: Plugin): Linking | undefined {
  return "linking" in plugin ? (plugin as LinkedPlugin).linking : undefined;
}

/**
 * @param wanted the path that was asked for
 * @throws {Fault} `component-unsupported` when it is not possible
 */
export function describe({ world, plan }: Component, jspi: boolean, wanted: Path | undefined, place: string): Linking {
  const reason = "reason" in plan ? plan.reason : null;
  if (wanted === "direct" && reason !== null) {
    throw new Fault("component-unsupported", `Cannot link ${place} directly: ${reason}`, {
      hint: "Leave the path out: jco's binding takes this component.",
    });
  }
  const sleeping = new Set(jspi ? sleepingImports(world) : []);
  const imports = [...functionsOf(world.imports)].map(([key]) => ({ key, colour: colourOf(key, sleeping) }));
  const path = wanted ?? (reason === null ? "direct" : "jco");
  return { path, reason: path === "direct" ? null : (reason ?? "it was asked for"), imports };
}

function colourOf(key: FunctionKey, sleeping: ReadonlySet<FunctionKey>): ImportColour["colour"] {
  if (isWasi(key.slice(0, key.lastIndexOf("#")))) return sleeping.has(key) ? "async" : "sync";
  return hostColour(key) ?? "provider";
}

/** Can a guest be suspended here while an import of it waits? */
export function hasJspi(): boolean {
  return "Suspending" in WebAssembly;
}
