/**
 * Opening a package's plugin, whatever language it is written in (I1). A language's runtime is loaded at its first plugin.
 */
import { join } from "node:path";

import { Fault } from "../fault.ts";
import { userCacheFolder } from "./cache.node.ts";
import { callChain } from "./call-chain.node.ts";
import type { PackageFiles } from "./manifest.ts";
import type { IsolationLevel } from "./package/project.ts";
import type { Plugin } from "./plugin.ts";
import type { Channel } from "./remote/ways/channel.ts";

export interface OpenOptions {
  /** The folder that keeps what was made of components and of Python, each in a folder of its own; this user's cache folder unless given. */
  readonly cacheFolder?: string;
  /** Gets lines for the user, such as that an instance waits for memory. */
  readonly warn?: (line: string) => void;
  /** Where the instances run; L0, this thread, unless given. Python has a thread of its own at L0 already. */
  readonly isolation?: IsolationLevel;
}

/**
 * The plugin of a package, ready to be instantiated. The caller disposes it.
 *
 * @throws {Fault} what is wrong with the package's code or types; `isolation-unsupported` when it cannot run there yet
 * @example
 * await using plugin = await openPlugin(await readPackage("plugins/stats"));
 */
export async function openPlugin(files: PackageFiles, options: OpenOptions = {}): Promise<Plugin> {
  const cacheFolder = options.cacheFolder ?? userCacheFolder();
  const { isolation = "L0" } = options;
  const { language } = files.manifest;
  if (language !== "javascript" && (isolation === "L2" || (isolation === "L1" && language !== "python"))) {
    return openRemote(files, isolation, cacheFolder);
  }
  switch (language) {
    case "component": {
      const { openComponent } = await import("./component/plugin.node.ts");
      return openComponent(files, { cacheFolder: join(cacheFolder, "components") });
    }
    case "python": {
      const { pythonPlugin } = await import("./python/plugin.node.ts");
      const { warn } = options;
      return pythonPlugin(files, {
        cacheFolder: join(cacheFolder, "python"),
        chain: callChain,
        ...(warn === undefined ? {} : { warn }),
      });
    }
    case "lua": {
      const { luaPlugin } = await import("./lua/plugin.ts");
      return luaPlugin(files);
    }
    case "julia": {
      const { juliaPlugin } = await import("./julia/plugin.ts");
      return juliaPlugin(files);
    }
    case "javascript":
      throw new Fault("language-unsupported", `${files.place}: a package cannot be written in javascript`, {
        hint: "Build it as a component; functions of the embedding program are passed to `run`.",
      });
  }
}

/** How many blank realms of each kind are started ahead, for the packages of this process; none unless somebody says so. */
export interface WarmRealms {
  readonly thread?: number;
  readonly process?: number;
}

/**
 * Keeps so many blank realms ready from now on, and ends those beyond that: nothing of any package is in one, and one that was
 * given to a package serves no other. They keep no process alive. Python has none: it starts from an image.
 */
export async function warmRealms({ thread = 0, process = 0 }: WarmRealms): Promise<void> {
  const { threads, processes } = await import("./remote/ways/warm.node.ts");
  await Promise.all([threads.keep(thread), processes.keep(process)]);
}

async function openRemote(files: PackageFiles, level: "L1" | "L2", cacheFolder: string): Promise<Plugin> {
  const { remotePlugin } = await import("./remote/caller/plugin.node.ts");
  const { startRealm } = await import("./remote/ways/warm.node.ts");
  const start = (): Channel => startRealm(level, files.manifest.language);
  return remotePlugin(files, { start, cacheFolder });
}
