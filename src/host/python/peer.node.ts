/**
 * Starting a Python worker, and handing it over.
 *
 *   E1  The worker gets an empty environment, no arguments, piped output, and permission to read Pyodide's folder and the
 *       worker's own; everything else of Node is denied by Node's own permission model.
 *   E2  `gone` settles exactly once, whatever ends the worker, and only after its thread has ended.
 *   E3  Of a worker that was handed over, this thread hears nothing more but its end: its first message ends it (HAZARDS 14).
 *   E4  What a worker keeps beside Python's own memory, which no limit of its own reaches, is looked at now and then.
 */
import { dirname, extname } from "node:path";
import { fileURLToPath } from "node:url";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import type { Peer } from "./peer.ts";
import type { Runtime } from "./runtime.node.ts";
import { workerEntry } from "./runtime.node.ts";
import { type Frame, readFrame, WORDS } from "./worker/frame.ts";
import type { Start } from "./worker/worker.node.ts";

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
  meter,
}: Runtime): Pick<Start, "base" | "module" | "stdlib" | "lockInfo" | "meter"> {
  return { base, module, stdlib, lockInfo, meter };
}

/**
 * What the worker may do, as options of Node (E1). `--eval`, which a thread with an entry ignores: Node lets a thread with
 * permissions read the current folder, which it takes for the program's path, unless told of a text.
 */
export function permissions(runtime: Runtime, entry: URL): readonly string[] {
  return [
    "--permission",
    "--eval",
    "0",
    "--no-experimental-sqlite",
    ...readable(runtime, entry).map((path) => `--allow-fs-read=${path}`),
  ];
}

/**
 * What the objects of its realm may take, and its buffers beside Python's own memory, those of calls among them, in bytes (E4).
 * V8's own limit is far above: whoever reaches that with one large allocation ends the whole process, so nobody is to get there.
 */
const MOST_OBJECTS = 512 * 1024 * 1024;
const MOST_OUTSIDE = 512 * 1024 * 1024;
const V8_MEGABYTES = 4096;
/** Milliseconds between two looks: while there is little, and while there is more than an honest plugin's. */
const CALM = 500;
const ALERT = 25;
const MUCH = 96 * 1024 * 1024;

function watchMemory(worker: Worker, over: (error: Error) => void): () => void {
  let timer: NodeJS.Timeout;
  const plan = (soon: boolean): void => {
    timer = setTimeout(() => void look().catch(() => undefined), soon ? ALERT : CALM).unref(); // it fails when the worker ends
  };
  const look = async (): Promise<void> => {
    const { used_heap_size: objects, external_memory: outside } = await worker.getHeapStatistics();
    if (outside > MOST_OUTSIDE) return over(new OutOfMemory(`more than ${MOST_OUTSIDE} bytes in buffers`));
    if (objects > MOST_OBJECTS) return over(new OutOfMemory(`more than ${MOST_OBJECTS} bytes in objects`));
    plan(objects + outside > MUCH);
  };
  plan(false);
  return () => clearTimeout(timer);
}

class OutOfMemory extends Error {
  readonly code = "ERR_WORKER_OUT_OF_MEMORY";
}

/** A worker of this thread's. */
export interface OwnPeer extends Peer {
  /** Gives the end of a port on which the worker speaks from now on (E3). Once. */
  handOver(): MessagePort;
}

/** What the worker does at its start. */
export type Task = Omit<Start, "base" | "module" | "stdlib" | "lockInfo" | "stops" | "meter">;

/** Starts a worker. */
export function startPeer(runtime: Runtime, start: Task): OwnPeer {
  const entry = workerEntry();
  const stops = new Int32Array(new SharedArrayBuffer(4 * WORDS));
  const worker = new Worker(entry, {
    workerData: { ...start, ...shareable(runtime), stops } satisfies Start,
    env: {},
    argv: [],
    execArgv: [...permissions(runtime, entry)],
    stdin: true,
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: V8_MEGABYTES },
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
  const stopWatching = watchMemory(worker, (error) => {
    cause = error;
    void worker.terminate();
  });
  void gone.then(stopWatching);
  return {
    send: (frame) => worker.postMessage(frame, [frame]),
    listen: (next) => {
      receive = next;
    },
    terminate: async () => {
      await worker.terminate();
      await gone;
    },
    handOver: () => {
      const { port1, port2 } = new MessageChannel();
      worker.removeAllListeners("message");
      worker.once("message", () => void worker.terminate()); // E3
      worker.postMessage({ way: port2 }, [port2]);
      return port1;
    },
    stops,
    gone,
  };
}
