/**
 * The project's side of a manifest: which packages a program may require, and what it and they may do.
 *
 *   [dependencies]
 *   "acme:stats" = { path = "plugins/stats" }     a folder or a `.wasm` file, from the manifest's own folder
 *   "acme:plot"  = "^1.2"                         a version range, resolved by the registry
 *
 *   [grants]
 *   program      = ["fs:out", "run:git"]          to the program itself
 *   "acme:stats" = ["log"]                        to a package
 *
 *   [policy]
 *   isolation = { default = "L0", "acme:fetcher" = "L2" }    where packages run (docs: src/host/remote/README.md)
 *
 * In a `package.json` the same tables stand in `sennit`.
 */
import { validRange } from "semver";

import { parseCapability, type Capability } from "../capability.ts";
import { capabilities, PACKAGE_NAME } from "./manifest-table.ts";
import { didYouMean } from "./mistakes.ts";
import { isTable, type Table } from "./table.ts";

export type Dependency =
  | { readonly kind: "path"; readonly path: string }
  | { readonly kind: "range"; readonly range: string };

export interface Project {
  /** The folder of the manifest: relative paths and grants start here. The program's own folder when there is no manifest. */
  readonly folder: string;
  /** The manifest's file; null when there is none. */
  readonly file: string | null;
  /** By package name. */
  readonly dependencies: ReadonlyMap<string, Dependency>;
  /** By package name. */
  readonly grants: ReadonlyMap<string, readonly Capability[]>;
  /** What the program itself may do. */
  readonly programGrants: readonly Capability[];
  /** Where packages run. Absent where there is no manifest. */
  readonly isolation?: Isolation;
}

/** L0: in the caller's thread. L1: in a thread of its own. L2: in a process of its own, with nothing it could open (D6). */
export type IsolationLevel = "L0" | "L1" | "L2";

export interface Isolation {
  readonly default: IsolationLevel;
  /** By package name. */
  readonly packages: ReadonlyMap<string, IsolationLevel>;
}

/** Where a package of this project runs. */
export function isolationOf({ isolation }: Project, name: string): IsolationLevel {
  return isolation?.packages.get(name) ?? isolation?.default ?? "L0";
}

type Tables = Pick<Project, "dependencies" | "grants" | "programGrants"> & { readonly isolation: Isolation };

const LEVELS: readonly IsolationLevel[] = ["L0", "L1", "L2"];

/** The key of `[grants]` that means the program. No package can have this name: it has no namespace. */
const PROGRAM = "program";

/** Reads these tables out of a manifest; mistakes go to the table. */
export function readProjectTables(manifest: Table): Tables {
  const dependencies = readDependencies(manifest.table("dependencies"));
  const { grants, programGrants } = readGrants(manifest.table("grants"));
  const isolation = readPolicy(manifest.table("policy"));
  return { dependencies, grants, programGrants, isolation };
}

function readPolicy(policy: Table): Isolation {
  const levels = policy.table("isolation");
  policy.refuseOthers();
  const packages = new Map<string, IsolationLevel>();
  let other: IsolationLevel = "L0";
  for (const key of levels.keys()) {
    const level = levels.oneOf(key, LEVELS);
    if (key !== "default" && !PACKAGE_NAME.test(key)) {
      levels.mistake(key, `must be \`default\` or a package \`namespace:name\`${didYouMean(key, ["default"])}`);
    } else if (level !== undefined) {
      if (key === "default") other = level;
      else packages.set(key, level);
    }
  }
  return { default: other, packages };
}

function readDependencies(table: Table): Tables["dependencies"] {
  const found = new Map<string, Dependency>();
  for (const key of table.keys()) {
    const dependency = readDependency(table, key);
    if (!PACKAGE_NAME.test(key)) table.mistake(key, "a dependency is named `namespace:name`");
    else if (dependency !== undefined) found.set(key, dependency);
  }
  return found;
}

function readDependency(table: Table, key: string): Dependency | undefined {
  const value = table.take(key);
  if (typeof value === "string") return rangeOf(table, key, value);
  if (!isTable(value)) {
    table.mistake(key, 'must be a version range, or a table such as `{ path = "plugins/stats" }`');
    return undefined;
  }
  const inner = table.table(key);
  const path = inner.text("path");
  const range = inner.text("version");
  inner.refuseOthers();
  if (path !== undefined && range === undefined) return { kind: "path", path };
  if (range !== undefined && path === undefined) return rangeOf(table, key, range);
  table.mistake(key, "needs either `path` or `version`");
  return undefined;
}

function rangeOf(table: Table, key: string, range: string): Dependency | undefined {
  if (validRange(range) !== null) return { kind: "range", range };
  table.mistake(key, `\`${range}\` is not a version range, such as \`^1.2\``);
  return undefined;
}

function readGrants(table: Table): Pick<Tables, "grants" | "programGrants"> {
  const grants = new Map<string, readonly Capability[]>();
  let programGrants: readonly Capability[] = [];
  for (const key of table.keys()) {
    const granted = capabilities(table, key).flatMap(parsed);
    if (key === PROGRAM) programGrants = granted;
    else if (PACKAGE_NAME.test(key)) grants.set(key, granted);
    else table.mistake(key, `grants go to \`program\` or to a package \`namespace:name\`${didYouMean(key, [PROGRAM])}`);
  }
  return { grants, programGrants };
}

/** What `capabilities` already complained about is left out. */
function parsed(text: string): Capability[] {
  try {
    return [parseCapability(text)];
  } catch {
    return [];
  }
}
