/**
 * The tables of limits of a manifest and of a project (limits.ts), read key by key.
 */
import type { Limits } from "../manifest.ts";
import { DEFAULT_LIMITS, type ProjectLimits, type RunLimits } from "./limits.ts";
import { didYouMean } from "./mistakes.ts";
import { PACKAGE_NAME } from "./names.ts";
import { count, duration, type ReadQuantity, size } from "./quantity.ts";
import type { Table } from "./table.ts";

type Row = readonly [property: keyof Limits, read: ReadQuantity];

const KEYS: Readonly<Record<string, Row>> = {
  memory: ["memory", size],
  fuel: ["fuel", count("units")],
  deadline: ["deadline", duration],
  "result-nodes": ["resultNodes", count("nodes")],
  "result-bytes": ["resultBytes", resultBytes],
  log: ["log", size],
  instances: ["instances", count("instances")],
  tables: ["tables", count("elements")],
};

const THEM: ReadQuantity = count("them");

const RUN_KEYS: Readonly<Record<string, readonly [property: keyof RunLimits, read: ReadQuantity]>> = {
  children: ["children", THEM],
  "children-total": ["childrenTotal", THEM],
  timers: ["timers", THEM],
  branches: ["branches", THEM],
  entries: ["entries", THEM],
  bytes: ["bytes", size],
  pending: ["pending", THEM],
  signals: ["signals", THEM],
  rebuild: ["rebuild", duration],
};

/** The limits that a project can lift altogether: without one, a call takes what it takes. */
const LIFTABLE = ["fuel", "deadline"];
const LIFTED = "none";

/** The key of `[limits]` that means runs. No package can have this name: it has no namespace. */
const RUN = "run";

/** What a manifest says of its package; mistakes go to the table. */
export function readLimits(table: Table): Limits {
  return read(table, (key, quantity) => quantity(table, key));
}

/** Reads `[limits]` of a project; mistakes go to the table. */
export function readProjectLimits(table: Table): ProjectLimits {
  const packages = new Map<string, Limits>();
  for (const key of table.keys()) {
    if (PACKAGE_NAME.test(key)) packages.set(key, readGiven(table.table(key)));
    else if (key !== "default" && key !== RUN) refuse(table, key);
  }
  return { default: readGiven(table.table("default")), packages, run: readRun(table.table(RUN)) };
}

function refuse(table: Table, key: string): void {
  const close = didYouMean(key, ["default", RUN]);
  table.mistake(key, `must be \`default\`, \`${RUN}\` or a package \`namespace:name\`${close}`);
}

/** What the project says of a package. */
function readGiven(table: Table): Limits {
  return read(table, (key, quantity) => {
    const isLifted = LIFTABLE.includes(key) && table.has(key) && table.take(key) === LIFTED;
    return isLifted ? Infinity : quantity(table, key);
  });
}

function read(table: Table, value: (key: string, quantity: ReadQuantity) => number | undefined): Limits {
  const limits: { -readonly [Key in keyof Limits]: number } = {};
  for (const [key, [property, quantity]] of Object.entries(KEYS)) {
    const found = value(key, quantity);
    if (found !== undefined) limits[property] = found;
  }
  table.refuseOthers();
  return limits;
}

function readRun(table: Table): Partial<RunLimits> {
  const limits: { -readonly [Key in keyof RunLimits]?: number } = {};
  for (const [key, [property, quantity]] of Object.entries(RUN_KEYS)) {
    const found = quantity(table, key);
    if (found !== undefined) limits[property] = found;
  }
  table.refuseOthers();
  return limits;
}

/** What is larger does not go through one message between a realm and its caller. */
function resultBytes(table: Table, key: string): number | undefined {
  const found = size(table, key);
  if (found === undefined || found <= DEFAULT_LIMITS.resultBytes) return found;
  table.mistake(key, "is `256 MiB` at most");
  return undefined;
}
