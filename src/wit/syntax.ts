/**
 * What the sections of a component say, as read: plain data, references still by index. Core sorts have index spaces
 * of their own that no component-level type ever refers to, so everything core is dropped while reading.
 */
import type { Shape } from "./shape.ts";
import type { PrimitiveKind } from "./types.ts";

/** A value type: a primitive, or the index of a type. */
export type TypeReference = PrimitiveKind | number;

/** `other` stands for core things and values, which are read and forgotten. */
export type Sort = "func" | "type" | "component" | "instance" | "other";

export interface Signature {
  readonly kind: "func";
  readonly params: readonly { readonly name: string; readonly type: TypeReference }[];
  readonly result: TypeReference | null;
  readonly async: boolean;
}

export type TypeSyntax =
  | { readonly kind: "value"; readonly shape: Shape<TypeReference, number> }
  | Signature
  | { readonly kind: "resource" }
  | { readonly kind: "component"; readonly body: readonly Definition[] }
  | { readonly kind: "instance"; readonly body: readonly Definition[] };

/** What an import needs or an export offers. */
export type Extern =
  | { readonly kind: "func"; readonly type: number }
  | { readonly kind: "type-equal"; readonly type: number }
  | { readonly kind: "resource" }
  | { readonly kind: "component"; readonly type: number }
  | { readonly kind: "instance"; readonly type: number }
  | { readonly kind: "other"; readonly what: "core module" | "value" };

export interface SortIndex {
  readonly sort: Sort;
  readonly index: number;
}

export interface NamedItem extends SortIndex {
  readonly name: string;
}

/** One definition of a component, or one declaration of a component or instance type. `offset` is for messages. */
export type Definition = { readonly offset: number } & (
  | { readonly kind: "type"; readonly type: TypeSyntax }
  | { readonly kind: "alias-export"; readonly sort: Sort; readonly instance: number; readonly name: string }
  | { readonly kind: "alias-outer"; readonly sort: Sort; readonly count: number; readonly index: number }
  | { readonly kind: "import"; readonly name: string; readonly extern: Extern }
  /** An export of a component or instance type. */
  | { readonly kind: "export-type"; readonly name: string; readonly extern: Extern }
  /** An export of a component, with the type ascribed to it. */
  | { readonly kind: "export"; readonly name: string; readonly item: SortIndex; readonly ascribed: Extern | null }
  | { readonly kind: "component"; readonly body: readonly Definition[] }
  | { readonly kind: "instantiate"; readonly component: number; readonly args: readonly NamedItem[] }
  /** An instance put together from items at hand. */
  | { readonly kind: "bundle"; readonly exports: readonly NamedItem[] }
  | { readonly kind: "lift"; readonly type: number }
);
