/** Turns type syntax into nodes: resolves indices, measures the result, refuses what WIT does not allow. */
import { WitError } from "./error.ts";
import type { Budget } from "./limits.ts";
import type { FunctionNode, Naming, ResourceNode, Scope, TypeNode, ValueNode, ValueShape } from "./node.ts";
import { mapShape, type Shape } from "./shape.ts";
import type { Signature, TypeReference } from "./syntax.ts";

/** The entry of an index space. */
export function at<T>(space: readonly T[], index: number, what: string, offset: number): T {
  const entry = space[index];
  if (entry === undefined) throw new WitError("malformed", `There is no ${what} ${index}`, offset);
  return entry;
}

/** The node of a value type definition. */
export function buildValue(
  shape: Shape<TypeReference, number>,
  scope: Scope,
  budget: Budget,
  offset: number,
): ValueNode {
  let size = 1;
  let depth = 0;
  let borrows = shape.kind === "borrow";
  const resolve = (reference: TypeReference): ValueNode => {
    budget.charge(1, offset);
    const node = resolveReference(reference, scope, offset);
    size += node.size;
    depth = Math.max(depth, node.depth);
    borrows ||= node.borrows;
    return node;
  };
  const resolved = mapShape(shape, resolve, (index) => resolveResource(index, scope, offset));
  if (resolved.kind === "enum") size += resolved.cases.length;
  if (resolved.kind === "flags") size += resolved.labels.length;
  const node: ValueNode = { kind: "value", shape: resolved, naming: null, size, depth: depth + 1, borrows };
  checkMeasures(node, budget, offset);
  checkShape(node, offset);
  return node;
}

function resolveReference(reference: TypeReference, scope: Scope, offset: number): ValueNode {
  if (typeof reference !== "number") {
    return { kind: "value", shape: { kind: reference }, naming: null, size: 1, depth: 1, borrows: false };
  }
  const node = at(scope.types, reference, "type", offset);
  if (node.kind !== "value") throw new WitError("malformed", `Type ${reference} is not a value type`, offset);
  return node;
}

function resolveResource(index: number, scope: Scope, offset: number): ResourceNode {
  const node = at(scope.types, index, "type", offset);
  if (node.kind !== "resource") throw new WitError("malformed", `Type ${index} is not a resource`, offset);
  return node;
}

function checkMeasures(node: ValueNode, budget: Budget, offset: number): void {
  if (node.depth > budget.limits.depth) {
    throw new WitError("too-deep", `A type is nested more than ${budget.limits.depth} levels deep`, offset);
  }
  if (node.size > budget.limits.typeNodes) {
    throw new WitError("too-large", `A type has more than ${budget.limits.typeNodes} nodes`, offset);
  }
}

const MAP_KEYS: ReadonlySet<ValueShape["kind"]> = new Set<ValueShape["kind"]>([
  "bool",
  "s8",
  "u8",
  "s16",
  "u16",
  "s32",
  "u32",
  "s64",
  "u64",
  "char",
  "string",
]);

function checkShape(node: ValueNode, offset: number): void {
  const { shape } = node;
  if (shape.kind === "map" && !MAP_KEYS.has(shape.key.shape.kind)) {
    throw new WitError("malformed", `A map has keys of type ${shape.key.shape.kind}`, offset);
  }
  if ((shape.kind === "stream" || shape.kind === "future") && node.borrows) {
    throw new WitError("malformed", `A ${shape.kind} carries borrowed handles`, offset);
  }
}

/** The node of a function type. */
export function buildFunction(signature: Signature, scope: Scope, budget: Budget, offset: number): FunctionNode {
  budget.charge(signature.params.length, offset);
  const params = signature.params.map((param) => ({
    name: param.name,
    type: resolveReference(param.type, scope, offset),
  }));
  const result = signature.result === null ? null : resolveReference(signature.result, scope, offset);
  if (result?.borrows === true) throw new WitError("malformed", "A function returns a borrowed handle", offset);
  return { kind: "func", params, result, async: signature.async };
}

/**
 * This type under this name. A resource stays the same node; any other type becomes a copy, because the unnamed
 * original may be exported under another name as well.
 */
export function named(node: TypeNode, naming: Naming): TypeNode {
  if (node.kind !== "value" && node.kind !== "resource") return node;
  if (node.naming !== null) return node;
  if (node.kind === "value") return { ...node, naming };
  node.naming = naming;
  return node;
}
