/**
 * Linking through jco's binding: its script instantiates the cores and converts between them and JavaScript.
 *
 *   L1  An export suspends (JSPI) only when some import may: code is made once per set of suspending imports.
 *   L2  What is thrown on its way through the guest ends the instance, even when the guest catches it.
 */
import { Defect, Fault } from "../../../fault.ts";
import type { LiftLimits } from "../../../wit/budget.ts";
import type { FunctionKey, Resource, World } from "../../../wit/types.ts";
import { resourcesOf } from "../../world.ts";
import { faultOf, isOfTheGuest } from "../failure.ts";
import type { BindExport, Guest } from "../guest.ts";
import type { Imports } from "../import-call.ts";
import type { Linked, Linker } from "../linker.ts";
import type { Meter } from "../../meter/meter.ts";
import type { Binding } from "./code.ts";
import { elementCosts, type ElementCosts } from "./costs.ts";
import { bindExport } from "./exports.ts";
import { foreignClass } from "./foreign.ts";
import { trapOfPointer } from "./misread.ts";
import { importsObject } from "./imports.ts";
import { Lifting } from "./lifting.ts";
import { transpileOptions } from "./options.ts";
import { Resources } from "./resources.ts";
import { signaturesOf, type Signature } from "./signature.ts";
import type { TranspileOptions } from "./transpiled.ts";

/** Makes the binding for these options. */
export type BindingFor = (options: TranspileOptions, metered: boolean) => Promise<Binding>;

export class JcoLinker implements Linker {
  readonly #world: World;
  readonly #load: BindingFor;
  readonly #exports: ReadonlyMap<FunctionKey, Signature>;
  readonly #imports: readonly Signature[];
  readonly #resources: readonly Resource[];
  readonly #bindings = new Map<string, Promise<Binding>>();

  readonly #costs: ElementCosts;
  readonly #limits: LiftLimits;

  /**
   * @param limits what one answer may have, and the arguments of one import
   * @throws {Fault} `component-unsupported` for types that have no codec.
   */
  constructor(world: World, load: BindingFor, limits: LiftLimits) {
    this.#world = world;
    this.#load = load;
    this.#exports = new Map(signaturesOf(world.exports).map((each) => [each.key, each]));
    this.#imports = signaturesOf(world.imports);
    this.#resources = resourcesOf(world.imports);
    this.#costs = elementCosts(world);
    this.#limits = limits;
  }

  async prepare(suspending: readonly FunctionKey[], metered: boolean): Promise<void> {
    await this.#bindingFor(suspending, metered);
  }

  async link(id: number, imports: Imports, suspending: readonly FunctionKey[], meter: Meter | null): Promise<Linked> {
    const binding = await this.#bindingFor(suspending, meter !== null);
    const classes = new Map(this.#resources.map((each) => [each, foreignClass(each, imports.dropped(each))]));
    const resources = new Resources(id, classes);
    const start = (guest: Guest): BindExport => {
      const lifting = new Lifting(this.#costs, this.#limits, guest.importFailed.bind(guest));
      const given = importsObject(this.#world, this.#imports, imports, classes, { guest, resources, lifting });
      const instantiate = binding.build(lifting);
      // Never awaited: an export named `then` would make a promise of it. With compiled cores nothing has to wait.
      const exported = instantiate(coresOf(binding), given, guardedCores(guest, lifting, meter?.imports ?? {}));
      if (exported instanceof Promise) throw new Defect("jco's script waited while it was instantiated");
      return (key) => {
        const signature = this.#exports.get(key);
        return signature === undefined ? undefined : bindExport(exported, signature, resources, lifting);
      };
    };
    return { handles: resources, start };
  }

  #bindingFor(asyncImports: readonly FunctionKey[], metered: boolean): Promise<Binding> {
    const key = JSON.stringify([metered, asyncImports]);
    const known = this.#bindings.get(key);
    if (known !== undefined) return known;
    const made = this.#load(transpileOptions(this.#world, asyncImports), metered);
    this.#bindings.set(key, made);
    made.catch(() => this.#bindings.delete(key));
    return made;
  }
}

function coresOf(binding: Binding): (name: string) => WebAssembly.Module {
  return (name) => {
    const core = binding.cores.get(name);
    if (core === undefined) throw new Fault("component-invalid", `The component has no core module ${name}`);
    return core;
  };
}

type InstantiateCore = (module: WebAssembly.Module, imports?: WebAssembly.Imports) => WebAssembly.Instance;

/** jco's own functions throw, too, and a guest could catch that (L2). Functions of other cores are the guest's. */
function guardedCores(guest: Guest, lifting: Lifting, own: WebAssembly.Imports): InstantiateCore {
  const ofCores = new WeakSet<object>();
  const guarded = (name: string, item: unknown): unknown => {
    if (typeof item !== "function" || ofCores.has(item)) return item;
    const call = item as (...args: unknown[]) => unknown;
    return (...args: unknown[]): unknown => {
      lifting.reset();
      try {
        return call(...args);
      } catch (thrown) {
        const error = trapOfPointer(thrown);
        throw guest.importFailed(isOfTheGuest(thrown) ? thrown : faultOf(error, name, guest.source));
      } finally {
        lifting.reset();
      }
    };
  };
  return (module, imports = {}) => {
    const instance = new WebAssembly.Instance(module, Object.assign(mapImports(imports, guarded), own));
    for (const item of Object.values(instance.exports)) if (typeof item === "function") ofCores.add(item);
    return instance;
  };
}

function mapImports(
  imports: WebAssembly.Imports,
  change: (name: string, item: unknown) => unknown,
): Record<string, Record<string, unknown>> {
  return withoutPrototype(
    Object.entries(imports).map(([from, items]) => [
      from,
      withoutPrototype(Object.entries(items).map(([name, item]) => [name, change(name, item)])),
    ]),
  );
}

/** Names come from the component, so nothing may be inherited. */
function withoutPrototype<T>(entries: [string, T][]): Record<string, T> {
  return Object.assign(Object.create(null) as Record<string, T>, Object.fromEntries(entries));
}
