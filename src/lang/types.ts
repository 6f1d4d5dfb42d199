/**
 * The types of the language. WIT's, plus what only a program has: functions, tasks, errors, Any.
 *
 *   T1  Records, variants, enums and flags are nominal: compared by `id` (rule 26). Everything else is structural.
 *   T2  Values are untyped (src/wit/value.ts): whoever prints, converts or encodes one is told its Type.
 *   T3  Types are finite trees; a declared record or variant may not contain itself.
 */
import type { Resource } from "../wit/types.ts";

export type Type =
  | { readonly kind: "Int" }
  | { readonly kind: "Float" }
  | { readonly kind: "Bool" }
  | { readonly kind: "String" }
  | { readonly kind: "Char" }
  | { readonly kind: "Bytes" }
  | { readonly kind: "Nil" }
  | { readonly kind: "Duration" }
  | { readonly kind: "Instant" }
  | { readonly kind: "Any" }
  /** A caught error: `e.code`, `e.message`, `e.value`, `e.trace`, `e.source`, `e.branch`, `e.suppressed`. */
  | { readonly kind: "Error" }
  /** The type of what never gives a value (`raise`, `return`): joins with everything. */
  | { readonly kind: "Never" }
  | { readonly kind: "list"; readonly element: Type }
  | { readonly kind: "tuple"; readonly items: readonly Type[] }
  | { readonly kind: "option"; readonly some: Type }
  | { readonly kind: "map"; readonly key: Type; readonly value: Type }
  | { readonly kind: "result"; readonly ok: Type; readonly err: Type }
  | RecordType
  | VariantType
  | EnumType
  | FlagsType
  | { readonly kind: "resource"; readonly id: string; readonly name: string; readonly resource: Resource }
  | { readonly kind: "fn"; readonly params: readonly Type[]; readonly result: Type }
  | { readonly kind: "task"; readonly result: Type }
  | { readonly kind: "stream" | "future"; readonly element: Type };

/** Ids: `file:Point` for a program's own (file = index of the file), `acme:shapes/geometry@1.0.0#point` for a package's. */
export interface RecordType {
  readonly kind: "record";
  readonly id: string;
  /** As the program writes it. */
  readonly name: string;
  /** Names in the program's form (snake_case). */
  readonly fields: readonly { readonly name: string; readonly type: Type }[];
}

export interface VariantType {
  readonly kind: "variant";
  readonly id: string;
  readonly name: string;
  /** Several payload types in a program's declaration are one tuple here. */
  readonly cases: readonly { readonly name: string; readonly payload: Type | null }[];
}

export interface EnumType {
  readonly kind: "enum";
  readonly id: string;
  readonly name: string;
  readonly cases: readonly string[];
}

export interface FlagsType {
  readonly kind: "flags";
  readonly id: string;
  readonly name: string;
  readonly labels: readonly string[];
}

/** True when null is a value of this type: then `T?` boxes its values in `Some` (as src/wit/value.ts does). */
export function isNullable(type: Type): boolean {
  return type.kind === "option" || type.kind === "Nil" || type.kind === "Any";
}
