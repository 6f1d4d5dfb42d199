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
 *   isolation = { default = "L1", "acme:fetcher" = "L2" }    where packages run (src/host/remote/README.md)
 *   trust     = ["acme:x"]                                    packages that the user vouches for, wherever they lie
 *
 *   [limits]                                      how much they may take: limits.ts
 *
 * In a `package.json` the same tables stand in `sennit`, the last as `projectLimits`.
 */
import validRange from "semver/ranges/valid.js";

import { parseCapability, type Capability } from "../capability.ts";
import type { ProjectLimits } from "./limits.ts";
import { readProjectLimits } from "./limits-table.ts";
import { capabilities } from "./manifest-table.ts";
import { didYouMean } from "./mistakes.ts";
import { type IsolationLevel, LEVELS, PACKAGE_NAME, strictest } from "./names.ts";
import { isTable, type Table } from "./table.ts";

export type { IsolationLevel } from "./names.ts";

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
  /** How much packages may take. Absent where there is no manifest. */
  readonly limits?: ProjectLimits;
  /** Whether what lies there is the project's own, or the target of one of its dependencies. Absent: nothing is. */
  readonly isOwn?: (place: string) => boolean;
}

export interface Isolation {
  /** Of packages that somebody vouches for. Null: nothing was said. */
  readonly default: IsolationLevel | null;
  /** By package name. */
  readonly packages: ReadonlyMap<string, IsolationLevel>;
  /** Packages that the user vouches for, by name. */
  readonly trust: ReadonlySet<string>;
}

const DEFAULT_LEVEL: IsolationLevel = "L1";
const UNVOUCHED: IsolationLevel = "L2";

/**
 * Where a package of this project runs: the strictest of what is said of its names, the default for a name of which nothing
 * is said, and a process of its own when nobody vouches for it. So what a package calls itself can make its level stricter
 * and never laxer than the default; a dependency has one name, and what is said of it counts.
 *
 * @param pack.names what it is required by, and what its manifest calls it
 * @param pack.place its folder or file
 * @param said where the caller wants packages of which the project says nothing by name, whoever vouches for them
 */
export function levelOf(
  project: Project,
  pack: { readonly names: readonly string[]; readonly place: string },
  said?: IsolationLevel,
): IsolationLevel {
  const { isolation } = project;
  const names = pack.names.map((name) => name.split("@")[0] ?? name);
  const isNamed = names.some((name) => isolation?.trust.has(name) || isolation?.packages.has(name));
  const isVouchedFor = isNamed || project.isOwn?.(pack.place) === true;
  const usual = said ?? (isVouchedFor ? (isolation?.default ?? DEFAULT_LEVEL) : UNVOUCHED);
  return strictest(names.map((name) => isolation?.packages.get(name) ?? usual));
}

type Tables = Pick<Project, "dependencies" | "grants" | "programGrants"> & {
  readonly isolation: Isolation;
  readonly limits: ProjectLimits;
};

/** The key of `[grants]` that means the program. No package can have this name: it has no namespace. */
const PROGRAM = "program";

/** Reads these tables out of a manifest; mistakes go to the table. */
export function readProjectTables(manifest: Table): Tables {
  const dependencies = readDependencies(manifest.table("dependencies"));
  const { grants, programGrants } = readGrants(manifest.table("grants"));
  const isolation = readPolicy(manifest.table("policy"));
  const limits = readProjectLimits(manifest.table("limits"));
  return { dependencies, grants, programGrants, isolation, limits };
}

function readPolicy(policy: Table): Isolation {
  const levels = policy.table("isolation");
  const trust = readTrust(policy);
  policy.refuseOthers();
  const packages = new Map<string, IsolationLevel>();
  let usual: IsolationLevel | null = null;
  for (const key of levels.keys()) {
    const level = levels.oneOf(key, LEVELS);
    if (key !== "default" && !PACKAGE_NAME.test(key)) {
      levels.mistake(key, `must be \`default\` or a package \`namespace:name\`${didYouMean(key, ["default"])}`);
    } else if (level !== undefined) {
      if (key === "default") usual = level;
      else packages.set(key, level);
    }
  }
  return { default: usual, packages, trust };
}

function readTrust(policy: Table): ReadonlySet<string> {
  const names = policy.texts("trust");
  for (const name of names) {
    if (!PACKAGE_NAME.test(name)) policy.mistake("trust", `\`${name}\` is no package \`namespace:name\``);
  }
  return new Set(names);
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
