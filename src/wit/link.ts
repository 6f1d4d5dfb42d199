/**
 * Collects, while a component is evaluated, what concerns its core, and makes the plan of it (plan.ts).
 *
 *   R1  Only the root component may have a core. Components inside that merely hand on what they are given, as every
 *       exported interface has one, are no obstacle: where a function comes from was followed through them (N3).
 *   R2  The first obstacle ends the collecting: the indices of what follows may no longer be right (D3).
 */
import type { Item, Origin, ResourceNode, Scope } from "./node.ts";
import type {
  CanonPlan,
  CoreArgument,
  CoreInstantiation,
  CoreItem,
  CoreSort,
  DefinedResource,
  Lift,
  LinkPlan,
  NoPlan,
} from "./plan.ts";
import { partsOf } from "./parts.ts";
import type { CanonSyntax, CoreDefinition, Definition, TypeSyntax } from "./syntax.ts";
import { type FunctionKey, functionKey, functionsOf, type WitFunction, type WitType, type World } from "./types.ts";
import type { ResourceOf } from "./world.ts";

type Of<K extends Definition["kind"]> = Extract<Definition, { kind: K }>;

/** A canonical definition whose resource is not named yet. */
type Canon =
  | { readonly kind: "lower"; readonly key: FunctionKey; readonly options: CanonPlan }
  | { readonly kind: "resource-new" | "resource-drop" | "resource-rep"; readonly node: ResourceNode };

const COMPOSED = "it is composed of several components";

export class Linking {
  readonly #modules: { start: number; end: number }[] = [];
  /** The index space of core instances: an instantiation, or items put together. */
  readonly #instances: CoreArgument[] = [];
  readonly #instantiations: CoreInstantiation[] = [];
  readonly #items: Record<CoreSort, CoreItem[]> = { func: [], table: [], memory: [], global: [], tag: [] };
  readonly #canons: Canon[] = [];
  readonly #lifts: Lift[] = [];
  readonly #resources: { node: ResourceNode; destructor: CoreItem | null }[] = [];
  #reason: string | null = null;

  /** A definition that makes nothing but core things. */
  define(definition: CoreDefinition, scope: Scope): void {
    this.#collect(scope, () => this.#define(definition, scope));
  }

  /** Where a lifted function comes from. */
  lift({ func, options }: Of<"lift">, scope: Scope): Origin {
    this.#collect(scope, () => {
      const lift = { function: this.#item("func", func), options: this.#options(options) };
      this.#lifts.push(lift);
    });
    return this.#reason === null ? { kind: "lift", lift: this.#lifts.length - 1 } : null;
  }

  /** A resource that a component defines. */
  resource(node: ResourceNode, syntax: Extract<TypeSyntax, { kind: "resource" }>, scope: Scope): void {
    this.#collect(scope, () => {
      if (syntax.async) this.#refuse("it has an asynchronous destructor");
      const destructor = syntax.destructor === null ? null : this.#item("func", syntax.destructor);
      this.#resources.push({ node, destructor });
    });
  }

  /** After the last definition. `exports` are the root's. */
  plan(world: World, exports: ReadonlyMap<string, Item>, resourceOf: ResourceOf): LinkPlan | NoPlan {
    const lifts = new Map<FunctionKey, Lift>();
    for (const [key, origin] of functionOrigins(exports)) {
      const lift = origin?.kind === "lift" ? this.#lifts[origin.lift] : undefined;
      if (lift === undefined) this.#refuse("it exports a function that is not its own");
      else lifts.set(key, lift);
    }
    const reason = this.#reason ?? asynchronous(world);
    if (reason !== null) return { reason };
    return {
      modules: this.#modules,
      instances: this.#instantiations,
      functions: this.#canons.map((canon) =>
        canon.kind === "lower" ? canon : { kind: canon.kind, resource: resourceOf(canon.node) },
      ),
      resources: this.#resources.map(({ node, destructor }): DefinedResource => ({
        resource: resourceOf(node),
        destructor,
      })),
      exports: lifts,
    };
  }

  #collect(scope: Scope, work: () => void): void {
    if (this.#reason !== null) return; // R2
    if (scope.parent !== null) return this.#refuse(COMPOSED); // R1
    work();
  }

  #refuse(reason: string): void {
    this.#reason ??= reason;
  }

  #define(definition: CoreDefinition, scope: Scope): void {
    switch (definition.kind) {
      case "core-module":
        return void this.#modules.push({ start: definition.start, end: definition.end });
      case "core-instantiate":
        return this.#instantiate(definition);
      case "core-bundle": {
        const items = definition.exports.map(({ name, sort, index }) => [name, this.#item(sort, index)] as const);
        return void this.#instances.push({ kind: "items", items: new Map(items) });
      }
      case "core-alias":
        return void this.#items[definition.sort].push(this.#aliased(definition));
      case "lower":
        return this.#lower(definition, scope);
      case "resource-new":
      case "resource-drop":
      case "resource-rep": {
        const node = scope.types[definition.resource];
        if (node?.kind !== "resource") return this.#refuse(DAMAGED);
        return this.#canon({ kind: definition.kind, node });
      }
      case "beyond":
        return this.#refuse(`it has ${definition.what}`);
    }
  }

  #instantiate({ module, args }: Extract<CoreDefinition, { kind: "core-instantiate" }>): void {
    if (module >= this.#modules.length) this.#refuse(DAMAGED);
    const given = args.map(({ name, instance }) => [name, this.#instance(instance)] as const);
    this.#instances.push({ kind: "instance", instance: this.#instantiations.length });
    this.#instantiations.push({ module, args: new Map(given) });
  }

  #aliased({ sort, instance, name }: Extract<CoreDefinition, { kind: "core-alias" }>): CoreItem {
    const from = this.#instance(instance);
    if (from.kind === "instance") return { kind: "export", instance: from.instance, name, sort };
    return from.items.get(name) ?? this.#nothing();
  }

  #lower({ func, options }: Extract<CoreDefinition, { kind: "lower" }>, scope: Scope): void {
    const lowered = scope.funcs[func];
    if (lowered === undefined) return this.#refuse(DAMAGED);
    const { origin } = lowered;
    if (origin?.kind !== "import") return this.#refuse(COMPOSED);
    this.#canon({
      kind: "lower",
      key: functionKey(origin.interface, origin.name),
      options: this.#options(options),
    });
  }

  #canon(canon: Canon): void {
    this.#items.func.push({ kind: "canon", index: this.#canons.length });
    this.#canons.push(canon);
  }

  #options({ encoding, memory, realloc, postReturn, beyond }: CanonSyntax): CanonPlan {
    if (beyond !== null) this.#refuse(`it has a function with the option ${beyond}`);
    return {
      encoding,
      memory: memory === null ? null : this.#item("memory", memory),
      realloc: realloc === null ? null : this.#item("func", realloc),
      postReturn: postReturn === null ? null : this.#item("func", postReturn),
    };
  }

  #item(sort: CoreSort, index: number): CoreItem {
    return this.#items[sort][index] ?? this.#nothing();
  }

  #instance(index: number): CoreArgument {
    return this.#instances[index] ?? { kind: "items", items: new Map([["", this.#nothing()]]) };
  }

  /** Stands for what is not there; the plan that it would be in is never made. */
  #nothing(): CoreItem {
    this.#refuse(DAMAGED);
    return { kind: "canon", index: 0 };
  }
}

const DAMAGED = "it refers to something that is not there";

/** The functions of the world's exports, by key, as `world.ts` files them. */
function* functionOrigins(exports: ReadonlyMap<string, Item>): Generator<[FunctionKey, Origin]> {
  for (const [name, item] of exports) {
    if (item.sort === "func") yield [name, item.origin];
    if (item.sort !== "instance") continue;
    for (const [inner, member] of item.node.exports) {
      if (member.sort === "func") yield [functionKey(name, inner), member.origin];
    }
  }
}

/** What of the world needs the asynchronous part of the canonical ABI. */
function asynchronous(world: World): string | null {
  const seen = new Set<WitType>();
  for (const side of [world.imports, world.exports]) {
    for (const [key, fn] of functionsOf(side)) {
      if (fn.async) return `${key} is asynchronous`;
      const found = typesOf(fn)
        .map((type) => asynchronousPart(type, seen))
        .find((kind) => kind !== null);
      if (found !== undefined) return `${key} has a value of type ${found}`;
    }
  }
  return null;
}

function typesOf({ params, result }: WitFunction): readonly WitType[] {
  const types = params.map((param) => param.type);
  return result === null ? types : [...types, result];
}

/** `seen` are types without such a part: shared types are walked once (L2). */
function asynchronousPart(type: WitType, seen: Set<WitType>): string | null {
  if (type.kind === "stream" || type.kind === "future" || type.kind === "error-context") return type.kind;
  if (seen.has(type)) return null;
  seen.add(type);
  for (const part of partsOf(type)) {
    const found = asynchronousPart(part, seen);
    if (found !== null) return found;
  }
  return null;
}
