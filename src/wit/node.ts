/**
 * What definitions stand for once evaluated: types with their references resolved, functions, instances.
 *
 *   N1  A type's node carries the name it was first exported under; later exports and aliases keep it. So a type that
 *       an interface `use`s from another is named after the other.
 *   N2  A resource is its node: fresh for every evaluation of the declaration that introduces it, shared by aliases.
 *   N3  A function keeps where it comes from, through every component that only hands it on.
 */
import type { Shape } from "./shape.ts";
import type { Definition } from "./syntax.ts";

/** Who names the types of one instance: the interface it is imported or exported as, once that is known. */
export interface Owner {
  id: string | null;
  /** A name given by the root component replaces one given by a component inside it. */
  final: boolean;
}

export interface Naming {
  readonly owner: Owner;
  readonly name: string;
}

export type ValueShape = Shape<ValueNode, ResourceNode>;

export interface ValueNode {
  readonly kind: "value";
  readonly shape: ValueShape;
  naming: Naming | null;
  /** Nodes of this type as a tree. */
  readonly size: number;
  readonly depth: number;
  /** Has a borrowed handle somewhere. */
  readonly borrows: boolean;
}

export interface ResourceNode {
  readonly kind: "resource";
  naming: Naming | null;
}

export interface FunctionNode {
  readonly kind: "func";
  readonly params: readonly { readonly name: string; readonly type: ValueNode }[];
  readonly result: ValueNode | null;
  readonly async: boolean;
}

/**
 * Where a function comes from: an import of the root component, or its lift of this number. Null when it is neither, as
 * in the interfaces inside interfaces that no world has.
 */
export type Origin =
  | { readonly kind: "import"; readonly interface: string | null; readonly name: string }
  | { readonly kind: "lift"; readonly lift: number }
  | null;

/** A function as a thing that can be called, not as a type. */
export interface FunctionValue {
  readonly node: FunctionNode;
  readonly origin: Origin;
}

/** The body of a component, component type or instance type, to be evaluated in its scope as often as it is used. */
export interface BodyNode {
  readonly kind: "component" | "instance-type";
  readonly body: readonly Definition[];
  readonly scope: Scope;
}

export interface InstanceNode {
  readonly kind: "instance";
  readonly exports: ReadonlyMap<string, Item>;
  readonly owner: Owner;
}

export type TypeNode = ValueNode | ResourceNode | FunctionNode | BodyNode;

/** Anything that a name can stand for. `offset` is where it was imported or exported, for messages. */
export type Item = { readonly offset: number } & (
  | ({ readonly sort: "func" } & FunctionValue)
  | { readonly sort: "type"; readonly node: TypeNode }
  | { readonly sort: "component"; readonly node: BodyNode }
  | { readonly sort: "instance"; readonly node: InstanceNode }
  | { readonly sort: "other"; readonly node: null }
);

/** The index spaces of one body while it is evaluated. */
export interface Scope {
  readonly parent: Scope | null;
  readonly owner: Owner;
  readonly types: TypeNode[];
  readonly funcs: FunctionValue[];
  readonly components: BodyNode[];
  readonly instances: InstanceNode[];
  readonly imports: Map<string, Item>;
  readonly exports: Map<string, Item>;
  /** What the imports of a component are given; null at the root, whose imports are the world's. */
  readonly args: ReadonlyMap<string, Item> | null;
  /** What the exports of an ascribed instance type really are, so that a resource stays itself (N2). */
  readonly actual: ReadonlyMap<string, Item> | null;
  /** The name of the root's import whose instance type this is. */
  readonly imported: string | null;
}
