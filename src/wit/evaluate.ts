/**
 * Evaluates the definitions of a component, at the level of types: what does each name stand for once the components
 * inside are instantiated and the aliases are followed?
 *
 *   V1  Bodies are evaluated anew for each use, so that their resources are fresh (N2), and each step is charged (L1).
 *   V2  An import of a component inside is whatever it is given; only the root's imports are made from their types.
 */
import { at, buildFunction, buildValue, named } from "./build-type.ts";
import { WitError } from "./error.ts";
import type { Budget } from "./limits.ts";
import type { Linking } from "./link.ts";
import { collisionKey, quote } from "./names.ts";
import type { BodyNode, InstanceNode, Item, Origin, Owner, ResourceNode, Scope, TypeNode } from "./node.ts";
import type { Definition, Extern, NamedItem, SortIndex, TypeSyntax } from "./syntax.ts";

type Of<K extends Definition["kind"]> = Extract<Definition, { kind: K }>;

type Given = Pick<Scope, "args" | "actual" | "imported">;
const NOTHING_GIVEN: Given = { args: null, actual: null, imported: null };

/** The scope of the root component after its last definition. `linking` is told what concerns the core. */
export function evaluate(definitions: readonly Definition[], budget: Budget, linking: Linking): Scope {
  return new Evaluator(budget, linking).body(definitions, null, { id: null, final: true }, NOTHING_GIVEN);
}

class Evaluator {
  readonly #budget: Budget;
  readonly #linking: Linking;

  constructor(budget: Budget, linking: Linking) {
    this.#budget = budget;
    this.#linking = linking;
  }

  body(definitions: readonly Definition[], parent: Scope | null, owner: Owner, given: Given): Scope {
    const scope: Scope = {
      ...given,
      parent,
      owner,
      types: [],
      funcs: [],
      components: [],
      instances: [],
      imports: new Map(),
      exports: new Map(),
    };
    const seen = { import: new Set<string>(), export: new Set<string>() };
    for (const definition of definitions) {
      this.#budget.charge(1, definition.offset);
      checkCollision(definition, seen);
      this.#define(definition, scope);
    }
    return scope;
  }

  #define(definition: Definition, scope: Scope): void {
    switch (definition.kind) {
      case "type":
        return void scope.types.push(this.#type(definition.type, scope, definition.offset));
      case "alias-export":
        return this.#push(scope, aliasExport(definition, scope));
      case "alias-outer":
        return this.#push(scope, aliasOuter(definition, scope));
      case "import":
        return this.#import(definition, scope);
      case "export-type":
        return this.#exportType(definition, scope);
      case "export":
        return this.#export(definition, scope);
      case "component":
        return void scope.components.push({ kind: "component", body: definition.body, scope });
      case "instantiate":
        return void scope.instances.push(this.#instantiate(definition, scope));
      case "bundle":
        return void scope.instances.push(this.#bundle(definition, scope));
      case "lift":
        return void scope.funcs.push({
          node: functionAt(scope, definition.type, definition.offset),
          origin: this.#linking.lift(definition, scope),
        });
      case "core-module":
      case "core-instantiate":
      case "core-bundle":
      case "core-alias":
      case "lower":
      case "resource-new":
      case "resource-drop":
      case "resource-rep":
      case "beyond":
        return this.#linking.define(definition, scope);
    }
  }

  #type(syntax: TypeSyntax, scope: Scope, offset: number): TypeNode {
    switch (syntax.kind) {
      case "value":
        return buildValue(syntax.shape, scope, this.#budget, offset);
      case "func":
        return buildFunction(syntax, scope, this.#budget, offset);
      case "resource": {
        const node: ResourceNode = { kind: "resource", naming: null };
        this.#linking.resource(node, syntax, scope);
        return node;
      }
      case "component":
        return { kind: "component", body: syntax.body, scope };
      case "instance":
        return { kind: "instance-type", body: syntax.body, scope };
    }
  }

  #import(definition: Of<"import">, scope: Scope): void {
    const { name, offset, extern } = definition;
    const item =
      scope.args === null ? this.#fresh(definition, scope, null, imported(name, scope)) : scope.args.get(name);
    if (item === undefined)
      throw new WitError("malformed", `An instance is not given its import ${quote(name)}`, offset);
    if (item.sort !== sortOf(extern))
      throw new WitError("malformed", `The import ${quote(name)} is of another sort`, offset);
    this.#push(scope, item);
    scope.imports.set(name, item);
  }

  #exportType(definition: Of<"export-type">, scope: Scope): void {
    const actual = scope.actual?.get(definition.name);
    const from = scope.imported;
    const origin: Origin = from === null ? null : { kind: "import", interface: from, name: definition.name };
    const item = this.#fresh(definition, scope, actual ?? null, origin);
    this.#push(scope, item);
    scope.exports.set(definition.name, item);
  }

  #export(definition: Of<"export">, scope: Scope): void {
    const { name, ascribed, offset } = definition;
    const actual = lookUp(scope, definition.item, offset);
    if (ascribed !== null && sortOf(ascribed) !== actual.sort) {
      throw new WitError("malformed", `The export ${quote(name)} is not what its type says`, offset);
    }
    const declares = ascribed?.kind === "func" || ascribed?.kind === "instance";
    const item = declares
      ? this.#fresh({ name, extern: ascribed, offset }, scope, actual, null)
      : exported(actual, name, scope);
    if (item.sort === "instance") claim(item.node, name, scope);
    this.#push(scope, item);
    scope.exports.set(name, item);
  }

  /**
   * What an extern stands for. Where there is an actual item, its types and resources are taken for the declared, and
   * where its functions come from; else they come from `origin`.
   */
  #fresh(
    { name, extern, offset }: { name: string; extern: Extern; offset: number },
    scope: Scope,
    actual: Item | null,
    origin: Origin,
  ): Item {
    switch (extern.kind) {
      case "func": {
        const from = actual?.sort === "func" ? actual.origin : origin;
        return { offset, sort: "func", node: functionAt(scope, extern.type, offset), origin: from };
      }
      case "type-equal":
      case "resource": {
        const given = actual?.sort === "type" ? actual.node : null;
        return { offset, sort: "type", node: given ?? declaredType(extern, name, scope, offset) };
      }
      case "component":
        return { offset, sort: "component", node: bodyAt(scope, extern.type, "component", offset) };
      case "instance": {
        const given = actual?.sort === "instance" ? actual.node : null;
        const from = origin?.kind === "import" && origin.interface === null ? origin.name : null;
        const node = this.#instance(extern.type, scope, given, from, offset);
        claim(node, name, scope);
        return { offset, sort: "instance", node };
      }
      case "other":
        return { offset, sort: "other", node: null };
    }
  }

  /** An instance of an instance type. */
  #instance(
    type: number,
    scope: Scope,
    actual: InstanceNode | null,
    from: string | null,
    offset: number,
  ): InstanceNode {
    const { body, scope: home } = bodyAt(scope, type, "instance-type", offset);
    const owner = actual?.owner ?? { id: null, final: false };
    const given = { args: null, actual: actual?.exports ?? null, imported: from };
    const inner = this.#budget.nested(offset, () => this.body(body, home, owner, given));
    return { kind: "instance", exports: inner.exports, owner };
  }

  #instantiate(definition: Of<"instantiate">, scope: Scope): InstanceNode {
    const { offset } = definition;
    const component = at(scope.components, definition.component, "component", offset);
    const args = this.#items(definition.args, scope, offset);
    const owner: Owner = { id: null, final: false };
    const inner = this.#budget.nested(offset, () =>
      this.body(component.body, component.scope, owner, { args, actual: null, imported: null }),
    );
    return { kind: "instance", exports: inner.exports, owner };
  }

  #bundle(definition: Of<"bundle">, scope: Scope): InstanceNode {
    const exports = this.#items(definition.exports, scope, definition.offset);
    const owner: Owner = { id: null, final: false };
    for (const [name, item] of exports) nameInPlace(item, { owner, name });
    return { kind: "instance", exports, owner };
  }

  #push(scope: Scope, item: Item): void {
    switch (item.sort) {
      case "func":
        return void scope.funcs.push(item);
      case "type":
        return void scope.types.push(item.node);
      case "component":
        return void scope.components.push(item.node);
      case "instance":
        return void scope.instances.push(item.node);
      case "other":
        return this.#linking.define({ kind: "beyond", what: "core modules or values that it hands on" }, scope);
    }
  }

  #items(items: readonly NamedItem[], scope: Scope, offset: number): Map<string, Item> {
    this.#budget.charge(items.length, offset);
    const found = new Map<string, Item>();
    for (const item of items) {
      if (found.has(item.name)) throw new WitError("malformed", `${quote(item.name)} is given twice`, offset);
      found.set(item.name, lookUp(scope, item, offset));
    }
    return found;
  }
}

function checkCollision(definition: Definition, seen: { import: Set<string>; export: Set<string> }): void {
  if (definition.kind !== "import" && definition.kind !== "export" && definition.kind !== "export-type") return;
  const names = definition.kind === "import" ? seen.import : seen.export;
  const key = collisionKey(definition.name);
  if (names.has(key)) {
    throw new WitError("malformed", `Two things are named ${quote(definition.name)}`, definition.offset);
  }
  names.add(key);
}

/** Where what the root imports comes from; what a component inside imports comes from where it is given. */
function imported(name: string, scope: Scope): Origin {
  return scope.parent === null ? { kind: "import", interface: null, name } : null;
}

function lookUp(scope: Scope, { sort, index }: SortIndex, offset: number): Item {
  switch (sort) {
    case "func": {
      const { node, origin } = at(scope.funcs, index, "function", offset);
      return { offset, sort, node, origin };
    }
    case "type":
      return { offset, sort, node: at(scope.types, index, "type", offset) };
    case "component":
      return { offset, sort, node: at(scope.components, index, "component", offset) };
    case "instance":
      return { offset, sort, node: at(scope.instances, index, "instance", offset) };
    case "other":
      return { offset, sort, node: null };
  }
}

function aliasExport({ sort, instance, name, offset }: Of<"alias-export">, scope: Scope): Item {
  const item = at(scope.instances, instance, "instance", offset).exports.get(name);
  if (sort === "other") return { offset, sort: "other", node: null };
  if (item?.sort !== sort) throw new WitError("malformed", `The instance exports no ${sort} ${quote(name)}`, offset);
  return item;
}

function aliasOuter({ sort, count, index, offset }: Of<"alias-outer">, scope: Scope): Item {
  let target = scope;
  for (let step = 0; step < count; step += 1) {
    if (target.parent === null) throw new WitError("malformed", `There are no ${count} scopes around this one`, offset);
    target = target.parent;
  }
  if (sort === "func" || sort === "instance") throw new WitError("malformed", `No ${sort} can be aliased so`, offset);
  return lookUp(target, { sort, index }, offset);
}

function functionAt(scope: Scope, index: number, offset: number): Extract<TypeNode, { kind: "func" }> {
  const node = at(scope.types, index, "type", offset);
  if (node.kind !== "func") throw new WitError("malformed", `Type ${index} is not a function type`, offset);
  return node;
}

function bodyAt(scope: Scope, index: number, kind: BodyNode["kind"], offset: number): BodyNode {
  const node = at(scope.types, index, "type", offset);
  if (node.kind !== kind) throw new WitError("malformed", `Type ${index} is not an ${kind.replace("-", " ")}`, offset);
  return node;
}

function declaredType(
  extern: Extract<Extern, { kind: "type-equal" | "resource" }>,
  name: string,
  scope: Scope,
  offset: number,
): TypeNode {
  const naming = { owner: scope.owner, name };
  if (extern.kind === "resource") return { kind: "resource", naming };
  return named(at(scope.types, extern.type, "type", offset), naming);
}

function exported(item: Item, name: string, scope: Scope): Item {
  if (item.sort !== "type") return item;
  return { ...item, node: named(item.node, { owner: scope.owner, name }) };
}

/** In a bundle the functions refer to the very node that the bundle names. */
function nameInPlace(item: Item, naming: { owner: Owner; name: string }): void {
  if (item.sort !== "type") return;
  const { node } = item;
  if (node.kind === "value" || node.kind === "resource") node.naming ??= naming;
}

/** The instance's types are named after this name from now on, unless a better one was given already. */
function claim(instance: InstanceNode, name: string, scope: Scope): void {
  const { owner } = instance;
  if (owner.final) return;
  if (scope.parent === null) owner.final = true;
  else if (owner.id !== null) return;
  owner.id = name;
}

function sortOf(extern: Extern): Item["sort"] {
  switch (extern.kind) {
    case "type-equal":
    case "resource":
      return "type";
    case "func":
    case "component":
    case "instance":
    case "other":
      return extern.kind;
  }
}
