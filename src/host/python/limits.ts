/** What calls into Python may take, as the meter understands it (`../meter/meter.ts`). */
import type { CallLimits } from "../meter/meter.ts";

/** Linear memory of an instance whose manifest sets no limit. */
export const DEFAULT_MEMORY: number = 512 * 1024 * 1024;

/** Milliseconds that the plugin's own start has at least: loading its modules, making its objects. */
export const LEAST_START = 5000;

/** Milliseconds of a call; `Infinity` when it may take as long as it likes. */
export function deadlineOf({ deadline = Number.POSITIVE_INFINITY }: CallLimits): number {
  return deadline >= 0 ? deadline : 0;
}

/** Whether the worker needs a metered interpreter. */
export function isMetered({ fuel = Number.POSITIVE_INFINITY }: CallLimits): boolean {
  return fuel !== Number.POSITIVE_INFINITY;
}

/** Units of a call, where it is metered. */
export function fuelOf({ fuel = 0 }: CallLimits): number {
  return fuel >= 0 ? Math.floor(fuel) : 0;
}
