/** Durations on the command line, as in a program: `250ms`, `10s`, `1.5h`. */
import { Fault } from "../fault.ts";
import type { Invocation } from "./arguments.ts";

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds; undefined when it is not given. @throws {Fault} `usage` */
export function durationIn(invocation: Invocation, option: string): number | undefined {
  const text = invocation.value(option);
  if (text === undefined) return undefined;
  const parts = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  const unit = UNITS[parts?.[2] ?? ""];
  if (parts !== null && unit !== undefined) return Math.round(Number(parts[1]) * unit);
  throw new Fault("usage", `\`--${option}\` takes a duration, and not \`${text}\``, {
    hint: "Write 250ms, 10s or 1.5h",
  });
}

/** Undefined when it is not given. @throws {Fault} `usage` */
export function integerIn(invocation: Invocation, option: string): number | undefined {
  const text = invocation.value(option);
  if (text === undefined) return undefined;
  const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new Fault("usage", `\`--${option}\` takes an integer, and not \`${text}\``);
}
