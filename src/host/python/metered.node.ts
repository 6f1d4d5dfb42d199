/**
 * Pyodide rewritten so that it counts what it does (`../meter/README.md`).
 *
 *   F1  It is named by everything it was made from, the rewriter's own code included: a changed rewriter makes a new one.
 *   F2  A file whose digest is not its content's is made anew.
 *   F3  It has another identity than Pyodide as it is: no start image of one serves the other.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFile, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { keepInFile } from "../draft.node.ts";
import { siblingModule } from "../sibling.ts";
import type { Runtime } from "./runtime.node.ts";
import { webAssembly } from "./worker/wasm.ts";

/** The module that metered code imports its counter from: the meter's name for it. */
const METER = "sennit:meter";
const DIGEST = 32;

let made: Promise<Runtime> | undefined;

/**
 * The shared parts of metered instances. Made once for a process.
 *
 * @param cacheFolder Where it is kept between processes.
 * @param how "anew": as the next process would, which tests want to see.
 */
export function meteredRuntime(
  runtime: Runtime,
  cacheFolder: string | undefined,
  how: "once" | "anew" = "once",
): Promise<Runtime> {
  if (how === "anew") return make(runtime, cacheFolder);
  made ??= make(runtime, cacheFolder);
  made.catch(() => (made = undefined));
  return made;
}

async function make(runtime: Runtime, cacheFolder: string | undefined): Promise<Runtime> {
  const wasm = await readFile(join(runtime.folder, "pyodide.asm.wasm"));
  const name = createHash("sha256")
    .update(wasm)
    .update(await rewriterCode())
    .digest("hex");
  const file = cacheFolder === undefined ? undefined : join(cacheFolder, `${name}.metered`);
  const bytes = (file === undefined ? undefined : await load(file)) ?? (await rewrite(wasm, file));
  return {
    ...runtime,
    module: await webAssembly.compile(bytes),
    meter: METER,
    identity: `${runtime.identity} ${name}`,
  };
}

/** F1. */
async function rewriterCode(): Promise<string> {
  const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), "meter");
  const names = (await readdir(folder)).filter((name) => /\.[jt]s$/.test(name)).toSorted();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  return texts.join("\n");
}

async function load(file: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    const stored = new Uint8Array(await readFile(file));
    const content = stored.subarray(DIGEST);
    return digest(content).equals(stored.subarray(0, DIGEST)) ? content : undefined; // F2
  } catch {
    return undefined;
  }
}

/** In a thread, for it takes half a second. */
async function rewrite(wasm: Uint8Array, file: string | undefined): Promise<Uint8Array<ArrayBuffer>> {
  const worker = new Worker(siblingModule("metered-thread.node", import.meta.url), { workerData: wasm });
  try {
    const [bytes] = (await once(worker, "message")) as [Uint8Array<ArrayBuffer>];
    if (file !== undefined) await keepInFile(file, [digest(bytes), bytes]);
    return bytes;
  } finally {
    await worker.terminate();
  }
}

function digest(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}
