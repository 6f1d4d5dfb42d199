/** Numbers with a unit, as manifests write them. A mistake goes to the table, and the value is then left out. */
import type { Table } from "./table.ts";

export type ReadQuantity = (table: Table, key: string) => number | undefined;

const SIZES: Readonly<Record<string, number>> = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };
const DURATIONS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Bytes: a number of them, or `"64 MiB"`. */
export const size: ReadQuantity = measured(SIZES, "bytes", "64 MiB", "size");

/** Milliseconds: a number of them, or `"30s"`. */
export const duration: ReadQuantity = measured(DURATIONS, "milliseconds", "30s", "duration");

/** A number of `what`. */
export function count(what: string): ReadQuantity {
  return (table, key) => whole(table, key, what);
}

function measured(units: Readonly<Record<string, number>>, what: string, example: string, kind: string): ReadQuantity {
  const form = new RegExp(`^(\\d{1,6}) ?(${Object.keys(units).join("|")})$`);
  return (table, key) => {
    const value = table.take(key);
    if (typeof value !== "string") return whole(table, key, `${what}, or a text such as \`${example}\``);
    const found = form.exec(value);
    const unit = units[found?.[2] ?? ""];
    if (found !== null && unit !== undefined && Number(found[1]) > 0) return Number(found[1]) * unit;
    table.mistake(key, `\`${value}\` is not a ${kind} such as \`${example}\``);
    return undefined;
  };
}

function whole(table: Table, key: string, what: string): number | undefined {
  const value = table.take(key);
  if (value === undefined || (typeof value === "number" && Number.isSafeInteger(value) && value > 0)) return value;
  table.mistake(key, `must be a whole number of ${what}, above zero`);
  return undefined;
}
