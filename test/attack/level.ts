/**
 * The isolation levels that attacks are played at, and the one place that knows how a package is opened at each.
 */
import { openPlugin } from "../../src/host/open.node.ts";
import type { PackageFiles } from "../../src/host/manifest.ts";
import type { Plugin } from "../../src/host/plugin.ts";

/** L0: in the caller's thread (Python in its own worker). L1: in a thread. L2: in a process. */
export type Level = "L0" | "L1" | "L2";

/** All of them, in order. */
export const LEVELS: readonly Level[] = ["L0", "L1", "L2"];

interface Played {
  readonly levels?: readonly Level[];
  readonly long?: readonly Level[];
}

/** Where an attack is played by every test run: at L0, unless it says more. */
export function levelsOf({ levels }: Played): readonly Level[] {
  return levels ?? ["L0"];
}

const LONG: boolean = process.env["SENNIT_LONG"] !== undefined;

/** Where it is played now: the long tests play more. */
export function playedAt(attack: Played): readonly Level[] {
  return LONG ? [...levelsOf(attack), ...(attack.long ?? [])] : levelsOf(attack);
}

export function openAt(level: Level, files: PackageFiles, cacheFolder: string): Promise<Plugin> {
  return openPlugin(files, { cacheFolder, isolation: level });
}
