/** Realms that are run by `hostile-realm.ts`, for what is tried there, and for one that does no harm. */
import type { Plugin } from "../../src/host/plugin.ts";
import { remotePlugin } from "../../src/host/remote/caller/plugin.node.ts";
import { startProcess } from "../../src/host/remote/ways/process.node.ts";
import { startThread } from "../../src/host/remote/ways/thread.node.ts";
import { sourcePackage } from "./guests.ts";
import type { Stage } from "./stage.ts";

const ENTRY = new URL("hostile-realm.ts", import.meta.url);

/** A plugin whose realms do what the plan says. The caller disposes it. */
export function realmPlugin(stage: Stage, plan: string, startDeadline: number): Promise<Plugin> {
  const files = sourcePackage("lua", "world w { export f: func() -> u32; }", `-- PLAN ${plan}\nreturn {}`);
  const start = (): ReturnType<typeof startThread> =>
    stage.level === "L1" ? startThread("lua", ENTRY) : startProcess("lua", ENTRY);
  return remotePlugin(files, { start, startDeadline, cacheFolder: stage.cacheFolder });
}

/** What a fresh realm answers that has no plan: 42, unless an attack broke what starts realms here and listens to them. */
export async function honestAnswer(stage: Stage): Promise<unknown> {
  const plugin = await stage.kept("an honest realm", () => realmPlugin(stage, "never nothing", 30_000));
  const instance = await stage.start(plugin);
  return instance.call("f", []);
}
