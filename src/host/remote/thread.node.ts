/**
 * Realms in threads of this process (L1).
 *
 *   E1  A thread gets an empty environment, no arguments, no standard input, a cap on its heap, and permission to read the
 *       host's own code and the Lua interpreter; everything else of Node is denied by Node's own permission model.
 *   E2  Only ArrayBuffers are taken from it.
 */
import { Worker } from "node:worker_threads";
import type { Language } from "../manifest.ts";
import { siblingModule } from "../sibling.ts";
import type { Channel, Ended } from "./channel.ts";
import { readable } from "./readable.node.ts";

const HEAP_MEGABYTES = 512;

/** Node lets a thread with permissions read the current folder, which it takes for the program's path, unless told of a text. */
const NOT_HERE = ["--eval", "0"] as const;

/** @param entry the module that runs there; ours, but in tests */
export function startThread(
  language: Language,
  entry: URL = siblingModule("thread-realm.node", import.meta.url),
): Channel {
  const worker = new Worker(entry, {
    env: {},
    argv: [],
    execArgv: ["--permission", ...NOT_HERE, ...readable(entry, language).map((path) => `--allow-fs-read=${path}`)],
    stdin: true,
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MEGABYTES },
  });
  worker.stdout.resume(); // what a guest says comes as frames; whatever else is printed has no reader
  worker.stderr.resume();
  let ended: Ended = { code: "plugin-trapped", why: "its thread ended" };
  worker.on("error", (error: unknown) => {
    ended = endedBy(error);
  });
  const gone = new Promise<Ended>((resolve) => worker.once("exit", () => resolve(ended)));
  return {
    send: (frame) => worker.postMessage(frame.buffer, [frame.buffer]),
    listen: (receive) => {
      worker.removeAllListeners("message");
      worker.on("message", (message: unknown) => {
        receive(message instanceof ArrayBuffer ? new Uint8Array(message) : null); // E2
      });
    },
    kill: async () => {
      worker.removeAllListeners("message");
      await worker.terminate();
      await gone;
    },
    gone,
  };
}

function endedBy(error: unknown): Ended {
  if (error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY") {
    return { code: "memory-limit", why: `its thread needs more than ${HEAP_MEGABYTES} MB` };
  }
  return { code: "plugin-trapped", why: error instanceof Error ? error.message : String(error) };
}
