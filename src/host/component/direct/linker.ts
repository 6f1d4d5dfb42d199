/**
 * Linking without jco's binding: the cores are instantiated as the component says, and the canonical ABI between them and
 * workflow values is our own (abi/).
 *
 *   D1  Only for components that were found valid and have a plan.
 *   D2  Whatever an import or a built-in throws on its way through the guest ends the instance, even when the guest
 *       catches it.
 *   D3  When some import may wait, every export is a promise and each waiting import suspends (JSPI); a destructor that
 *       the guest runs may then wait too. Start code, `realloc` and post-return may not.
 */
import type { LiftLimits } from "../../../wit/budget.ts";
import type { CanonFunction, CoreItem, DefinedResource } from "../../../wit/plan.ts";
import type { FunctionKey } from "../../../wit/types.ts";
import { invalidValue } from "../../invalid-value.ts";
import type { CallImport, CoreFunction } from "../abi/abi.ts";
import { resourceDrop, resourceNew, resourceRep } from "../abi/builtins.ts";
import { AbiGuest } from "../abi/guest.ts";
import type { PromisingFunction } from "../abi/lift.ts";
import type { SuspendingFunction } from "../abi/lower.ts";
import { AbiTrap, NotOfItsType } from "../abi/trap.ts";
import { faultOf } from "../failure.ts";
import type { BindExport, Bound, Guest } from "../guest.ts";
import { importCall, type Imports } from "../import-call.ts";
import type { Linked, Linker } from "../linker.ts";
import type { Meter } from "../../meter/meter.ts";
import type { StateReader } from "../../state/bytes.ts";
import type { WasiContext } from "../wasi/context.ts";
import type { DirectCode, ExportCode } from "./code.ts";
import { Cores } from "./cores.ts";
import { type DirectParts, restoreDirect, saveDirect } from "./saved.ts";

/** Gives the same code each time, one metered and one not, and none for a component that is not valid (D1). */
export type Compile = (metered: boolean) => Promise<DirectCode>;

export class DirectLinker implements Linker {
  readonly #compile: Compile;
  readonly #lift: LiftLimits;

  /** @param lift what one answer may have, and the arguments of one import */
  constructor(compile: Compile, lift: LiftLimits) {
    this.#compile = compile;
    this.#lift = lift;
  }

  async prepare(_suspending: readonly FunctionKey[], metered: boolean): Promise<void> {
    await this.#compile(metered);
  }

  async link(
    id: number,
    imports: Imports,
    suspending: readonly FunctionKey[],
    meter: Meter | null,
    wasi: WasiContext,
  ): Promise<Linked> {
    const code = await this.#compile(meter !== null);
    const abi = new AbiGuest(id, this.#lift);
    let link: Link | undefined;
    const made = (guest: Guest): Link =>
      (link = new Link(code, abi, imports, suspending.length > 0, guest, meter?.imports ?? {}));
    return {
      handles: abi.handles,
      start: (guest) => made(guest).start(),
      restore: (guest, from) => made(guest).restore(from, wasi),
      save: (owner) => (link === undefined ? null : saveDirect(link.parts(wasi), owner)),
    };
  }
}

/** One instance being linked. */
class Link {
  readonly #code: DirectCode;
  readonly #abi: AbiGuest;
  readonly #imports: Imports;
  readonly #suspends: boolean;
  readonly #guest: Guest;
  readonly #cores: Cores;
  /** What each import that may wait does, by what the engine made of it. */
  readonly #waiting = new Map<unknown, SuspendingFunction>();
  #started = false;

  constructor(
    code: DirectCode,
    abi: AbiGuest,
    imports: Imports,
    suspends: boolean,
    guest: Guest,
    own: WebAssembly.Imports,
  ) {
    this.#code = code;
    this.#abi = abi;
    this.#imports = imports;
    this.#suspends = suspends;
    this.#guest = guest;
    this.#cores = new Cores(code.plan, (canon) => this.#make(canon), own);
  }

  start(): BindExport {
    return this.#instantiate(this.#code.modules);
  }

  /** @throws {Fault} `state-invalid` */
  restore(from: StateReader, wasi: WasiContext): BindExport {
    const bind = this.#instantiate(this.#code.restoring);
    restoreDirect(this.parts(wasi), from);
    return bind;
  }

  parts(wasi: WasiContext): DirectParts {
    const { plan, importedResources } = this.#code;
    const resources = [...importedResources, ...plan.resources.map(({ resource }) => resource)];
    return { cores: this.#cores.instances, handles: this.#abi.handles, resources, wasi };
  }

  #instantiate(modules: readonly WebAssembly.Module[]): BindExport {
    const { handles } = this.#abi;
    for (const each of this.#code.importedResources) handles.defineHost(each, this.#imports.dropped(each));
    for (const each of this.#code.plan.resources) this.#define(each);
    this.#cores.start(modules);
    this.#started = true;
    return (key) => {
      const found = this.#code.export(key);
      return found === undefined ? undefined : this.#bind(found);
    };
  }

  #bind({ key, lift, check, compiled }: ExportCode): Bound {
    const core = this.#cores.function(lift.function);
    const options = this.#cores.options(lift.options);
    const { admit } = compiled;
    return {
      key,
      async: false,
      check,
      admit: admit === null ? null : (args) => admit(this.#abi, args),
      invoke: this.#suspends
        ? compiled.bindSuspending(this.#abi, this.#promising(lift.function, core), options)
        : compiled.bind(this.#abi, core, options),
    };
  }

  /** The engine wraps functions of cores only; an import that is lifted again has no guest to suspend. */
  #promising(item: CoreItem, core: CoreFunction): PromisingFunction {
    const made = this.#cores.made(item);
    if (made === undefined) return WebAssembly.promising(core);
    const call = this.#waiting.get(made) ?? core;
    return async (...args) => call(...args);
  }

  /** The destructor is looked up when it first runs: it may belong to a core that is not there yet. */
  #define({ resource, destructor }: DefinedResource): void {
    if (destructor === null) return this.#abi.handles.defineGuest(resource, null);
    let run: ((rep: number) => unknown) | undefined;
    const made = (): ((rep: number) => unknown) => {
      const core = this.#cores.function(destructor);
      return this.#suspends ? WebAssembly.promising(core) : core;
    };
    this.#abi.handles.defineGuest(resource, (rep) => (run ??= made())(rep));
  }

  #make(canon: CanonFunction): unknown {
    switch (canon.kind) {
      case "lower":
        return this.#lower(canon);
      case "resource-new":
        return resourceNew(this.#abi, canon.resource, this.#failed("resource.new"));
      case "resource-rep":
        return resourceRep(this.#abi, canon.resource, this.#failed("resource.rep"));
      case "resource-drop": {
        const drop = resourceDrop(this.#abi, canon.resource, this.#failed("resource.drop"), this.#suspends);
        return this.#suspends && this.#hasDestructor(canon) ? new WebAssembly.Suspending(drop) : drop;
      }
    }
  }

  #hasDestructor({ resource }: Extract<CanonFunction, { kind: `resource-${string}` }>): boolean {
    return this.#code.plan.resources.some((each) => each.resource === resource && each.destructor !== null);
  }

  #lower({ key, options }: Extract<CanonFunction, { kind: "lower" }>): unknown {
    const { fn, compiled } = this.#code.import(key);
    const call = importCall(key, fn, this.#imports, this.#guest);
    const bound = this.#cores.options(options);
    const failed = this.#failed(key);
    if (this.#imports.functions.get(key)?.colour === "async") {
      const waits = this.#unlessStarting(call);
      const suspending = compiled.bindSuspending(this.#abi, waits, bound, failed);
      const made = new WebAssembly.Suspending(suspending);
      this.#waiting.set(made, suspending);
      return made;
    }
    return compiled.bind(this.#abi, call as (args: Parameters<typeof call>[0]) => never, bound, failed);
  }

  /** The engine lets a start function that is itself an import return before it has answered. */
  #unlessStarting(call: CallImport): CallImport {
    return (args) => {
      const answer = call(args);
      if (this.#started || !(answer instanceof Promise)) return answer;
      answer.catch(() => {}); // nobody waits for it
      throw new AbiTrap("start code cannot wait");
    };
  }

  /** What goes on through the guest instead of what was thrown in this import or built-in (D2). */
  #failed(name: string): (thrown: unknown) => unknown {
    const { source } = this.#guest;
    return (thrown) => {
      if (thrown instanceof NotOfItsType) {
        return this.#guest.importFailed(invalidValue(source, "passed", name, thrown.message, { cause: thrown }));
      }
      return this.#guest.importFailed(thrown instanceof AbiTrap ? faultOf(thrown, name, source) : thrown);
    };
  }
}
