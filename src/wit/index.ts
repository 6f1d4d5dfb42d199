/** WIT as data: types, values, and how to read both from bytes. Pure: no clock, no I/O, no WebAssembly. */
export { AnyFloat, type AnyInt, type AnyValue } from "./any.ts";
export { DEFAULT_LIFT_LIMITS, LiftBudget, type LiftLimits } from "./budget.ts";
export { type AnyLimits, decodeAny, DEFAULT_ANY_LIMITS, encodeAny } from "./cbor.ts";
export { type Component, decodeComponent, decodeWorld } from "./decoder.ts";
export { equalValues } from "./equal.ts";
export { WitError, type WitErrorCode } from "./error.ts";
export { DEFAULT_LIMITS, type DecodeLimits } from "./limits.ts";
export {
  type IntegerKind,
  isArrayOf,
  isInRange,
  isIntegerKind,
  isTypedNumbers,
  type NumberKind,
  rangeOf,
} from "./numbers.ts";
export type { LinkPlan, NoPlan } from "./plan.ts";
export { bareName, formatFunction, formatType, formatWorld } from "./text.ts";
export {
  type Aliased,
  type Case,
  type EnumType,
  type Field,
  type FlagsType,
  type FunctionKey,
  functionKey,
  functionOf,
  functionsOf,
  type PrimitiveKind,
  type RecordType,
  type Resource,
  type TypeName,
  type VariantType,
  type WitFunction,
  type WitInterface,
  type WitType,
  type World,
  type WorldSide,
} from "./types.ts";
export { checkValue, isCallbackResource } from "./validate.ts";
export {
  Callback,
  CaseValue,
  ERR,
  Handle,
  integer,
  isNullable,
  OK,
  Opaque,
  Some,
  type TypedNumbers,
  type Value,
} from "./value.ts";
