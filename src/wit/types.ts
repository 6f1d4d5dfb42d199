/**
 * WIT as data: the types, functions, interfaces and worlds that a component binary declares.
 *
 *   W1  Everything here is immutable and free of behaviour; names are WIT names (kebab-case), never converted.
 *   W2  A resource is identified by the `Resource` object itself: two uses of one resource share one object.
 *   W3  Types are finite trees: WIT has no recursive types, and the decoder bounds depth and size.
 */

export type PrimitiveKind =
  | "bool"
  | "s8"
  | "u8"
  | "s16"
  | "u16"
  | "s32"
  | "u32"
  | "s64"
  | "u64"
  | "f32"
  | "f64"
  | "char"
  | "string"
  | "error-context";

/** Where a named type was declared: its interface (`acme:shapes/geometry@1.0.0`), or null for the world itself. */
export interface TypeName {
  readonly interface: string | null;
  readonly name: string;
}

export interface Field {
  readonly name: string;
  readonly type: WitType;
}

export interface Case {
  readonly name: string;
  readonly type: WitType | null;
}

export interface RecordType {
  readonly kind: "record";
  readonly name: TypeName | null;
  readonly fields: readonly Field[];
}
export interface VariantType {
  readonly kind: "variant";
  readonly name: TypeName | null;
  readonly cases: readonly Case[];
}
export interface EnumType {
  readonly kind: "enum";
  readonly name: TypeName | null;
  readonly cases: readonly string[];
}
export interface FlagsType {
  readonly kind: "flags";
  readonly name: TypeName | null;
  readonly labels: readonly string[];
}

/** A resource type. Compared by identity (W2). */
export interface Resource {
  readonly kind: "resource";
  readonly name: TypeName;
}

/**
 * A structural type that WIT gave a name: `type duration = u64`. The alias changes nothing about values; it lets a
 * reader give the type a meaning (`sennit:host/values.value` is an `Any`). Absent where the type is written out.
 * An alias of an alias has the innermost name. Records, variants, enums and flags have `name` instead.
 */
export interface Aliased {
  readonly alias?: TypeName;
}

export type WitType =
  | ({ readonly kind: PrimitiveKind } & Aliased)
  /** `length` is present for a fixed-length list. */
  | ({ readonly kind: "list"; readonly element: WitType; readonly length?: number } & Aliased)
  | ({ readonly kind: "map"; readonly key: WitType; readonly value: WitType } & Aliased)
  | ({ readonly kind: "tuple"; readonly items: readonly WitType[] } & Aliased)
  | ({ readonly kind: "option"; readonly some: WitType } & Aliased)
  | ({ readonly kind: "result"; readonly ok: WitType | null; readonly err: WitType | null } & Aliased)
  | RecordType
  | VariantType
  | EnumType
  | FlagsType
  | ({ readonly kind: "own"; readonly resource: Resource } & Aliased)
  | ({ readonly kind: "borrow"; readonly resource: Resource } & Aliased)
  | ({ readonly kind: "stream"; readonly element: WitType | null } & Aliased)
  | ({ readonly kind: "future"; readonly element: WitType | null } & Aliased);

export interface WitFunction {
  /** As in the binary: `mean`, `[constructor]counter`, `[method]counter.inc`, `[static]counter.make`. */
  readonly name: string;
  readonly shape: "function" | "constructor" | "method" | "static";
  /** The resource of a constructor, method or static function. A method's first parameter is its `self`. */
  readonly resource: Resource | null;
  readonly params: readonly Field[];
  readonly result: WitType | null;
  readonly async: boolean;
}

export interface WitInterface {
  /** `acme:shapes/geometry@1.0.0`, or the plain name of an interface declared inline in a world. */
  readonly id: string;
  readonly types: ReadonlyMap<string, WitType | Resource>;
  readonly functions: ReadonlyMap<string, WitFunction>;
}

/** One side of a world. Maps keep the order of declaration. */
export interface WorldSide {
  /** Keyed by interface id. */
  readonly interfaces: ReadonlyMap<string, WitInterface>;
  /** Functions that stand in the world itself. */
  readonly functions: ReadonlyMap<string, WitFunction>;
  /** Types that stand in the world itself. */
  readonly types: ReadonlyMap<string, WitType | Resource>;
}

export interface World {
  readonly imports: WorldSide;
  readonly exports: WorldSide;
}

/** Names one function of one side of a world: `acme:shapes/geometry@1.0.0#area`, or `area` for the world's own. */
export type FunctionKey = string;

export function functionKey(interfaceId: string | null, name: string): FunctionKey {
  return interfaceId === null ? name : `${interfaceId}#${name}`;
}

/** The function that a key names, on this side of the world. */
export function functionOf(side: WorldSide, key: FunctionKey): WitFunction | undefined {
  const hash = key.lastIndexOf("#");
  if (hash < 0) return side.functions.get(key);
  return side.interfaces.get(key.slice(0, hash))?.functions.get(key.slice(hash + 1));
}

/** Every function of this side with its key, in order of declaration: the world's own first. */
export function* functionsOf(side: WorldSide): Generator<[FunctionKey, WitFunction]> {
  yield* side.functions;
  for (const [id, iface] of side.interfaces) {
    for (const [name, fn] of iface.functions) yield [functionKey(id, name), fn];
  }
}
