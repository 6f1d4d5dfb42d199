/**
 * The thread of a run worker: the walls of `host/remote/ways/thread.node.ts`, and besides reading the language's, the engine's and its log's
 * own code. The keeper starts it, watches it and kills it.
 */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { type KeptThread, startKept } from "../../host/keeper/keeper.node.ts";
import { threadFlags } from "../../host/remote/ways/thread.node.ts";
import { siblingModule } from "../../host/sibling.ts";

/** The VMs of many runs, and their instances' JavaScript, are in one heap. */
const HEAP_MEGABYTES = 2048;

/**
 * @param longest milliseconds without any sign of life, after which it is killed; Infinity: until `watch` of the thread says
 * @param entry ours, but in tests
 */
export function startRunThread(
  longest: number,
  entry: URL = siblingModule("worker/run-realm.node", import.meta.url),
): KeptThread {
  const source = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
  const own = ["engine", "journal", "lang"].map((room) => `--allow-fs-read=${source}/${room}/*`);
  const execArgv = [...threadFlags(entry, ["component", "lua"]), ...own];
  const watch = longest === Infinity ? {} : { watch: { longest } };
  return startKept({ entry, execArgv, heapMegabytes: HEAP_MEGABYTES, ...watch });
}
