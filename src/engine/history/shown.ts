/** Values for people and for JSON, by their types where those are known. */
import { plainAny } from "../../lang/data/any-data.ts";
import { literal } from "../../lang/data/print.ts";
import type { Type } from "../../lang/types.ts";
import { AnyTyped, Closure, ErrorValue, Task } from "../../lang/value.ts";
import { Fault } from "../../fault.ts";
import { CaseValue, Opaque, Some } from "../../wit/value.ts";
import type { Value } from "../../wit/value.ts";
import { toPlain } from "../embedding/plain.ts";
import type { Plain } from "../embedding/plain.ts";

/** A value as a program would write it, and as data. */
export interface Shown {
  readonly text: string;
  readonly data: Plain;
}

/** `type` null: what can be told without it. `types` are the program's. */
export function shown(value: Value, type: Type | null, types: readonly Type[]): Shown {
  if (value instanceof ErrorValue) return shownError(value);
  if (type === null) return { text: untypedText(value), data: untypedData(value) };
  try {
    const text = literal(value, type, types, 0);
    return { text, data: dataOf(value, type, types, text) };
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown;
    return { text: untypedText(value), data: untypedData(value) };
  }
}

export function shownError({ code, message }: ErrorValue): Shown {
  return { text: `${code}: ${message}`, data: { error: { code, message } } };
}

export function shownText(text: string): Shown {
  return { text, data: text };
}

function dataOf(value: Value, type: Type, types: readonly Type[], text: string): Plain {
  try {
    return toPlain(type, type.kind === "Any" ? (plainAny(value, types) as Value) : value);
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown;
    return text; // a function, a resource, a task
  }
}

function untypedText(value: Value): string {
  if (value === null) return "nil";
  if (typeof value === "string") return JSON.stringify(value);
  if (value instanceof Opaque) return opaqueText(value);
  if (value instanceof Some) return `some(${untypedText(value.value)})`;
  if (value instanceof CaseValue) return `case ${value.index}(${untypedText(value.payload)})`;
  if (value instanceof Map) {
    return `{${[...(value as Map<Value, Value>)].map(([k, v]) => `${untypedText(k)}: ${untypedText(v)}`).join(", ")}}`;
  }
  if (Array.isArray(value)) return `[${(value as readonly Value[]).map(untypedText).join(", ")}]`;
  if (ArrayBuffer.isView(value)) return `[${Array.from(value as unknown as ArrayLike<number>).join(", ")}]`;
  return typeof value === "object" ? "<handle>" : String(value);
}

function opaqueText(value: Opaque): string {
  if (value instanceof ErrorValue) return shownError(value).text;
  if (value instanceof AnyTyped) return untypedText(value.value);
  return value instanceof Closure ? "<function>" : value instanceof Task ? "<task>" : "<value>";
}

function untypedData(value: Value): Plain {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return (value as readonly Value[]).map(untypedData);
  if (ArrayBuffer.isView(value)) return value;
  if (value instanceof Map) {
    return new Map([...(value as Map<Value, Value>)].map(([k, v]) => [untypedData(k), untypedData(v)]));
  }
  return untypedText(value);
}
