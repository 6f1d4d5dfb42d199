/** Values in the messages of failed tests. */
import { isTypedNumbers } from "../../../src/wit/numbers.ts";
import type { Value } from "../../../src/wit/value.ts";

export function formatValue(value: Value): string {
  const text = JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === "bigint") return `${part}n`;
    if (isTypedNumbers(part as Value)) return Array.from(part as Uint8Array, String);
    if (part instanceof Map) return [...part];
    return typeof part === "number" && (!Number.isFinite(part) || Object.is(part, -0)) ? numberText(part) : part;
  });
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}

function numberText(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}
