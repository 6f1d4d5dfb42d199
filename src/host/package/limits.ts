/**
 * How much a package and a run may take, and whose word counts (DESIGN D6).
 *
 *   [package.limits]                              in the manifest of a package: it only lowers
 *   memory = "64 MiB"
 *
 *   [limits]                                      in the project: whoever runs the packages raises and lowers
 *   default      = { deadline = "10s" }           for every package
 *   "acme:stats" = { memory = "1 GiB" }           for one of them
 *   run          = { children = 100 }             for a run and all the runs that it starts
 *
 *   L1  The user's word counts, for the package before the one for all; else the lower of the manifest's and the default.
 *   L2  A limit is the same at every level, but for the default deadline: at L0 nothing is metered that does not ask for it.
 */
import { Fault, type FaultDetails } from "../../fault.ts";
import type { Limits, PackageFiles } from "../manifest.ts";
import type { IsolationLevel } from "./names.ts";

const MIB = 2 ** 20;

/** What a package may take that nobody says anything about. */
export const DEFAULT_LIMITS: Required<Limits> = {
  memory: 512 * MIB,
  fuel: Infinity,
  deadline: 60_000,
  resultNodes: 16 * MIB,
  resultBytes: 256 * MIB,
  log: MIB,
  instances: 64,
  tables: 1_000_000,
};

const PROPERTIES = Object.keys(DEFAULT_LIMITS) as readonly (keyof Limits)[];

/** What a run may have, with all the runs that it starts. */
export interface RunLimits {
  /** Spawned workflows that have not ended. */
  readonly children: number;
  /** Workflows spawned in all. */
  readonly childrenTotal: number;
  /** Sleeps and timeouts that are waited for. */
  readonly timers: number;
  /** Branches, and elements of `para`, at work at once in one run. */
  readonly branches: number;
  /** Entries, and bytes, of the log of a run that is kept; what its log was cut by counts no more. */
  readonly entries: number;
  readonly bytes: number;
  /** What a run that is kept waits for at once. */
  readonly pending: number;
  /** Signals sent to a run and not taken. */
  readonly signals: number;
  /** Milliseconds that bringing plugin instances to where they were may take. */
  readonly rebuild: number;
}

export const DEFAULT_RUN_LIMITS: RunLimits = {
  children: 10_000,
  childrenTotal: 100_000,
  timers: 100_000,
  branches: 250_000,
  entries: 10_000_000,
  bytes: 4096 * MIB,
  pending: 100_000,
  signals: 10_000,
  rebuild: 600_000,
};

/** The table `[limits]` of a project. `Infinity` lifts a limit. */
export interface ProjectLimits {
  readonly default: Limits;
  /** By package name. */
  readonly packages: ReadonlyMap<string, Limits>;
  readonly run: Partial<RunLimits>;
}

/** A project, as far as it is asked here. */
export interface Limiting {
  readonly limits?: ProjectLimits;
}

/** What this package may take in this project, at this level (L1, L2). What is left out is not limited. */
export function effectiveLimits(
  { name, limits }: { readonly name: string; readonly limits: Limits },
  project: Limiting,
  level: IsolationLevel,
): Limits {
  const given: Limits = { ...project.limits?.default, ...project.limits?.packages.get(name) };
  const usual = level === "L0" ? { ...DEFAULT_LIMITS, deadline: Infinity } : DEFAULT_LIMITS;
  const effective: { -readonly [Key in keyof Limits]: number } = {};
  for (const key of PROPERTIES) {
    const limit = given[key] ?? Math.min(limits[key] ?? Infinity, usual[key]);
    if (limit !== Infinity) effective[key] = limit;
  }
  return effective;
}

/** The package with what it may take here in place of what its manifest says: every host keeps to its manifest. */
export function withLimits(files: PackageFiles, project: Limiting, level: IsolationLevel): PackageFiles {
  const { manifest } = files;
  return { ...files, manifest: { ...manifest, limits: effectiveLimits(manifest, project, level) } };
}

/** What one run of this project may have. */
export function effectiveRunLimits({ limits }: Limiting): RunLimits {
  return { ...DEFAULT_RUN_LIMITS, ...limits?.run };
}

/**
 * The fault of a guest that needs more memory than it may have.
 *
 * @param where what it was doing, with the name of the package: "acme:stats failed in mean"
 */
export function outOfMemory(source: string, where: string, memory: number, details: FaultDetails = {}): Fault {
  return new Fault("memory-limit", `${where}: not enough memory, of which it has ${bytesText(memory)}`, {
    source,
    hint: raiseHint(source, "memory"),
    ...details,
  });
}

/** As in a manifest: `64 MiB`, or a number of bytes. */
function bytesText(bytes: number): string {
  const units = [
    ["GiB", 2 ** 30],
    ["MiB", MIB],
    ["KiB", 2 ** 10],
  ] as const;
  const [unit, size] = units.find(([, each]) => bytes >= each && bytes % each === 0) ?? ["bytes", 1];
  return `${bytes / size} ${unit}`;
}

/** The line that raises a limit of a package. */
export function raiseHint(source: string, limit: string): string {
  return `If it really needs more, write \`"${source}" = { ${limit} = … }\` under [limits] of the project's sennit.toml.`;
}
