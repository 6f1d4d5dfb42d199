/**
 * What a value becomes on its way between the VM and a plugin, where the two differ: an Any is its canonical CBOR,
 * a closure given for a `callback` is a Callback, a Duration is its nanoseconds, and an Instant is wasi's datetime.
 *
 * A crossing is compiled once per function; null means that the values are already the same.
 */
import type { AnyValue } from "../../wit/any.ts";
import type { Resource, WitFunction, WitType } from "../../wit/types.ts";
import { CaseValue, Some, integer, isNullable } from "../../wit/value.ts";
import type { Callback, Value } from "../../wit/value.ts";
import { Closure } from "../../lang/value.ts";
import { readAny, writeAny } from "./untyped.ts";

export type Cross = (value: Value) => Value;

export interface Crossing {
  /** Per parameter; null when none of them changes. */
  readonly args: readonly (Cross | null)[] | null;
  /** For arguments that `args` says nothing of. */
  readonly others: Cross | null;
  readonly result: Cross | null;
  /** True when an argument may be a closure, so that the call needs an effect to hang its callbacks on. */
  readonly callbacks: boolean;
}

export interface CrossingTools {
  /** The package's name, for messages. */
  readonly source: string;
  /** An Any of the language as data that CBOR can carry. */
  readonly flatten: (any: Value) => AnyValue;
  readonly callback: (closure: Closure) => Callback;
}

export function crossingOf(fn: WitFunction, tools: CrossingTools): Crossing {
  const args = fn.params.map((param) => outward(param.type, tools));
  return {
    args: args.some((cross) => cross !== null) ? args : null,
    others: null,
    result: fn.result === null ? null : inward(fn.result, tools.source),
    callbacks: fn.params.some((param) => isCallback(param.type)),
  };
}

/** Arguments as the plugin is to get them. */
export function crossOut({ args: crossings, others }: Crossing, args: readonly Value[]): readonly Value[] {
  if (crossings === null) return args;
  return args.map((value, at) => {
    const cross = crossings[at] ?? others;
    return cross ? cross(value) : value;
  });
}

/** A result as the program is to get it. */
export function crossIn({ result }: Crossing, value: Value): Value {
  return result === null ? value : result(value);
}

export function isAny(type: WitType): boolean {
  return type.kind === "list" && named(type.alias, "sennit:host/values", "value");
}

export function isCallback(type: WitType): boolean {
  return (type.kind === "own" || type.kind === "borrow") && isCallbackResource(type.resource);
}

function isCallbackResource(resource: Resource): boolean {
  return (
    named(resource.name, "sennit:host/callback", "callback") ||
    named(resource.name, "sennit:host/callbacks", "callback")
  );
}

function isDatetime(type: WitType): boolean {
  return type.kind === "record" && named(type.name, "wasi:clocks/wall-clock", "datetime");
}

/** Whether a name is this one, of any version of its interface. */
function named(
  name: { interface: string | null; name: string } | null | undefined,
  iface: string,
  plain: string,
): boolean {
  return name?.name === plain && (name.interface === iface || name.interface?.startsWith(`${iface}@`) === true);
}

function outward(type: WitType, tools: CrossingTools): Cross | null {
  if (isAny(type)) return (value) => writeAny(tools.flatten(value));
  if (isCallback(type)) return (value) => (value instanceof Closure ? tools.callback(value) : value);
  if (isDatetime(type)) return instantToDatetime;
  // A Float is rounded to what an f32 can hold: the one conversion that may lose something (LANGUAGE, Types).
  if (type.kind === "f32") return (value) => Math.fround(value as number);
  if (type.kind === "list" && type.element.kind === "f32")
    return (value) => Float32Array.from(value as readonly number[]);
  return structural(type, (part) => outward(part, tools));
}

function inward(type: WitType, source: string): Cross | null {
  if (isAny(type)) return (value) => readAny(value, source);
  if (isDatetime(type)) return datetimeToInstant;
  return structural(type, (part) => inward(part, source));
}

const BILLION = 1_000_000_000n;

function instantToDatetime(value: Value): Value {
  const nanoseconds = BigInt(value as number | bigint);
  return [integer(nanoseconds / BILLION), integer(nanoseconds % BILLION)];
}

function datetimeToInstant(value: Value): Value {
  const [seconds, nanoseconds] = value as readonly (number | bigint)[];
  return integer(BigInt(seconds ?? 0) * BILLION + BigInt(nanoseconds ?? 0));
}

/** Applies `part` to every component of a compound type; null when none of them changes. */
function structural(type: WitType, part: (type: WitType) => Cross | null): Cross | null {
  switch (type.kind) {
    case "list":
      return each(part(type.element));
    case "option":
      return some(part(type.some), isNullable(type.some));
    case "tuple":
      return fields(type.items.map(part));
    case "record":
      return fields(type.fields.map((field) => part(field.type)));
    case "variant":
      return cases(type.cases.map((c) => (c.type === null ? null : part(c.type))));
    case "result":
      return cases([type.ok, type.err].map((t) => (t === null ? null : part(t))));
    case "map":
      return entries(part(type.key), part(type.value));
    default:
      return null;
  }
}

function each(cross: Cross | null): Cross | null {
  return cross && ((value) => (value as readonly Value[]).map(cross));
}

function some(cross: Cross | null, boxed: boolean): Cross | null {
  if (cross === null) return null;
  if (boxed) return (value) => (value instanceof Some ? new Some(cross(value.value)) : value);
  return (value) => (value === null ? null : cross(value));
}

function fields(crossings: readonly (Cross | null)[]): Cross | null {
  if (crossings.every((cross) => cross === null)) return null;
  return (value) =>
    (value as readonly Value[]).map((item, at) => {
      const cross = crossings[at];
      return cross ? cross(item) : item;
    });
}

function cases(crossings: readonly (Cross | null)[]): Cross | null {
  if (crossings.every((cross) => cross === null)) return null;
  return (value) => {
    const { index, payload } = value as CaseValue;
    const cross = crossings[index];
    return cross ? new CaseValue(index, cross(payload)) : value;
  };
}

function entries(key: Cross | null, value: Cross | null): Cross | null {
  if (key === null && value === null) return null;
  return (map) =>
    new Map([...(map as ReadonlyMap<Value, Value>)].map(([k, v]) => [key ? key(k) : k, value ? value(v) : v]));
}
