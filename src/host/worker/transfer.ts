/**
 * Values on their way between threads.
 *
 *   X1  Structured cloning keeps arrays, maps, typed arrays and scalars, but forgets classes: those become plain objects
 *       with a tag. No value is itself a plain object (V4 of value.ts), so nothing is ambiguous.
 *   X2  What arrives is only data: it is rebuilt from the tags, and anything unknown is refused.
 *   X3  Handles and functions belong to their instance and stay there.
 */
import { Fault } from "../../fault.ts";
import { CaseValue, Handle, Opaque, Some, type Value } from "../../wit/value.ts";

type Tagged = { readonly case: number; readonly payload: unknown } | { readonly some: unknown };

/** The form that survives structured cloning. Shares what need not change. @throws {Fault} `not-transferable` (X3) */
export function encodeTransfer(value: Value): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return encodeItems(value as readonly Value[]);
  if (ArrayBuffer.isView(value)) return value;
  if (value instanceof CaseValue) return { case: value.index, payload: encodeTransfer(value.payload) } satisfies Tagged;
  if (value instanceof Some) return { some: encodeTransfer(value.value) } satisfies Tagged;
  if (value instanceof Map) return encodeMap(value as ReadonlyMap<Value, Value>);
  throw stays(value);
}

/** @throws {Fault} `not-transferable` */
export function decodeTransfer(data: unknown): Value {
  if (data === null) return null;
  switch (typeof data) {
    case "boolean":
    case "number":
    case "bigint":
    case "string":
      return data;
    case "object":
      return decodeObject(data);
    default:
      throw unknownForm();
  }
}

function encodeItems(items: readonly Value[]): readonly unknown[] {
  for (const item of items) if (typeof item === "object" && item !== null) return items.map(encodeTransfer);
  return items;
}

function encodeMap(map: ReadonlyMap<Value, Value>): Map<unknown, unknown> {
  return new Map([...map].map(([key, value]) => [encodeTransfer(key), encodeTransfer(value)]));
}

function decodeObject(data: object): Value {
  if (Array.isArray(data)) return data.map(decodeTransfer);
  if (ArrayBuffer.isView(data) && !(data instanceof DataView)) return data as Value;
  if (data instanceof Map)
    return new Map([...data].map(([key, value]) => [decodeTransfer(key), decodeTransfer(value)]));
  if ("some" in data) return new Some(decodeTransfer(data.some));
  if ("case" in data && "payload" in data && Number.isInteger(data.case)) {
    return new CaseValue(data.case as number, decodeTransfer(data.payload));
  }
  throw unknownForm();
}

function stays(value: Value): Fault {
  const what = value instanceof Handle ? "A resource" : value instanceof Opaque ? `A ${value.opaque}` : "This value";
  return new Fault("not-transferable", `${what} cannot go to another core`, {
    hint: "Pass plain values to `=f=` calls.",
  });
}

function unknownForm(): Fault {
  return new Fault("not-transferable", "A worker sent a value of no known form");
}
