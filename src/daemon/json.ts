/**
 * JSON of strangers, and plain values as JSON.
 *
 *   J1  What nests deeper or holds more values than the bounds is refused before anything is built of it.
 *   J2  Integers are exact in both directions, of any size.
 */
import { Fault } from "../fault.ts";

const DEEPEST = 100;
const MOST_VALUES = 1_000_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** @throws {Fault} `bad-json` */
export function readJson(bytes: Uint8Array): unknown {
  refuseBombs(bytes);
  return parseJson(bytes);
}

/** Without bounds, for what a daemon answers. @throws {Fault} `bad-json` */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return (/\d{16}/.test(text) ? JSON.parse(text, exact) : JSON.parse(text)) as unknown;
  } catch (cause) {
    throw new Fault("bad-json", `This is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

/** J2: an integer that a number cannot hold becomes a bigint. */
function exact(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? "";
  return /^-?\d+$/.test(source) ? BigInt(source) : value;
}

/** J1, in one pass over the bytes: brackets and commas outside texts. */
function refuseBombs(bytes: Uint8Array): void {
  let depth = 0;
  let values = 1;
  let inText = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (inText) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) inText = false;
    } else if (byte === QUOTE) inText = true;
    else if (byte === 0x5b || byte === 0x7b) {
      values++;
      if (++depth > DEEPEST) throw new Fault("bad-json", `This JSON nests deeper than ${DEEPEST} levels`);
    } else if (byte === 0x5d || byte === 0x7d) depth--;
    else if (byte === 0x2c) values++;
    if (values > MOST_VALUES) throw new Fault("bad-json", `This JSON has more than ${MOST_VALUES} values`);
  }
}

/** Exact integers of any size; what JSON has no form for is spelt out. */
export function toJson(value: unknown): string {
  if (value === undefined || value === null) return "null";
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number") return Number.isFinite(value) ? JSON.stringify(value) : `"${numberName(value)}"`;
  if (typeof value === "string" || typeof value === "boolean") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(toJson).join(",")}]`;
  if (ArrayBuffer.isView(value)) return toJson(Array.from(value as unknown as Iterable<number | bigint>));
  const entries: readonly (readonly [unknown, unknown])[] = value instanceof Map ? [...value] : Object.entries(value);
  return `{${entries.map(([k, v]) => `${JSON.stringify(String(k))}:${toJson(v)}`).join(",")}}`;
}

function numberName(value: number): string {
  if (Number.isNaN(value)) return "nan";
  return value > 0 ? "inf" : "-inf";
}
