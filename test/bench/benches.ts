/**
 * The benchmarks by name, in the order in which they run. Each is loaded when it is its turn.
 */
import type { Report } from "./report.ts";

export type Bench = "calls" | "collections" | "instances" | "cores" | "vm";

export const benches: Readonly<Record<Bench, (report: Report) => Promise<void>>> = {
  calls: async (report) => (await import("./calls.ts")).benchCalls(report),
  collections: async (report) => (await import("./collections.ts")).benchCollections(report),
  instances: async (report) => (await import("./instances.ts")).benchInstances(report),
  cores: async (report) => (await import("./cores.ts")).benchCores(report),
  vm: async (report) => (await import("./vm.ts")).benchVm(report),
};

export function isBench(name: string): name is Bench {
  return Object.hasOwn(benches, name);
}
