/**
 * Plugins that are WebAssembly components (DESIGN D2).
 *
 *   P1  Types come from the binary, by our own decoder; the WebAssembly tools validate it before anything is compiled from it
 *       that runs.
 *   P2  An instance is linked directly where a plan says how, and through jco's binding otherwise: all of it, never in part.
 *   P3  WASI and `sennit:host` are the host's own; every other import is given by name or linking fails.
 */
import { Fault } from "../../fault.ts";
import { decodeComponent, type Component } from "../../wit/decoder.ts";
import { WitError } from "../../wit/error.ts";
import { type FunctionKey, functionsOf, type World } from "../../wit/types.ts";
import { noChain, type CallChain } from "../call-chain.ts";
import type { Manifest, PackageFiles } from "../manifest.ts";
import { sha256 } from "../package-text.ts";
import type { Instance, InstanceOptions, Plugin } from "../plugin.ts";
import { capsOf } from "./core-module.ts";
import { describe, hasJspi, type Linking, type LinkedPlugin, type Path } from "./describe.ts";
import { DirectCode } from "./direct/code.ts";
import { DirectLinker } from "./direct/linker.ts";
import { importsOf, type Imports } from "./import-call.ts";
import { ComponentInstance } from "./instance.ts";
import type { Code, LoadCode } from "./jco/code.ts";
import { type BindingFor, JcoLinker } from "./jco/link.ts";
import { refuseShadowingNames } from "./jco/names.ts";
import { allThatMayWait } from "./jco/options.ts";
import type { TranspileOptions } from "./jco/transpiled.ts";
import type { BindExport } from "./guest.ts";
import type { Linked, Linker } from "./linker.ts";
import { type Saving, savingOf } from "./saving.ts";
import { collects } from "../meter/collects.ts";
import { isLimited, Meter } from "../meter/meter.ts";
import type { MayCollect } from "../meter/recorded.ts";
import { liftLimitsOf, limitsOf } from "../meter/limits.ts";
import { refuseState, type StateOwner, StateReader, stateOwner } from "../state/bytes.ts";
import { refuseOtherThanComponent } from "./sniff.ts";
import { WasiContext } from "./wasi/context.ts";
import { sleepingImports } from "./wasi/interfaces.ts";
import { powersOf } from "./wasi/powers.ts";

export interface ComponentOptions {
  readonly load: LoadCode;
  readonly chain?: CallChain;
  /** Takes this way to link and no other; left out, the better of those that are possible. */
  readonly path?: Path;
  /**
   * Takes every import that others provide for one that may wait, as far as jco's binding is concerned, which can then be
   * made before it is known who provides them. A direct instance goes by who does.
   */
  readonly allMayWait?: boolean;
  /** The platform's sha256 in hex, where it has one that does not wait for a thread. */
  readonly sha256?: (bytes: Uint8Array) => string;
}

/**
 * @throws {Fault} `not-a-component`, `component-invalid`, `component-unsupported`, `memory-limit`. A path that is asked for
 * and not possible is `component-unsupported`.
 */
export async function componentPlugin(files: PackageFiles, options: ComponentOptions): Promise<Plugin> {
  const bytes = await files.read(files.manifest.source);
  const place = files.place.endsWith(".wasm") ? files.place : `${files.place}/${files.manifest.source}`;
  refuseOtherThanComponent(bytes, place);
  const digest = (options.sha256 ?? sha256)(bytes);
  const component = decoded(bytes, place);
  const linking = describe(component, hasJspi(), options.path, place);
  const source = { manifest: files.manifest, place, bytes, component, digest: await digest };
  const plugin = new ComponentPlugin(source, linking, options);
  await plugin.prepare();
  return plugin;
}

/** A component that is linked directly is validated only. */
const NO_OPTIONS: TranspileOptions = { interfaces: [], asyncImports: [], asyncExports: [] };

interface Source {
  readonly manifest: Manifest;
  readonly place: string;
  readonly bytes: Uint8Array;
  readonly component: Component;
  readonly digest: string;
}

class ComponentPlugin implements LinkedPlugin, MayCollect {
  readonly manifest: Manifest;
  readonly world: World;
  readonly digest: string;
  readonly linking: Linking;
  readonly collects: boolean;
  readonly #source: Source;
  readonly #options: ComponentOptions;
  readonly #linker: Linker;
  readonly #suspended: readonly FunctionKey[];
  readonly #waits: boolean;
  #saving: Saving | undefined;

  /** @throws {Fault} `component-unsupported` */
  constructor(source: Source, linking: Linking, options: ComponentOptions) {
    this.manifest = source.manifest;
    this.world = source.component.world;
    this.digest = source.digest;
    this.linking = linking;
    this.collects = collects(source.bytes);
    this.#source = source;
    this.#options = options;
    this.#linker = this.#linkerFor(source.component);
    this.#suspended = hasJspi() ? sleepingImports(this.world) : [];
    this.#waits = [...functionsOf(this.world.exports)].some(([, fn]) => fn.async);
  }

  /** Makes ready what nothing but the host's own imports decides about, so that mistakes show early. */
  async prepare(): Promise<void> {
    const { imports, path } = this.linking;
    const metered = isLimited(this.manifest.limits);
    if (path === "jco" && !this.#bindsAhead && imports.some((each) => each.colour === "provider")) return;
    await this.#linker.prepare(allThatMayWait(this.world, imports, this.manifest.wants), metered);
  }

  get #bindsAhead(): boolean {
    return this.linking.path === "jco" && this.#options.allMayWait === true;
  }

  async instantiate(options: InstanceOptions): Promise<Instance> {
    const { manifest } = this.#source;
    const powers = await powersOf(this.world, manifest.wants, options);
    const wasi = new WasiContext(options, this.#suspended.length > 0, powers);
    const imports = importsOf(this.world, options, wasi, manifest.name);
    const suspending = this.#suspending(imports);
    const limits = limitsOf(manifest.limits, options.limits);
    const meter = isLimited(limits) ? new Meter(limits) : null;
    const linked = await this.#linker.link(options.id, imports, suspending, meter, wasi);
    const instance = new ComponentInstance({
      id: options.id,
      source: manifest.name,
      handles: linked.handles,
      meter,
      wasi,
      overlap: manifest.overlap,
      chain: this.#options.chain ?? noChain,
      colour: suspending.length > 0 || this.#waits ? "async" : "sync",
      saver: () => this.#saverOf(linked),
    });
    try {
      meter?.begin();
      instance.open(this.#begun(linked, instance, options.state));
    } catch (thrown) {
      throw instance.failedToStart(thrown);
    }
    return instance;
  }

  /** Its start code has run, or it goes on from where another was. @throws {Fault} `state-invalid` */
  #begun(linked: Linked, guest: ComponentInstance, state: Uint8Array | undefined): BindExport {
    if (state === undefined) return linked.start(guest);
    const owner = this.#owner;
    if (owner === null || linked.restore === undefined) {
      return refuseState(this.manifest.name, "its instances have none");
    }
    return linked.restore(guest, new StateReader(state, owner));
  }

  #saverOf({ save }: Linked): (() => Uint8Array | null) | undefined {
    const owner = this.#owner;
    return owner === null || save === undefined ? undefined : () => save(owner);
  }

  get stateOf(): readonly string[] | undefined {
    return this.#owner?.stateOf;
  }

  get #owner(): StateOwner | null {
    if (this.saving.reason !== null) return null;
    return stateOwner(this.manifest.name, "component", this.digest);
  }

  /** Looked up when it is first asked for: all code is read for it. */
  get saving(): Saving {
    return (this.#saving ??= savingOf(this.#source, this.linking));
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  /** The imports that may suspend their caller. WIT's own async functions do so without JSPI (T3 of transpile.ts). */
  #suspending({ functions }: Imports): readonly FunctionKey[] {
    const waiting = this.#bindsAhead
      ? allThatMayWait(this.world, this.linking.imports, this.manifest.wants)
      : [...functionsOf(this.world.imports)]
          .filter(([key, fn]) => !fn.async && functions.get(key)?.colour === "async")
          .map(([key]) => key)
          .toSorted();
    if (waiting.length > 0) refuseWithoutJspi(this.#source.place, waiting);
    return waiting;
  }

  #linkerFor({ world, plan }: Component): Linker {
    if (this.linking.path === "jco" || "reason" in plan) {
      refuseShadowingNames(world, this.#source.place);
      const binding: BindingFor = (given, metered) =>
        this.#placed(async () => (await this.#load(given, metered)).binding());
      return new JcoLinker(world, binding, liftLimitsOf(this.manifest));
    }
    const code = new Map<boolean, Promise<DirectCode>>();
    const compile = async (metered: boolean): Promise<DirectCode> => {
      const [valid, compiled] = await Promise.allSettled([
        this.#placed(async () => (await this.#load(NO_OPTIONS, metered)).valid()),
        this.#placed(() => new DirectCode(this.#source.bytes, world, plan, capsOf(this.manifest), metered)),
      ]);
      // The validator's words about a component are better than those about one core of it.
      if (valid.status === "rejected") throw valid.reason;
      if (compiled.status === "rejected") throw compiled.reason;
      return compiled.value;
    };
    return new DirectLinker((metered) => {
      const made = code.get(metered) ?? compile(metered);
      code.set(metered, made);
      return made;
    }, liftLimitsOf(this.manifest));
  }

  #load(options: TranspileOptions, metered: boolean): Promise<Code> {
    const { bytes, digest } = this.#source;
    return this.#options.load({ bytes, digest, caps: capsOf(this.manifest), metered, options });
  }

  async #placed<T>(work: () => T | Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      throw placed(thrown, this.#source.place);
    }
  }
}

function decoded(bytes: Uint8Array, place: string): Component {
  try {
    return decodeComponent(bytes);
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

function placed(thrown: unknown, place: string): unknown {
  if (!(thrown instanceof Fault)) return thrown;
  const hint = thrown.hint === undefined ? {} : { hint: thrown.hint };
  return new Fault(thrown.code, `Cannot load ${place}: ${thrown.message}`, { cause: thrown.cause, ...hint });
}
