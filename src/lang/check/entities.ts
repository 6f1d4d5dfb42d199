/** What a name can stand for, beside a variable (rules 15, 22, 24). */
import type { Expr, File, FunctionDeclaration } from "../ast.ts";
import type { EffectNode } from "./effects.ts";
import type { Ty } from "./infer-types.ts";
import type { Source, Span } from "../source.ts";
import type { EnumType, FlagsType, RecordType, Type, VariantType } from "../types.ts";
import type { FunctionKey, WitFunction } from "../../wit/types.ts";

export type NominalType = RecordType | VariantType | EnumType | FlagsType;
export type ResourceType = Extract<Type, { readonly kind: "resource" }>;

export type Entity =
  | { readonly kind: "function"; readonly unit: FunctionUnit }
  | { readonly kind: "type"; readonly type: NominalType }
  | { readonly kind: "resource"; readonly type: ResourceType }
  /** A WIT name for a structural type: usable as a type only. */
  | { readonly kind: "alias"; readonly type: Ty }
  | { readonly kind: "package"; readonly package: PackageInfo }
  | { readonly kind: "interface"; readonly interface: Members; readonly name: string }
  | { readonly kind: "foreign"; readonly foreign: ForeignFunction }
  | { readonly kind: "file"; readonly file: FileUnit }
  | { readonly kind: "prelude"; readonly name: string }
  /** `Shape.circle`. */
  | { readonly kind: "case"; readonly type: VariantType | EnumType; readonly index: number }
  /** Offered by several: an error where it is used. */
  | { readonly kind: "ambiguous"; readonly offers: readonly string[] }
  /** Already reported. */
  | { readonly kind: "wrong" };

export type Members = ReadonlyMap<string, Entity>;

export interface PackageInfo {
  readonly name: string;
  /** Index into `CheckedProgram.packages`. */
  readonly index: number;
  readonly stateless: boolean;
  /** Functions, types and interfaces as the program names them; those of interfaces too where that is unique. */
  readonly members: Members;
}

/** A function of a plugin or of the embedding program. */
export interface ForeignFunction {
  /** As the program writes it, for messages. */
  readonly name: string;
  readonly package: number;
  readonly packageName: string;
  readonly key: FunctionKey;
  /** null: untyped. */
  readonly wit: WitFunction | null;
  readonly params: readonly { readonly name: string; readonly ty: Ty }[];
  readonly result: Ty;
  readonly stateless: boolean;
  /** Nothing of the world reaches it: its package imports nothing and keeps nothing. */
  readonly pure: boolean;
}

export interface ResourceInfo {
  readonly create: ForeignFunction | null;
  readonly methods: ReadonlyMap<string, ForeignFunction>;
  readonly statics: ReadonlyMap<string, ForeignFunction>;
}

export interface FileUnit {
  readonly index: number;
  readonly source: Source;
  readonly tree: File;
  /** Before the names of its functions and types: empty for the main file, `util:` for another. */
  readonly prefix: string;
  /** Declared in it. */
  readonly declared: Map<string, Entity>;
  /** What its `require`s brought. */
  readonly required: Map<string, Entity>;
  /** Who offers each required name. */
  readonly offers: Map<string, readonly string[]>;
  /** Required names that something used. */
  readonly used: Set<string>;
  /** Names assigned at its top level, for "pass it". */
  readonly assigned: ReadonlySet<string>;
}

export interface FunctionParam {
  readonly name: string;
  readonly span: Span;
  readonly ty: Ty;
  /** Its default, a constant. */
  readonly tree: Expr | null;
}

/** A function or workflow of the program. */
export interface FunctionUnit {
  readonly tree: FunctionDeclaration;
  readonly file: FileUnit;
  readonly workflow: boolean;
  readonly name: string;
  /** Its place in `CheckedProgram.functions`. */
  readonly index: number;
  readonly params: readonly FunctionParam[];
  readonly effect: EffectNode;
  /** Declared, or inferred once `state` is `done`. */
  result: Ty | null;
  state: "new" | "busy" | "done";
}
