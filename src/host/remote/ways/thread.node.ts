/**
 * Realms in threads of this process (L1), started and watched by the keeper.
 *
 *   E1  A thread gets an empty environment, no arguments, no standard input, a cap on its heap, and permission to read the
 *       host's own code and the Lua interpreter; everything else of Node is denied by Node's own permission model.
 *   E2  Only ArrayBuffers are taken from it, and nothing once it is killed.
 */
import type { MessagePort } from "node:worker_threads";
import { type KeptThread, startKept } from "../../keeper/keeper.node.ts";
import type { Language } from "../../manifest.ts";
import { siblingModule } from "../../sibling.ts";
import type { Channel } from "./channel.ts";
import { readable } from "./readable.node.ts";

export const HEAP_MEGABYTES = 512;

/** Its databases are opened past the permission model. */
export const NO_DATABASES = "--no-experimental-sqlite";

/** Node lets a thread with permissions read the current folder, which it takes for the program's path, unless told of a text. */
const NOT_HERE = ["--eval", "0"] as const;

/** The flags of a thread that may read the host's code and the interpreter of its language. */
export function threadFlags(entry: URL, languages: readonly Language[]): readonly string[] {
  const paths = new Set(languages.flatMap((language) => readable(entry, language)));
  return ["--permission", NO_DATABASES, ...NOT_HERE, ...[...paths].map((path) => `--allow-fs-read=${path}`)];
}

/** @param entry the module that runs there; ours, but in tests */
export function startThread(
  language: Language,
  entry: URL = siblingModule("../server/thread-realm.node", import.meta.url),
): Channel {
  const execArgv = threadFlags(entry, [language]);
  return threadChannel(startKept({ entry, execArgv, heapMegabytes: HEAP_MEGABYTES }));
}

/** The way to a kept thread that takes and sends frames. */
export function threadChannel(thread: KeptThread): Channel {
  const { port, allow, kill, gone } = thread;
  const hold = (holds: boolean): void => {
    for (const each of [thread, port])
      if (holds) each.ref();
      else each.unref();
  };
  return { ...framesOver(port), allow, hold, kill, gone };
}

function framesOver(port: MessagePort): Pick<Channel, "send" | "listen"> {
  return {
    send: (frame) => port.postMessage(frame.buffer, [frame.buffer]),
    listen: (receive) => {
      port.removeAllListeners("message");
      port.removeAllListeners("messageerror");
      port.on("message", (message: unknown) => {
        receive(message instanceof ArrayBuffer ? new Uint8Array(message) : null); // E2
      });
      port.on("messageerror", () => receive(null)); // what cannot be unpacked here
    },
  };
}
