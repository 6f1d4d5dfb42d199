/**
 * Lua packages as plugins: `sennit.toml`, a WIT file, and source files in Lua 5.4. The conventions are in plugins/lua/README.md.
 *
 *   P1  Loading a package runs none of its code: it reads the WIT and checks the syntax of the files.
 *   P2  Every instance has an interpreter, a memory and a state of its own.
 */
import { Fault } from "../../fault.ts";
import type { World } from "../../wit/types.ts";
import { noChain } from "../call-chain.ts";
import type { Manifest, PackageFiles } from "../manifest.ts";
import { digestOf, readWit, worldOf } from "../package-text.ts";
import { limitsOf } from "../meter/limits.ts";
import { isLimited, Meter } from "../meter/meter.ts";
import type { Instance, InstanceOptions, Plugin } from "../plugin.ts";
import type { LuaPlatform } from "./platform.ts";
import { readSources } from "./sources.ts";
import { luaOwner } from "./saved.ts";
import { type LuaPackage, refuseSyntaxErrors, startInstance } from "./start.ts";
import { refuseUnsupported } from "./world.ts";

export interface LuaOptions {
  /** Node, unless given. */
  readonly platform?: LuaPlatform;
}

/**
 * Opens a package whose language is Lua. The caller disposes the plugin.
 *
 * @throws {Fault} `wit-invalid`, `package-invalid`, `plugin-invalid` for a syntax error with its file and line,
 *   `plugin-unsupported` when the world has types that Lua cannot take.
 */
export async function luaPlugin(files: PackageFiles, options: LuaOptions = {}): Promise<Plugin> {
  const { manifest, place } = files;
  const platform = options.platform ?? (await import("./platform.node.ts")).nodePlatform;
  const [wit, sources, engine] = await Promise.all([readWit(files), readSources(files), platform.engine()]);
  const world = await worldOf(files, wit);
  refuseUnsupported(world, place);
  refuseSyntaxErrors(engine, sources, place, manifest.name);
  const code = [sources.main, ...sources.modules].map(({ path, text }) => [path, text] as const);
  const digest = await digestOf([...wit, ...code]);
  return new LuaPlugin(
    { manifest, place, world, sources, engine, chain: platform.chain ?? noChain, digest },
    platform.meteredEngine,
  );
}

class LuaPlugin implements Plugin {
  readonly #package: LuaPackage;
  readonly #meteredEngine: LuaPlatform["meteredEngine"];
  readonly #instances = new Set<Instance>();
  #open = true;

  constructor(pack: LuaPackage, meteredEngine: LuaPlatform["meteredEngine"]) {
    this.#package = pack;
    this.#meteredEngine = meteredEngine;
  }

  get digest(): string {
    return this.#package.digest;
  }

  get stateOf(): readonly string[] {
    return luaOwner(this.manifest.name, this.digest).stateOf;
  }

  get manifest(): Manifest {
    return this.#package.manifest;
  }

  get world(): World {
    return this.#package.world;
  }

  async instantiate(options: InstanceOptions): Promise<Instance> {
    if (!this.#open) throw new Fault("plugin-lost", `${this.manifest.name} was closed`, { source: this.manifest.name });
    const limits = limitsOf(this.manifest.limits, options.limits);
    const instance = isLimited(limits)
      ? startInstance({ ...this.#package, engine: await this.#meteredEngine() }, options, new Meter(limits))
      : startInstance(this.#package, options);
    for (const each of this.#instances) if (!each.alive) this.#instances.delete(each);
    this.#instances.add(instance);
    return instance;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#open = false;
    for (const instance of this.#instances) await instance[Symbol.asyncDispose]();
    this.#instances.clear();
  }
}
