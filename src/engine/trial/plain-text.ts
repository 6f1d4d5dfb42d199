/** Plain values (../plain.ts) compared, and shown as a test file would write them. */

/** Whether they are equal; `within` is how far numbers may be apart. Lists equal typed arrays, maps have no order. */
export function samePlain(a: unknown, b: unknown, within: number): boolean {
  if (typeof a === "number" && typeof b === "number") return Object.is(a, b) || a === b || Math.abs(a - b) <= within;
  if (isSequence(a) && isSequence(b)) {
    const [left, right] = [[...a], [...b]];
    return left.length === right.length && left.every((item, at) => samePlain(item, right[at], within));
  }
  if (isObject(a) && isObject(b)) {
    const [left, right] = [pairsOf(a), new Map(pairsOf(b))];
    return (
      left.length === right.size &&
      left.every(([key, value]) => right.has(key) && samePlain(value, right.get(key), within))
    );
  }
  return (
    (a ?? null) === (b ?? null) || (typeof a !== typeof b && isNumber(a) && isNumber(b) && Number(a) === Number(b))
  );
}

function isNumber(value: unknown): boolean {
  return typeof value === "number" || typeof value === "bigint";
}

function isSequence(value: unknown): value is Iterable<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !isSequence(value);
}

function pairsOf(value: object): readonly (readonly [unknown, unknown])[] {
  return value instanceof Map ? [...(value as Map<unknown, unknown>)] : Object.entries(value);
}

const LONGEST = 400;

/** One line, cut where it is very long. */
export function plainText(value: unknown): string {
  const text = written(value);
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`;
}

function written(value: unknown): string {
  if (value === null || value === undefined) return "{ none = true }";
  if (typeof value === "string") return JSON.stringify(value);
  if (value instanceof Uint8Array) return `{ hex = "${Array.from(value, hexOf).join("")}" }`;
  if (isSequence(value)) return `[${[...value].map(written).join(", ")}]`;
  if (isObject(value)) {
    const pairs = pairsOf(value).map(([key, item]) => `${keyText(key)} = ${written(item)}`);
    return pairs.length === 0 ? "{}" : `{ ${pairs.join(", ")} }`;
  }
  return String(value as number | bigint | boolean);
}

function hexOf(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

function keyText(key: unknown): string {
  const text = typeof key === "string" ? key : written(key);
  return /^[\w-]+$/.test(text) ? text : JSON.stringify(text);
}
