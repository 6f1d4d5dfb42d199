/**
 * Component plugins in Node: transpiled in threads, cached on disk, calls followed across waiting.
 */
import { callChain } from "../call-chain.node.ts";
import type { PackageFiles } from "../manifest.ts";
import type { Plugin } from "../plugin.ts";
import { nodeLoader, type NodeLoadOptions } from "./load.node.ts";
import { componentPlugin } from "./plugin.ts";

/** @throws {Fault} see `componentPlugin` of plugin.ts */
export function openComponent(files: PackageFiles, options: NodeLoadOptions = {}): Promise<Plugin> {
  return componentPlugin(files, { load: nodeLoader(options), chain: callChain });
}
