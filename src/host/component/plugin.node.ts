/**
 * Component plugins in Node: transpiled in threads, cached on disk, calls followed across waiting.
 */
import { createHash } from "node:crypto";

import { callChain } from "../call-chain.node.ts";
import type { PackageFiles } from "../manifest.ts";
import type { Plugin } from "../plugin.ts";
import type { Path } from "./describe.ts";
import { nodeLoader, type NodeLoadOptions } from "./jco/load.node.ts";
import { componentPlugin } from "./plugin.ts";

/** @throws {Fault} see `componentPlugin` of plugin.ts */
export function openComponent(files: PackageFiles, options: OpenComponentOptions = {}): Promise<Plugin> {
  const path = options.path === undefined ? {} : { path: options.path };
  return componentPlugin(files, { load: nodeLoader(options), chain: callChain, sha256, ...path });
}

export interface OpenComponentOptions extends NodeLoadOptions {
  /** As in `ComponentOptions`. */
  readonly path?: Path;
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
