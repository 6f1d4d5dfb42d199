/**
 * One Python worker as the host sees it: an untrusted peer that sends frames until it is gone.
 *
 *   E1  The worker gets an empty environment, no arguments, piped output, and permission to read Pyodide's folder and the
 *       worker's own; everything else of Node is denied by Node's own permission model.
 *   E2  `gone` settles exactly once, whatever ends the worker, and only after its thread has ended.
 */
import { dirname, extname } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { Runtime } from "./runtime.node.ts";
import { workerEntry } from "./runtime.node.ts";
import { type Frame, readFrame, STOPS } from "./worker/frame.ts";
import type { Start } from "./worker/worker.node.ts";

/** A running worker. The owner ends it with `terminate`. */
export interface Peer {
  send(frame: ArrayBuffer): void;
  /** Replaces who gets the frames; null stands for a message that is no frame. */
  listen(receive: (frame: Frame | null) => void): void;
  terminate(): Promise<void>;
  /** Told to the worker even while it is busy: which messages of calls it should not go on with (S2 of serve.ts). */
  readonly stops: Int32Array;
  /** Why the worker ended: an error it died of, or null. */
  readonly gone: Promise<Error | null>;
}

/** Pyodide, the worker's own folder, and the two modules of the host that it shares (E1). */
function readable(runtime: Runtime, entry: URL): readonly string[] {
  const extension = extname(entry.pathname);
  const others = [`../../seeded${extension}`, `../../../fault${extension}`].map((path) =>
    fileURLToPath(new URL(path, entry)),
  );
  return [`${runtime.folder}/*`, `${dirname(fileURLToPath(entry))}/*`, ...others];
}

function shareable({
  base,
  module,
  stdlib,
  lockInfo,
}: Runtime): Pick<Start, "base" | "module" | "stdlib" | "lockInfo"> {
  return { base, module, stdlib, lockInfo };
}

/**
 * What the worker may do, as options of Node (E1). `--eval`, which a thread with an entry ignores: Node lets a thread with
 * permissions read the current folder, which it takes for the program's path, unless told of a text.
 */
export function permissions(runtime: Runtime, entry: URL): readonly string[] {
  return ["--permission", "--eval", "0", ...readable(runtime, entry).map((path) => `--allow-fs-read=${path}`)];
}

const HEAP_MEGABYTES = 512;

/** Starts a worker. */
export function startPeer(
  runtime: Runtime,
  start: Omit<Start, "base" | "module" | "stdlib" | "lockInfo" | "stops">,
): Peer {
  const entry = workerEntry();
  const stops = new Int32Array(new SharedArrayBuffer(4 * STOPS));
  const worker = new Worker(entry, {
    workerData: { ...start, ...shareable(runtime), stops } satisfies Start,
    env: {},
    argv: [],
    execArgv: [...permissions(runtime, entry)],
    stdin: true,
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MEGABYTES },
  });
  let receive: (frame: Frame | null) => void = () => undefined;
  worker.on("message", (message: unknown) => receive(readFrame(message)));
  worker.stdout.resume(); // Python's output comes as frames; whatever else is printed has no reader
  worker.stderr.resume();
  let cause: Error | null = null;
  worker.on("error", (error: unknown) => {
    cause = error instanceof Error ? error : new Error(String(error));
  });
  const gone = new Promise<Error | null>((resolve) => worker.once("exit", () => resolve(cause)));
  return {
    send: (frame) => worker.postMessage(frame, [frame]),
    listen: (next) => {
      receive = next;
    },
    terminate: async () => {
      await worker.terminate();
      await gone;
    },
    stops,
    gone,
  };
}
