/** Threads and processes started ahead, of every kind that there is. */
import { type WarmRealms as OfPackages, warmRealms as warmPackages } from "../../host/open.node.ts";

/** How many blank realms of each kind are started ahead; none unless somebody says so. */
export interface WarmRealms extends OfPackages {
  /** Run workers: where a program runs whose components and Lua packages are at L1. */
  readonly run?: number;
}

/**
 * Keeps so many blank realms ready from now on, and ends those beyond that: nothing of any program or package is in one, and one
 * that was given to a package, or to the runs of one trust domain, serves no other. They keep no process alive. Python has none:
 * it starts from an image.
 */
export async function warmRealms({ run = 0, ...packages }: WarmRealms): Promise<void> {
  const { runWorkers } = await import("../realm/place.node.ts");
  await Promise.all([warmPackages(packages), runWorkers.keep(run)]);
}
