/**
 * A component's plan with everything compiled: done once per plugin and shared by its instances.
 */
import { Defect, Fault } from "../../../fault.ts";
import type { LinkPlan, Lift } from "../../../wit/plan.ts";
import { type FunctionKey, functionOf, type Resource, type WitFunction, type World } from "../../../wit/types.ts";
import { argumentCheck, type CheckArguments } from "../../check-arguments.ts";
import { resourcesOf } from "../../world.ts";
import { compileExport, type CompiledExport } from "../abi/lift.ts";
import { compileImport, type CompiledImport } from "../abi/lower.ts";
import { compileCores, compileRestoring, type CoreCaps, MOST_CORES } from "../core-module.ts";

export interface ExportCode {
  readonly key: FunctionKey;
  readonly lift: Lift;
  readonly check: CheckArguments;
  readonly compiled: CompiledExport;
}

export interface ImportCode {
  readonly fn: WitFunction;
  readonly compiled: CompiledImport;
}

export class DirectCode {
  readonly plan: LinkPlan;
  readonly modules: readonly WebAssembly.Module[];
  /** Those that somebody else implements. */
  readonly importedResources: readonly Resource[];
  readonly #world: World;
  readonly #cores: readonly { readonly bytes: Uint8Array<ArrayBuffer>; readonly times: number }[];
  readonly #caps: CoreCaps;
  readonly #metered: boolean;
  #restoring: readonly WebAssembly.Module[] | undefined;
  readonly #exports = new Map<FunctionKey, ExportCode>();
  readonly #imports = new Map<FunctionKey, ImportCode>();

  /**
   * `bytes` are a component that was found valid; `metered` as in `compileCores`.
   * @throws {Fault} `component-invalid`, `component-unsupported`, `memory-limit`
   */
  constructor(bytes: Uint8Array, world: World, plan: LinkPlan, caps: CoreCaps, metered: boolean) {
    refuseMany(plan.modules.length, "core modules");
    refuseMany(plan.instances.length, "core instances");
    this.plan = plan;
    this.#world = world;
    this.importedResources = resourcesOf(world.imports);
    this.#cores = plan.modules.map(({ start, end }, module) => {
      const times = plan.instances.filter((each) => each.module === module).length;
      return { bytes: bytes.slice(start, end), times };
    });
    this.#caps = caps;
    this.#metered = metered;
    this.modules = compileCores(this.#cores, caps, metered);
  }

  /** The modules for an instance that goes on from a saved state: none runs anything when it is instantiated. */
  get restoring(): readonly WebAssembly.Module[] {
    this.#restoring ??= compileRestoring(this.#cores, this.modules, this.#caps, this.#metered);
    return this.#restoring;
  }

  /** Compiled when it is first asked for: most instances call few of their functions. */
  export(key: FunctionKey): ExportCode | undefined {
    const known = this.#exports.get(key);
    if (known !== undefined) return known;
    const lift = this.plan.exports.get(key);
    const fn = functionOf(this.#world.exports, key);
    if (lift === undefined || fn === undefined) return undefined;
    const code = { key, lift, check: argumentCheck(fn.name, fn), compiled: compileExport(fn) };
    this.#exports.set(key, code);
    return code;
  }

  import(key: FunctionKey): ImportCode {
    const known = this.#imports.get(key);
    if (known !== undefined) return known;
    const fn = functionOf(this.#world.imports, key);
    if (fn === undefined) throw new Defect(`the plan lowers ${key}, which the world does not import`);
    const code = { fn, compiled: compileImport(fn) };
    this.#imports.set(key, code);
    return code;
  }
}

/** What a component may have of anything that costs memory (HAZARDS 5). */
function refuseMany(count: number, what: string): void {
  if (count <= MOST_CORES) return;
  throw new Fault("component-unsupported", `The component has ${count} ${what}; ${MOST_CORES} are allowed`);
}
