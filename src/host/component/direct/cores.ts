/**
 * The core instances of one component instance, put together by its plan.
 *
 *   C1  In the plan's order; a core function that a canonical definition makes is made when a core is first given it,
 *       and then stays the same function.
 *   C2  What an instance exports is looked at before it is used: a plan was never checked against the cores.
 *   C3  Where the host calls the guest, an import in the place of the guest's own function may not wait.
 */
import { Defect, Fault } from "../../../fault.ts";
import type {
  CanonFunction,
  CanonPlan,
  CoreArgument,
  CoreInstantiation,
  CoreItem,
  LinkPlan,
} from "../../../wit/plan.ts";
import type { CanonOptions, CoreFunction } from "../abi/abi.ts";
import { AbiTrap } from "../abi/trap.ts";

/** Makes the core function of a canonical definition. */
export type MakeFunction = (canon: CanonFunction) => unknown;

export class Cores {
  readonly #plan: LinkPlan;
  readonly #make: MakeFunction;
  readonly #own: WebAssembly.Imports;
  readonly #instances: WebAssembly.Exports[] = [];
  readonly #functions: unknown[] = [];

  /** @param own what every core is given beside what the plan says, by module */
  constructor(plan: LinkPlan, make: MakeFunction, own: WebAssembly.Imports) {
    this.#plan = plan;
    this.#make = make;
    this.#own = own;
  }

  /** What each core exports, in the plan's order. */
  get instances(): readonly WebAssembly.Exports[] {
    return this.#instances;
  }

  /** Instantiates every core; start functions of theirs run. */
  start(modules: readonly WebAssembly.Module[]): void {
    for (const instantiation of this.#plan.instances) {
      const module = modules[instantiation.module];
      if (module === undefined) throw new Defect(`the plan has no core module ${instantiation.module}`);
      this.#instances.push(new WebAssembly.Instance(module, this.#imports(instantiation)).exports);
    }
  }

  /** @throws {Fault} `component-invalid` */
  function(item: CoreItem): CoreFunction {
    const found = this.#item(item);
    if (typeof found === "function") return found as CoreFunction;
    return isWaiting(found) ? cannotWait : refuse(item, "function");
  }

  /** The core function that an export is, if it is made here: an import lifted again. */
  made(item: CoreItem): unknown {
    return item.kind === "canon" ? this.#item(item) : undefined;
  }

  /** What a canonical definition names, in this instance. @throws {Fault} `component-invalid` */
  options({ encoding, memory, realloc, postReturn }: CanonPlan): CanonOptions {
    return {
      encoding,
      memory: memory === null ? null : this.#memory(memory),
      realloc: realloc === null ? null : this.function(realloc),
      postReturn: postReturn === null ? null : this.function(postReturn),
    };
  }

  #memory(item: CoreItem): WebAssembly.Memory {
    const found = this.#item(item);
    return found instanceof WebAssembly.Memory ? found : refuse(item, "memory");
  }

  #imports({ args }: CoreInstantiation): WebAssembly.Imports {
    const imports = empty<Record<string, unknown>>();
    for (const [name, argument] of args) imports[name] = this.#argument(argument);
    return Object.assign(imports, this.#own);
  }

  #argument(argument: CoreArgument): Record<string, unknown> {
    if (argument.kind === "instance") return this.#exportsOf(argument.instance);
    const items = empty<unknown>();
    for (const [name, item] of argument.items) items[name] = this.#item(item);
    return items;
  }

  #item(item: CoreItem): unknown {
    if (item.kind === "export") return this.#exportsOf(item.instance)[item.name];
    const known = this.#functions[item.index];
    if (known !== undefined) return known;
    const canon = this.#plan.functions[item.index];
    if (canon === undefined) throw new Defect(`the plan has no function ${item.index}`);
    const made = this.#make(canon);
    this.#functions[item.index] = made; // C1
    return made;
  }

  #exportsOf(instance: number): WebAssembly.Exports {
    const exports = this.#instances[instance];
    if (exports === undefined) throw new Defect(`the plan asks for core instance ${instance} before it is there`);
    return exports;
  }
}

/** An import that may wait is no function of JavaScript's. */
function isWaiting(item: unknown): boolean {
  return "Suspending" in WebAssembly && item instanceof WebAssembly.Suspending;
}

/** Such an import stands where the host calls the guest: nothing of the guest's could be suspended there (C3). */
function cannotWait(): never {
  throw new AbiTrap("an import that may wait was called where the guest may not leave");
}

/** Names come from the component, so nothing may be inherited. */
function empty<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>;
}

function refuse(item: CoreItem, what: string): never {
  const name = item.kind === "export" ? item.name : `canonical definition ${item.index}`;
  throw new Fault("component-invalid", `The component's ${name} is not a core ${what}`); // C2
}
