/**
 * The print form of a value (rule 43): the literal that would make it, but for a String at the outside.
 * `print`, `str`, `..`, `$"…"` and `join` all use it.
 */
import { Fault } from "../../fault.ts";
import { AnyFloat } from "../../wit/any.ts";
import { Some } from "../../wit/value.ts";
import type { CaseValue, Value } from "../../wit/value.ts";
import { elements, hasFlag, MAX_DEPTH } from "./any-data.ts";
import { printDuration, printInstant } from "./print-time.ts";
import { isNullable } from "../types.ts";
import type { Type } from "../types.ts";
import { AnyTyped, ErrorValue, Task } from "../value.ts";

export function printForm(value: Value, of: Type, types: readonly Type[]): string {
  if (of.kind === "String") return value as string;
  if (of.kind === "Any") {
    if (typeof value === "string") return value;
    if (value instanceof AnyTyped) return printForm(value.value, types[value.type]!, types);
  }
  return literal(value, of, types, 0);
}

/** ECMAScript's digits, but `inf`, `nan`, `-0.0`, `6e23`, and always a point or an exponent. */
export function printFloat(x: number): string {
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
  if (Object.is(x, -0)) return "-0.0";
  const digits = String(x).replace("e+", "e");
  return /[.e]/.test(digits) ? digits : `${digits}.0`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\n": "\\n",
  "\t": "\\t",
  "\r": "\\r",
  "\0": "\\0",
  "\\": "\\\\",
};

/** Control characters, and what would end or confuse the literal. */
function escaped(text: string, quote: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff\\"']/gu, (c) => {
    if (c === quote) return `\\${c}`;
    if (c === '"' || c === "'") return c;
    return ESCAPES[c] ?? `\\u{${(c.codePointAt(0) as number).toString(16)}}`;
  });
}

export function printString(text: string): string {
  return `"${escaped(text, '"')}"`;
}

export function printBytes(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    const char = String.fromCharCode(byte);
    if (char === '"') text += '\\"';
    else if (ESCAPES[char] !== undefined) text += ESCAPES[char];
    else text += byte >= 0x20 && byte < 0x7f ? char : `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  return `b"${text}"`;
}

export function literal(value: Value, of: Type, types: readonly Type[], depth: number): string {
  if (depth > MAX_DEPTH) throw new Fault("out-of-range", `Nested more than ${MAX_DEPTH} levels deep`);
  const inner = (item: Value, type: Type): string => literal(item, type, types, depth + 1);
  switch (of.kind) {
    case "Int":
    case "Bool":
      return String(value);
    case "Float":
      return printFloat(value as number);
    case "String":
      return printString(value as string);
    case "Char":
      return `'${escaped(value as string, "'")}'`;
    case "Bytes":
      return printBytes(value as Uint8Array);
    case "Nil":
    case "Never":
      return "nil";
    case "Duration":
      return printDuration(value as number | bigint);
    case "Instant":
      return printInstant(value as number | bigint);
    case "Any":
      return untyped(value, types, depth);
    case "Error":
      return value instanceof ErrorValue ? `Error(${value.code}: ${value.message})` : "Error";
    case "list":
      return `[${elements(value)
        .map((item) => inner(item, of.element))
        .join(", ")}]`;
    case "tuple":
      return tuple(of.items.map((type, i) => inner((value as Value[])[i]!, type)));
    case "option":
      return option(value, of.some, inner);
    case "map":
      return mapLiteral(
        value as ReadonlyMap<Value, Value>,
        (key) => inner(key, of.key),
        (item) => inner(item, of.value),
      );
    case "result": {
      const { index, payload } = value as CaseValue;
      return `${index === 0 ? "ok" : "err"}(${inner(payload, index === 0 ? of.ok : of.err)})`;
    }
    case "record":
      return `${of.name}(${of.fields.map((field, i) => `${field.name}: ${inner((value as Value[])[i]!, field.type)}`).join(", ")})`;
    case "variant":
      return variant(value as CaseValue, of, inner);
    case "enum":
      return of.cases[value as number] ?? "";
    case "flags":
      return `${of.name}(${of.labels.filter((_, i) => hasFlag(value as number, i)).join(", ")})`;
    case "resource":
      return `<${of.name}>`;
    case "fn":
      return "<function>";
    case "task":
      return value instanceof Task ? "<task>" : "<webhook>";
    case "stream":
    case "future":
      return `<${of.kind}>`;
  }
}

function tuple(items: readonly string[]): string {
  return items.length === 1 ? `&(${items[0]})` : `(${items.join(", ")})`;
}

function option(value: Value, some: Type, inner: (item: Value, type: Type) => string): string {
  if (value === null) return "nil";
  return value instanceof Some && isNullable(some) ? `some(${inner(value.value, some)})` : inner(value, some);
}

function mapLiteral(
  map: ReadonlyMap<Value, Value>,
  key: (key: Value) => string,
  value: (value: Value) => string,
): string {
  if (map.size === 0) return "[:]";
  return `[${[...map].map(([k, v]) => `${key(k)}: ${value(v)}`).join(", ")}]`;
}

/** Several payload types are one tuple: `rect(1.0, 2.0)`. */
function variant(
  value: CaseValue,
  of: Extract<Type, { kind: "variant" }>,
  inner: (item: Value, type: Type) => string,
): string {
  const { name, payload } = of.cases[value.index]!;
  if (payload === null) return name;
  if (payload.kind === "tuple") {
    return `${name}(${payload.items.map((type, i) => inner((value.payload as Value[])[i]!, type)).join(", ")})`;
  }
  return `${name}(${inner(value.payload, payload)})`;
}

function untyped(any: Value, types: readonly Type[], depth: number): string {
  const inner = (item: Value): string => literal(item, { kind: "Any" }, types, depth + 1);
  if (any instanceof AnyTyped) return literal(any.value, types[any.type]!, types, depth + 1);
  if (any === null) return "nil";
  if (any instanceof AnyFloat) return printFloat(any.value);
  if (typeof any === "string") return printString(any);
  if (any instanceof Uint8Array) return printBytes(any);
  if (Array.isArray(any)) return `[${(any as Value[]).map(inner).join(", ")}]`;
  if (any instanceof Map) {
    // A map of unknown content is written with braces, to tell it from a Map of the program (rule 16).
    return `{${[...(any as ReadonlyMap<string, Value>)].map(([k, v]) => `${printString(k)}: ${inner(v)}`).join(", ")}}`;
  }
  return String(any);
}
