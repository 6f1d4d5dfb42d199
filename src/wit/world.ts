/** Turns the evaluated root component into a `World`: names its types, files its functions, counts its nodes (L2). */
import { WitError } from "./error.ts";
import type { Budget } from "./limits.ts";
import { checkInterfaceName, checkLabel, type FunctionName, parseFunctionName, quote } from "./names.ts";
import type { FunctionNode, InstanceNode, Item, Naming, ResourceNode, Scope, ValueNode } from "./node.ts";
import { mapShape } from "./shape.ts";
import type { Resource, TypeName, WitFunction, WitInterface, WitType, World, WorldSide } from "./types.ts";

/** The world that the root component's scope shows to the outside, and the resources that its types speak of. */
export function toWorld(root: Scope, budget: Budget): { readonly world: World; readonly resourceOf: ResourceOf } {
  const converter = new Converter(budget);
  const world = {
    imports: converter.side(root.imports, "import"),
    exports: converter.side(root.exports, "export"),
  };
  return { world, resourceOf: (node) => converter.resource(node) };
}

/** The one resource that a node stands for (W2). */
export type ResourceOf = (node: ResourceNode) => Resource;

/** What a resource is called that the world never shows. */
const PRIVATE: TypeName = { interface: null, name: "resource" };

interface Names {
  readonly types: Map<string, WitType | Resource>;
  readonly functions: Map<string, WitFunction>;
}

class Converter {
  readonly #budget: Budget;
  readonly #types = new Map<ValueNode, WitType>();
  readonly #resources = new Map<ResourceNode, Resource>();
  #nodes = 0;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  side(items: ReadonlyMap<string, Item>, role: "import" | "export"): WorldSide {
    const interfaces = new Map<string, WitInterface>();
    const names: Names = { types: new Map(), functions: new Map() };
    for (const [name, item] of items) {
      if (item.sort === "instance") interfaces.set(name, this.#interface(name, item.node, item.offset));
      else if (item.sort === "func" || item.sort === "type") this.#member(name, item, names);
      else if (role === "import") refuse(name, item);
    }
    return { interfaces, ...names };
  }

  #interface(id: string, instance: InstanceNode, offset: number): WitInterface {
    checkInterfaceName(id, offset);
    const names: Names = { types: new Map(), functions: new Map() };
    for (const [name, item] of instance.exports) this.#member(name, item, names);
    return { id, ...names };
  }

  #member(name: string, item: Item, names: Names): void {
    if (item.sort === "func") {
      names.functions.set(name, this.#function(name, item.node, names.types, item.offset));
    } else if (item.sort === "type" && (item.node.kind === "value" || item.node.kind === "resource")) {
      checkLabel(name, item.offset);
      this.#count(item.node.kind === "value" ? item.node.size : 1, item.offset);
      names.types.set(
        name,
        item.node.kind === "value" ? this.#type(item.node) : this.#resource(item.node, item.offset),
      );
    }
  }

  #function(name: string, node: FunctionNode, types: Names["types"], offset: number): WitFunction {
    const parsed = parseFunctionName(name, offset);
    for (const param of node.params) this.#count(param.type.size, offset);
    if (node.result !== null) this.#count(node.result.size, offset);
    const fn: WitFunction = {
      name,
      shape: parsed.shape,
      resource: resourceOf(name, parsed, types, offset),
      params: node.params.map((param) => ({ name: param.name, type: this.#type(param.type) })),
      result: node.result === null ? null : this.#type(node.result),
      async: node.async,
    };
    checkSelf(fn, offset);
    return fn;
  }

  #count(nodes: number, offset: number): void {
    this.#nodes += nodes;
    if (this.#nodes > this.#budget.limits.worldNodes) {
      throw new WitError("too-large", `The world has more than ${this.#budget.limits.worldNodes} type nodes`, offset);
    }
  }

  /** Shared nodes become shared types: the depth limit bounds the recursion, this map the work. */
  #type(node: ValueNode): WitType {
    const known = this.#types.get(node);
    if (known !== undefined) return known;
    const type = this.#convert(node);
    this.#types.set(node, type);
    return type;
  }

  #convert(node: ValueNode): WitType {
    const name = node.naming === null ? null : typeName(node.naming);
    const shape = mapShape<ValueNode, ResourceNode, WitType, Resource>(
      node.shape,
      (inner) => this.#type(inner),
      (resource) => this.#resource(resource, 0),
    );
    if (shape.kind === "record" || shape.kind === "variant" || shape.kind === "enum" || shape.kind === "flags") {
      return { ...shape, name };
    }
    return name === null ? shape : { ...shape, alias: name };
  }

  #resource(node: ResourceNode, offset: number): Resource {
    if (node.naming === null) throw new WitError("malformed", "A function uses a resource that has no name", offset);
    return this.resource(node);
  }

  resource(node: ResourceNode): Resource {
    const known = this.#resources.get(node);
    if (known !== undefined) return known;
    const resource: Resource = { kind: "resource", name: node.naming === null ? PRIVATE : typeName(node.naming) };
    this.#resources.set(node, resource);
    return resource;
  }
}

function typeName({ owner, name }: Naming): TypeName {
  return { interface: owner.id, name };
}

function refuse(name: string, item: Item): never {
  const what = item.sort === "component" ? "a component" : "a core module or a value";
  throw new WitError(
    "unsupported",
    `The import ${quote(name)} is ${what}: only functions and instances can be given`,
    item.offset,
  );
}

function resourceOf(name: string, parsed: FunctionName, types: Names["types"], offset: number): Resource | null {
  if (parsed.resource === null) return null;
  const type = types.get(parsed.resource);
  if (type?.kind !== "resource") {
    throw new WitError("malformed", `${quote(name)} belongs to no resource that was declared before it`, offset);
  }
  return type;
}

/** A method takes its resource first; a constructor makes it. */
function checkSelf(fn: WitFunction, offset: number): void {
  if (fn.shape === "method") {
    const self = fn.params[0]?.type;
    if (self?.kind === "borrow" && self.resource === fn.resource) return;
    throw new WitError("malformed", `The method ${quote(fn.name)} does not take its resource first`, offset);
  }
  if (fn.shape === "constructor") {
    const made = fn.result?.kind === "result" ? fn.result.ok : fn.result;
    if (made?.kind === "own" && made.resource === fn.resource) return;
    throw new WitError("malformed", `The constructor ${quote(fn.name)} does not make its resource`, offset);
  }
}
