/**
 * How the core modules of a component become an instance, as data: what to instantiate in which order, what each is given,
 * and which of their functions are lifted. Only for components whose functions are all synchronous and that are not
 * composed of others; any other has a reason instead.
 *
 *   P1  What is referred to comes earlier: instances in order, and an item of an instance only after it.
 *   P2  Nothing here is checked against the core modules: whether an instance exports an item of its sort, only linking
 *       finds out.
 */
import type { CoreSort, StringEncoding } from "./syntax.ts";
import type { FunctionKey, Resource } from "./types.ts";

export type { CoreSort, StringEncoding };

export interface LinkPlan {
  /** Where each core module lies in the component's bytes. */
  readonly modules: readonly { readonly start: number; readonly end: number }[];
  /** To be instantiated in this order. */
  readonly instances: readonly CoreInstantiation[];
  /** The core functions that canonical definitions make. */
  readonly functions: readonly CanonFunction[];
  /** The resources that this component defines. */
  readonly resources: readonly DefinedResource[];
  /** Each exported function of the world. Two keys may share one lift. */
  readonly exports: ReadonlyMap<FunctionKey, Lift>;
}

/** Why there is no plan, as the end of a sentence: "it is composed of several components". */
export interface NoPlan {
  readonly reason: string;
}

/** One core instance: an index of `LinkPlan.modules`, and what its imports are given by module name. */
export interface CoreInstantiation {
  readonly module: number;
  readonly args: ReadonlyMap<string, CoreArgument>;
}

export type CoreArgument =
  /** All exports of an earlier instance. */
  | { readonly kind: "instance"; readonly instance: number }
  | { readonly kind: "items"; readonly items: ReadonlyMap<string, CoreItem> };

/** A core function, table, memory, global or tag. */
export type CoreItem =
  | { readonly kind: "export"; readonly instance: number; readonly name: string; readonly sort: CoreSort }
  /** An index of `LinkPlan.functions`. */
  | { readonly kind: "canon"; readonly index: number };

export interface CanonPlan {
  readonly encoding: StringEncoding;
  readonly memory: CoreItem | null;
  readonly realloc: CoreItem | null;
  readonly postReturn: CoreItem | null;
}

export type CanonFunction =
  /** An imported function of the world. */
  | { readonly kind: "lower"; readonly key: FunctionKey; readonly options: CanonPlan }
  | { readonly kind: "resource-new" | "resource-drop" | "resource-rep"; readonly resource: Resource };

export interface DefinedResource {
  readonly resource: Resource;
  readonly destructor: CoreItem | null;
}

export interface Lift {
  readonly function: CoreItem;
  readonly options: CanonPlan;
}
