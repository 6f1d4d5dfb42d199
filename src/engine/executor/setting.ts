/**
 * What is kept beside the runs of a store: JSON, which whoever reads it checks. What JSON has no form for is an object of one
 * field, whose name begins with `$`; and so is an object that could be taken for one.
 */
import { Fault } from "../../fault.ts";
import type { Plain } from "../embedding/plain.ts";

export function writeJson(value: Plain): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(outside(value)));
}

/** @throws {Fault} `setting-invalid` */
export function readJson(key: string, bytes: Uint8Array): Plain {
  try {
    return inside(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)));
  } catch (cause) {
    throw settingInvalid(key, "it cannot be read", cause);
  }
}

export function settingInvalid(key: string, what: string, cause?: unknown): Fault {
  return new Fault("setting-invalid", `The setting ${key} of the store is not sound: ${what}`, {
    hint: "Set it again",
    ...(cause === undefined ? {} : { cause }),
  });
}

function outside(value: Plain): unknown {
  if (typeof value === "bigint") return { $int: String(value) };
  if (typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0))) return { $float: nameOf(value) };
  if (value instanceof Uint8Array) return { $bytes: [...value] };
  if (Array.isArray(value)) return value.map(outside);
  if (value instanceof Map) return { $map: [...value].map(([k, v]) => [outside(k), outside(v)]) };
  if (typeof value !== "object" || value === null) return value ?? null;
  const entries = Object.entries(value).map(([name, field]) => [name, outside(field)] as const);
  const isMarked = entries.length === 1 && entries[0]?.[0].startsWith("$") === true;
  return isMarked ? { $object: entries } : Object.fromEntries(entries);
}

function nameOf(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

function inside(json: unknown): Plain {
  if (Array.isArray(json)) return json.map(inside);
  if (typeof json !== "object" || json === null) return json;
  const entries = Object.entries(json);
  const [name, field] = entries.length === 1 ? (entries[0] ?? ["", null]) : ["", null];
  switch (name) {
    case "$int":
      return BigInt(field as string);
    case "$float":
      return Number(field);
    case "$bytes":
      return Uint8Array.from(field as readonly number[]);
    case "$map":
      return new Map((field as readonly [unknown, unknown][]).map(([k, v]) => [inside(k), inside(v)]));
    case "$object":
      return record((field as readonly [string, unknown][]).map(([k, v]) => [k, inside(v)]));
    default:
      return record(entries.map(([k, v]) => [k, inside(v)]));
  }
}

/** Also a field of the name `__proto__` is one. */
function record(entries: readonly (readonly [string, Plain])[]): Plain {
  const result: Record<string, Plain> = Object.create(null) as Record<string, Plain>;
  for (const [name, value] of entries) result[name] = value;
  return result;
}
