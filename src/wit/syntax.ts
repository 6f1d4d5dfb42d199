/**
 * What the sections of a component say, as read: plain data, references still by index. Core sorts have index spaces
 * of their own that no component-level type ever refers to; they matter to linking (link.ts) and to nothing else.
 */
import type { Shape } from "./shape.ts";
import type { PrimitiveKind } from "./types.ts";

/** A value type: a primitive, or the index of a type. */
export type TypeReference = PrimitiveKind | number;

/** `other` stands for core modules and values, which are read and forgotten. */
export type Sort = "func" | "type" | "component" | "instance" | "other";

/** What a core instance exports. */
export type CoreSort = "func" | "table" | "memory" | "global" | "tag";

/** The options of a canonical definition. `beyond` names one that linking does not know. */
export interface CanonSyntax {
  readonly encoding: StringEncoding;
  readonly memory: number | null;
  readonly realloc: number | null;
  readonly postReturn: number | null;
  readonly beyond: string | null;
}

export type StringEncoding = "utf8" | "utf16" | "latin1+utf16";

export interface Signature {
  readonly kind: "func";
  readonly params: readonly { readonly name: string; readonly type: TypeReference }[];
  readonly result: TypeReference | null;
  readonly async: boolean;
}

export type TypeSyntax =
  | { readonly kind: "value"; readonly shape: Shape<TypeReference, number> }
  | Signature
  /** `destructor` is the index of a core function; `async` says that it is called as older binaries have it. */
  | { readonly kind: "resource"; readonly destructor: number | null; readonly async: boolean }
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
  | { readonly kind: "lift"; readonly func: number; readonly options: CanonSyntax; readonly type: number }
  | CoreDefinition
);

/** A definition that only linking asks about. */
export type CoreDefinition =
  /** A core module, by where it lies in the bytes. */
  | { readonly kind: "core-module"; readonly start: number; readonly end: number }
  | { readonly kind: "core-instantiate"; readonly module: number; readonly args: readonly CoreArgument[] }
  | { readonly kind: "core-bundle"; readonly exports: readonly CoreNamed[] }
  | { readonly kind: "core-alias"; readonly sort: CoreSort; readonly instance: number; readonly name: string }
  | { readonly kind: "lower"; readonly func: number; readonly options: CanonSyntax }
  | { readonly kind: "resource-new" | "resource-drop" | "resource-rep"; readonly resource: number }
  /** Something that is well-formed, and that linking does not know: `what` names it. */
  | { readonly kind: "beyond"; readonly what: string };

export interface CoreArgument {
  readonly name: string;
  readonly instance: number;
}

export interface CoreNamed {
  readonly name: string;
  readonly sort: CoreSort;
  readonly index: number;
}
