/**
 * Julia packages: checked, never run. No Julia runtime works in WebAssembly today (plugins/julia-stub/README.md), so a package is opened,
 * its WIT is read, workflows are checked against it, and its first call says `runtime-unavailable`. Nothing is ever made up.
 */
import { Fault } from "../../fault.ts";
import { functionOf, type World } from "../../wit/types.ts";
import { digestOf, readWit, worldOf } from "../package-text.ts";
import type { Manifest, PackageFiles } from "../manifest.ts";
import type { Instance, InstanceOptions, Plugin } from "../plugin.ts";

/**
 * Opens a package whose language is Julia. The caller disposes the plugin.
 *
 * @throws {Fault} `wit-invalid`, `package-invalid`
 */
export async function juliaPlugin(files: PackageFiles): Promise<Plugin> {
  const { manifest } = files;
  const [wit, source] = await Promise.all([readWit(files), files.read(manifest.source)]);
  const world = await worldOf(files, wit);
  return new JuliaPlugin(manifest, world, await digestOf([...wit, [manifest.source, source]]));
}

class JuliaPlugin implements Plugin {
  readonly manifest: Manifest;
  readonly world: World;
  readonly digest: string;

  constructor(manifest: Manifest, world: World, digest: string) {
    this.manifest = manifest;
    this.world = world;
    this.digest = digest;
  }

  /** Succeeds, so that a workflow that never calls the plugin runs. */
  instantiate({ id }: InstanceOptions): Promise<Instance> {
    return Promise.resolve(new JuliaInstance(id, this.manifest.name, this.world));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

class JuliaInstance implements Instance {
  readonly id: number;
  readonly #name: string;
  readonly #world: World;
  #alive = true;

  constructor(id: number, name: string, world: World) {
    this.id = id;
    this.#name = name;
    this.#world = world;
  }

  get alive(): boolean {
    return this.#alive;
  }

  call(key: string): never {
    const source = this.#name;
    if (!this.#alive) throw new Fault("plugin-lost", `${source} was closed`, { source });
    if (functionOf(this.#world.exports, key) === undefined) {
      throw new Fault("unknown-function", `${source} has no function ${key}`, { source });
    }
    throw new Fault("runtime-unavailable", `${source} cannot run ${key}: there is no Julia runtime for WebAssembly`, {
      source,
      hint: "Compile the function to a component (plugins/julia-stub/README.md says how), or write it in Python or Lua.",
    });
  }

  drop(): void {}

  [Symbol.asyncDispose](): Promise<void> {
    this.#alive = false;
    return Promise.resolve();
  }
}
