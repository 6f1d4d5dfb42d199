/**
 * The benchmarks by name, in the order in which they run. Each is loaded when it is its turn. `calls` is the table of what a
 * call may cost, all of it.
 */
import type { Report } from "./report.ts";

/** A folder with the packages of packages.ts. */
export type Folder = { readonly path: string };

export type Bench =
  | "component"
  | "collections"
  | "imports"
  | "javascript"
  | "lua"
  | "python"
  | "vm"
  | "loads"
  | "instances"
  | "cores"
  | "metering"
  | "isolation"
  | "kills"
  | "durable";

export const benches: Readonly<Record<Bench, (report: Report, folder: Folder) => Promise<void>>> = {
  component: async (report, folder) => (await import("./component.ts")).benchComponent(report, folder),
  collections: async (report) => (await import("./collections.ts")).benchCollections(report),
  imports: async (report, folder) => (await import("./imports.ts")).benchImports(report, folder),
  javascript: async (report) => (await import("./languages.ts")).benchJavascript(report),
  lua: async (report, folder) => (await import("./languages.ts")).benchLua(report, folder),
  python: async (report, folder) => (await import("./languages.ts")).benchPython(report, folder),
  vm: async (report) => (await import("./vm.ts")).benchVm(report),
  loads: async (report) => (await import("./loads.ts")).benchLoads(report),
  instances: async (report) => (await import("./instances.ts")).benchInstances(report),
  cores: async (report) => (await import("./cores.ts")).benchCores(report),
  metering: async (report) => (await import("./metering.ts")).benchMetering(report),
  isolation: async (report) => (await import("./isolation.ts")).benchIsolation(report),
  kills: async (report) => (await import("./kills.ts")).benchKills(report),
  durable: async (report) => (await import("./durable.ts")).benchDurable(report),
};

/** Several benchmarks by one name. */
export const sets: Readonly<Record<string, readonly Bench[]>> = {
  calls: ["component", "collections", "imports", "javascript", "lua", "python", "vm", "loads"],
};

/** @throws {Error} for a name that is none */
export function named(name: string): readonly Bench[] {
  if (Object.hasOwn(benches, name)) return [name as Bench];
  const found = Object.hasOwn(sets, name) ? sets[name] : undefined;
  if (found !== undefined) return found;
  throw new Error(
    `There is no benchmark ${name}: choose from ${[...Object.keys(sets), ...Object.keys(benches)].join(", ")}`,
  );
}
