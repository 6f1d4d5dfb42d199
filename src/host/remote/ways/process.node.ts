/**
 * Realms in processes of their own (L2).
 *
 *   E1  A process gets an empty environment, the root folder to stand in, one pipe and nothing else that is open; Node's
 *       permission model lets it read the host's own code and the Lua interpreter, and do nothing else; no text can
 *       become code in it; its heap has a cap.
 *   E2  It ends when its pipe does. When this process exits, it is killed before; when what it does takes longer than it was
 *       allowed, the keeper kills it.
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Socket } from "node:net";
import { watchProcess } from "../../keeper/keeper.node.ts";
import type { Language } from "../../manifest.ts";
import { siblingModule } from "../../sibling.ts";
import type { Channel, Ended } from "./channel.ts";
import { Unframer } from "./pipe.ts";
import { PIPE, writeFrame } from "./ports.node.ts";
import { readable } from "./readable.node.ts";

const HEAP_MEGABYTES = 512;

/** What is left is killed with this process (E2). One listener, however many there are. */
const running = new Set<{ readonly kill: (signal: "SIGKILL") => boolean }>();
const killAll = (): void => running.forEach((child) => child.kill("SIGKILL"));

/** @param entry the module that runs there; ours, but in tests */
export function startProcess(
  language: Language,
  entry: URL = siblingModule("../server/process-realm.node", import.meta.url),
): Channel {
  const flags = [
    "--permission",
    "--no-experimental-sqlite", // its databases are opened past the permission model
    ...readable(entry, language).map((path) => `--allow-fs-read=${path}`),
    "--disallow-code-generation-from-strings",
    `--max-old-space-size=${HEAP_MEGABYTES}`,
    ...(language === "python" ? ["--allow-worker"] : []),
  ];
  const stdio = ["ignore", "ignore", "ignore", "pipe"] as const;
  const child = spawn(process.execPath, [...flags, fileURLToPath(entry)], { env: {}, cwd: "/", stdio: [...stdio] });
  if (running.size === 0) process.on("exit", killAll);
  running.add(child);
  const pipe = child.stdio[PIPE] as Socket;
  pipe.on("error", () => {}); // it ends with the process, which tells why
  const watched = child.pid === undefined ? null : watchProcess(child.pid);
  child.once("exit", () => watched?.forget());
  let trouble: string | undefined;
  child.on("error", (error) => {
    trouble = `its process did not start: ${error.message}`;
  });
  const gone = new Promise<Ended>((resolve) => {
    child.once("close", (status, signal) => {
      running.delete(child);
      if (running.size === 0) process.off("exit", killAll);
      if (trouble !== undefined) resolve({ code: "plugin-trapped", why: trouble });
      else resolve(watched?.wasKilled() === true ? LATE : endedBy(status, signal));
    });
  });
  let receive: (frame: Uint8Array<ArrayBuffer> | null) => void = () => {};
  const unframer = new Unframer((frame) => receive(frame));
  pipe.on("data", (bytes: Buffer) => unframer.push(bytes));
  return {
    send: (frame) => writeFrame(pipe, frame),
    listen: (next) => {
      receive = next;
    },
    allow: (milliseconds) => watched?.allow(milliseconds),
    hold: (holds) => {
      for (const each of [child, pipe])
        if (holds) each.ref();
        else each.unref();
    },
    kill: async () => {
      receive = () => {};
      child.ref(); // whoever waits for its end must live to see it
      child.kill("SIGKILL");
      pipe.destroy();
      await gone;
    },
    gone,
  };
}

const LATE: Ended = { code: "deadline-exceeded", why: "it did not end in time, and its process was killed" };

/** V8 aborts its process when its heap is full. */
function endedBy(status: number | null, signal: string | null): Ended {
  if (signal === "SIGABRT" || signal === "SIGTRAP" || status === 134) {
    return { code: "memory-limit", why: `its process was aborted, as when it needs more than ${HEAP_MEGABYTES} MB` };
  }
  return { code: "plugin-trapped", why: `its process ended with ${signal ?? `status ${status ?? 0}`}` };
}
