/**
 * The shapes of value types, once for every stage of decoding: `T` is how a stage refers to another type, `R` how it
 * refers to a resource. Syntax refers by index, evaluation by node, and the result is `WitType` but for the names.
 */
import type { PrimitiveKind } from "./types.ts";

export interface Member<T> {
  readonly name: string;
  readonly type: T;
}

export type Shape<T, R> =
  | { readonly kind: PrimitiveKind }
  | { readonly kind: "list"; readonly element: T; readonly length?: number }
  | { readonly kind: "map"; readonly key: T; readonly value: T }
  | { readonly kind: "tuple"; readonly items: readonly T[] }
  | { readonly kind: "option"; readonly some: T }
  | { readonly kind: "result"; readonly ok: T | null; readonly err: T | null }
  | { readonly kind: "record"; readonly fields: readonly Member<T>[] }
  | { readonly kind: "variant"; readonly cases: readonly Member<T | null>[] }
  | { readonly kind: "enum"; readonly cases: readonly string[] }
  | { readonly kind: "flags"; readonly labels: readonly string[] }
  | { readonly kind: "own"; readonly resource: R }
  | { readonly kind: "borrow"; readonly resource: R }
  | { readonly kind: "stream"; readonly element: T | null }
  | { readonly kind: "future"; readonly element: T | null };

/** The same shape with its references replaced, in order of declaration. */
export function mapShape<T, R, U, S>(
  shape: Shape<T, R>,
  type: (reference: T) => U,
  resource: (reference: R) => S,
): Shape<U, S> {
  const optional = (reference: T | null): U | null => (reference === null ? null : type(reference));
  switch (shape.kind) {
    case "list":
      return { ...shape, element: type(shape.element) };
    case "map":
      return { kind: "map", key: type(shape.key), value: type(shape.value) };
    case "tuple":
      return { kind: "tuple", items: shape.items.map((item) => type(item)) };
    case "option":
      return { kind: "option", some: type(shape.some) };
    case "result":
      return { kind: "result", ok: optional(shape.ok), err: optional(shape.err) };
    case "record":
      return { kind: "record", fields: shape.fields.map((f) => ({ name: f.name, type: type(f.type) })) };
    case "variant":
      return { kind: "variant", cases: shape.cases.map((c) => ({ name: c.name, type: optional(c.type) })) };
    case "own":
    case "borrow":
      return { kind: shape.kind, resource: resource(shape.resource) };
    case "stream":
    case "future":
      return { kind: shape.kind, element: optional(shape.element) };
    default:
      return shape;
  }
}
