/**
 * Values as a test file writes them, where TOML has no form of its own for them:
 *
 *   none              `{ none = true }`; in a record and for an argument it may be left out
 *   Bytes             `{ hex = "00ff" }`, or a text: its UTF-8
 *   Duration          `"1h 30m"`
 *   Instant           a date and time
 *   a variant's case  `{ tag = "circle", value = 2.0 }`, or its name where it carries nothing
 */
import { TomlDate } from "smol-toml";
import { isTable } from "../../host/package/table.ts";
import type { Type } from "../../lang/types.ts";
import type { Value } from "../../wit/value.ts";
import { fromPlain } from "../embedding/plain.ts";
import { durationOf } from "./time-text.ts";

/** @throws {Fault} `type-mismatch` naming the path where the value does not fit */
export function fromToml(type: Type, value: unknown, path: string): Value {
  return fromPlain(type, plainOf(type, value), path);
}

/** As `fromPlain` takes it. What does not fit is left as it is: that says so. */
function plainOf(type: Type, value: unknown): unknown {
  if (isNone(value)) return null;
  switch (type.kind) {
    case "Bytes":
      return bytesOf(value);
    case "Duration":
      return typeof value === "string" ? nanoseconds(durationOf(value)) : value;
    case "Instant":
      return value instanceof TomlDate ? nanoseconds(value.getTime()) : value;
    case "Any":
      return dataOf(value);
    case "list":
      return Array.isArray(value) ? value.map((item) => plainOf(type.element, item)) : value;
    case "tuple":
      return Array.isArray(value) ? value.map((item, at) => plainOf(type.items[at] ?? { kind: "Any" }, item)) : value;
    case "option":
      return value === null || value === undefined ? null : plainOf(type.some, value);
    case "map":
      return isTable(value) ? mapped(value, (item) => plainOf(type.value, item)) : value;
    case "record":
      return isTable(value) ? recordOf(type, value) : value;
    case "variant":
      return variantOf(type, value);
    case "result":
      return isTable(value) ? resultOf(type, value) : value;
    default:
      return value;
  }
}

function isNone(value: unknown): boolean {
  return isTable(value) && value["none"] === true && Object.keys(value).length === 1;
}

function bytesOf(value: unknown): unknown {
  if (typeof value === "string") return new TextEncoder().encode(value);
  const hex = isTable(value) ? value["hex"] : undefined;
  if (typeof hex !== "string" || !/^(?:[0-9a-fA-F]{2})*$/.test(hex)) return value;
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function nanoseconds(milliseconds: number | null): unknown {
  if (milliseconds === null) return "no duration";
  const exact = BigInt(Math.round(milliseconds * 1000)) * 1000n;
  return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
}

/** Untyped data. A date is its text. */
function dataOf(value: unknown): unknown {
  if (isNone(value)) return null;
  if (value instanceof TomlDate) return value.toISOString();
  if (Array.isArray(value)) return value.map(dataOf);
  return isTable(value) ? mapped(value, dataOf) : value;
}

function mapped(table: Record<string, unknown>, each: (value: unknown) => unknown): Map<string, unknown> {
  return new Map(Object.entries(table).map(([key, value]) => [key, each(value)]));
}

/** Fields that may be none may be left out. Names as in the program, or as in WIT. */
function recordOf(type: Extract<Type, { kind: "record" }>, table: Record<string, unknown>): Record<string, unknown> {
  const known = new Map(type.fields.map((field) => [field.name, field.type]));
  const given = Object.entries(table).map(([key, value]) => [key.replaceAll("-", "_"), value] as const);
  const left = type.fields.filter(({ name, type: of }) => of.kind === "option" && !given.some(([key]) => key === name));
  const result: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const { name } of left) result[name] = null;
  for (const [key, value] of given) result[key] = plainOf(known.get(key) ?? { kind: "Any" }, value);
  return result;
}

function variantOf(type: Extract<Type, { kind: "variant" }>, value: unknown): unknown {
  if (typeof value === "string") return { tag: value.replaceAll("-", "_") };
  if (!isTable(value)) return value;
  const tag = typeof value["tag"] === "string" ? value["tag"].replaceAll("-", "_") : value["tag"];
  const payload = type.cases.find((each) => each.name === tag)?.payload ?? null;
  return payload === null ? { tag } : { tag, value: plainOf(payload, value["value"]) };
}

function resultOf(type: Extract<Type, { kind: "result" }>, table: Record<string, unknown>): Record<string, unknown> {
  if (Object.hasOwn(table, "ok")) return { ok: plainOf(type.ok, table["ok"]) };
  return { err: plainOf(type.err, table["err"]) };
}
