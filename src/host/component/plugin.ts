/**
 * Plugins that are WebAssembly components (DESIGN D2).
 *
 *   P1  Types come from the binary, by our own decoder; code comes from jco, which validates the binary.
 *   P2  An export suspends (JSPI) only when some import may: code is made once per set of suspending imports.
 *   P3  WASI and `sennit:host` are the host's own; every other import is given by name or linking fails.
 */
import { Defect, Fault } from "../../fault.ts";
import { decodeWorld } from "../../wit/decoder.ts";
import { WitError } from "../../wit/error.ts";
import type { Resource, World } from "../../wit/types.ts";
import { noChain, type CallChain } from "../call-chain.ts";
import type { Manifest, PackageFiles } from "../manifest.ts";
import { sha256 } from "../package-text.ts";
import { hostColour, hostFunction } from "../host-functions.ts";
import type { ImportedFunction, Instance, InstanceOptions, Plugin } from "../plugin.ts";
import type { Code, LoadCode } from "./code.ts";
import { DEFAULT_MEMORY } from "./core-module.ts";
import { bindExports } from "./exports.ts";
import { foreignClass, tellOwner, type ForeignClass } from "./foreign.ts";
import { importsObject } from "./imports.ts";
import { ComponentInstance } from "./instance.ts";
import { refuseShadowingNames } from "./names.ts";
import { Resources } from "./resources.ts";
import { signaturesOf, type Signature } from "./signature.ts";
import { refuseOtherThanComponent } from "./sniff.ts";
import { WasiContext } from "./wasi/context.ts";
import { isWasi, sleepingImports, wasiInterfaces } from "./wasi/interfaces.ts";

export interface ComponentOptions {
  readonly load: LoadCode;
  readonly chain?: CallChain;
}

/** @throws {Fault} `not-a-component`, `component-invalid`, `component-unsupported`, `memory-limit` */
export async function componentPlugin(files: PackageFiles, options: ComponentOptions): Promise<Plugin> {
  const bytes = await files.read(files.manifest.source);
  const place = files.place.endsWith(".wasm") ? files.place : `${files.place}/${files.manifest.source}`;
  refuseOtherThanComponent(bytes, place);
  const world = decoded(bytes, place);
  refuseShadowingNames(world, place);
  const plugin = new ComponentPlugin(
    { manifest: files.manifest, place, bytes, world, digest: await sha256(bytes) },
    options,
  );
  await plugin.prepare();
  return plugin;
}

interface Source {
  readonly manifest: Manifest;
  readonly place: string;
  readonly bytes: Uint8Array;
  readonly world: World;
  readonly digest: string;
}

class ComponentPlugin implements Plugin {
  readonly manifest: Manifest;
  readonly world: World;
  readonly digest: string;
  readonly #source: Source;
  readonly #options: ComponentOptions;
  readonly #exports: readonly Signature[];
  readonly #imports: readonly Signature[];
  readonly #resources: readonly Resource[];
  readonly #sleeps: readonly string[];
  readonly #code = new Map<string, Promise<Code>>();

  constructor(source: Source, options: ComponentOptions) {
    this.manifest = source.manifest;
    this.world = source.world;
    this.digest = source.digest;
    this.#source = source;
    this.#options = options;
    this.#exports = signaturesOf(source.world.exports);
    this.#imports = signaturesOf(source.world.imports).filter(
      (each) => each.interface === null || !isWasi(each.interface),
    );
    this.#sleeps = hasJspi() ? sleepingImports(source.world) : [];
    this.#resources = [...source.world.imports.interfaces]
      .filter(([id]) => !isWasi(id))
      .flatMap(([, { types }]) => [...types.values()].filter((type): type is Resource => type.kind === "resource"));
  }

  /** Makes the code now when nothing but the host's own imports decides about it, so that its mistakes show early. */
  async prepare(): Promise<void> {
    if (this.#imports.every((each) => hostColour(each.key) !== undefined))
      await this.#codeFor(this.#suspending(new Map()));
  }

  async instantiate(options: InstanceOptions): Promise<Instance> {
    const functions = this.#functions(options);
    const suspending = this.#suspending(functions);
    const code = await this.#codeFor(suspending);
    const { instance, imports } = this.#link(options, functions, suspending.length > 0);
    try {
      // Never awaited: an export named `then` would make a promise of it. With compiled cores nothing has to wait.
      const exported = code.instantiate(coresOf(code), imports, instantiateCore);
      if (exported instanceof Promise) throw new Defect("jco's script waited while it was instantiated");
      instance.open(bindExports(exported, this.#exports));
    } catch (thrown) {
      throw instance.failedToStart(thrown);
    }
    return instance;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#code.clear();
  }

  #link(options: InstanceOptions, functions: ReadonlyMap<string, ImportedFunction>, suspends: boolean): Linked {
    const classes = new Map(this.#resources.map((each) => [each, foreignClass(each, tellOwner(each, functions))]));
    const wasi = new WasiContext(options, this.#sleeps.length > 0);
    const instance = new ComponentInstance({
      source: this.manifest.name,
      resources: new Resources(options.id, classes),
      wasi,
      overlap: this.manifest.overlap,
      chain: this.#options.chain ?? noChain,
      colour: suspends || this.#exports.some((each) => each.fn.async) ? "async" : "sync",
    });
    const source = {
      name: this.manifest.name,
      wasi: wasiInterfaces(wasi),
      functions,
      classes: classes as ReadonlyMap<Resource, ForeignClass>,
    };
    return { instance, imports: importsObject(this.world, this.#imports, source, instance) };
  }

  /** What was given, and what the host gives to everybody. */
  #functions(options: InstanceOptions): ReadonlyMap<string, ImportedFunction> {
    const functions = new Map(options.imports);
    for (const { key } of this.#imports) {
      const own = hostFunction(key, options);
      if (own !== undefined) functions.set(key, own);
    }
    return functions;
  }

  /** The imports that may suspend their caller. WIT's own async functions do so without JSPI (T3 of transpile.ts). */
  #suspending(functions: ReadonlyMap<string, ImportedFunction>): readonly string[] {
    const waiting = this.#imports.filter(
      ({ fn, key }) => !fn.async && (functions.get(key)?.colour ?? hostColour(key)) === "async",
    );
    return [...waiting.map((each) => each.key), ...this.#sleeps].toSorted();
  }

  #codeFor(asyncImports: readonly string[]): Promise<Code> {
    const key = asyncImports.join();
    const known = this.#code.get(key);
    if (known !== undefined) return known;
    if (asyncImports.length > 0) refuseWithoutJspi(this.#source.place, asyncImports);
    const made = this.#load(asyncImports);
    this.#code.set(key, made);
    made.catch(() => this.#code.delete(key));
    return made;
  }

  async #load(asyncImports: readonly string[]): Promise<Code> {
    const { bytes, digest, world, manifest, place } = this.#source;
    const asyncExports = asyncImports.length === 0 ? [] : this.#exports.filter(maySuspend).map((each) => each.key);
    const options = {
      interfaces: [...world.imports.interfaces.keys()],
      asyncImports,
      asyncExports: asyncExports.toSorted(),
    };
    try {
      return await this.#options.load({ bytes, digest, memory: manifest.limits.memory ?? DEFAULT_MEMORY, options });
    } catch (thrown) {
      throw placed(thrown, place);
    }
  }
}

/** WIT's async functions wait by themselves; JavaScript's constructors cannot, and jco's script for one that does is not valid. */
function maySuspend({ fn }: Signature): boolean {
  return !fn.async && fn.shape !== "constructor";
}

interface Linked {
  readonly instance: ComponentInstance;
  readonly imports: Record<string, unknown>;
}

function coresOf(code: Code): (name: string) => WebAssembly.Module {
  return (name) => {
    const core = code.cores.get(name);
    if (core === undefined) throw new Fault("component-invalid", `The component has no core module ${name}`);
    return core;
  };
}

function instantiateCore(module: WebAssembly.Module, imports?: WebAssembly.Imports): WebAssembly.Instance {
  return new WebAssembly.Instance(module, imports);
}

function decoded(bytes: Uint8Array, place: string): World {
  try {
    return decodeWorld(bytes);
  } catch (cause) {
    if (!(cause instanceof WitError)) throw cause;
    const code = cause.code === "unsupported" ? "component-unsupported" : "component-invalid";
    const hint = cause.code === "truncated" ? "The file ends too early: copy or build it again." : undefined;
    throw new Fault(code, `Cannot load ${place}: ${cause.message}`, { cause, ...(hint === undefined ? {} : { hint }) });
  }
}

function refuseWithoutJspi(place: string, asyncImports: readonly string[]): void {
  if (hasJspi()) return;
  throw new Fault("link-failed", `Cannot link ${place}: ${asyncImports.join(", ")} may wait, which needs JSPI`, {
    hint: "Use Node 24 or later, or a browser with WebAssembly.Suspending.",
  });
}

function hasJspi(): boolean {
  return "Suspending" in WebAssembly;
}

function placed(thrown: unknown, place: string): unknown {
  if (!(thrown instanceof Fault)) return thrown;
  const hint = thrown.hint === undefined ? {} : { hint: thrown.hint };
  return new Fault(thrown.code, `Cannot load ${place}: ${thrown.message}`, { cause: thrown.cause, ...hint });
}
